"""Periods of a year and how the values of a measure over periods make its year value."""

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction

from shared.domain.values import NoValue, Value

PERIOD_PATTERN = r"Q[1-3]|S[12]|T[1-4]|M(0[1-9]|1[0-2])"
"""Quadrimestri ``Q1``-``Q3``, semesters ``S1``-``S2``, quarters ``T1``-``T4``, months."""


class Aggregation(StrEnum):
    """How period values make the value of the year."""

    SUM = "sum"
    LAST = "last"
    MEAN = "mean"


def year_value(values: Mapping[str | None, Value], aggregation: Aggregation) -> Value | NoValue:
    """The value of a year: the one given for the year itself, else from its periods.

    Periods of different length in the same year (a quarter and a month) would count some
    days twice: there is then no value, with reason ``mixed_periods``. The value of the last
    period wins for dates, SI/NO and texts, on which no sum is defined.
    """
    if None in values:
        return values[None]
    periods = sorted(period for period in values if period is not None)
    if not periods:
        return NoValue("missing")
    if len({period[0] for period in periods}) > 1:
        return NoValue("mixed_periods")
    last = values[periods[-1]]
    numbers = [value for value in values.values() if isinstance(value, Fraction)]
    if aggregation is Aggregation.LAST or len(numbers) < len(values):
        return last
    total = sum(numbers, start=Fraction(0))
    return total / len(numbers) if aggregation is Aggregation.MEAN else total
