"""Who holds a job, and for how long: what rendering and signing share.

The lease in PostgreSQL is what makes it one file per job. Whatever the queue sends twice,
late or never, only the bearer of a living lease may say anything about a job.
"""

import hashlib
import secrets
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api import signals
from services.api.container import Container
from services.api.db.session import Author, WriteSession
from services.api.errors import Refusal
from services.api.render_jobs import repository
from services.api.render_jobs.states import JobState
from services.api.tenants import service as tenants
from shared.contracts.render_job import RenderProgress
from shared.runtime.blobs import ChamberBlobs

UPLOADING = RenderProgress(stage="uploading", progress=95)


@dataclass(frozen=True, slots=True)
class Leaseholder:
    """Who speaks about which job."""

    chamber: str
    job_id: str
    lease_token: str
    author: Author

    @property
    def token_hash(self) -> bytes:
        """What is stored of the lease token."""
        return hashed(self.lease_token)


def hashed(token: str) -> bytes:
    """What is stored of a lease token."""
    return hashlib.sha256(token.encode()).digest()


@asynccontextmanager
async def writing(parts: Container, chamber: str, author: Author) -> AsyncIterator[WriteSession]:
    """A transaction for the renderer; while the chamber is suspended its jobs wait.

    Raises:
        Refusal: ``chamber_suspended``.
    """
    async with parts.database.write([chamber], author) as session:
        if (await tenants.chamber(session)).status == "suspended":
            raise Refusal("chamber_suspended")
        yield session


async def beat(
    parts: Container, session: WriteSession, holder: Leaseholder, progress: RenderProgress
) -> bool:
    """Prolongs a living lease and notes where its holder is; false when it is gone."""
    alive = await repository.beat(
        session,
        holder.job_id,
        holder.token_hash,
        seconds=parts.settings.lease_seconds,
        stage=progress.stage,
        progress=progress.progress,
    )
    knock_after(parts, session, holder.job_id)
    return alive


async def known_job(session: WriteSession, job_id: str) -> sa.Row[Any]:
    """A job; raises ``Refusal`` when there is none."""
    job = await repository.job(session, job_id)
    if job is None:
        raise Refusal("job_not_found")
    return job


def holds(job: sa.Row[Any], holder: Leaseholder) -> bool:
    """Whether a job is leased by this holder, and still is."""
    return job.state == JobState.LEASED and bool(job.lease_alive) and was_given_to(job, holder)


def was_given_to(job: sa.Row[Any], holder: Leaseholder) -> bool:
    """Whether the last lease of a job is this holder's, living or not."""
    return job.lease_token_hash is not None and secrets.compare_digest(
        job.lease_token_hash, holder.token_hash
    )


def knock_after(parts: Container, session: WriteSession, job_id: str) -> None:
    """Wakes whoever watches the job, once the transaction is through."""
    topic = signals.render_job(session.chamber, job_id)
    session.on_commit(lambda: parts.signals.knock(topic))


async def remove_others(blobs: ChamberBlobs, key: str, kept: Collection[str] = ()) -> None:
    """Removes what earlier attempts left beside a file of a job that is over, but for ``kept``."""
    for other in await blobs.keys(key.rpartition("/")[0]):
        if other != key and other not in kept:
            await blobs.delete(other)
