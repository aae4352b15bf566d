"""Colours of charts: tints of one colour, so far apart in lightness that grey paper keeps them."""

from decimal import Decimal

ACCENT = "#3f6ea3"
"""Where the chamber has chosen none."""

_WHITE, _BLACK = 255, 0
_STEPS = ((_BLACK, Decimal("0.45")), (_WHITE, Decimal("0.15")), (_WHITE, Decimal("0.55")),
          (_WHITE, Decimal("0.82")))  # fmt: skip
"""From dark to light: towards which end of grey, and how far."""

MOST_SERIES = len(_STEPS)


def tint(colour: str, towards_white: Decimal) -> str:
    """A colour mixed with white."""
    return _mixed(colour, _WHITE, towards_white)


def ladder(colour: str) -> tuple[str, ...]:
    """The colours of series side by side, from the darkest to the lightest."""
    return tuple(_mixed(colour, end, share) for end, share in _STEPS)


def _mixed(colour: str, end: int, share: Decimal) -> str:
    channels = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    mixed = (round(channel + (end - channel) * share) for channel in channels)
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
