"""Periods of a year as days, when their data are due, and what a closed period covers.

Data are due some days after the end of their period (fifteen in the plans of the chambers),
on the next working day when that one is none. Which days are holidays is handed in: they
are facts of a country and of a town, not rules.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

YEAR = "Y"
"""The year as a whole, where a period is named; a measurement of the year has no period."""

DEFAULT_DEADLINE_DAYS = 15

_MONTHS = {"Q": 4, "S": 6, "T": 3, "M": 1, YEAR: 12}
_SATURDAY = 5


class Frequency(StrEnum):
    """How often a chamber collects its data."""

    QUADRIMESTRE = "quadrimestre"
    SEMESTER = "semester"
    QUARTER = "quarter"
    MONTH = "month"
    YEAR = "year"

    @property
    def letter(self) -> str:
        """First letter of its periods."""
        return _LETTERS[self]

    @property
    def codes(self) -> tuple[str, ...]:
        """Its periods within a year, in order; the year itself as ``Y``."""
        if self is Frequency.YEAR:
            return (YEAR,)
        return codes_with(self.letter)


_LETTERS = {
    Frequency.QUADRIMESTRE: "Q",
    Frequency.SEMESTER: "S",
    Frequency.QUARTER: "T",
    Frequency.MONTH: "M",
    Frequency.YEAR: YEAR,
}


def codes_with(letter: str) -> tuple[str, ...]:
    """All periods of a length: ``Q1 Q2 Q3``, ``M01`` to ``M12``."""
    digits = 2 if letter == "M" else 1
    return tuple(f"{letter}{n:0{digits}}" for n in range(1, 12 // _MONTHS[letter] + 1))


def period_length(code: str) -> int:
    """Months of a period."""
    return _MONTHS[code[0]]


def last_month(code: str | None) -> int:
    """The month at whose end a period ends; values of the year (``None``) end with December."""
    return _month_range(code or YEAR)[1]


@dataclass(frozen=True, slots=True)
class Span:
    """A period of a certain year: its first and its last day."""

    code: str
    first: date
    last: date


def span(year: int, code: str) -> Span:
    """The days of a period (``Y``: the year)."""
    first, last = _month_range(code)
    following = date(year + last // 12, last % 12 + 1, 1)
    return Span(code, date(year, first, 1), following - timedelta(days=1))


def collected(year: int, frequency: Frequency) -> tuple[Span, ...]:
    """The periods that a chamber closes: those of its frequency, then the year."""
    codes = frequency.codes if frequency is Frequency.YEAR else (*frequency.codes, YEAR)
    return tuple(span(year, code) for code in codes)


def due_with(code: str | None, frequency: Frequency) -> str:
    """The period that a datum is due with: the one in which its own ends.

    A month of a chamber that collects by quadrimestre is due with its quadrimestre, the
    first semester with the second quadrimestre. Values of the year are due with the year.
    """
    if code is None or frequency is Frequency.YEAR:
        return YEAR
    end = _month_range(code)[1]
    return next(name for name in frequency.codes if _holds(name, end))


def covered_by(code: str | None, closed: Collection[str]) -> str | None:
    """The closed period that a datum falls in, if any. A closed year covers everything."""
    if YEAR in closed:
        return YEAR
    if code is None:
        return None
    end = _month_range(code)[1]
    return next((name for name in sorted(closed) if _holds(name, end)), None)


def deadline(last: date, days: int, holidays: Collection[date]) -> date:
    """Until when the data of a period that ends on ``last`` may come, that day included."""
    return next_working_day(last + timedelta(days=days), holidays)


def next_working_day(day: date, holidays: Collection[date]) -> date:
    """The day itself, or the first after it that is no Saturday, Sunday or holiday."""
    while day.weekday() >= _SATURDAY or day in holidays:
        day += timedelta(days=1)
    return day


def _month_range(code: str) -> tuple[int, int]:
    months = period_length(code)
    number = 1 if code == YEAR else int(code[1:])
    return months * (number - 1) + 1, months * number


def _holds(code: str, month: int) -> bool:
    first, last = _month_range(code)
    return first <= month <= last
