from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import (
    YEAR,
    Frequency,
    codes_with,
    collected,
    covered_by,
    deadline,
    due_with,
    span,
)

CODES = [code for letter in "QSTM" for code in codes_with(letter)]
YEARS = st.integers(1990, 2199)

# The holidays of the whole country that fall near the ends of quadrimestri.
ITALIAN = {date(2021, 1, 1), date(2021, 1, 6), date(2021, 4, 25), date(2021, 5, 1)}


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [
        ("Q1", date(2020, 1, 1), date(2020, 4, 30)),
        ("Q2", date(2020, 5, 1), date(2020, 8, 31)),
        ("Q3", date(2020, 9, 1), date(2020, 12, 31)),
        ("S1", date(2020, 1, 1), date(2020, 6, 30)),
        ("T4", date(2020, 10, 1), date(2020, 12, 31)),
        ("M02", date(2020, 2, 1), date(2020, 2, 29)),
        ("M12", date(2020, 12, 1), date(2020, 12, 31)),
        (YEAR, date(2020, 1, 1), date(2020, 12, 31)),
    ],
)
def test_days_of_periods(code: str, first: date, last: date) -> None:
    found = span(2020, code)
    assert (found.first, found.last) == (first, last)


def test_what_a_chamber_closes() -> None:
    assert [s.code for s in collected(2020, Frequency.QUADRIMESTRE)] == ["Q1", "Q2", "Q3", "Y"]
    assert [s.code for s in collected(2020, Frequency.YEAR)] == ["Y"]
    assert len(collected(2020, Frequency.MONTH)) == 13


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (date(2021, 4, 30), date(2021, 5, 17)),  # 15 May 2021 is a Saturday
        (date(2021, 8, 31), date(2021, 9, 15)),  # a Wednesday
        (date(2021, 12, 31), date(2022, 1, 17)),  # 15 January 2022 is a Saturday
        (date(2020, 12, 31), date(2021, 1, 15)),  # a Friday
    ],
)
def test_fifteen_days_after_the_quadrimestre(last: date, expected: date) -> None:
    assert deadline(last, 15, ITALIAN) == expected


def test_holidays_and_weekends_in_a_row() -> None:
    # Friday 1 January, Saturday, Sunday; then the Epiphany, a Wednesday.
    assert deadline(date(2020, 12, 31), 1, ITALIAN) == date(2021, 1, 4)
    assert deadline(date(2020, 12, 31), 6, ITALIAN) == date(2021, 1, 7)
    # The patron's day of a town comes with the others: 17 June 2021, a Thursday.
    assert deadline(date(2021, 6, 2), 15, {date(2021, 6, 17)}) == date(2021, 6, 18)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("M01", "Q1"), ("M04", "Q1"), ("T1", "Q1"), ("T2", "Q2"), ("S1", "Q2"), ("S2", "Q3")],
)
def test_data_are_due_with_the_period_in_which_theirs_ends(code: str, expected: str) -> None:
    assert due_with(code, Frequency.QUADRIMESTRE) == expected
    assert due_with(code, Frequency.YEAR) == YEAR
    assert due_with(None, Frequency.QUADRIMESTRE) == YEAR


def test_a_closed_period_covers_what_ends_in_it() -> None:
    assert covered_by("M03", {"Q1"}) == "Q1"
    assert covered_by("S1", {"Q1"}) is None
    assert covered_by(None, {"Q1", "Q2", "Q3"}) is None
    assert covered_by("Q1", {YEAR}) == YEAR
    assert covered_by(None, {YEAR}) == YEAR


@given(YEARS, st.sampled_from(["Q", "S", "T", "M"]))
def test_periods_of_a_length_make_the_year(year: int, letter: str) -> None:
    days = date(year, 1, 1)
    for code in codes_with(letter):
        found = span(year, code)
        assert found.first == days
        days = found.last + timedelta(days=1)
    assert days == date(year + 1, 1, 1)


@given(
    st.dates(date(1990, 1, 1), date(2199, 1, 1)),
    st.integers(0, 90),
    st.sets(st.dates(), max_size=9),
)
def test_a_deadline_is_a_working_day_not_before_its_days(
    last: date, days: int, holidays: set[date]
) -> None:
    found = deadline(last, days, holidays)
    assert found >= last + timedelta(days=days)
    assert found.weekday() < 5
    assert found not in holidays


@given(st.sampled_from(CODES), st.sampled_from(Frequency))
def test_every_datum_is_due_once_and_covered_by_what_it_is_due_with(
    code: str, frequency: Frequency
) -> None:
    due = due_with(code, frequency)
    assert due in {s.code for s in collected(2020, frequency)}
    assert covered_by(code, {due}) == due
    assert span(2020, due).last >= span(2020, code).last
