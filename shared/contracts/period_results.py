"""Results of a year at the end of one of its periods (:mod:`shared.domain.year_to_date`)."""

from datetime import date

from shared.contracts.base import Contract
from shared.contracts.results import (
    IndicatorRow,
    ObjectiveRow,
    results_document,
    target_view,
)
from shared.contracts.snapshot import DecimalText, Figure, ProRataView
from shared.domain.calendar import span
from shared.domain.numbers import number_text, shown_text
from shared.domain.plan import Plan
from shared.domain.policy import Level, Policy
from shared.domain.scoring import score
from shared.domain.workflow import PlanState, Standing
from shared.domain.year_to_date import ProRata, ProRater, as_of, elapsed


class PeriodIndicatorRow(IndicatorRow):
    """An indicator with the value accumulated to the end of the period."""

    pro_rata: ProRataView | None


class PeriodResults(Contract):
    """The results that a year would have if it ended with one of its periods.

    ``elapsed`` is the share of the year that is over then, 0-1, in months.
    """

    chamber: str
    year: int
    revision: int
    plan_version: int
    plan_state: PlanState
    period: str
    first_day: date
    last_day: date
    elapsed: DecimalText
    overall: Figure
    objectives: tuple[ObjectiveRow, ...]
    indicators: tuple[PeriodIndicatorRow, ...]


def period_results(plan: Plan, period: str, standing: Standing) -> PeriodResults:
    """The results of a plan at the end of a period; ``standing`` says of which version."""
    then = as_of(plan, period)
    results = score(then)
    document = results_document(then, results, standing)
    rater, days, share = ProRater(plan), span(plan.year, period), elapsed(period)
    rows = {
        code: pro_rata_view(plan.policy, rater.of(result, period))
        for code, result in results.indicators.items()
    }
    return PeriodResults(
        chamber=document.chamber,
        year=document.year,
        revision=document.revision,
        plan_version=document.plan_version,
        plan_state=document.plan_state,
        period=period,
        first_day=days.first,
        last_day=days.last,
        elapsed=number_text(share),
        overall=document.overall,
        objectives=document.objectives,
        indicators=tuple(
            PeriodIndicatorRow(**dict(row), pro_rata=rows[row.code]) for row in document.indicators
        ),
    )


def pro_rata_view(policy: Policy, found: ProRata | None) -> ProRataView | None:
    """The part of a target that is due, as it leaves the domain."""
    target = target_view(None if found is None else found.target)
    if found is None or target is None:
        return None
    result = found.judged.result
    return ProRataView(
        target=target,
        met=found.judged.met,
        result=number_text(result),
        shown=shown_text(result, policy.places(Level.INDICATOR)),
        light=policy.light(Level.INDICATOR, result),
    )
