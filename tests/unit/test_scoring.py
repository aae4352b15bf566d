"""Scoring rules 2 to 7 on small plans, with the expected figures worked out by hand."""

import json
from fractions import Fraction
from typing import Any

import pytest

from shared.contracts.case_reading import plan_from_case, read_case
from shared.contracts.results import ResultsDocument, results_document
from shared.domain.results import Exclusion, Results
from shared.domain.scoring import score
from tests.unit.plans import case, indicator, objective


def scored(policy: dict[str, Any] | None = None, **sections: object) -> Results:
    return score(plan_from_case(read_case(json.dumps(case(policy, **sections)).encode()).case))


def shown(policy: dict[str, Any] | None = None, **sections: object) -> ResultsDocument:
    plan = plan_from_case(read_case(json.dumps(case(policy, **sections)).encode()).case)
    return results_document(plan, score(plan))


def valued(**values: str) -> list[dict[str, Any]]:
    return [{"indicator": code, "value": value} for code, value in values.items()]


def test_weights_are_renormalised_over_the_rows_that_count() -> None:
    results = scored(
        objectives=[objective("O")],
        indicators=[
            indicator("a", "O", weight="50"),
            indicator("b", "O", weight="30"),
            indicator("c", "O", weight="20"),
        ],
        measurements=[*valued(a="100", b="50"), {"indicator": "c", "status": "suspended"}],
    )
    assert results.objective("O").measured == Fraction(50 * 100 + 30 * 50, 80)
    assert results.indicators["c"].exclusion is Exclusion.SUSPENDED


def test_rows_without_any_weight_share_equally() -> None:
    results = scored(
        objectives=[objective("O")],
        indicators=[indicator("a", "O"), indicator("b", "O"), indicator("c", "O")],
        measurements=valued(a="100", b="100", c="0"),
    )
    assert results.objective("O").measured == Fraction(200, 3)


def test_an_objective_with_nothing_left_has_no_result_and_leaves_its_parents_mean() -> None:
    results = scored(
        objectives=[
            objective("P", "perspective"),
            objective("O1", parent="P", weight="50"),
            objective("O2", parent="P", weight="50"),
        ],
        indicators=[indicator("a", "O1"), indicator("b", "O2")],
        measurements=[*valued(a="80"), {"indicator": "b", "status": "struck"}],
    )
    assert results.objective("O2").measured is None
    assert results.objective("P").measured == 80
    assert results.overall.measured == 80


@pytest.mark.parametrize(("rule", "expected"), [("exclude", 80), ("zero", 40)])
def test_a_missing_value_counts_as_the_policy_says(rule: str, expected: int) -> None:
    results = scored(
        policy={"missing": rule},
        objectives=[objective("O")],
        indicators=[indicator("a", "O"), indicator("b", "O")],
        measurements=[*valued(a="80"), {"indicator": "b", "status": "missing"}],
    )
    assert results.objective("O").measured == expected


def test_monitoring_rows_never_count() -> None:
    results = scored(
        policy={"missing": "zero"},
        objectives=[objective("O")],
        indicators=[
            indicator("a", "O", weight="100"),
            indicator("b", "O", weight="0", monitoring_only=True, targets={}),
        ],
        measurements=valued(a="80", b="3"),
    )
    assert results.objective("O").measured == 80
    assert results.indicators["b"].exclusion is Exclusion.MONITORING


def test_three_times_33_33_divides_by_the_real_sum() -> None:
    results = scored(
        objectives=[objective("O")],
        indicators=[indicator(code, "O", weight="33.33") for code in "abc"],
        measurements=valued(a="100", b="100", c="100"),
    )
    assert results.objective("O").measured == 100


def test_a_dashboard_weighs_indicators_against_the_heading() -> None:
    sections: dict[str, Any] = {
        "objectives": [
            objective("H", "area", aggregate="indicators"),
            objective("O1", "area_objective", parent="H"),
            objective("O2", "area_objective", parent="H"),
        ],
        "indicators": [
            indicator("a", "O1", weight="60"),
            indicator("b", "O2", weight="20"),
            indicator("c", "O2", weight="20"),
        ],
        "measurements": valued(a="100", b="50", c="0"),
    }
    assert scored(**sections).objective("H").measured == 70
    del sections["objectives"][0]["aggregate"]
    assert scored(**sections).objective("H").measured == Fraction(125, 2)


