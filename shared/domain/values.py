"""What can be measured: numbers of several kinds, dates, SI/NO and text."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from shared.domain.numbers import number_text, parse_number

Value = Fraction | date | bool | str
"""A measured value. Text values are shown, never scored."""


class ValueType(StrEnum):
    """The kind of a value, as ``value_type`` in a case file."""

    NUMBER = "number"
    PERCENT = "percent"
    CURRENCY = "currency"
    DAYS = "days"
    DATE = "date"
    BOOLEAN = "boolean"
    SCORE = "score"
    TEXT = "text"

    @property
    def is_numeric(self) -> bool:
        """True for the kinds on which arithmetic is defined."""
        return self not in {ValueType.DATE, ValueType.BOOLEAN, ValueType.TEXT}


class Status(StrEnum):
    """What is known of a datum: measured, ND, *sospeso* or *barrato*."""

    MEASURED = "measured"
    MISSING = "missing"
    SUSPENDED = "suspended"
    STRUCK = "struck"


@dataclass(frozen=True, slots=True)
class NoValue:
    """There is no value, and why.

    ``reason`` is a stable code (``missing``, ``division_by_zero``, ``suspended``, ...);
    ``subject`` names the measure or objective that caused it, if one did.
    """

    reason: str
    subject: str | None = None


def parse_value(value_type: ValueType, text: str) -> Value:
    """Read a value exactly as a case file writes it.

    Raises:
        ValueError: the text is not a value of that type.
    """
    if value_type is ValueType.DATE:
        parsed = date.fromisoformat(text)
        if parsed.isoformat() != text:
            raise ValueError(text)
        return parsed
    if value_type is ValueType.BOOLEAN:
        if text not in {"true", "false"}:
            raise ValueError(text)
        return text == "true"
    if value_type is ValueType.TEXT:
        return text
    return parse_number(text)


def value_text(value: Value) -> str:
    """Write a value in the canonical form that :func:`parse_value` reads."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        return number_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return value
