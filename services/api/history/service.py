"""What is frozen around a year: the years before it, the steps of its cycle, its documents."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.boundaries.cuts import stored_without_sheets
from services.api.db.session import ReadSession
from services.api.history import repository
from services.api.periods import service as periods
from services.api.periods.collecting import PeriodStanding
from services.api.periods.working_days import italian_day
from services.api.plans import service as plans
from services.api.plans.rows import PlanHead
from services.api.plans.service import StoredPlan
from services.api.versions import service as versions
from services.api.versions.service import Version
from shared.contracts.case import Act, Case
from shared.contracts.results import indicator_figure, objective_figure, overall_figure
from shared.contracts.snapshot import Figure
from shared.contracts.snapshot_history import PastFigure, RegisterRow, StepView, TrendView
from shared.domain.confidentiality import Sight, hidden_in
from shared.domain.explanation import OVERALL
from shared.domain.scoring import score
from shared.domain.values import NoValue, value_text

YEARS_BACK = 4
"""Earlier years shown beside the one of the report."""

_PLAN_DUE = "{year}-01-31"
"""D.Lgs. 150/2009, art. 10, c. 1, a): of the plan, the year it begins."""
_REPORT_DUE = "{year}-06-30"
"""D.Lgs. 150/2009, art. 10, c. 1, b): of the report, approved and validated, the year after."""

_Place = tuple[str, str]
_Kind = tuple[str | None, str | None]
"""Kind of value and unit of an indicator."""


@dataclass(frozen=True, slots=True)
class History:
    """What is frozen with a report beside the year itself."""

    trends: tuple[TrendView, ...]
    steps: tuple[StepView, ...]
    documents: tuple[RegisterRow, ...]


async def around(
    session: ReadSession, head: PlanHead, case: Case, sight: Sight, public_url: str
) -> History:
    """What stands around the year of a case, for somebody of this sight."""
    last = head.standing.last_approved
    made = await versions.reasons_between(session, head, 0, last) if last else []
    found = await periods.overview(session, head)
    issued = await repository.decided_of_year(session, head.year)
    return History(
        trends=await _trends(session, case, sight),
        steps=tuple(_steps(head.year, case.acts, made, found, issued)),
        documents=tuple(_register(head.year, case.acts, made, issued, public_url)),
    )


# --- the years before ------------------------------------------------------------------------


async def _trends(session: ReadSession, case: Case, sight: Sight) -> tuple[TrendView, ...]:
    """Earlier figures of the rows of a year, as those years' own plans and rules have them.

    Under one code an indicator of another kind of value or unit is another one.
    """
    past: dict[_Place, list[PastFigure]] = {place: [] for place in _kinds(case)}
    for before in await plans.years(session):
        if case.year - YEARS_BACK <= before < case.year:
            stored = await plans.read_plan(session, before)
            same = _kinds(case).items() & _kinds(stored.case).items()
            figures = await asyncio.to_thread(_figures_of, stored, sight)
            for place, _ in same:
                if place in figures:
                    past[place].append(figures[place])
    return tuple(
        TrendView(subject=subject, code=code, past=tuple(found))  # type: ignore[arg-type]  # one of the three words
        for (subject, code), found in past.items()
        if found
    )


def _kinds(case: Case) -> dict[_Place, _Kind]:
    """Every row that has figures, and of what kind they are."""
    kinds: dict[_Place, _Kind] = {(OVERALL, OVERALL): (None, None)}
    kinds |= {("objective", row.code): (None, None) for row in case.objectives}
    kinds |= {("indicator", row.code): (row.value_type, row.unit) for row in case.indicators}
    return kinds


def _figures_of(stored: StoredPlan, sight: Sight) -> dict[_Place, PastFigure]:
    """What each row of a plan came to, of those that somebody of this sight sees."""
    stored = stored_without_sheets(stored, hidden_in(stored.to_domain(), sight))
    plan = stored.to_domain()
    results, policy, year = score(plan), plan.policy, plan.year
    figures = {(OVERALL, OVERALL): _past(year, overall_figure(policy, results))}
    for node in plan.objectives:
        figure = objective_figure(policy, node.kind, results.objective(node.code))
        figures["objective", node.code] = _past(year, figure)
    for row in plan.indicators:
        result = results.indicators[row.code]
        value = None if isinstance(result.value, NoValue) else value_text(result.value)
        figures["indicator", row.code] = _past(year, indicator_figure(policy, result), value)
    return figures


def _past(year: int, figure: Figure, value: str | None = None) -> PastFigure:
    return PastFigure(
        year=year, value=value, shown=figure.shown, light=figure.light, reason=figure.reason
    )


# --- steps and documents ---------------------------------------------------------------------


def _steps(
    year: int,
    acts: Sequence[Act],
    made: Sequence[Version],
    found: Sequence[PeriodStanding],
    issued: Sequence[sa.Row[Any]],
) -> Iterator[StepView]:
    """The cycle of a year in the order of the law, with the days on which steps were done."""
    first = _first_act(acts, "piano") or (made[0].reasons.act if made else None)
    yield _step("plan_approved", first, due=_PLAN_DUE.format(year=year))
    for version in made[1:]:
        yield _step("plan_amended", version.reasons.act, version=version.number)
    for standing in found:
        yield StepView(
            step="period_collected",
            period=standing.span.code,
            due=standing.deadline.isoformat(),
            done=italian_day(standing.history[-1].changed_at).isoformat()
            if standing.closed
            else None,
        )
    due = _REPORT_DUE.format(year=year + 1)
    yield _step("report_approved", _first_act(acts, "relazione"), due=due)
    validated = any(row.kind == "relazione" and row.state != "approved" for row in issued)
    act = _first_act(acts, "validazione") if validated else None
    yield _step("report_validated", act, due=due)


def _step(
    name: str, act: Act | None, *, due: str | None = None, version: int | None = None
) -> StepView:
    organ, done = (None, None) if act is None else (act.organ, act.date)
    return StepView(step=name, who=organ, due=due, done=done, version=version)


def _first_act(acts: Iterable[Act], document: str) -> Act | None:
    return next((act for act in acts if act.document == document), None)


def _register(
    year: int,
    acts: Sequence[Act],
    made: Sequence[Version],
    issued: Sequence[sa.Row[Any]],
    public_url: str,
) -> Iterator[RegisterRow]:
    """Every act, every approved version of the plan, every approved document of the year."""
    in_versions = {_key(version.reasons.act) for version in made}
    for act in acts:
        if _key(act) not in in_versions:
            yield RegisterRow(year=year, **act.model_dump())
    for version in made:
        given = {} if version.reasons.act is None else version.reasons.act.model_dump()
        yield RegisterRow(
            **{"document": "piano", **given},
            year=year,
            version=version.number,
            sha256=None if version.row is None else version.row.sha256,
        )
    for row in issued:
        yield RegisterRow(
            document=row.kind,
            year=year,
            version=row.version,
            date=italian_day(row.rendered_at).isoformat(),
            sha256=row.pdf_sha256,
            url=f"{public_url}/verifica/{row.chamber_id}/{row.report_id}",
        )


def _key(act: Act | None) -> tuple[str | None, ...]:
    return () if act is None else (act.document, act.number, act.date)
