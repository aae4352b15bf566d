"""The renderer's side of a job: lease, heartbeat, document, failure, and recovery."""

import asyncio
import hashlib
import secrets
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from services.api.container import Container
from services.api.db.session import Author, WriteSession
from services.api.db.trail import audit, emit
from services.api.errors import Refusal
from services.api.render_jobs import repository
from services.api.render_jobs.leases import (
    UPLOADING,
    Leaseholder,
    beat,
    hashed,
    holds,
    knock_after,
    known_job,
    remove_others,
    was_given_to,
    writing,
)
from services.api.render_jobs.states import JobEvent, JobKind, JobState
from services.api.reports import moves
from services.api.reports import service as reports
from services.api.reports.document import StoredDocument
from services.api.sealing import CheckedDocument, DocumentRefusedError
from services.api.signatures import recording
from services.api.signatures import service as signatures
from services.api.tenants import configuration
from services.api.web_pages import service as web_pages
from shared.contracts.render_job import RenderFailure, RenderLease, RenderProgress
from shared.contracts.sign_job import SignLease
from shared.contracts.snapshot import ReportSnapshot
from shared.contracts.web_page import MEDIA_TYPE
from shared.runtime.blobs import report_key

_LONGEST_DELAY_SECONDS = 300

ATTEMPTS_EXHAUSTED: dict[str, Any] = {
    "code": "attempts_exhausted",
    "it": "Il lavoro si è interrotto più volte senza arrivare in fondo; richiederlo di nuovo o "
    "avvisare l'amministratore.",
    "en": "The job was interrupted several times and never finished; request it again or tell "
    "the administrator.",
    "section": None,
}


async def lease(
    parts: Container, chamber: str, job_id: str, author: Author
) -> RenderLease | SignLease:
    """The right to work on a job, with all that is needed for it.

    Raises:
        Refusal: ``job_not_found``, or ``not_leasable`` when it is over, not due yet or in
            other hands.
    """
    token = secrets.token_urlsafe(32)
    settings = parts.settings
    async with writing(parts, chamber, author) as session:
        leased = await repository.lease(
            session,
            job_id,
            hashed(token),
            seconds=settings.lease_seconds,
            most_attempts=settings.render_attempts,
        )
        if leased is None:
            known = await repository.job(session, job_id)
            raise Refusal("job_not_found" if known is None else "not_leasable")
        knock_after(parts, session, job_id)
        if leased.kind == JobKind.SIGN:
            until = _instant(leased.lease_expires_at)
            return await signatures.lease(parts, session, leased, token, until)
        frozen = await reports.frozen(session, leased.report_id)
        signing = (await configuration.read(session)).signing
    return RenderLease(
        job_id=job_id,
        attempt=leased.attempt,
        lease_token=token,
        expires_at=_instant(leased.lease_expires_at),
        lease_seconds=settings.lease_seconds,
        snapshot_sha256=frozen.snapshot_sha256,
        snapshot=ReportSnapshot.model_validate_json(frozen.snapshot),
        signing_identity=None if signing is None else signing.identity,
    )


async def heartbeat(parts: Container, holder: Leaseholder, progress: RenderProgress) -> None:
    """Prolongs the lease and notes how far the renderer is.

    Raises:
        Refusal: ``lease_lost``.
    """
    async with writing(parts, holder.chamber, holder.author) as session:
        if not await beat(parts, session, holder, progress):
            raise Refusal("lease_lost")


async def deliver(parts: Container, holder: Leaseholder, pdf: bytes) -> None:
    """Takes the signed PDF of a job and closes it, once.

    Checking and storing happen between two short transactions; the lease is prolonged by
    the first and must still live in the second. The same worker may deliver again when it
    did not hear the answer.

    Raises:
        Refusal: ``lease_lost``; ``document_refused`` when the seal is not this chamber's or
            the document is not the one that was asked for.
    """
    sha256 = hashlib.sha256(pdf).hexdigest()
    async with writing(parts, holder.chamber, holder.author) as session:
        if not await beat(parts, session, holder, UPLOADING):
            await _accept_repetition(session, holder, sha256)
            return
        job = await known_job(session, holder.job_id)
        if job.kind != JobKind.RENDER:
            raise Refusal("lease_lost")
        report_id = job.report_id
        frozen = await reports.frozen(session, report_id)
    try:
        checked = await asyncio.to_thread(
            parts.seals.check, pdf, holder.chamber, frozen.snapshot_sha256
        )
    except DocumentRefusedError as error:
        raise Refusal("document_refused", issues=[error.issue]) from error
    key = report_key(holder.chamber, report_id, sha256)
    blobs = parts.blobs.of_chamber(holder.chamber)
    await blobs.put(key, pdf, media_type="application/pdf")
    document = StoredDocument(sha256, len(pdf), checked.pages, key, checked.signature)
    try:
        await _complete(parts, holder, report_id, document, checked)
    except Refusal:
        # The job is in other hands or over, and these bytes are not what it ended with.
        await blobs.delete(key)
        raise
    await remove_others(blobs, key)
    async with parts.database.read([holder.chamber]) as session:
        page = await web_pages.kept(session, report_id)
    if page is not None:
        await remove_others(blobs, page)


