"""Use cases of those who want a report."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa

from services.api import signals
from services.api.boundaries.cuts import stored_without_sheets
from services.api.container import Container
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit, emit
from services.api.deviations import service as deviations
from services.api.errors import Refusal
from services.api.history import service as history
from services.api.ids import new_id
from services.api.plans import service as plans
from services.api.plans.rows import PlanHead
from services.api.reports import monitoring, repository
from services.api.reports.evaluation import Amendment
from services.api.reports.jobs import REPORT_STATES, JobEvent, JobState
from services.api.reports.repository import NewReport, Series
from services.api.reports.schemas import NewReport as Wanted
from services.api.reports.snapshot import Freeze, ReportSource, freeze
from services.api.reports.views import job_path
from services.api.tenants import configuration
from services.api.versions import service as versions
from shared.contracts.issues import Issue
from shared.contracts.snapshot import ChamberCard, canonical_bytes
from shared.domain.confidentiality import (
    FULL_SIGHT,
    INDIVIDUAL_KINDS,
    NO_SIGHT,
    Sight,
    hidden_in,
)
from shared.domain.report_states import ReportState
from shared.domain.scoring import score

RENDER_REQUESTED = "render.requested"
"""Topic of the event that the relay turns into a message on the queue."""

# A job is looked at this often even when no change is heard of: another process may serve
# the renderer.
_WATCH_SECONDS = 1.0

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
    version = await repository.next_version(session, series)
    report_id, job_id = new_id(), new_id()
    facts = Freeze(
        report_id=report_id,
        version=version,
        kind=wanted.kind,
        created_at=parts.clock.now(),
        development=not parts.settings.production,
        verification_url=f"{parts.settings.public_url}/verifica/{session.chamber}/{report_id}",
        reason=wanted.reason,
    )
    frozen = await asyncio.to_thread(lambda: canonical_bytes(freeze(content, facts)))
    report = NewReport(
        report_id=report_id,
        plan_id=head.plan_id,
        series=series,
        version=version,
        plan_revision=head.revision,
        snapshot=frozen,
        snapshot_sha256=hashlib.sha256(frozen).hexdigest(),
        with_sheets=any(row.kind in INDIVIDUAL_KINDS for row in content.case.objectives),
        reason=wanted.reason,
    )
    await repository.add_report(session, report)
    await repository.add_job(session, job_id, report_id)
    await emit(session, RENDER_REQUESTED, report_id, {"job_id": job_id})
    noted = {**asdict(series), "version": version, "job_id": job_id}
    await audit(session, "report.requested", report_id, noted | {"sha256": report.snapshot_sha256})
    session.on_commit(lambda: parts.signals.knock(signals.OUTBOX))
    return await job(session, job_id)


async def _refuse_without_reason(session: ReadSession, series: Series, reason: str | None) -> None:
    if reason is not None:
        return
    decided = await repository.decided_version(session, series)
    if decided:
        raise Refusal("report_reason_required", version=decided)


async def _sight_of_report(session: ReadSession, wanted: Wanted) -> Sight:
    """What a document shows of individual sheets; one made during the year, nothing."""
    if wanted.kind != "relazione":
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


async def source(session: ReadSession, head: PlanHead, sight: Sight) -> ReportSource:
    """Everything that a report of a year may show, as it stands, to somebody of this sight."""
    card = await repository.chamber_card(session)
    if card is None:
        raise Refusal("chamber_not_found")
    stored = await plans.read_parts(session, head)
    stored = stored_without_sheets(stored, hidden_in(stored.to_domain(), sight))
    plan = stored.to_domain()
    chamber = ChamberCard(
        code=card.chamber_id,
        name=card.name,
        entity_code=card.entity_id,
        entity_name=card.entity_name,
        logo_svg=card.logo_svg,
        **({} if card.colour is None else {"colour": card.colour}),
    )
    results = score(plan)
    return ReportSource(
        chamber=chamber,
        case=stored.case,
        plan=plan,
        results=results,
        standing=head.standing,
        deviations=deviations.of_plan(stored, plan, results),
        amendments=await _amendments(session, head, sight),
        layout=await configuration.layout_of_report(session),
    )


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


async def issued(session: ReadSession, report_id: str) -> Issued:
    """An issued report, by its identifier.

    Raises:
        Refusal: ``report_not_found``, also while there is no PDF.
    """
    row = await repository.report(session, report_id)
    if row is None or not ReportState(row.state).has_document:
        raise Refusal("report_not_found")
    return await _issued(session, row)


async def issued_as(session: ReadSession, pdf_sha256: str) -> Issued | None:
    """The issued report whose PDF has exactly these bytes, if there is one."""
    row = await repository.report_by_hash(session, pdf_sha256)
    return None if row is None else await _issued(session, row)


async def _issued(session: ReadSession, row: sa.Row[Any]) -> Issued:
    card = await repository.chamber_card(session)
    latest = await repository.latest_issued_version(session, Series.of(row))
    return Issued(row, "" if card is None else card.name, latest)


async def job(session: ReadSession, job_id: str) -> sa.Row[Any]:
    """A render job of the chamber.

    Raises:
        Refusal: ``job_not_found``.
    """
    found = await repository.job(session, job_id)
    if found is None:
        raise Refusal("job_not_found")
    return found


async def cancel(parts: Container, session: WriteSession, job_id: str) -> None:
    """Cancels a job that is not over; its worker learns so at the next heartbeat.

    A job that was cancelled before stays so, without complaint.

    Raises:
        Refusal: ``job_not_found``, or ``job_over`` when it is done or has failed.
    """
    found = await repository.job(session, job_id, lock=True)
    if found is None:
        raise Refusal("job_not_found")
    if found.state == JobState.CANCELLED:
        return
    if not await repository.finish(session, job_id, JobEvent.CANCEL):
        raise Refusal("job_over", state=found.state)
    await repository.close_report(session, found.report_id, REPORT_STATES[JobState.CANCELLED])
    await audit(session, "report.cancelled", found.report_id, {"job_id": job_id})
    topic = signals.render_job(session.chamber, job_id)
    session.on_commit(lambda: parts.signals.knock(topic))


async def watch(parts: Container, chamber: str, job_id: str) -> AsyncIterator[sa.Row[Any]]:
    """The job now, and again whenever it has changed, until it is over."""
    seen: tuple[Any, ...] | None = None
    with parts.signals.listening(signals.render_job(chamber, job_id)) as listener:
        while True:
            async with parts.database.read([chamber]) as session:
                found = await job(session, job_id)
            visible = (found.state, found.stage, found.progress, found.attempt)
            if visible != seen:
                seen = visible
                yield found
            if JobState(found.state).over:
                return
            await listener.wait(_WATCH_SECONDS)