def test_a_suspended_objective_takes_its_indicators_out_of_the_dashboard() -> None:
    results = scored(
        objectives=[
            objective("H", "area", aggregate="indicators"),
            objective("O1", "area_objective", parent="H"),
            objective("O2", "area_objective", parent="H"),
        ],
        indicators=[indicator("a", "O1", weight="60"), indicator("b", "O2", weight="40")],
        measurements=[*valued(a="80", b="0"), {"objective": "O2", "status": "suspended"}],
    )
    assert results.objective("H").measured == 80


def test_tolerance_at_objective_level_keeps_both_figures() -> None:
    results = scored(
        policy={"tolerance": {"level": "objective", "threshold": "90"}},
        objectives=[
            objective("P", "perspective"),
            objective("O1", parent="P"),
            objective("O2", parent="P"),
        ],
        indicators=[indicator("a", "O1"), indicator("b", "O2")],
        measurements=valued(a="90", b="60"),
    )
    first = results.objective("O1")
    assert first.measured == 90
    assert first.recognised == 100
    assert results.indicators["a"].recognised == 90
    assert results.objective("P").measured == 80


def test_tolerance_at_indicator_level() -> None:
    results = scored(
        policy={"tolerance": {"level": "indicator", "threshold": "90"}},
        objectives=[objective("O")],
        indicators=[indicator("a", "O"), indicator("b", "O")],
        measurements=valued(a="95", b="85"),
    )
    row = results.indicators["a"]
    assert row.measured == 95
    assert row.recognised == 100
    assert results.objective("O").measured == Fraction(185, 2)


def test_the_chamber_is_the_plain_mean_of_the_kinds_named_together() -> None:
    results = scored(
        policy={"overall": {"kinds": ["entity_objective", "unit"]}},
        objectives=[
            objective("E1", "entity_objective", weight="90"),
            objective("E2", "entity_objective", weight="10"),
            objective("U1", "unit"),
        ],
        indicators=[indicator("a", "E1"), indicator("b", "E2"), indicator("c", "U1")],
        measurements=valued(a="100", b="40", c="70"),
    )
    assert results.overall.measured == 70


@pytest.mark.parametrize(("second", "expected"), [("10", 94), ("90", 70)])
def test_weights_of_a_single_kind_count_when_they_differ(second: str, expected: int) -> None:
    results = scored(
        objectives=[
            objective("P1", "perspective", weight="90"),
            objective("P2", "perspective", weight=second),
        ],
        indicators=[indicator("a", "P1"), indicator("b", "P2")],
        measurements=valued(a="100", b="40"),
    )
    assert results.overall.measured == expected


def test_members_give_the_mean_of_objectives_scored_once() -> None:
    results = scored(
        objectives=[
            objective("P", "perspective"),
            objective("O1", parent="P", weight="90"),
            objective("O2", parent="P", weight="10"),
            objective("S", "strategic_area", members=["O1", "O2"]),
        ],
        indicators=[indicator("a", "O1"), indicator("b", "O2")],
        measurements=valued(a="100", b="40"),
    )
    assert results.objective("S").measured == 70
    assert results.objective("P").measured == 94


def test_an_assessed_result_stands_in_for_a_value_and_is_marked() -> None:
    document = shown(
        objectives=[objective("P", "perspective"), objective("O", parent="P")],
        indicators=[indicator("a", "P")],
        measurements=[
            {"indicator": "a", "result": "80", "value_text": "n. 13 corsi svolti"},
            {"objective": "O", "result": "100"},
        ],
    )
    figures = {row.code: row.figure for row in document.objectives}
    figures |= {row.code: row.figure for row in document.indicators}
    assert figures["a"].assessed
    assert figures["O"].assessed
    assert figures["P"].shown == "90"