async def deliver_web_page(parts: Container, holder: Leaseholder, page: bytes) -> None:
    """Takes the web page of a document; whoever still holds the job may deliver it again.

    Raises:
        Refusal: ``lease_lost``; ``document_refused`` when the page is not one of ours or was not
            made from the frozen snapshot.
    """
    async with writing(parts, holder.chamber, holder.author) as session:
        if not await beat(parts, session, holder, UPLOADING):
            raise Refusal("lease_lost")
        report_id = (await known_job(session, holder.job_id)).report_id
        frozen = await reports.frozen(session, report_id)
    web_pages.refuse_foreign_page(page, frozen.snapshot_sha256)
    key = web_pages.key_of(holder.chamber, report_id, page)
    blobs = parts.blobs.of_chamber(holder.chamber)
    await blobs.put(key, page, media_type=MEDIA_TYPE)
    async with writing(parts, holder.chamber, holder.author) as session:
        job = await repository.job(session, holder.job_id, lock=True)
        if job is None or not holds(job, holder):
            raise Refusal("lease_lost")
        await web_pages.note(session, report_id, key, page)


async def _complete(
    parts: Container,
    holder: Leaseholder,
    report_id: str,
    document: StoredDocument,
    checked: CheckedDocument,
) -> None:
    async with writing(parts, holder.chamber, holder.author) as session:
        job = await repository.job(session, holder.job_id, lock=True)
        if job is None or not holds(job, holder):
            await _accept_repetition(session, holder, document.sha256)
            return
        await repository.finish(session, holder.job_id, JobEvent.COMPLETE, keep_token=True)
        await reports.close(session, report_id, JobState.DONE, document)
        await recording.record_seal(session, report_id, document, checked)
        await moves.adopt(session, report_id)
        facts = {"pdf_sha256": document.sha256, "attempt": job.attempt}
        await audit(session, "report.rendered", report_id, facts)
        told = {"report_id": report_id, "pdf_sha256": document.sha256}
        await emit(session, "report.ready", report_id, told)
        by = {name: document.signature[name] for name in ("signer", "level")}
        await emit(session, "report.signed", report_id, told | by)
        knock_after(parts, session, holder.job_id)


async def fail(parts: Container, holder: Leaseholder, failure: RenderFailure) -> None:
    """Notes that an attempt failed: another one follows when that may help.

    Raises:
        Refusal: ``lease_lost``.
    """
    async with writing(parts, holder.chamber, holder.author) as session:
        job = await repository.job(session, holder.job_id, lock=True)
        if job is None or not holds(job, holder):
            raise Refusal("lease_lost")
        words = {"it": failure.detail, "en": failure.detail_en or failure.detail}
        noted = {"code": failure.code, **words, "section": failure.section}
        if failure.retryable and job.attempt < parts.settings.render_attempts:
            delay = parts.settings.retry_seconds * 2 ** (job.attempt - 1)
            await repository.requeue(
                session, job.job_id, delay_seconds=min(delay, _LONGEST_DELAY_SECONDS)
            )
            await audit(session, "report.attempt_failed", job.report_id, _facts(job, noted))
        else:
            await _give_up(session, job, noted)
        knock_after(parts, session, job.job_id)


async def recover(parts: Container, session: WriteSession, job_id: str) -> int | None:
    """Puts a job that nobody works on back on its way.

    Returns:
        The attempt to queue, or ``None`` when there is nothing to do: the job is over, a
        worker holds it, or its attempts are used up and it has failed for good.
    """
    job = await repository.job(session, job_id, lock=True)
    if job is None or JobState(job.state).over or job.lease_alive:
        return None
    if job.attempt >= parts.settings.render_attempts:
        await _give_up(session, job, ATTEMPTS_EXHAUSTED)
        knock_after(parts, session, job_id)
        return None
    if job.state == JobState.LEASED:
        await repository.requeue(session, job_id, delay_seconds=0, sent=True)
        await audit(session, "report.lease_expired", job.report_id, {"attempt": job.attempt})
        knock_after(parts, session, job_id)
    return int(job.attempt) + 1


async def _give_up(session: WriteSession, job: sa.Row[Any], failure: dict[str, Any]) -> None:
    await repository.finish(session, job.job_id, JobEvent.GIVE_UP, failure=failure)
    if job.kind == JobKind.SIGN:
        # The document is what it was: another signature may be asked for.
        told = {"office": job.office, "code": failure["code"]}
        await audit(
            session, "report.signature_failed", job.report_id, told | {"attempt": job.attempt}
        )
        await emit(
            session, "report.signature_failed", job.report_id, told | {"report_id": job.report_id}
        )
        return
    await reports.close(session, job.report_id, JobState.FAILED)
    await audit(session, "report.failed", job.report_id, _facts(job, failure))
    await emit(session, "report.failed", job.report_id, {"report_id": job.report_id})


def _facts(job: sa.Row[Any], failure: dict[str, Any]) -> dict[str, Any]:
    return {"attempt": job.attempt, "code": failure["code"], "section": failure["section"]}


async def _accept_repetition(session: WriteSession, holder: Leaseholder, sha256: str) -> None:
    """Silence when this worker has delivered these very bytes already; else the lease is gone."""
    job = await known_job(session, holder.job_id)
    if job.state == JobState.DONE and was_given_to(job, holder):
        report = await reports.report(session, job.report_id)
        if report.pdf_sha256 == sha256:
            return
    raise Refusal("lease_lost")


def _instant(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
