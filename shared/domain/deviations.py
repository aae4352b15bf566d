"""Results that fall short of what the policy accepts without a word (scoring rule 6).

A result below ``explain_below`` asks whoever answers for it for the cause, an explanation
and, where one was taken, the corrective action. Pure; figures are exact, never as shown.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from shared.domain.plan import CHAMBER_SCOPE, HEADINGS, Plan, Subject
from shared.domain.policy import Level
from shared.domain.results import Results

Place = tuple[Subject, str]


@dataclass(frozen=True, slots=True)
class Deviation:
    """A result below the threshold: of what, how much, and who owes the explanation.

    ``result`` is the recognised one, in points: tolerance is a rule of the same policy.
    """

    subject: Subject
    code: str
    title: str
    scope: str
    result: Fraction
    owners: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        """What tells it apart within a plan."""
        return self.subject, self.code


def deviations(
    plan: Plan, results: Results, answerable: Mapping[Place, tuple[str, ...]]
) -> tuple[Deviation, ...]:
    """Everything that asks for an explanation, objectives first, in the plan's order.

    Which results do, the policy says by level: the chamber's objectives, its indicators, and
    sheets with their rows. Each is looked at in its own scope. A row that the OIV neutralised
    there has the OIV's reason; a heading is explained by what falls short below it, and owes
    a word of its own only where nothing does.
    """
    limit = plan.policy.explain_below
    if limit is None:
        return ()
    reader = _Reader(plan, results, answerable)
    short = [found for found in reader.all() if found.result < limit]
    kinds = {objective.code: objective.kind for objective in plan.objectives}
    headings = {
        found.code
        for found in short
        if found.subject is Subject.OBJECTIVE and kinds[found.code] in HEADINGS
    }
    told = _above(plan, [f for f in short if not _heading(f, headings)])
    return tuple(f for f in short if not _heading(f, headings) or f.code not in told)


def _heading(found: Deviation, headings: set[str]) -> bool:
    return found.subject is Subject.OBJECTIVE and found.code in headings


def _above(plan: Plan, short: list[Deviation]) -> frozenset[str]:
    """Every objective that one of these stands below, in the tree or as a member."""
    holders: dict[str, set[str]] = defaultdict(set)
    for objective in plan.objectives:
        if objective.parent is not None:
            holders[objective.code].add(objective.parent)
        for member in objective.members:
            holders[member].add(objective.code)
    homes = {indicator.code: indicator.objective for indicator in plan.indicators}
    waiting: list[str] = []
    for found in short:
        if found.subject is Subject.OBJECTIVE:
            waiting.extend(holders[found.code])
        else:
            waiting.append(homes[found.code])
    seen: set[str] = set()
    while waiting:
        code = waiting.pop()
        if code not in seen:
            seen.add(code)
            waiting.extend(holders[code])
    return frozenset(seen)


class _Reader:
    """The results that the policy looks at, as deviations whatever their figure."""

    def __init__(
        self, plan: Plan, results: Results, answerable: Mapping[Place, tuple[str, ...]]
    ) -> None:
        self._plan = plan
        self._results = results
        self._answerable = answerable
        self._titles = {objective.code: objective.title for objective in plan.objectives}
        self._neutralised = {(e.scope, e.subject, e.code) for e in plan.evaluations}

    def all(self) -> Iterator[Deviation]:
        scopes = self._results.home_scopes
        for row in self._plan.objectives:
            scope = scopes[row.code]
            result = self._results.objective(row.code).recognised
            if self._looked_at(Level.OBJECTIVE, scope):
                yield from self._one(Subject.OBJECTIVE, row.code, row.title, scope, result)
        for item in self._plan.indicators:
            scope = scopes[item.objective]
            result = self._results.indicators[item.code].recognised
            if self._looked_at(Level.INDICATOR, scope):
                yield from self._one(Subject.INDICATOR, item.code, item.title, scope, result)

    def _looked_at(self, level: Level, scope: str) -> bool:
        asked = level if scope == CHAMBER_SCOPE else Level.INDIVIDUAL
        return asked in self._plan.policy.explain_levels

    def _one(
        self, subject: Subject, code: str, title: str, scope: str, result: Fraction | None
    ) -> Iterator[Deviation]:
        if result is None or (scope, subject, code) in self._neutralised:
            return
        owners = self._answerable.get((subject, code), ())
        if not owners and scope != CHAMBER_SCOPE:
            owners = (self._titles[scope],)  # whoever holds the sheet, by role
        yield Deviation(subject, code, title, scope, result, owners)
