"""SQL of the gauges: what waits in each chamber."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.db.gaps import lacks_a_version
from services.api.db.session import ReadSession
from services.api.db.tables.integrations import quarantine, webhook_messages
from services.api.db.tables.measurements import measurements
from services.api.db.tables.reconciliations import reconciliations
from services.api.db.tables.reports import render_jobs
from services.api.db.tables.requests import outbox
from services.api.db.tables.subscriptions import deliveries


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much of something waits in a chamber, and for how long the oldest has."""

    chamber: str
    what: str
    number: int
    oldest_seconds: float


async def waiting(session: ReadSession) -> list[Waiting]:
    """Everything that waits in the chambers of the session."""
    found: list[Waiting] = []
    for what, table, since, condition in _kinds():
        oldest = sa.func.extract("epoch", sa.func.now() - sa.func.min(since)).label("oldest")
        statement = (
            sa.select(table.c.chamber_id, sa.func.count().label("number"), oldest)
            .where(condition, table.c.chamber_id.in_(session.chambers))
            .group_by(table.c.chamber_id)
        )
        found += [
            Waiting(row.chamber_id, what, row.number, float(row.oldest))
            for row in await session.all(statement)
        ]
    return found


_Kind = tuple[str, sa.Table, sa.Column[Any], sa.ColumnElement[bool]]


def _kinds() -> Iterator[_Kind]:
    jobs, events = render_jobs.c, outbox.c
    yield "renders_queued", render_jobs, jobs.created_at, jobs.state == "queued"
    yield "renders_running", render_jobs, jobs.created_at, jobs.state == "leased"
    yield "quarantine", quarantine, quarantine.c.created_at, quarantine.c.state == "waiting"
    yield "outbox", outbox, events.created_at, events.dispatched_at.is_(None)
    messages = webhook_messages.c
    yield "messages", webhook_messages, messages.received_at, messages.outcome == "received"
    data = measurements.c
    yield "version_gaps", measurements, data.updated_at, lacks_a_version()
    asked = reconciliations.c
    under_way = asked.state.in_(("queued", "running"))
    yield "reconciliations", reconciliations, asked.created_at, under_way
    yield "deliveries", deliveries, deliveries.c.created_at, deliveries.c.state == "pending"
