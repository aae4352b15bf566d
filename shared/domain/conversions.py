"""From the unit in which a source counts to the unit of the plan, exactly."""

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

from shared.domain.numbers import number_text, parse_number


class Conversion(StrEnum):
    """What a source's figure becomes."""

    NONE = "none"
    FRACTION_TO_PERCENT = "fraction_to_percent"
    PERCENT_TO_FRACTION = "percent_to_fraction"
    THOUSANDS_TO_UNITS = "thousands_to_units"
    MILLIONS_TO_UNITS = "millions_to_units"
    UNITS_TO_THOUSANDS = "units_to_thousands"


FACTORS: Mapping[Conversion, Fraction] = MappingProxyType(
    {
        Conversion.NONE: Fraction(1),
        Conversion.FRACTION_TO_PERCENT: Fraction(100),
        Conversion.PERCENT_TO_FRACTION: Fraction(1, 100),
        Conversion.THOUSANDS_TO_UNITS: Fraction(1000),
        Conversion.MILLIONS_TO_UNITS: Fraction(1_000_000),
        Conversion.UNITS_TO_THOUSANDS: Fraction(1, 1000),
    }
)
"""What a figure is multiplied by. All of them keep finite decimals finite."""


def converted(conversion: Conversion, text: str) -> str:
    """A figure in the plan's unit, as text; without conversion exactly as it came.

    Raises:
        ValueError: it is no number.
    """
    number = parse_number(text)
    if conversion is Conversion.NONE:
        return text
    return number_text(number * FACTORS[conversion])


def same_unit(one: str, other: str) -> bool:
    """Whether two spellings name one unit: letter case and blanks do not matter."""
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()
