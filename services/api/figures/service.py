"""Use cases of results by period, office, level and year. Nothing here is stored."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.api.auth.access import Access
from services.api.db.session import Database
from services.api.figures.schemas import (
    FigureTrend,
    FigureTrendPoint,
    IndicatorResult,
    ObjectiveResult,
    PeriodSummaries,
    PeriodSummary,
    UnitObjective,
    UnitResult,
)
from services.api.measurements.service import offices
from services.api.plans import service as plans
from services.api.results.service import CurrentResults, ScoredPlan, computed_on, scored_plan
from services.api.states import service as states
from shared.contracts.period_results import PeriodResults, period_results
from shared.contracts.results import (
    ResultsDocument,
    exact,
    judged_figure,
    mean_figure,
    results_document,
)
from shared.domain.calendar import collected
from shared.domain.completeness import answerable
from shared.domain.explanation import OVERALL
from shared.domain.plan import Objective, Subject
from shared.domain.results import shares
from shared.domain.unit_results import UnitResult as DomainUnitResult
from shared.domain.unit_results import unit_results

Named = Mapping[tuple[Subject, str], tuple[str, ...]]


class Figures:
    """The figures of one scored plan, looked at from several sides."""

    def __init__(self, scored: ScoredPlan) -> None:
        self._scored = scored
        self.plan = scored.plan
        self.results = scored.results
        standing = scored.stored.head.standing
        self.document = results_document(scored.plan, scored.results, standing)
        sources, self._units = offices(scored.stored)
        self._answer: Named = answerable(scored.plan, sources, self._units)
        self._nodes = {node.code: node for node in scored.plan.objectives}
        self._below = self._indicators_below()

        codes = [*(o.code for o in self.plan.objectives), *(i.code for i in self.plan.indicators)]
        self.places = {code: place for place, code in enumerate(codes)}

    @property
    def computed_on(self) -> dict[str, object]:
        """What the figures were computed on, for the body of a list."""
        return dict(computed_on(self._scored))

    def objectives(self) -> Iterator[ObjectiveResult]:
        """Every objective with its judgement, in the order of the plan."""
        for row in self.document.objectives:
            result = self.results.objective(row.code)
            values = dict(row) | {
                "figure": judged_figure(self.plan.policy, row.figure, result.recognised)
            }
            yield ObjectiveResult(
                **values,
                offices=list(self._answer[Subject.OBJECTIVE, row.code]),
                **self._counts(self._below[row.code]),
            )

    def indicators(self) -> Iterator[IndicatorResult]:
        """Every indicator with its judgement, in the order of the plan."""
        for row in self.document.indicators:
            result = self.results.indicators[row.code]
            values = dict(row) | {
                "figure": judged_figure(self.plan.policy, row.figure, result.recognised)
            }
            answering = list(self._answer[Subject.INDICATOR, row.code])
            yield IndicatorResult(**values, offices=answering)

    def units(self) -> Iterator[UnitResult]:
        """Every office with what it answers for."""
        for found in unit_results(self.plan, self.results, self._units):
            yield self._unit(found)

    def _unit(self, found: DomainUnitResult) -> UnitResult:
        parts = zip(found.contributions, shares(found.contributions), strict=True)
        below = {code for part in found.contributions for code in self._below[part.code]}
        return UnitResult(
            unit=found.unit,
            figure=mean_figure(self.plan.policy, found.result),
            rule=found.rule,  # type: ignore[arg-type]  # one of the two words
            objectives=[
                UnitObjective(
                    code=part.code,
                    title=self._nodes[part.code].title,
                    kind=self._nodes[part.code].kind,
                    weight=exact(part.weight),
                    share=exact(share),
                    result=exact(part.result),
                    excluded=part.exclusion,
                )
                for part, share in parts
            ],
            **self._counts(below),
        )

    def is_below(self, code: str, ancestor: str) -> bool:
        """Whether an indicator stands anywhere below an objective."""
        return code in self._below.get(ancestor, ())

    def _indicators_below(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {code: set() for code in self._nodes}
        for row in self.plan.indicators:
            node: Objective | None = self._nodes[row.objective]
            while node is not None:
                found[node.code].add(row.code)
                node = None if node.parent is None else self._nodes[node.parent]
        return found

    def _counts(self, codes: set[str]) -> dict[str, Any]:
        indicators = self.results.indicators
        with_result = sum(indicators[code].recognised is not None for code in codes)
        return {"indicators": len(codes), "with_result": with_result}


async def at_period(database: Database, access: Access, year: int, period: str) -> PeriodResults:
    """The results of a plan at the end of a period.

    Raises:
        Refusal: ``plan_not_found``.
    """
    scored = await scored_plan(database, access, year)
    return period_results(scored.plan, period, scored.stored.head.standing)


async def by_period(database: Database, access: Access, year: int) -> PeriodSummaries:
    """The results at the end of every period of the chamber, the year last.

    Raises:
        Refusal: ``plan_not_found``.
    """
    scored = await scored_plan(database, access, year)
    async with database.read([access.chamber]) as session:
        rules = await states.rules(session)
    standing = scored.stored.head.standing
    items = [
        _summary(period_results(scored.plan, span.code, standing))
        for span in collected(year, rules.frequency)
    ]
    return PeriodSummaries.model_validate({**computed_on(scored), "items": items})


def _summary(found: PeriodResults) -> PeriodSummary:
    return PeriodSummary(
        period=found.period,
        first_day=found.first_day,
        last_day=found.last_day,
        elapsed=found.elapsed,
        overall=found.overall,
        indicators=len(found.indicators),
        with_result=sum(row.figure.recognised is not None for row in found.indicators),
    )


async def trends(
    database: Database,
    current: CurrentResults,
    access: Access,
    codes: Sequence[str],
    years: range,
) -> list[FigureTrend]:
    """Figures over the years of which there is a plan, the codes in the order given.

    A code that no plan knows has no points. In each year it is what it was in that year's
    plan: rows are matched by code, and whoever gives a code to something else says so.
    """
    async with database.read([access.chamber]) as session:
        known = await plans.years(session)
    documents = [
        ResultsDocument.model_validate_json((await current.seen_by(access, year)).body)
        for year in known
        if year in years
    ]
    return [_trend(code, documents) for code in codes]


def _trend(code: str, documents: Sequence[ResultsDocument]) -> FigureTrend:
    found = [(subject, point) for d in documents for subject, point in _points(code, d)]
    subject = found[-1][0] if found else "overall" if code == OVERALL else "indicator"
    return FigureTrend(
        subject=subject,  # type: ignore[arg-type]  # one of the three words
        code=code,
        points=[point for kind, point in found if kind == subject],
    )


def _points(code: str, document: ResultsDocument) -> Iterator[tuple[str, FigureTrendPoint]]:
    """The figure of a code in one year, if the plan has it."""
    shared: dict[str, Any] = {
        "year": document.year,
        "revision": document.revision,
        "plan_version": document.plan_version,
        "plan_state": document.plan_state,
        "title": None,
        "value": None,
        "unit": None,
        "target": None,
    }
    for objective in document.objectives:
        if objective.code == code:
            mine = {"title": objective.title, "figure": objective.figure}
            yield "objective", FigureTrendPoint(**shared | mine)
            return
    for row in document.indicators:
        if row.code == code:
            names = ("title", "value", "unit", "target", "figure")
            yield (
                "indicator",
                FigureTrendPoint(**shared | {name: getattr(row, name) for name in names}),
            )
            return
    if code == OVERALL:
        yield "overall", FigureTrendPoint(**shared | {"figure": document.overall})
