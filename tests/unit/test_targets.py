"""Scoring rule 1, row by row, with figures worked out by hand."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.targets import Judged, Op, Target, judge
from shared.domain.values import Value


def judged(
    value: Value, op: str, bound: Value, bound2: Value | None = None, cap: int = 100
) -> Judged:
    found = judge(value, Target(Op(op), bound, bound2), cap=Fraction(cap))
    assert found is not None
    return found


def number(text: str) -> Fraction:
    return Fraction(text)


@pytest.mark.parametrize(
    ("value", "op", "bound", "met", "result"),
    [
        ("230", ">=", "250", False, "92"),
        ("250", ">=", "250", True, "100"),
        ("300", ">=", "250", True, "100"),
        ("67", "<=", "51", False, "3500/51"),  # 1 - 16/51 = 68.6%
        ("-7.01", "<=", "-2", True, "100"),
        ("-1", "<=", "-2", False, "50"),
        ("3.52", ">=", "20", False, "17.6"),
        ("4", ">=", "20", False, "20"),
        ("103", "<=", "51", False, "0"),
        ("-5", ">=", "5", False, "0"),
        ("9", "=", "10", False, "90"),
        ("11", "=", "10", False, "90"),
        ("10", "=", "10", True, "100"),
        ("0", "<=", "0", True, "100"),
        ("1", "<=", "0", False, "0"),
        ("0", ">", "0", False, "100"),
        ("250", ">", "250", False, "100"),
        ("51", "<", "51", False, "100"),
        ("50", "<", "51", True, "100"),
    ],
)
def test_numbers(value: str, op: str, bound: str, met: bool, result: str) -> None:
    found = judged(number(value), op, number(bound))
    assert (found.met, found.result) == (met, number(result))


@pytest.mark.parametrize(
    ("value", "met", "result"),
    [
        ("2", True, "100"),
        ("4", True, "100"),
        ("1", False, "50"),
        ("5", False, "75"),
        ("9", False, "0"),
    ],
)
def test_between_measures_the_shortfall_from_the_nearer_bound(
    value: str, met: bool, result: str
) -> None:
    found = judged(number(value), "between", number("2"), number("4"))
    assert (found.met, found.result) == (met, number(result))


@pytest.mark.parametrize(
    ("day", "result"),
    [
        (date(2020, 9, 16), "100"),
        (date(2020, 9, 30), "100"),
        (date(2020, 10, 1), "98"),
        (date(2020, 11, 19), "0"),
        (date(2021, 3, 2), "0"),  # 153 days late
    ],
)
def test_days_late_over_the_days_to_zero(day: date, result: str) -> None:
    assert judged(day, "<=", date(2020, 9, 30)).result == number(result)


def test_yes_or_no_is_all_or_nothing() -> None:
    assert judged(True, "=", True).result == 100
    assert judged(False, "=", True).result == 0
    assert judged(False, "=", False).met


@pytest.mark.parametrize(
    ("value", "expected"), [("110", 110), ("200", 120), ("100", 100), ("90", 90)]
)
def test_a_cap_above_100_pays_what_exceeds_the_target(value: str, expected: int) -> None:
    assert judged(number(value), ">=", number("100"), cap=120).result == expected


def test_kinds_that_cannot_be_compared_have_no_result() -> None:
    assert judge(date(2020, 1, 1), Target(Op.AT_LEAST, Fraction(3))) is None
    assert judge("n. 13 corsi", Target(Op.EQUAL, Fraction(3))) is None
    assert judge(True, Target(Op.AT_LEAST, Fraction(1))) is None


figures = st.fractions(min_value=-1000, max_value=1000, max_denominator=100)
ops = st.sampled_from([Op.AT_LEAST, Op.MORE_THAN, Op.AT_MOST, Op.LESS_THAN, Op.EQUAL])
caps = st.sampled_from([Fraction(100), Fraction(120)])


@given(figures, ops, figures, caps)
def test_a_result_lies_between_zero_and_the_cap(
    value: Fraction, op: Op, bound: Fraction, cap: Fraction
) -> None:
    found = judge(value, Target(op, bound), cap=cap)
    assert found is not None
    assert 0 <= found.result <= cap
    assert not found.met or found.result >= 100


@given(
    figures,
    figures,
    st.sampled_from([Op.AT_LEAST, Op.MORE_THAN, Op.AT_MOST, Op.LESS_THAN]),
    figures,
    caps,
)
def test_a_better_value_never_gives_a_worse_result(
    one: Fraction, other: Fraction, op: Op, bound: Fraction, cap: Fraction
) -> None:
    low, high = sorted((one, other))
    worse, better = (low, high) if op in {Op.AT_LEAST, Op.MORE_THAN} else (high, low)
    first = judge(worse, Target(op, bound), cap=cap)
    second = judge(better, Target(op, bound), cap=cap)
    assert first is not None
    assert second is not None
    assert first.result <= second.result


@given(figures, figures)
def test_nearer_to_an_exact_target_is_never_worse(one: Fraction, other: Fraction) -> None:
    target = Target(Op.EQUAL, Fraction(10))
    nearer, farther = sorted((one, other), key=lambda v: abs(v - 10))
    first, second = judge(nearer, target), judge(farther, target)
    assert first is not None
    assert second is not None
    assert first.result >= second.result
