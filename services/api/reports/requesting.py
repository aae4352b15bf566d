"""The one way a document is asked for: frozen content, row, job, event and audit line together."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from services.api import signals
from services.api.container import Container
from services.api.db.session import WriteSession
from services.api.db.trail import audit, emit
from services.api.ids import new_id
from services.api.render_jobs import repository as render_jobs
from services.api.reports import repository
from services.api.reports.life import after
from services.api.reports.repository import NewReport, Series
from services.api.reports.snapshot import Freeze
from services.api.tenants import configuration
from shared.contracts.signing import Signing
from shared.contracts.snapshot import ReportSnapshot, canonical_bytes
from shared.domain.audit_facts import about
from shared.domain.report_states import ReportMove

RENDER_REQUESTED = "render.requested"
"""Topic of the event that the relay turns into a message on the queue."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A document to be made; ``plan_id`` is absent where it stands on no plan of its chamber."""

    series: Series
    plan_id: str | None
    plan_revision: int
    with_sheets: bool
    reason: str | None = None


async def request(
    parts: Container,
    session: WriteSession,
    wish: Wish,
    content: Callable[[Freeze], ReportSnapshot],
) -> str:
    """Freezes a document and asks for its PDF; answers the id of the job.

    The caller holds what keeps others from the same series until the transaction ends.
    ``content`` is called in a thread: it may compute, and touches no database.
    """
    version = await repository.next_version(session, wish.series)
    signing = (await configuration.read(session)).signing or Signing()
    signatures = signing.expected_on(wish.series.kind)
    report_id = new_id()
    facts = Freeze(
        report_id=report_id,
        version=version,
        kind=wish.series.kind,
        created_at=parts.clock.now(),
        development=not parts.settings.production,
        verification_url=f"{parts.settings.public_url}/verifica/{session.chamber}/{report_id}",
        reason=wish.reason,
        signatures=signatures,
    )
    frozen = await asyncio.to_thread(lambda: canonical_bytes(content(facts)))
    report = NewReport(
        report_id=report_id,
        plan_id=wish.plan_id,
        series=wish.series,
        version=version,
        plan_revision=wish.plan_revision,
        snapshot=frozen,
        snapshot_sha256=hashlib.sha256(frozen).hexdigest(),
        with_sheets=wish.with_sheets,
        signatories=[slot.model_dump() for slot in signatures],
        reason=wish.reason,
    )
    await repository.add_report(session, report)
    known = {"version": version, "sha256": report.snapshot_sha256}
    return await _ask(parts, session, report_id, wish.series, "report.requested", known)


async def request_again(parts: Container, session: WriteSession, row: sa.Row[Any]) -> str:
    """Asks once more for the PDF of a held report that there is none of; answers the id of the job.

    Nothing is frozen anew: it becomes the document that was asked for, of the same version.

    Raises:
        Refusal: ``report_not_ready`` while it is being made, ``report_already_rendered`` when it
            is there.
    """
    state = after(session, row, ReportMove.RENDER)
    await repository.close_report(session, row.report_id, state)
    known = {"version": row.version, "sha256": row.snapshot_sha256}
    series = Series.of(row)
    return await _ask(parts, session, row.report_id, series, "report.requested_again", known)


async def _ask(
    parts: Container,
    session: WriteSession,
    report_id: str,
    series: Series,
    action: str,
    known: Mapping[str, Any],
) -> str:
    """A job for a frozen document, the event that sends it off and the audit line; its id."""
    job_id = new_id()
    await render_jobs.add_rendering(session, job_id, report_id)
    await emit(session, RENDER_REQUESTED, report_id, {"job_id": job_id})
    facts = about({**asdict(series), **known, "job_id": job_id}, series.sheets)
    await audit(session, action, report_id, facts)
    session.on_commit(lambda: parts.signals.knock(signals.OUTBOX))
    return job_id
