"""SQL of the relay and the sweeper.

What waits is claimed across chambers through two functions that answer ids only; the rest
is read and written with the chamber set, as everywhere.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.reports import render_jobs
from services.api.db.tables.requests import outbox

_o = outbox.c
_j = render_jobs.c

_CLAIM_EVENTS = sa.text(
    "SELECT chamber_id, event_id::text FROM ciclo_claim_outbox(:topics, :batch, :hold)"
).bindparams(sa.bindparam("topics", type_=sa.ARRAY(sa.Text)))
_CLAIM_JOBS = sa.text("SELECT chamber_id, job_id::text FROM ciclo_claim_lost_jobs(:batch, :silent)")


async def claim_events(
    session: WriteSession, topics: Sequence[str], *, batch: int, hold_seconds: int
) -> Mapping[str, list[str]]:
    """Ids of events that are due, by chamber; nobody else gets them for ``hold_seconds``."""
    rows = await session.all(
        _CLAIM_EVENTS, {"topics": list(topics), "batch": batch, "hold": hold_seconds}
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row.chamber_id].append(row.event_id)
    return found


async def claim_lost_jobs(
    session: WriteSession, *, batch: int, silent_seconds: int
) -> list[tuple[str, str]]:
    """Jobs (chamber, id) that nobody works on and that were not sent for ``silent_seconds``."""
    rows = await session.all(_CLAIM_JOBS, {"batch": batch, "silent": silent_seconds})
    return [(row.chamber_id, row.job_id) for row in rows]


async def requested_jobs(session: ReadSession, event_ids: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """What the events ask for: (event_id, job_id, attempt so far, state)."""
    return await session.all(
        sa.select(_o.event_id, _j.job_id, _j.attempt, _j.state)
        .outerjoin(
            render_jobs,
            sa.and_(
                _j.chamber_id == _o.chamber_id,
                _j.job_id == sa.cast(_o.payload["job_id"].as_string(), sa.Uuid(as_uuid=False)),
            ),
        )
        .where(_o.chamber_id == session.chamber, _o.event_id.in_(event_ids))
        .order_by(_o.event_id)
    )


async def payloads(session: ReadSession, event_ids: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """What the events carry, in their order."""
    return await session.all(
        sa.select(_o.event_id, _o.payload)
        .where(_o.chamber_id == session.chamber, _o.event_id.in_(event_ids))
        .order_by(_o.event_id)
    )


async def events(session: WriteSession, event_ids: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """Events of the outbox that nobody else has dealt with meanwhile, in their order."""
    return await session.all(
        sa.select(_o.event_id, _o.topic, _o.subject, _o.payload, _o.created_at)
        .where(
            _o.chamber_id == session.chamber,
            _o.event_id.in_(event_ids),
            _o.dispatched_at.is_(None),
        )
        .order_by(_o.event_id)
        .with_for_update()
    )


async def mark_sent(
    session: WriteSession, event_ids: Sequence[str], job_ids: Sequence[str]
) -> None:
    """The events are done; the sweeper leaves these jobs alone for a while."""
    now = sa.func.now()
    await session.execute(
        sa.update(outbox)
        .where(_o.chamber_id == session.chamber, _o.event_id.in_(event_ids))
        .values(dispatched_at=now)
    )
    await session.execute(
        sa.update(render_jobs)
        .where(_j.chamber_id == session.chamber, _j.job_id.in_(job_ids))
        .values(dispatched_at=now)
    )


async def release(session: WriteSession, event_ids: Sequence[str]) -> None:
    """The events could not be sent and are due again at once."""
    await session.execute(
        sa.update(outbox)
        .where(
            _o.chamber_id == session.chamber,
            _o.event_id.in_(event_ids),
            _o.dispatched_at.is_(None),
        )
        .values(available_at=sa.func.now())
    )
