"""SQL of machine clients and their keys."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.identities import machine_clients, machine_keys
from services.api.ids import new_id
from services.api.paging import Order, Page, Rows, cut, sliced

ORDER = Order(
    {"title": machine_clients.c.title, "created_at": machine_clients.c.created_at},
    machine_clients.c.client_id,
    "created_at",
)


async def list_clients(session: ReadSession, asked: Page) -> Rows:
    """The chamber's clients."""
    statement = sa.select(machine_clients).where(machine_clients.c.chamber_id == session.chamber)
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


async def find(session: ReadSession, client_id: str, *, lock: bool = False) -> sa.Row[Any] | None:
    """One client."""
    statement = sa.select(machine_clients).where(*_one(session, client_id))
    return await session.first(statement.with_for_update() if lock else statement)


async def insert(session: WriteSession, values: Mapping[str, Any]) -> str:
    """The id of the client made."""
    client_id = new_id()
    await session.execute(
        sa.insert(machine_clients),
        {
            "chamber_id": session.chamber,
            "client_id": client_id,
            "created_by": session.author.actor,
            **values,
        },
    )
    return client_id


async def update(session: WriteSession, client_id: str, values: Mapping[str, Any]) -> None:
    """Changes a client and raises its version."""
    await session.execute(
        sa.update(machine_clients)
        .where(*_one(session, client_id))
        .values(**values, version=machine_clients.c.version + 1)
    )


async def valid_keys(
    session: ReadSession, clients: Sequence[str], now: datetime
) -> Mapping[str, Sequence[sa.Row[Any]]]:
    """The keys that are valid now, by client, the newest first; without their hashes."""
    columns = machine_keys.c
    rows = await session.all(
        sa.select(
            columns.client_id,
            columns.key_id,
            columns.created_at,
            columns.expires_at,
            columns.last_used_at,
        )
        .where(
            columns.chamber_id == session.chamber,
            columns.client_id.in_(clients),
            columns.expires_at > now,
        )
        .order_by(columns.created_at.desc(), columns.key_id.desc())
    )
    found: dict[str, list[sa.Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.client_id].append(row)
    return found


async def insert_key(session: WriteSession, client_id: str, values: Mapping[str, Any]) -> None:
    """Adds a key."""
    await session.execute(
        sa.insert(machine_keys),
        {"chamber_id": session.chamber, "client_id": client_id, **values},
    )


async def end_keys(
    session: WriteSession, client_id: str, *, kept: str | None, until: datetime, now: datetime
) -> None:
    """Takes every key away but ``kept``, which ends at ``until`` unless it ends before."""
    mine = [
        machine_keys.c.chamber_id == session.chamber,
        machine_keys.c.client_id == client_id,
    ]
    if kept is not None and until > now:
        await session.execute(
            sa.update(machine_keys)
            .where(*mine, machine_keys.c.key_id == kept, machine_keys.c.expires_at > until)
            .values(expires_at=until)
        )
        mine.append(machine_keys.c.key_id != kept)
    await session.execute(sa.delete(machine_keys).where(*mine))


def _one(session: ReadSession, client_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        machine_clients.c.chamber_id == session.chamber,
        machine_clients.c.client_id == client_id,
    )
