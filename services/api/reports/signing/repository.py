"""SQL of signatures: each is a stage of its document, and stages are kept."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.reports import render_jobs, report_signatures, reports
from services.api.ids import new_id
from services.api.reports.jobs import JobKind, JobState

_s, _j, _r = report_signatures.c, render_jobs.c, reports.c


async def of_report(session: ReadSession, report_id: str) -> Sequence[sa.Row[Any]]:
    """The signatures of a report, the seal first."""
    return await session.all(
        sa.select(report_signatures)
        .where(_s.chamber_id == session.chamber, _s.report_id == report_id)
        .order_by(_s.position)
    )


async def by_hash(session: ReadSession, sha256: str) -> sa.Row[Any] | None:
    """The signature that made exactly these bytes."""
    return await session.first(
        sa.select(report_signatures).where(
            _s.chamber_id == session.chamber, _s.pdf_sha256 == sha256
        )
    )


async def add(session: WriteSession, report_id: str, values: Mapping[str, Any]) -> None:
    """One more signature, after those that are there."""
    following = (
        sa.select(sa.func.coalesce(sa.func.max(_s.position) + 1, 0))
        .where(_s.chamber_id == session.chamber, _s.report_id == report_id)
        .scalar_subquery()
    )
    await session.execute(
        sa.insert(report_signatures).values(
            chamber_id=session.chamber,
            report_id=report_id,
            signature_id=new_id(),
            position=following,
            **values,
        )
    )


async def replace_document(
    session: WriteSession, report_id: str, before: str, values: Mapping[str, Any]
) -> bool:
    """Makes a stage the document of its report, unless another was quicker."""
    touched = await session.execute(
        sa.update(reports)
        .where(
            _r.chamber_id == session.chamber,
            _r.report_id == report_id,
            _r.pdf_sha256 == before,
        )
        .values(**values)
    )
    return touched == 1


async def add_job(
    session: WriteSession, job_id: str, report_id: str, office: str, secret: bytes | None
) -> None:
    """A signature that waits to be made, for whoever writes."""
    await session.execute(
        sa.insert(render_jobs).values(
            chamber_id=session.chamber,
            job_id=job_id,
            report_id=report_id,
            kind=JobKind.SIGN,
            office=office,
            secret=secret,
            requested_by=session.author.actor,
        )
    )


async def open_job(session: ReadSession, report_id: str) -> sa.Row[Any] | None:
    """The signature of a report that is under way."""
    return await session.first(
        sa.select(_j.job_id, _j.office).where(
            _j.chamber_id == session.chamber,
            _j.report_id == report_id,
            _j.kind == JobKind.SIGN,
            _j.state.in_([JobState.QUEUED, JobState.LEASED]),
        )
    )


async def secret_of(session: ReadSession, job_id: str) -> bytes | None:
    """What the person gave for a signature, sealed."""
    found = await session.scalar(
        sa.select(_j.secret).where(_j.chamber_id == session.chamber, _j.job_id == job_id)
    )
    return None if found is None else bytes(found)
