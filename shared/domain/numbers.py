"""Exact numbers: reading, writing and showing them.

Figures are :class:`fractions.Fraction` inside, because weighted means divide: a decimal cut
at any number of digits can fall on the wrong side of a half and change a published figure.
"""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

NUMBER_PATTERN = r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?"
"""A number in a case file: a dot, no exponent, no plus sign, no thousands separators."""

_NUMBER = re.compile(NUMBER_PATTERN)
_EXACT = Context(prec=28, rounding=ROUND_HALF_EVEN)


def is_number(text: str) -> bool:
    """Tell whether ``text`` is a number as case files write it."""
    return _NUMBER.fullmatch(text) is not None


def parse_number(text: str) -> Fraction:
    """Read a number exactly.

    Raises:
        ValueError: ``text`` is not written as :data:`NUMBER_PATTERN` says.
    """
    if not is_number(text):
        raise ValueError(text)
    # By way of Decimal, which reads in C what Fraction reads with an expression in Python.
    return Fraction(*Decimal(text).as_integer_ratio())


def number_text(number: Fraction) -> str:
    """Write a number as decimal text with a dot, without an exponent.

    Finite decimals of up to 28 digits come out whole; others (thirds, sevenths) carry 28
    significant digits, the last one rounded half even.
    """
    quotient = _EXACT.divide(Decimal(number.numerator), Decimal(number.denominator))
    return format(quotient, "f")


def round_half_up(number: Fraction, places: int) -> Decimal:
    """Round to ``places`` decimals; halves go away from zero, as published tables do."""
    scale = 10**places
    whole, rest = divmod(abs(number.numerator) * scale, number.denominator)
    if 2 * rest >= number.denominator:
        whole += 1
    rounded = Decimal(whole).scaleb(-places)
    return -rounded if number < 0 and whole else rounded


def shown_text(number: Fraction, places: int) -> str:
    """The rounded figure as text with exactly ``places`` decimals, with a dot."""
    return format(round_half_up(number, places), "f")


def italian(number: Fraction, most_decimals: int = 6) -> str:
    """A figure for a sentence in Italian: decimal comma, dots between thousands.

    At most ``most_decimals`` decimals, trailing zeros dropped; a figure that had to be cut
    ends with an ellipsis, so that nobody takes it for exact.
    """
    rounded = round_half_up(number, most_decimals)
    text = format(rounded, ",f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    text = text.translate(str.maketrans(",.", ".,"))
    return text if Fraction(rounded) == number else f"{text}…"
