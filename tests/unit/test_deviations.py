"""Which results ask for an explanation, and who owes it."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.case_reading import plan_from_case, read_case
from shared.domain.completeness import answerable
from shared.domain.deviations import Deviation, deviations
from shared.domain.plan import HEADINGS, Plan, Subject
from shared.domain.results import Results
from shared.domain.scoring import score
from tests.unit.plans import case, cases, indicator, objective


def found(document: dict[str, Any]) -> tuple[Plan, Results, tuple[Deviation, ...]]:
    """The plan of a case, its results, and its deviations with who answers for them."""
    read = read_case(json.dumps(document).encode()).case
    plan = plan_from_case(read)
    results = score(plan)
    offices = {row.code: row.source_office for row in read.indicators if row.source_office}
    units = {row.code: row.units for row in read.objectives if row.units}
    return plan, results, deviations(plan, results, answerable(plan, offices, units))


def year(**policy: Any) -> dict[str, Any]:  # noqa: ANN401 - any part of a policy
    """A year with A1 at 50, A2 at 69.9 and A3 at 70; a sheet at 40."""
    rows = {"A1": "50", "A2": "69.9", "A3": "70", "SG1": "40"}
    return case(
        policy=policy,
        objectives=[
            objective("P", "perspective", units=["Segreteria"]),
            objective("A1", parent="P", units=["Turismo", "Promozione"]),
            objective("A2", parent="P"),
            objective("A3", parent="P"),
            objective("MAP", "strategic_area", members=["A1"]),
            objective("SG", "individual", title="Segretario Generale"),
            objective("SG1", "individual_objective", parent="SG"),
        ],
        indicators=[indicator(f"I-{code}", code, source_office="URP") for code in rows],
        measurements=[{"indicator": f"I-{code}", "value": value} for code, value in rows.items()],
    )


def codes(document: dict[str, Any]) -> list[str]:
    return [deviation.code for deviation in found(document)[2]]


def test_objectives_below_the_threshold_owe_an_explanation() -> None:
    _, _, short = found(year())
    assert [(d.code, d.result) for d in short] == [
        ("A1", Fraction(50)),
        ("A2", Fraction(699, 10)),
    ]
    assert [d.owners for d in short] == [("Turismo", "Promozione"), ("Segreteria",)]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"explain_below": None}, []),
        ({"explain_below": "50"}, []),
        ({"explain_below": "70.1"}, ["A1", "A2", "A3"]),
        ({"explain_levels": ["indicator"]}, ["I-A1", "I-A2"]),
        ({"explain_levels": ["individual"]}, ["SG1", "I-SG1"]),
        ({"explain_levels": ["objective", "individual"]}, ["A1", "A2", "SG1", "I-SG1"]),
        ({"tolerance": {"level": "objective", "threshold": "60"}}, ["A1"]),
    ],
)
def test_the_policy_says_which_results_do(policy: dict[str, Any], expected: list[str]) -> None:
    assert codes(year(**policy)) == expected


def test_a_sheet_is_answered_for_by_who_holds_it() -> None:
    document = year(explain_levels=["individual"])
    for row in document["indicators"]:
        row.pop("source_office")
    assert [d.owners for d in found(document)[2]] == [("Segretario Generale",)] * 2


def test_what_the_oiv_neutralised_owes_nothing_in_that_scope() -> None:
    document = year()
    decision = {"objective": "A1", "effect": "exclude", "reason": "legge"}
    document["evaluations"] = [{"scope": "SG", **decision}]
    assert codes(document) == ["A1", "A2"]
    document["evaluations"] = [{"scope": "chamber", **decision}]
    assert codes(document) == ["A2"]


def test_a_heading_speaks_for_itself_only_where_nothing_below_does() -> None:
    document = case(
        objectives=[objective("U", "unit", units=["Registro imprese"])],
        indicators=[indicator("i", "U")],
        measurements=[{"indicator": "i", "value": "10"}],
    )
    assert codes(document) == ["U"]


@given(cases(), st.sampled_from([None, "0", "35", "70", "100", "120"]), st.booleans())
def test_nothing_below_the_threshold_is_left_out(
    document: dict[str, Any], limit: str | None, everything: bool
) -> None:
    levels = ["objective", "indicator", "individual"] if everything else ["objective"]
    document["policy"] |= {"explain_below": limit, "explain_levels": levels}
    plan, results, short = found(document)
    if limit is None:
        assert short == ()
        return
    assert len({d.place for d in short}) == len(short)
    assert all(d.result < Fraction(limit) for d in short)
    owing = {d.code for d in short if d.subject is Subject.OBJECTIVE}
    neutralised = {(e.scope, e.code) for e in plan.evaluations if e.subject is Subject.OBJECTIVE}
    for row in plan.objectives:
        scope, result = results.home_scopes[row.code], results.objective(row.code).recognised
        looked_at = scope == "chamber" or everything
        if result is None or result >= Fraction(limit) or not looked_at:
            assert row.code not in owing
        elif row.kind not in HEADINGS and (scope, row.code) not in neutralised:
            assert row.code in owing


@given(cases())
def test_a_lower_threshold_never_asks_for_more_of_objectives(document: dict[str, Any]) -> None:
    found_at: list[set[str]] = []
    for limit in ("30", "60", "90"):
        document["policy"]["explain_below"] = limit
        plan, _, short = found(document)
        headings = {o.code for o in plan.objectives if o.kind in HEADINGS}
        found_at.append({d.code for d in short} - headings)
    assert found_at[0] <= found_at[1] <= found_at[2]
