"""The content of a monitoring report: a year as it stood at the end of one of its periods."""

from dataclasses import replace

from services.api.db.session import ReadSession
from services.api.periods import service as periods
from services.api.periods.collecting import PeriodStanding
from services.api.plans.rows import PlanHead
from services.api.reports.snapshot import ReportSource
from shared.contracts.case import Case
from shared.contracts.period_results import pro_rata_view
from shared.contracts.snapshot import LackView, PeriodView, ProRataView
from shared.domain.calendar import last_month
from shared.domain.plan import Plan
from shared.domain.results import Results
from shared.domain.scoring import score
from shared.domain.year_to_date import ProRater, as_of


async def as_of_period(
    session: ReadSession, head: PlanHead, source: ReportSource, code: str
) -> ReportSource:
    """The content of a year, stopped at the end of a period, and how far its data are.

    Texts, tables and judgements are about the year and stay out; what was written about
    problems and remedies is about now.

    Raises:
        Refusal: ``period_not_found``.
    """
    standing = await periods.period(session, head, code)
    then = as_of(source.plan, code)
    results = score(then)
    return replace(
        source,
        plan=then,
        case=_case_then(source, then),
        results=results,
        deviations=(),
        amendments=(),
        period=_view(standing, source.plan, then, results),
    )


def _case_then(source: ReportSource, then: Plan) -> Case:
    """The case file with the measurements that were known then."""
    known = set(then.measurements)
    pairs = zip(source.case.measurements, source.plan.measurements, strict=True)
    return source.case.model_copy(
        update={
            "measurements": tuple(given for given, read in pairs if read in known),
            "narratives": (),
            "tables": (),
            "deviations": (),
            "judgements": (),
            "overall_judgement": None,
        }
    )


def _view(standing: PeriodStanding, shown: Plan, then: Plan, results: Results) -> PeriodView:
    """How far the data are; of what is lacking, what the document shows (``shown``)."""
    code = standing.span.code
    known = {("measure", measure.code) for measure in shown.measures} | {
        ("indicator", row.code) for row in shown.indicators
    }
    return PeriodView(
        code=code,
        first_day=standing.span.first.isoformat(),
        last_day=standing.span.last.isoformat(),
        deadline=standing.deadline.isoformat(),
        closed=standing.closed,
        months=last_month(code),
        due=standing.figures.due,
        entered=standing.figures.entered,
        in_time=standing.figures.in_time,
        lacking=tuple(
            LackView(
                subject_kind=lack.duty.subject.value,
                subject=lack.duty.code,
                title=lack.duty.title,
                period=lack.duty.period,
                reason=lack.reason,
                owners=lack.duty.owners,
            )
            for lack in standing.lacking
            if (lack.duty.subject.value, lack.duty.code) in known
        ),
        pro_rata=_pro_rata(then, results, code),
    )


def _pro_rata(then: Plan, results: Results, code: str) -> dict[str, ProRataView]:
    rater = ProRater(then)
    parts = {
        name: pro_rata_view(then.policy, rater.of(result, code))
        for name, result in results.indicators.items()
    }
    return {name: part for name, part in parts.items() if part is not None}
