"""Colours of charts: tints of one colour, so far apart in lightness that grey paper keeps them."""

from decimal import Decimal

from shared.domain.chambers import WHITE, contrast

ACCENT = "#3f6ea3"
"""Where the chamber has chosen none."""

_WHITE, _BLACK = 255, 0
_STEPS = ((_BLACK, Decimal("0.45")), (_WHITE, Decimal("0.15")), (_WHITE, Decimal("0.55")),
          (_WHITE, Decimal("0.82")))  # fmt: skip
"""From dark to light: towards which end of grey, and how far."""

MOST_SERIES = len(_STEPS)


ENOUGH_CONTRAST = 5.5
"""With white: what text needs (4.5), and a little more, for it also stands on tints of itself."""

_DARKER = 0.92


def readable(colour: str) -> str:
    """``colour``, darkened until white on it and it on white can be read (WCAG 2.1, 1.4.3)."""
    while contrast(colour, WHITE) < ENOUGH_CONTRAST:
        channels = (int(int(colour[start : start + 2], 16) * _DARKER) for start in (1, 3, 5))
        colour = "#" + "".join(f"{channel:02x}" for channel in channels)
    return colour


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
