"""The renderer's side of a signature: what is to be signed, and what was."""

import hashlib

from services.api.container import Container
from services.api.errors import Refusal
from services.api.render_jobs import repository as render_jobs
from services.api.render_jobs.leases import (
    UPLOADING,
    Leaseholder,
    beat,
    holds,
    knock_after,
    known_job,
    remove_others,
    was_given_to,
    writing,
)
from services.api.render_jobs.states import JobEvent, JobKind
from services.api.reports import service as reports
from services.api.signatures import recording, repository, service
from services.api.signatures.recording import MadeSignature
from services.api.signatures.service import Signatures


async def base(parts: Container, holder: Leaseholder) -> bytes:
    """The document as it is to be signed.

    Raises:
        Refusal: ``lease_lost``.
    """
    async with parts.database.read([holder.chamber]) as session:
        job = await render_jobs.job(session, holder.job_id)
        if job is None or job.kind != JobKind.SIGN or not holds(job, holder):
            raise Refusal("lease_lost")
        row = await reports.report(session, job.report_id)
    if row.blob_key is None:
        raise Refusal("lease_lost")
    return await parts.blobs.of_chamber(holder.chamber).get(row.blob_key)


async def deliver(parts: Container, holder: Leaseholder, pdf: bytes) -> None:
    """Takes the signed document of a job and closes it, once; as a rendered one is taken.

    Raises:
        Refusal: ``lease_lost``; ``document_refused`` when it is not what was to be signed with
            just the signature that was asked for.
    """
    async with writing(parts, holder.chamber, holder.author) as session:
        job = await known_job(session, holder.job_id)
        if job.kind != JobKind.SIGN:
            raise Refusal("lease_lost")
        found = await service.read(session, job.report_id)
        if _delivered(found, job.office, pdf) and was_given_to(job, holder):
            return
        if not await beat(parts, session, holder, UPLOADING):
            raise Refusal("lease_lost")
    made = await recording.checked(parts, found, job.office, pdf, by_us=True)
    key = await recording.store(parts, holder.chamber, job.report_id, made)
    try:
        await _complete(parts, holder, made, key)
    except Refusal:
        # The job is in other hands or over, and these bytes are not what it ended with.
        await recording.discard(parts, holder.chamber, job.report_id, key)
        raise
    await _keep_stages_only(parts, holder, job.report_id, key)


async def _complete(parts: Container, holder: Leaseholder, made: MadeSignature, key: str) -> None:
    async with writing(parts, holder.chamber, holder.author) as session:
        job = await render_jobs.job(session, holder.job_id, lock=True)
        if job is None or not holds(job, holder):
            raise Refusal("lease_lost")
        await reports.hold(session, job.report_id)
        found = await service.read(session, job.report_id)
        await render_jobs.finish(session, holder.job_id, JobEvent.COMPLETE, keep_token=True)
        await recording.record(session, found, made, key, job.requested_by)
        knock_after(parts, session, holder.job_id)


async def _keep_stages_only(
    parts: Container, holder: Leaseholder, report_id: str, key: str
) -> None:
    """Removes what a process left that ended between storing a stage and writing it down."""
    async with parts.database.read([holder.chamber]) as session:
        stages = {row.blob_key for row in await repository.of_report(session, report_id)}
    await remove_others(parts.blobs.of_chamber(holder.chamber), key, stages)


def _delivered(found: Signatures, office: str, pdf: bytes) -> bool:
    """Whether these very bytes are the stage of that office already."""
    sha256 = hashlib.sha256(pdf).hexdigest()
    return any(row.office == office and row.pdf_sha256 == sha256 for row in found.made)