def test_a_value_for_the_indicator_wins_over_its_formula() -> None:
    results = scored(
        objectives=[objective("O")],
        measures=[{"code": "m", "title": "m"}],
        indicators=[indicator("a", "O", formula="[m]")],
        measurements=[
            *valued(a="80"),
            {"measure": "m", "year": 2020, "period": None, "value": "10"},
        ],
    )
    assert results.objective("O").measured == 80


def test_a_neutralised_row_leaves_one_scope_only() -> None:
    results = scored(
        objectives=[
            objective("P", "perspective"),
            objective("SG", "individual"),
            objective("S1", "individual_objective", parent="SG"),
        ],
        indicators=[
            indicator("a", "P"),
            indicator("b", "P"),
            indicator("d", "S1", value="90", derived_from={"objective": "P"}),
        ],
        measurements=valued(a="90", b="0"),
        evaluations=[
            {
                "scope": "SG",
                "indicator": "b",
                "effect": "exclude",
                "reason": "OIV",
                "cause": "exogenous",
            }
        ],
    )
    assert results.objective("P").measured == 45
    assert results.objective("P", "SG").measured == 90
    # The row has no scope of its own: the sheet's applies.
    assert results.objective("SG").measured == 100


@pytest.mark.parametrize(
    ("aggregation", "expected"), [(None, 60), ("sum", 60), ("last", 30), ("mean", 20)]
)
def test_periods_make_the_year(aggregation: str | None, expected: int) -> None:
    results = scored(
        objectives=[objective("O")],
        measures=[
            {"code": "m", "title": "m", **({"aggregation": aggregation} if aggregation else {})}
        ],
        indicators=[indicator("a", "O", formula="[m]")],
        measurements=[
            {"measure": "m", "year": 2020, "period": period, "value": value}
            for period, value in (("Q3", "30"), ("Q1", "10"), ("Q2", "20"))
        ],
    )
    assert results.objective("O").measured == expected


def test_periods_of_different_length_are_not_added_up() -> None:
    results = scored(
        objectives=[objective("O")],
        measures=[{"code": "m", "title": "m"}],
        indicators=[indicator("a", "O", formula="[m]")],
        measurements=[
            {"measure": "m", "year": 2020, "period": period, "value": "10"}
            for period in ("Q1", "M05")
        ],
    )
    assert results.objective("O").measured is None
    assert getattr(results.indicators["a"].value, "reason", None) == "mixed_periods"


def test_labels_look_at_the_figure_as_it_is_shown() -> None:
    document = shown(
        objectives=[objective("P", "perspective")],
        indicators=[indicator("a", "P"), indicator("b", "P")],
        measurements=valued(a="90.4", b="90.6"),
    )
    lights = {row.code: (row.figure.shown, row.figure.light) for row in document.indicators}
    assert lights == {"a": ("90", "yellow"), "b": ("91", "green")}
    assert (document.overall.shown, document.overall.judgement) == ("90.5", "eccellente")


def test_halves_go_up() -> None:
    document = shown(
        objectives=[objective("P", "perspective")],
        indicators=[indicator("a", "P")],
        measurements=valued(a="69.5"),
    )
    assert document.indicators[0].figure.shown == "70"
    assert document.objectives[0].figure.light == "yellow"


def test_a_half_reached_through_thirds_is_not_lost() -> None:
    # (66.66.. + 33.33.. + 0.5 + 89.5) / 4 is 47.5 exactly; cut decimals would make it 47.4999.
    document = shown(
        objectives=[
            objective("P", "perspective"),
            objective("A", parent="P"),
            objective("B", parent="P"),
            objective("C", parent="P"),
            objective("D", parent="P"),
        ],
        indicators=[
            indicator("a", "A", value="3"),
            indicator("b", "B", value="3"),
            indicator("c", "C"),
            indicator("d", "D"),
        ],
        measurements=valued(a="2", b="1", c="0.5", d="89.5"),
    )
    assert document.objectives[0].figure.measured == "47.5"
    assert document.objectives[0].figure.shown == "48"
