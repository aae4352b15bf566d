"""What must hold for any plan: bounds, weight scale, scopes, order, export and import."""

import copy
import json
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.case import write_case
from shared.contracts.case_reading import plan_from_case, read_case
from shared.contracts.results import explanation_view, results_document, titles_of
from shared.domain.explanation import Explainer
from shared.domain.plan import Plan
from shared.domain.results import Results
from shared.domain.scoring import score
from tests.unit.plans import cases


def read(document: dict[str, Any]) -> Plan:
    return plan_from_case(read_case(json.dumps(document).encode()).case)


def figures(results: Results) -> dict[object, Fraction | None]:
    found: dict[object, Fraction | None] = {
        code: result.recognised for code, result in results.indicators.items()
    }
    found.update((key, result.recognised) for key, result in results.objectives.items())
    found["overall"] = results.overall.measured
    return found


@given(cases())
def test_every_result_lies_between_zero_and_the_cap(document: dict[str, Any]) -> None:
    plan = read(document)
    for figure in figures(score(plan)).values():
        assert figure is None or 0 <= figure <= plan.policy.cap


@given(cases(), st.sampled_from(["0.5", "3", "7", "100"]))
def test_the_scale_of_weights_does_not_matter(document: dict[str, Any], factor: str) -> None:
    scaled = copy.deepcopy(document)
    for row in (*scaled["objectives"], *scaled["indicators"]):
        if "weight" in row:
            row["weight"] = format(Decimal(row["weight"]) * Decimal(factor), "f")
    assert figures(score(read(scaled))) == figures(score(read(document)))


@given(cases(), st.data())
def test_neutralising_a_row_never_changes_another_scope(
    document: dict[str, Any], data: st.DataObject
) -> None:
    row = data.draw(st.sampled_from(document["indicators"]))["code"]
    scope = data.draw(st.sampled_from(["chamber", "SG"]))
    changed = copy.deepcopy(document)
    changed["evaluations"] = [
        *(e for e in document["evaluations"] if (e["scope"], e["indicator"]) != (scope, row)),
        {"scope": scope, "indicator": row, "effect": "exclude", "reason": "OIV"},
    ]
    before, after = score(read(document)), score(read(changed))
    for key, result in before.objectives.items():
        if key[1] != scope:
            assert after.objectives[key].recognised == result.recognised
    if scope != "chamber":
        assert after.overall.measured == before.overall.measured


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(document: dict[str, Any], random: Random) -> None:
    shuffled = copy.deepcopy(document)
    for section in ("objectives", "indicators", "measures", "measurements", "evaluations"):
        random.shuffle(shuffled[section])
    assert figures(score(read(shuffled))) == figures(score(read(document)))


@given(cases(), st.data())
def test_a_better_value_never_lowers_the_objective(
    document: dict[str, Any], data: st.DataObject
) -> None:
    rising = [
        (at, given)
        for at, given in enumerate(document["measurements"])
        if given.get("value") is not None
        and any(
            i["code"] == given.get("indicator")
            and i["value_type"] in {"number", "percent"}
            and i["targets"]["2020"]["op"] in {">=", ">"}
            for i in document["indicators"]
        )
    ]
    if not rising:
        return
    at, given = data.draw(st.sampled_from(rising))
    better = copy.deepcopy(document)
    better["measurements"][at]["value"] = format(Decimal(given["value"]) + 10, "f")
    owner = next(i["objective"] for i in document["indicators"] if i["code"] == given["indicator"])
    before, after = score(read(document)).objective(owner), score(read(better)).objective(owner)
    if before.measured is not None:
        assert after.measured is not None
        assert after.measured >= before.measured


@given(cases())
def test_export_then_import_is_the_identity(document: dict[str, Any]) -> None:
    first = write_case(read_case(json.dumps(document).encode()).case)
    second = write_case(read_case(first).case)
    assert second == first
    assert figures(score(plan_from_case(read_case(second).case))) == figures(score(read(document)))


@given(cases())
def test_every_figure_can_be_explained_and_shares_add_up(document: dict[str, Any]) -> None:
    plan = read(document)
    results = score(plan)
    titles = titles_of(plan)
    assert results_document(plan, results).chamber == "PI"
    for explanation in Explainer(plan, results).everything():
        assert explanation_view(explanation, titles).text
        counted = [share for share in explanation.shares if share is not None]
        if explanation.contributions and explanation.measured is not None and counted:
            assert sum(counted) == 1
            rows = zip(explanation.contributions, explanation.shares, strict=True)
            mean = sum(
                row.result * share
                for row, share in rows
                if share is not None and row.result is not None
            )
            assert mean == explanation.measured
