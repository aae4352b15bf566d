"""Ten thousand random plans that change: scoring what a change touches is scoring everything."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from hypothesis import given, note, settings

from shared.contracts.case import Case, CaseMeasurement
from shared.contracts.case_reading import measurement_from_case, plan_from_case
from shared.contracts.results import Made, results_document
from shared.domain.periods import Aggregation
from shared.domain.plan import Evaluation, Measurement, Plan, Subject, measure_value_types
from shared.domain.policy import MissingRule
from shared.domain.rescoring import Scored
from shared.domain.scoring import score
from shared.domain.values import parse_value
from tests.unit import any_plans
from tests.unit.any_plans import YEAR, Choices, choices

T = TypeVar("T")

PLANS = 10_000
MOST_CHANGES = 4

# So many examples take a minute, and several where other tests run beside them.
pytestmark = pytest.mark.timeout(900)


@settings(max_examples=PLANS)
@given(choices(600))
def test_after_any_changes_the_results_are_those_of_scoring_from_scratch(draw: Choices) -> None:
    document = any_plans.document(draw)
    note(document)
    plan = plan_from_case(Case.model_validate(document))
    scored = Scored.of(plan)
    made = Made(scored, results_document(plan, scored.results))
    for revision in range(1, 2 + draw.below(MOST_CHANGES)):
        change = draw.of(CHANGES)
        changed = change(draw, plan, document)
        note(change.__name__)
        plan = replace(changed if _is_sound(changed) else plan, revision=revision)
        scored = made.scored.after(plan)
        fresh = score(plan)
        assert scored.results == fresh
        assert list(scored.results.objectives) == list(fresh.objectives)
        made = Made(scored, results_document(plan, scored.results, earlier=made))
        from_scratch = results_document(plan, fresh)
        assert made.document.model_dump_json() == from_scratch.model_dump_json()


def _is_sound(plan: Plan) -> bool:
    """Whether what was recorded of measures is still of their kind, as everywhere it is kept."""
    kinds = measure_value_types(plan)
    given_values = (
        (kinds[row.code], row.value)
        for row in plan.measurements
        if row.subject is Subject.MEASURE and row.value is not None
    )
    try:
        return all(parse_value(kind, text) is not None for kind, text in given_values)
    except ValueError:
        return False


# --- changes ------------------------------------------------------------------------------------

Change = Callable[[Choices, Plan, dict[str, Any]], Plan]


def record(draw: Choices, plan: Plan, document: dict[str, Any]) -> Plan:
    """A new value, status or degree of realisation, in place of what was there."""
    kinds = any_plans.kinds_of_measures(document["measures"], document["indicators"])
    subjects = [
        *(("measure", code, kind) for code, kind in kinds.items()),
        *(("indicator", row["code"], row["value_type"]) for row in document["indicators"]),
    ]
    if not subjects:
        return plan
    subject, code, kind = draw.of(subjects)
    row: dict[str, Any] = {subject: code, "year": YEAR}
    if subject == "measure":
        row |= {"year": YEAR - draw.below(2), "period": draw.of((None, "Q1", "Q2", "T1"))}
    given_now = any_plans.content(draw, kind, assessed=subject == "indicator")
    recorded = measurement_from_case(CaseMeasurement.model_validate(row | given_now), YEAR)
    return replace(plan, measurements=_recorded(plan, recorded))


def _recorded(plan: Plan, new: Measurement) -> tuple[Measurement, ...]:
    def datum(row: Measurement) -> tuple[object, ...]:
        return (row.subject, row.code, row.year, row.period)

    others = tuple(row for row in plan.measurements if datum(row) != datum(new))
    version = 1 + max((r.version for r in plan.measurements if datum(r) == datum(new)), default=0)
    return (*others, replace(new, version=version))


def record_objective(draw: Choices, plan: Plan, _: dict[str, Any]) -> Plan:
    """An objective suspended, struck, or assessed as a whole."""
    row = {"objective": draw.of(plan.objectives).code}
    given_now = draw.of(({"status": "suspended"}, {"status": "missing"}, {"result": "80"}))
    recorded = measurement_from_case(CaseMeasurement.model_validate(row | given_now), YEAR)
    return replace(plan, measurements=_recorded(plan, recorded))


def forget(draw: Choices, plan: Plan, _: dict[str, Any]) -> Plan:
    """A measurement that was never there."""
    at = draw.below(len(plan.measurements) + 1)
    return replace(plan, measurements=_without(plan.measurements, at))


def validate(draw: Choices, plan: Plan, _: dict[str, Any]) -> Plan:
    """A value for which somebody answers."""
    if not plan.measurements:
        return plan
    at = draw.below(len(plan.measurements))
    validated = replace(plan.measurements[at], validated_by="dirigente")
    return replace(plan, measurements=_with(plan.measurements, at, validated))


def neutralise(draw: Choices, plan: Plan, _: dict[str, Any]) -> Plan:
    """A decision of the OIV, or its withdrawal."""
    if plan.evaluations and draw.happens():
        at = draw.below(len(plan.evaluations))
        return replace(plan, evaluations=_without(plan.evaluations, at))
    rows = [
        *((Subject.OBJECTIVE, node.code) for node in plan.objectives),
        *((Subject.INDICATOR, row.code) for row in plan.indicators),
    ]
    decision = Evaluation(draw.of(("chamber", "SG")), *draw.of(rows), "OIV, ancora")
    return replace(plan, evaluations=(*plan.evaluations, decision))


def change_indicator(draw: Choices, plan: Plan, _: dict[str, Any]) -> Plan:
    """Another weight or formula, or no target that counts."""
    if not plan.indicators:
        return plan
    at = draw.below(len(plan.indicators))
    row = plan.indicators[at]
    changed = draw.of(
        (
            replace(row, weight=None if row.weight else row.weight),
            replace(row, monitoring_only=not row.monitoring_only),
            replace(row, formula="[m 1] * 2"),
            replace(row, target=None),
            replace(row, derived_from=None),
        )
    )
    return replace(plan, indicators=_with(plan.indicators, at, changed))


def change_objective(draw: Choices, plan: Plan, _: dict[str, Any]) -> Plan:
    """Another weight or way of taking the mean."""
    at = draw.below(len(plan.objectives))
    node = plan.objectives[at]
    changed = draw.of(
        (
            replace(node, weight=None),
            replace(node, aggregate_indicators=not node.aggregate_indicators),
            replace(node, members=()),
            replace(node, title="Altro titolo"),
        )
    )
    return replace(plan, objectives=_with(plan.objectives, at, changed))


def change_measure(draw: Choices, plan: Plan, _: dict[str, Any]) -> Plan:
    """Another way of making the year from its periods."""
    if not plan.measures:
        return plan
    at = draw.below(len(plan.measures))
    changed = replace(plan.measures[at], aggregation=draw.of(tuple(Aggregation)))
    return replace(plan, measures=_with(plan.measures, at, changed))


def change_rules(draw: Choices, plan: Plan, _: dict[str, Any]) -> Plan:
    """Another rule for what is missing."""
    missing = draw.of((MissingRule.ZERO, MissingRule.EXCLUDE))
    return replace(plan, policy=replace(plan.policy, missing=missing))


def reorder(draw: Choices, plan: Plan, _: dict[str, Any]) -> Plan:
    """The same rows in another order."""
    return draw.of(
        (
            replace(plan, measurements=plan.measurements[::-1]),
            replace(plan, indicators=plan.indicators[::-1]),
            replace(plan, objectives=plan.objectives[::-1]),
        )
    )


def remove_indicator(draw: Choices, plan: Plan, _: dict[str, Any]) -> Plan:
    """A row less."""
    return replace(plan, indicators=_without(plan.indicators, draw.below(14)))


CHANGES: tuple[Change, ...] = (
    record,
    record,
    record,
    record_objective,
    forget,
    validate,
    neutralise,
    change_indicator,
    change_objective,
    change_measure,
    change_rules,
    reorder,
    remove_indicator,
)


def _with(rows: tuple[T, ...], at: int, row: T) -> tuple[T, ...]:
    return (*rows[:at], row, *rows[at + 1 :])


def _without(rows: tuple[T, ...], at: int) -> tuple[T, ...]:
    return (*rows[:at], *rows[at + 1 :])
