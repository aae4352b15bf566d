"""A plan's rows, found by code and by what they belong to."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from shared.domain.plan import (
    CHAMBER_SCOPE,
    Indicator,
    Kind,
    Measurement,
    Objective,
    Plan,
    Subject,
    measure_value_types,
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The recordings of one subject in one year, by period."""

    by_period: dict[str | None, Measurement]

    def in_order(self) -> Iterable[tuple[str | None, Measurement]]:
        """The recordings with their periods, the one of the year first."""
        if len(self.by_period) == 1:
            return self.by_period.items()
        return sorted(self.by_period.items(), key=lambda kv: kv[0] or "")

    def whole_year(self) -> Measurement | None:
        """The recording of the year, else of its last period."""
        if None in self.by_period:
            return self.by_period[None]
        periods = sorted(period for period in self.by_period if period is not None)
        return self.by_period[periods[-1]] if periods else None


class PlanIndex:
    """Everything that scoring looks up in one plan, indexed once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.objectives = {o.code: o for o in plan.objectives}
        self.indicators = {i.code: i for i in plan.indicators}
        self.measures = {m.code: m for m in plan.measures}
        self.measure_types = measure_value_types(plan)
        self.children: dict[str, list[Objective]] = defaultdict(list)
        for objective in plan.objectives:
            if objective.parent is not None:
                self.children[objective.parent].append(objective)
        self.rows: dict[str, list[Indicator]] = defaultdict(list)
        for indicator in plan.indicators:
            self.rows[indicator.objective].append(indicator)
        self.recorded: dict[tuple[Subject, str, int], Recorded] = {}
        for measurement in plan.measurements:
            key = (measurement.subject, measurement.code, measurement.year)
            recorded = self.recorded.setdefault(key, Recorded({}))
            recorded.by_period[measurement.period] = measurement
        self.neutralised = {(e.scope, e.subject, e.code): e.reason for e in plan.evaluations}
        self.home_scopes = self._home_scopes()

    def of_the_year(self, subject: Subject, code: str) -> Measurement | None:
        """What was recorded of an indicator or objective itself for the plan's year."""
        recorded = self.recorded.get((subject, code, self.plan.year))
        return recorded.whole_year() if recorded is not None else None

    def _home_scopes(self) -> dict[str, str]:
        """The scope of every objective: the individual sheet it stands in, else the chamber."""
        scopes: dict[str, str] = {}
        for objective in self.plan.objectives:
            path: list[str] = []
            node: Objective | None = objective
            scope = CHAMBER_SCOPE
            while node is not None:
                if node.code in scopes:
                    scope = scopes[node.code]
                    break
                path.append(node.code)
                if node.kind is Kind.INDIVIDUAL:
                    scope = node.code
                    break
                node = self.objectives[node.parent] if node.parent is not None else None
            scopes.update(dict.fromkeys(path, scope))
        return scopes


def scope_within(node: Objective, scope: str) -> str:
    """The scope in which a row of a mean is scored: a sheet inside another tree keeps its own."""
    return node.code if node.kind is Kind.INDIVIDUAL else scope
