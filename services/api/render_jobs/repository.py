"""SQL of render jobs. Every instant is the database's, so clocks cannot differ."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.reports import render_jobs
from services.api.render_jobs.states import TRANSITIONS, JobEvent, JobKind, JobState

_j = render_jobs.c

_JOB = (
    _j.job_id,
    _j.report_id,
    _j.kind,
    _j.office,
    _j.requested_by,
    _j.state,
    _j.stage,
    _j.progress,
    _j.attempt,
    _j.failure,
    _j.created_at,
    _j.finished_at,
    _j.lease_token_hash,
    (_j.lease_expires_at > sa.func.now()).label("lease_alive"),
)


async def add_rendering(session: WriteSession, job_id: str, report_id: str) -> None:
    """A document that waits to be rendered."""
    await session.execute(
        sa.insert(render_jobs).values(
            chamber_id=session.chamber, job_id=job_id, report_id=report_id
        )
    )


async def add_signature(
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


async def open_signature(session: ReadSession, report_id: str) -> sa.Row[Any] | None:
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


async def job(session: ReadSession, job_id: str, *, lock: bool = False) -> sa.Row[Any] | None:
    """One job; with ``lock`` nobody else changes it until the transaction ends."""
    statement = sa.select(*_JOB).where(_j.chamber_id == session.chamber, _j.job_id == job_id)
    return await session.first(statement.with_for_update() if lock else statement)


async def lease(
    session: WriteSession, job_id: str, token_hash: bytes, *, seconds: int, most_attempts: int
) -> sa.Row[Any] | None:
    """Gives the job to a worker, for its next attempt, unless it is over or in other hands."""
    lease_ended = sa.or_(_j.state == JobState.QUEUED, _j.lease_expires_at <= sa.func.now())
    return await session.first(
        _moving(session, job_id, JobEvent.LEASE)
        .where(lease_ended, _j.available_at <= sa.func.now(), _j.attempt < most_attempts)
        .values(
            attempt=_j.attempt + 1,
            lease_token_hash=token_hash,
            lease_expires_at=_in(seconds),
            heartbeat_at=sa.func.now(),
            stage="leased",
            progress=0,
            failure=None,
        )
        .returning(_j.job_id, _j.report_id, _j.kind, _j.office, _j.attempt, _j.lease_expires_at)
    )


async def beat(
    session: WriteSession,
    job_id: str,
    token_hash: bytes,
    *,
    seconds: int,
    stage: str | None = None,
    progress: int | None = None,
) -> bool:
    """Prolongs a living lease and notes where the worker is; false when it is gone."""
    noted = {"stage": stage, "progress": progress}
    touched = await session.execute(
        sa.update(render_jobs)
        .where(
            _j.chamber_id == session.chamber,
            _j.job_id == job_id,
            _j.state == JobState.LEASED,
            _j.lease_token_hash == token_hash,
            _j.lease_expires_at > sa.func.now(),
        )
        .values(
            lease_expires_at=_in(seconds),
            heartbeat_at=sa.func.now(),
            **{name: value for name, value in noted.items() if value is not None},
        )
    )
    return touched == 1


async def requeue(
    session: WriteSession, job_id: str, *, delay_seconds: int, sent: bool = False
) -> bool:
    """Back to the queue; unless the caller sends it, the sweeper does once the delay is over."""
    touched = await session.execute(
        _moving(session, job_id, JobEvent.REQUEUE).values(
            lease_token_hash=None,
            lease_expires_at=None,
            stage="queued",
            progress=0,
            available_at=_in(delay_seconds),
            dispatched_at=sa.func.now() if sent else None,
        )
    )
    return touched == 1


async def finish(
    session: WriteSession,
    job_id: str,
    event: JobEvent,
    *,
    failure: Mapping[str, Any] | None = None,
    keep_token: bool = False,
) -> bool:
    """Ends a job. A completed one keeps the hash of its lease, to know the worker again."""
    values: dict[str, Any] = {
        "finished_at": sa.func.now(),
        "lease_expires_at": None,
        "secret": None,
    }
    if not keep_token:
        values["lease_token_hash"] = None
    if event is JobEvent.COMPLETE:
        values |= {"stage": "done", "progress": 100}
    if failure is not None:
        values["failure"] = dict(failure)
    return await session.execute(_moving(session, job_id, event).values(**values)) == 1


def _moving(session: WriteSession, job_id: str, event: JobEvent) -> sa.Update:
    """The transition of a job, which touches no row when it is in another state."""
    before, after = TRANSITIONS[event]
    return (
        sa.update(render_jobs)
        .where(_j.chamber_id == session.chamber, _j.job_id == job_id, _j.state.in_(before))
        .values(state=after)
    )


def _in(seconds: int) -> sa.ColumnElement[Any]:
    return sa.func.now() + timedelta(seconds=seconds)
