"""Scoring again after a change: only what depends on it, with the same outcome to the byte.

Every result is a function of what it reads, and who reads what is written in the plan itself:
formulas read measures, objectives read their rows, headings their members, derived rows an
objective. So the results that a change can have touched are those that are reached from it
along these arrows; all others are taken over as they are.

Other rules, or other rows than before, concern everything: then all is scored.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from shared.domain.plan import Plan, Subject, measure_value_types
from shared.domain.results import Results
from shared.domain.scoring import Known, Scorer, score

Node = tuple[Subject, str]
"""A measure, indicator or objective; of a measure all years and periods together."""

Contents = Mapping[tuple[Node, object], object]
"""What a plan says of its nodes: to which one it belongs, and what tells it apart there."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A plan with its results, from which those of a later state can be made.

    ``arrows`` tells who reads the value or result of whom, one step up.
    """

    plan: Plan
    results: Results
    arrows: Mapping[Node, Iterable[Node]]

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """A plan scored from scratch."""
        return cls(plan, score(plan), arrows_of(plan))

    def after(self, plan: Plan) -> Self:
        """The plan as it is now, its results equal to those of scoring it from scratch."""
        changed = changes(self.plan, plan)
        if changed is None:
            return type(self).of(plan)
        arrows = self.arrows if _same_rows(self.plan, plan) else arrows_of(plan)
        known = _outside(reached(arrows, changed), self.results)
        return type(self)(plan, Scorer(plan, known).results(), arrows)


def changes(before: Plan, after: Plan) -> set[Node] | None:
    """Where two states of a plan differ, or ``None`` when the difference concerns everything.

    A row about which something was decided or recorded counts as changed itself.
    """
    if before.year != after.year or before.policy != after.policy:
        return None
    if _same_rows(before, after):
        was, now = _entries(before), _entries(after)
    elif _frame(before) == _frame(after):
        was = {**_rows(before), **_entries(before)}
        now = {**_rows(after), **_entries(after)}
    else:
        return None
    return {
        key[0]
        for key in was.keys() | now.keys()
        if (old := was.get(key)) is not (new := now.get(key)) and old != new
    }


def arrows_of(plan: Plan) -> Mapping[Node, Iterable[Node]]:
    """Who reads the value or result of whom, one step up."""
    found: dict[Node, list[Node]] = defaultdict(list)
    for row in plan.indicators:
        reader = (Subject.INDICATOR, row.code)
        found[reader].append((Subject.OBJECTIVE, row.objective))
        for ref in row.parsed_formula.measures if row.parsed_formula is not None else ():
            found[Subject.MEASURE, ref.code].append(reader)
        if row.derived_from is not None:
            found[Subject.OBJECTIVE, row.derived_from.objective].append(reader)
    for node in plan.objectives:
        for code in node.members:
            found[Subject.OBJECTIVE, code].append((Subject.OBJECTIVE, node.code))
        if node.parent is not None:
            found[Subject.OBJECTIVE, node.code].append((Subject.OBJECTIVE, node.parent))
    return found


def reached(arrows: Mapping[Node, Iterable[Node]], changed: Iterable[Node]) -> set[Node]:
    """What has changed and everything that depends on it."""
    touched = set(changed)
    waiting = list(touched)
    while waiting:
        for reader in arrows.get(waiting.pop(), ()):
            if reader not in touched:
                touched.add(reader)
                waiting.append(reader)
    return touched


def _same_rows(before: Plan, after: Plan) -> bool:
    """Whether two states share their rows: the later one was made from the earlier one."""
    return (
        before.objectives is after.objectives
        and before.measures is after.measures
        and before.indicators is after.indicators
    )


def _frame(plan: Plan) -> tuple[object, ...]:
    """Which rows stand where, in their order: what everything hangs on."""
    return (
        [(node.code, node.kind, node.parent) for node in plan.objectives],
        [(row.code, row.objective) for row in plan.indicators],
    )


def _rows(plan: Plan) -> Contents:
    kinds = measure_value_types(plan)
    return {
        **{((Subject.OBJECTIVE, node.code), None): node for node in plan.objectives},
        **{((Subject.INDICATOR, row.code), None): row for row in plan.indicators},
        **{
            ((Subject.MEASURE, measure.code), None): (measure.aggregation, kinds[measure.code])
            for measure in plan.measures
        },
    }


def _entries(plan: Plan) -> Contents:
    """What was recorded and decided during the year."""
    return {
        **{((m.subject, m.code), (m.year, m.period)): m for m in plan.measurements},
        **{((e.subject, e.code), e.scope): e for e in plan.evaluations},
    }


def _outside(touched: set[Node], results: Results) -> Known:
    """The results that a change has not touched."""
    return Known(
        {
            code: result
            for code, result in results.indicators.items()
            if (Subject.INDICATOR, code) not in touched
        },
        {
            (code, scope): result
            for (code, scope), result in results.objectives.items()
            if (Subject.OBJECTIVE, code) not in touched
        },
    )
