"""SQL of mappings. What holds is the version that the integration names."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.integrations import (
    integration_mapping_entries,
    integration_mappings,
    integrations,
)
from services.api.paging import Order, Page, Rows, cut, sliced

ORDER = Order(
    {"version": integration_mappings.c.version}, integration_mappings.c.integration_id, "-version"
)


async def current_version(
    session: ReadSession, integration: str, *, lock: bool = False
) -> int | None:
    """The version that holds, 0 without any; ``None`` where there is no such integration."""
    statement = sa.select(integrations.c.mapping_version).where(
        integrations.c.chamber_id == session.chamber,
        integrations.c.integration_id == integration,
    )
    found = await session.scalar(statement.with_for_update(key_share=True) if lock else statement)
    return None if found is None else int(found)


async def find(session: ReadSession, integration: str, version: int) -> sa.Row[Any] | None:
    """Who made a version, when and why."""
    return await session.first(
        sa.select(integration_mappings).where(
            _of(integration_mappings, session, integration, version)
        )
    )


async def entries(session: ReadSession, integration: str, version: int) -> Sequence[sa.Row[Any]]:
    """The rows of a version, in their order."""
    table = integration_mapping_entries
    return await session.all(
        sa.select(table).where(_of(table, session, integration, version)).order_by(table.c.position)
    )


async def list_versions(session: ReadSession, integration: str, asked: Page) -> Rows:
    """Every version, the latest first, with the number of its rows."""
    table, rows = integration_mappings, integration_mapping_entries
    counted = (
        sa.select(sa.func.count())
        .where(
            rows.c.chamber_id == table.c.chamber_id,
            rows.c.integration_id == table.c.integration_id,
            rows.c.version == table.c.version,
        )
        .scalar_subquery()
    )
    statement = sa.select(table, counted.label("entries")).where(
        table.c.chamber_id == session.chamber, table.c.integration_id == integration
    )
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


async def append(
    session: WriteSession,
    integration: str,
    version: int,
    given: Sequence[Mapping[str, Any]],
    note: str | None,
) -> None:
    """Adds a version, which holds from now on."""
    identity = {
        "chamber_id": session.chamber,
        "integration_id": integration,
        "version": version,
    }
    await session.execute(
        sa.insert(integration_mappings),
        {**identity, "note": note, "changed_by": session.author.actor},
    )
    rows = [{**identity, "position": at, **row} for at, row in enumerate(given)]
    if rows:
        await session.execute(sa.insert(integration_mapping_entries), rows)
    await session.execute(
        sa.update(integrations)
        .where(
            integrations.c.chamber_id == session.chamber,
            integrations.c.integration_id == integration,
        )
        .values(mapping_version=version)
    )


def _of(
    table: sa.Table, session: ReadSession, integration: str, version: int
) -> sa.ColumnElement[bool]:
    return sa.and_(
        table.c.chamber_id == session.chamber,
        table.c.integration_id == integration,
        table.c.version == version,
    )
