"""What an office answers for, and the mean of its results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from shared.domain.means import weighted_mean
from shared.domain.plan import Objective, Plan
from shared.domain.results import Contribution, Results


@dataclass(frozen=True, slots=True)
class UnitResult:
    """An office, the objectives it answers for, and their mean in points."""

    unit: str
    rule: str
    result: Fraction | None
    contributions: tuple[Contribution, ...]


def unit_results(
    plan: Plan, results: Results, units: Mapping[str, Sequence[str]]
) -> tuple[UnitResult, ...]:
    """The result of every office that an objective names, in alphabetical order.

    An office answers for the objectives that name it. Of several on one branch the highest
    counts, because the others are part of it already. Their recognised results make a mean by
    their weights; where one of them has none, all count the same: weights are relative to the
    siblings of an objective, and a missing one is no zero.

    Args:
        plan: the tree.
        results: its results.
        units: the offices by code of objective.
    """
    names = sorted({name for given in units.values() for name in given})
    parents = {node.code: node.parent for node in plan.objectives}
    return tuple(_unit(name, _highest(name, plan, parents, units), results) for name in names)


def _highest(
    name: str,
    plan: Plan,
    parents: Mapping[str, str | None],
    units: Mapping[str, Sequence[str]],
) -> list[Objective]:
    named = {code for code, given in units.items() if name in given}

    def is_highest(code: str) -> bool:
        above = parents[code]
        while above is not None:
            if above in named:
                return False
            above = parents[above]
        return True

    return [node for node in plan.objectives if node.code in named and is_highest(node.code)]


def _unit(name: str, nodes: Sequence[Objective], results: Results) -> UnitResult:
    parts = []
    for node in nodes:
        result = results.objective(node.code)
        parts.append(
            Contribution(
                node.code, node.kind.level, node.weight, result.recognised, result.exclusion
            )
        )
    weighted = all(part.weight is not None for part in parts)
    if not weighted:
        parts = [replace(part, weight=None) for part in parts]
    mean, rows = weighted_mean(parts)
    return UnitResult(name, "weighted_mean" if weighted else "plain_mean", mean, rows)
