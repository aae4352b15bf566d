"""SQL of reconciliations, and of what stands here of the time that is compared."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.integrations import integrations
from services.api.db.tables.reconciliations import reconciliation_differences, reconciliations
from services.api.paging import Order, Page, Rows, cut, sliced

ORDER = Order(
    {"created_at": reconciliations.c.created_at},
    reconciliations.c.reconciliation_id,
    "-created_at",
)
DIFFERENCE_ORDER = Order(
    {"number": reconciliation_differences.c.number}, reconciliation_differences.c.number, "number"
)

# A statement about a measure stands in every plan that reads it.
_STANDING = sa.text("""
    SELECT m.plan_id::text AS plan_id, p.year AS plan_year, m.subject_kind, m.subject_code, m.year,
        m.period, m.value, m.status, m.result, m.value_text, m.note, m.source, m.source_version
    FROM plans AS p
    JOIN measurements AS m ON m.chamber_id = p.chamber_id AND m.plan_id = p.plan_id
    WHERE p.chamber_id = :chamber AND p.year >= :year
        AND (m.year = :year OR (m.year IS NULL AND p.year = :year))
        AND (:every OR m.period IS NOT DISTINCT FROM CAST(:period AS text))
""")

_CLAIM = sa.text("""
    UPDATE reconciliations SET state = 'running', stage = 'asking', heartbeat_at = now()
    WHERE chamber_id = :chamber AND reconciliation_id = (
        SELECT reconciliation_id FROM reconciliations
        WHERE chamber_id = :chamber AND (state = 'queued' OR (state = 'running'
            AND heartbeat_at < now() - make_interval(secs => :silence)))
        ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING reconciliation_id::text AS reconciliation_id, integration_id, year, period, repair,
        created_by
""")


async def insert(session: WriteSession, values: Mapping[str, Any]) -> None:
    """Adds a job that waits to be run."""
    await session.execute(
        sa.insert(reconciliations),
        {"chamber_id": session.chamber, "created_by": session.author.actor, **values},
    )


async def find(session: ReadSession, reconciliation_id: str) -> sa.Row[Any] | None:
    """One job."""
    return await session.first(sa.select(reconciliations).where(_of(session, reconciliation_id)))


async def list_jobs(session: ReadSession, integration: str, asked: Page) -> Rows:
    """The jobs of an integration, the latest first."""
    statement = sa.select(reconciliations).where(
        reconciliations.c.chamber_id == session.chamber,
        reconciliations.c.integration_id == integration,
    )
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


async def list_differences(session: ReadSession, reconciliation_id: str, asked: Page) -> Rows:
    """What a job has found."""
    table = reconciliation_differences
    statement = sa.select(table).where(
        table.c.chamber_id == session.chamber, table.c.reconciliation_id == reconciliation_id
    )
    order = DIFFERENCE_ORDER
    return cut(await session.all(sliced(statement, order, asked)), order, asked)


async def claim(session: WriteSession, silence_seconds: float) -> sa.Row[Any] | None:
    """Takes the oldest job that nobody runs, or whose process has been silent for so long."""
    parameters = {"chamber": session.chamber, "silence": silence_seconds}
    return await session.first(_CLAIM, parameters)


async def update(session: WriteSession, reconciliation_id: str, values: Mapping[str, Any]) -> None:
    """Writes down how far a job is, and that its process lives."""
    await session.execute(
        sa.update(reconciliations)
        .where(_of(session, reconciliation_id))
        .values(heartbeat_at=sa.func.now(), **values)
    )


async def finish(
    session: WriteSession,
    reconciliation_id: str,
    values: Mapping[str, Any],
    differences: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Ends a job with what it found."""
    identity = {"chamber_id": session.chamber, "reconciliation_id": reconciliation_id}
    if differences:
        await session.execute(
            sa.insert(reconciliation_differences),
            [{**identity, "number": at, **row} for at, row in enumerate(differences)],
        )
    await update(session, reconciliation_id, {"finished_at": sa.func.now(), **values})


async def standing(session: ReadSession, year: int, period: str | None) -> Sequence[sa.Row[Any]]:
    """What stands of a year (``period`` none), of its data without period (``Y``), or of one."""
    return await session.all(
        _STANDING,
        {
            "chamber": session.chamber,
            "year": year,
            "every": period is None,
            "period": None if period in {None, "Y"} else period,
        },
    )


async def integration_settings(session: ReadSession, integration: str) -> dict[str, Any] | None:
    """What an integration is set to; ``None`` where there is none."""
    row = await session.first(
        sa.select(integrations.c.settings).where(
            integrations.c.chamber_id == session.chamber,
            integrations.c.integration_id == integration,
        )
    )
    return None if row is None else dict(row.settings)


def _of(session: ReadSession, reconciliation_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        reconciliations.c.chamber_id == session.chamber,
        reconciliations.c.reconciliation_id == reconciliation_id,
    )
