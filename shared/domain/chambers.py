"""Facts of a chamber that hold by themselves: its tax code, its colour, the years of its life."""

from dataclasses import dataclass
from datetime import date, timedelta

CONTRAST = 4.5
"""Least contrast of text with its background (WCAG 2.1, 1.4.3; EN 301 549, 9.1.4.3)."""

WHITE = "#ffffff"

_TAX_CODE_DIGITS = 11


def tax_code_holds(text: str) -> bool:
    """Whether eleven digits are the tax code of a body: the last one checks the others.

    Every second digit counts double, less nine where that has two digits; the sum is a
    multiple of ten (D.M. 23 December 1976, as for VAT numbers).
    """
    if len(text) != _TAX_CODE_DIGITS or not (text.isascii() and text.isdigit()):
        return False
    digits = [int(character) for character in text]
    doubled = (2 * digit - 9 * (digit > 4) for digit in digits[1::2])  # noqa: PLR2004 - 2 x 5 = 10
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def contrast(one: str, other: str) -> float:
    """Contrast of two colours ``#rrggbb``, from 1 (none) to 21 (black and white)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable_on_white(colour: str) -> bool:
    """Whether titles in this colour on white, and white heads on it, can be read by everyone."""
    return contrast(colour, WHITE) >= CONTRAST


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    shares = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - the standard's own
        for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@dataclass(frozen=True, slots=True)
class Life:
    """From when to when a chamber exists, and what it went into.

    ``ends`` is the day of the succession: the first on which the successor acts instead. The
    year of a succession belongs to both (30 June 2022 is in the last year of the three
    chambers and in the first of the one they became).
    """

    begins: date | None = None
    ends: date | None = None

    def first_year(self) -> int | None:
        """The first year it may have a plan for; ``None`` for any."""
        return None if self.begins is None else self.begins.year

    def last_year(self) -> int | None:
        """The last year it may have a plan for; ``None`` for any."""
        return None if self.ends is None else (self.ends - timedelta(days=1)).year

    def allows_plan(self, year: int) -> bool:
        """Whether it existed on at least one day of the year."""
        first, last = self.first_year(), self.last_year()
        return (first is None or year >= first) and (last is None or year <= last)
