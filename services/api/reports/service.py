"""Use cases of those who want a report."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from services.api import signals
from services.api.boundaries.cuts import stored_without_sheets
from services.api.container import Container
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit
from services.api.deviations import service as deviations
from services.api.errors import Refusal
from services.api.history import service as history
from services.api.plans import service as plans
from services.api.plans.rows import PlanHead
from services.api.render_jobs import repository as render_jobs
from services.api.render_jobs.states import REPORT_STATES, JobEvent, JobKind, JobState
from services.api.reports import monitoring, repository
from services.api.reports.addresses import job_path
from services.api.reports.document import StoredDocument
from services.api.reports.evaluation import Amendment
from services.api.reports.repository import Series
from services.api.reports.requesting import Wish, request
from services.api.reports.schemas import NewReport as Wanted
from services.api.reports.snapshot import ReportSource, described, freeze
from services.api.tenants import configuration
from services.api.tenants import service as tenants
from services.api.versions import service as versions
from shared.contracts.issues import Issue
from shared.contracts.snapshot import ChamberCard, YearContent
from shared.contracts.snapshot_entity import EntityView
from shared.domain.confidentiality import (
    FULL_SIGHT,
    INDIVIDUAL_KINDS,
    NO_SIGHT,
    Sight,
    hidden_in,
)
from shared.domain.publication import public_kind
from shared.domain.report_states import ReportState
from shared.domain.scoring import score

_PERIOD = Issue(
    pointer="/period",
    code="period_for_monitoring",
    it="il periodo si indica per il monitoraggio, e solo per quello",
    en="a period is given for monitoring, and for nothing else",
)


async def request_report(parts: Container, session: WriteSession, wanted: Wanted) -> sa.Row[Any]:
    """Freezes a report as the plan stands now and asks for its PDF, in one transaction.

    Returns:
        The job that renders it.

    Raises:
        Refusal: ``plan_not_found``, ``period_not_found``, ``validation_failed`` when the kind
            and the period do not go together, or ``report_reason_required`` when a version was
            approved already and nothing says why there must be another.
    """
    if (wanted.kind == "monitoraggio") != (wanted.period is not None):
        raise Refusal("validation_failed", issues=[_PERIOD])
    # Held to the end: nobody changes a figure under the snapshot, no two get one version.
    head = await plans.lock_plan(session, wanted.year)
    series = Series(wanted.year, wanted.kind, wanted.period or "")
    await _refuse_without_reason(session, series, wanted.reason)
    sight = await _sight_of_report(session, wanted)
    content = await source(session, head, sight)
    if wanted.period is None:
        content = await _with_history(session, head, content, sight, parts.settings.public_url)
    else:
        content = await monitoring.as_of_period(session, head, content, wanted.period)
    wish = Wish(
        series=series,
        plan_id=head.plan_id,
        plan_revision=head.revision,
        with_sheets=any(row.kind in INDIVIDUAL_KINDS for row in content.case.objectives),
        reason=wanted.reason,
    )
    job_id = await request(parts, session, wish, lambda facts: freeze(content, facts))
    return await job(session, job_id)


async def request_entity_report(
    parts: Container,
    session: WriteSession,
    own: YearContent,
    view: EntityView,
    reason: str | None = None,
) -> sa.Row[Any]:
    """Freezes the report of the entity whose own chamber this is; answers its job.

    Raises:
        Refusal: ``plan_not_found`` when the entity's own plan was removed meanwhile;
            ``report_reason_required`` as in :func:`request_report`.
    """
    # Two requests at once wait for each other here, so they get different versions.
    await tenants.chamber(session, lock=True)
    codes = ",".join(card.code for card in view.chambers)
    series = Series(own.year, "relazione_ente", codes)
    await _refuse_without_reason(session, series, reason)
    wish = Wish(
        series=series,
        plan_id=(await plans.head(session, own.year)).plan_id if view.own_plan else None,
        plan_revision=own.plan_revision,
        with_sheets=False,
        reason=reason,
    )
    layout = (await configuration.documents(session)).layout_of(wish.series.kind)
    job_id = await request(
        parts, session, wish, lambda facts: described(own, facts, entity=view, layout=layout)
    )
    return await job(session, job_id)


async def _refuse_without_reason(session: ReadSession, series: Series, reason: str | None) -> None:
    if reason is not None:
        return
    decided = await repository.decided_version(session, series)
    if decided:
        raise Refusal("report_reason_required", version=decided)


async def _sight_of_report(session: ReadSession, wanted: Wanted) -> Sight:
    """What a document shows of individual sheets; a monitoring report, nothing."""
    if wanted.kind == "monitoraggio":
        return NO_SIGHT
    chosen = wanted.individual_sheets
    if chosen is None:
        chosen = (await configuration.publication(session)).individual_sheets
    return FULL_SIGHT if chosen == "roles" else NO_SIGHT


async def _amendments(session: ReadSession, head: PlanHead, sight: Sight) -> tuple[Amendment, ...]:
    """Every approved version after the first, with what it changed."""
    found: list[Amendment] = []
    last = max(head.standing.last_approved, 1)
    for made in await versions.reasons_between(session, head, 1, last):
        changes = await versions.differences_between(
            session, head, made.number - 1, made.number, sight
        )
        found.append(Amendment(made, changes))
    return tuple(found)


async def card(session: ReadSession) -> ChamberCard:
    """The chamber of the session as a cover shows it.

    Raises:
        Refusal: ``chamber_not_found``.
    """
    row = await repository.chamber_card(session)
    if row is None:
        raise Refusal("chamber_not_found")
    return ChamberCard(
        code=row.chamber_id,
        name=row.name,
        entity_code=row.entity_id,
        entity_name=row.entity_name,
        logo_svg=row.logo_svg,
        **({} if row.colour is None else {"colour": row.colour}),
    )


async def source(session: ReadSession, head: PlanHead, sight: Sight) -> ReportSource:
    """Everything that a report of a year may show, as it stands, to somebody of this sight."""
    chamber = await card(session)
    stored = await plans.read_parts(session, head)
    stored = stored_without_sheets(stored, hidden_in(stored.to_domain(), sight))
    plan = stored.to_domain()
    results = score(plan)
    return ReportSource(
        chamber=chamber,
        case=stored.case,
        plan=plan,
        results=results,
        standing=head.standing,
        deviations=deviations.of_plan(stored, plan, results),
        amendments=await _amendments(session, head, sight),
        documents=await configuration.documents(session),
    )


async def year_source(
    session: ReadSession, head: PlanHead, sight: Sight, public_url: str
) -> ReportSource:
    """As :func:`source`, with the years and documents around this one."""
    content = await source(session, head, sight)
    return await _with_history(session, head, content, sight, public_url)


async def _with_history(
    session: ReadSession, head: PlanHead, content: ReportSource, sight: Sight, public_url: str
) -> ReportSource:
    found = await history.around(session, head, content.case, sight, public_url)
    return replace(content, trends=found.trends, steps=found.steps, cycle_documents=found.documents)


async def report(session: ReadSession, report_id: str) -> sa.Row[Any]:
    """A report of the chamber.

    Raises:
        Refusal: ``report_not_found``.
    """
    found = await repository.report(session, report_id)
    if found is None:
        raise Refusal("report_not_found")
    return found


async def rendered_report(session: ReadSession, report_id: str) -> sa.Row[Any]:
    """A report whose PDF is there.

    Raises:
        Refusal: ``report_not_found``, ``report_not_ready`` or ``report_without_document``.
    """
    found = await report(session, report_id)
    if found.state == ReportState.REQUESTED:
        raise Refusal("report_not_ready", job=job_path(session.chamber, found.job_id))
    if not ReportState(found.state).has_document:
        raise Refusal("report_without_document")
    return found


@dataclass(frozen=True, slots=True)
class Issued:
    """A report whose PDF was issued, and what one should know beside it."""

    row: sa.Row[Any]
    chamber_name: str
    latest_version: int


async def issued(session: ReadSession, report_id: str, *, published: bool = False) -> Issued | None:
    """A report whose PDF was issued, or ``None``; with ``published`` as anybody may know it."""
    row = await repository.report(session, report_id)
    if row is None or not ReportState(row.state).has_document:
        return None
    if published and not (row.state == ReportState.PUBLISHED and public_kind(row.kind)):
        return None
    chamber = await repository.chamber_card(session)
    latest = await repository.latest_issued_version(session, Series.of(row), published=published)
    return Issued(row, "" if chamber is None else chamber.name, latest)


async def frozen(session: ReadSession, report_id: str) -> sa.Row[Any]:
    """The frozen bytes of a report that exists, and their hash."""
    return await repository.snapshot(session, report_id)


async def hold(session: WriteSession, report_id: str) -> None:
    """Keeps a report to this transaction until it ends."""
    await repository.lock_report(session, report_id)


async def close(
    session: WriteSession,
    report_id: str,
    ended: JobState,
    document: StoredDocument | None = None,
) -> None:
    """Writes down what the end of its job makes of a report, with its PDF when there is one."""
    await repository.close_report(session, report_id, REPORT_STATES[ended], document)


async def job(session: ReadSession, job_id: str) -> sa.Row[Any]:
    """A render job of the chamber.

    Raises:
        Refusal: ``job_not_found``.
    """
    found = await render_jobs.job(session, job_id)
    if found is None:
        raise Refusal("job_not_found")
    return found


async def cancel(parts: Container, session: WriteSession, job_id: str) -> None:
    """Cancels a job that is not over; its worker learns so at the next heartbeat.

    A job that was cancelled before stays so, without complaint.

    Raises:
        Refusal: ``job_not_found``, or ``job_over`` when it is done or has failed.
    """
    found = await render_jobs.job(session, job_id, lock=True)
    if found is None:
        raise Refusal("job_not_found")
    if found.state == JobState.CANCELLED:
        return
    if not await render_jobs.finish(session, job_id, JobEvent.CANCEL):
        raise Refusal("job_over", state=found.state)
    if found.kind == JobKind.SIGN:
        facts = {"job_id": job_id, "office": found.office}
        await audit(session, "report.signature_cancelled", found.report_id, facts)
    else:
        await close(session, found.report_id, JobState.CANCELLED)
        await audit(session, "report.cancelled", found.report_id, {"job_id": job_id})
    topic = signals.render_job(session.chamber, job_id)
    session.on_commit(lambda: parts.signals.knock(topic))


async def watch(parts: Container, chamber: str, job_id: str) -> AsyncIterator[sa.Row[Any]]:
    """The job now, and again whenever it has changed, until it is over."""

    async def read() -> sa.Row[Any]:
        async with parts.database.read([chamber]) as session:
            return await job(session, job_id)

    return await parts.signals.follow(
        signals.render_job(chamber, job_id),
        read,
        visible=lambda row: (row.state, row.stage, row.progress, row.attempt),
        over=lambda row: JobState(row.state).over,
    )
