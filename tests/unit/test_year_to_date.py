"""The year to date: what is accumulated, what it would give, and what was due by then."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given

from shared.contracts.case_reading import plan_from_case, read_case
from shared.contracts.period_results import PeriodResults, period_results
from shared.domain.plan import Plan
from shared.domain.scoring import score
from shared.domain.workflow import Standing
from shared.domain.year_to_date import as_of
from tests.unit.any_plans import plans
from tests.unit.plans import case, indicator, objective


def measured(code: str, period: str | None, value: str, year: int = 2020) -> dict[str, Any]:
    return {"measure": code, "year": year, "period": period, "value": value}


def plan(*rows: dict[str, Any], measurements: list[dict[str, Any]], **more: Any) -> Plan:  # noqa: ANN401
    codes = dict.fromkeys(m["measure"] for m in measurements if "measure" in m)
    document = case(
        objectives=[objective("P", "perspective")],
        measures=more.pop("measures", [{"code": code, "title": code} for code in codes]),
        indicators=list(rows),
        measurements=measurements,
        **more,
    )
    return plan_from_case(read_case(json.dumps(document).encode()).case)


def at(found: Plan, period: str) -> PeriodResults:
    return period_results(found, period, Standing())


COURSES = [
    measured("corsi", "Q1", "15"),
    measured("corsi", "Q2", "12"),
    measured("corsi", "Q3", "14"),
]


@pytest.mark.parametrize(
    ("period", "value", "result", "due", "against_due"),
    [
        # 15 of 40 are 37.5%; 4 of 12 months make 13.33 due, and 15 are more
        ("Q1", "15", "37.5", Fraction(40, 3), "100"),
        # 27 of 40; 8 months make 26.67
        ("Q2", "27", "67.5", Fraction(80, 3), "100"),
        ("Q3", "41", "100", Fraction(40), "100"),
        # by June only the first quadrimestre is over: 15 of the 20 due
        ("S1", "15", "37.5", Fraction(20), "75"),
        ("Y", "41", "100", Fraction(40), "100"),
    ],
)
def test_a_count_adds_up(
    period: str, value: str, result: str, due: Fraction, against_due: str
) -> None:
    found = at(
        plan(indicator("I", "P", value="40", formula="[corsi]"), measurements=COURSES), period
    )
    (row,) = found.indicators
    assert (row.value, row.figure.recognised) == (value, result)
    assert row.target is not None
    assert row.target.value == "40"
    assert row.pro_rata is not None
    assert abs(Fraction(row.pro_rata.target.value) - due) < Fraction(1, 10**20)
    assert row.pro_rata.result == against_due
    # What is due by then enters no mean.
    assert found.overall.recognised == result


def test_nothing_is_known_before_the_first_period_ends() -> None:
    (row,) = at(
        plan(indicator("I", "P", value="40", formula="[corsi]"), measurements=COURSES), "T1"
    ).indicators
    assert (row.value, row.figure.reason, row.pro_rata) == (None, "missing", None)


def test_an_amount_to_stay_under_is_divided_too() -> None:
    found = plan(
        indicator("I", "P", "<=", "120", formula="[spesa] / 1000", value_type="currency"),
        measurements=[measured("spesa", "Q1", "50000")],
    )
    (row,) = at(found, "Q1").indicators
    assert row.pro_rata is not None
    # 50 against 40 due: 1 - 10/40
    assert (row.pro_rata.target.value, row.pro_rata.result) == ("40", "75")
    assert (row.figure.recognised, row.pro_rata.met, row.pro_rata.light) == ("100", False, "yellow")


def test_both_bounds_are_divided() -> None:
    row = indicator("I", "P", "between", "30", formula="[corsi]")
    row["targets"]["2020"]["value2"] = "60"
    (found,) = at(plan(row, measurements=COURSES), "Q2").indicators
    assert found.pro_rata is not None
    target = found.pro_rata.target
    assert (target.value, target.value2, found.pro_rata.met) == ("20", "40", True)


@pytest.mark.parametrize(
    ("formula", "more"),
    [
        ("[corsi] / [iscritti] * 100", {}),  # a rate
        ("[corsi] / [corsi]@-1", {}),  # a growth
        ("[corsi] + 5", {}),  # five that are there from the first day on
        ("1000 / [corsi]", {}),
        ("[corsi] * [iscritti]", {}),
        ("[corsi]", {"value_type": "days"}),
        ("[corsi]", {"value_type": "score"}),
        ("[stato]", {}),  # the last value of the year stands
        (None, {}),  # a value given for the row itself
    ],
)
def test_what_does_not_add_up_is_not_divided(formula: str | None, more: dict[str, Any]) -> None:
    measures = [{"code": code, "title": code} for code in ("corsi", "iscritti")]
    measures.append({"code": "stato", "title": "stato", "aggregation": "last"})
    values = [measured(code, "Q1", "10") for code in ("corsi", "iscritti", "stato")]
    row = indicator("I", "P", value="40", **more)
    if formula is None:
        values = [{"indicator": "I", "year": 2020, "period": "Q1", "value": "10"}]
    else:
        row["formula"] = formula
        values.append(measured("corsi", None, "5", 2019))
    (found,) = at(plan(row, measurements=values, measures=measures), "Q1").indicators
    assert found.value is not None
    assert found.pro_rata is None


@pytest.mark.parametrize("formula", ["[a] + [b] - [c]", "-[a] * -2", "([a] + [b]) / 4"])
def test_sums_of_what_adds_up_add_up(formula: str) -> None:
    values = [measured(code, "Q1", "10") for code in "abc"]
    (found,) = at(plan(indicator("I", "P", formula=formula), measurements=values), "Q1").indicators
    assert found.pro_rata is not None


def test_a_mean_and_a_last_value_are_those_to_date() -> None:
    measures = [{"code": c, "title": c, "aggregation": c} for c in ("mean", "last")]
    values = [
        measured(code, period, value)
        for code in ("mean", "last")
        for period, value in (("Q1", "4"), ("Q2", "2"), ("Q3", "9"))
    ]
    rows = [indicator(code, "P", value="5", formula=f"[{code}]") for code in ("mean", "last")]
    found = at(plan(*rows, measurements=values, measures=measures), "Q2")
    assert [row.value for row in found.indicators] == ["3", "2"]


def test_suspended_all_year_is_suspended_in_every_period() -> None:
    found = plan(
        indicator("I", "P"),
        indicator("J", "P"),
        measurements=[
            {"indicator": "I", "status": "suspended"},
            {"indicator": "J", "status": "missing"},
        ],
        policy={"missing": "zero"},
    )
    rows = at(found, "Q1").indicators
    assert [row.figure.reason for row in rows] == ["suspended", None]
    # Nothing is said of J yet; by its rules what is missing counts nothing.
    assert rows[1].rule == "missing_is_zero"


@given(plans())
def test_at_the_end_of_the_year_it_is_the_year(document: dict[str, Any]) -> None:
    found = plan_from_case(read_case(json.dumps(document).encode()).case)
    for period in ("Y", "Q3", "S2", "T4", "M12"):
        assert score(as_of(found, period)) == score(found)
    early = at(found, "M01")
    assert early.revision == found.revision
