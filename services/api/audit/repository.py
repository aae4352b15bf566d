"""SQL of the audit: its lines and the chain over them."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession
from services.api.db.tables.audit import (
    audit_chain,
    audit_heads,
    entity_audit_chain,
    entity_audit_heads,
)
from services.api.db.tables.requests import audit_log, entity_audit_log
from services.api.paging import Order, Page, Rows, cut, sliced
from shared.domain.audit_chain import EMPTY, Head, Link

_BATCH = 5_000

# More than these are one fault: somebody wrote past the chain.
_MOST_UNCHAINED = 100

# Columns of a link before those of its line.
_OWN = 4

_INSTANT = 'YYYY-MM-DD"T"HH24:MI:SS.US'


@dataclass(frozen=True, slots=True)
class Trail:
    """Whose audit: the tables, and the row key of one chamber or entity in them."""

    log: sa.Table
    chain: sa.Table
    heads: sa.Table
    key: str
    owner: str

    def of(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """The owner's rows of one of the tables."""
        column: sa.Column[str] = table.columns[self.key]
        return column == self.owner


def of_chamber(code: str) -> Trail:
    """The audit of a chamber."""
    return Trail(audit_log, audit_chain, audit_heads, "chamber_id", code)


def of_entity(code: str) -> Trail:
    """The audit of an entity itself."""
    return Trail(entity_audit_log, entity_audit_chain, entity_audit_heads, "entity_id", code)


async def lines(
    session: ReadSession, trail: Trail, asked: Page, filters: Mapping[str, Any]
) -> Rows:
    """Lines of an audit, the latest first; ``filters`` by column, or ``since`` and ``until``."""
    log, chain = trail.log, trail.chain
    order = Order({"audit_id": log.c.audit_id}, log.c.audit_id, "-audit_id")
    linked = sa.and_(trail.of(chain), chain.c.audit_id == log.c.audit_id)
    statement = (
        sa.select(log, chain.c.sequence, chain.c.hash)
        .select_from(log.outerjoin(chain, linked))
        .where(trail.of(log))
    )
    for name, value in filters.items():
        if name == "since":
            statement = statement.where(log.c.at >= value)
        elif name == "until":
            statement = statement.where(log.c.at < value)
        else:
            statement = statement.where(log.columns[name] == value)
    return cut(await session.all(sliced(statement, order, asked)), order, asked)


async def head(session: ReadSession, trail: Trail) -> Head:
    """The recorded end of the chain."""
    statement = sa.select(trail.heads.c.sequence, trail.heads.c.hash)
    row = await session.first(statement.where(trail.of(trail.heads)))
    return EMPTY if row is None else Head(row.sequence, row.hash)


async def retired_through(session: ReadSession, trail: Trail) -> int:
    """Number of the last line that retention has removed, by the lines that say so; 0 if none."""
    log = trail.log
    through = log.c.detail["audit_through"].as_integer()
    found = await session.scalar(
        sa.select(sa.func.max(through)).where(trail.of(log), log.c.action == "retention.applied")
    )
    return int(found or 0)


async def links(session: ReadSession, trail: Trail) -> AsyncIterator[Link]:
    """The whole chain in order, each link with what its line says now."""
    log, chain = trail.log, trail.chain
    found = sa.and_(trail.of(log), chain.c.audit_id == log.c.audit_id)
    parts = [
        log.columns[trail.key],
        sa.cast(log.c.audit_id, sa.Text),
        sa.func.to_char(sa.func.timezone("UTC", log.c.at), _INSTANT),
        *(log.columns[name] for name in _TEXTS),
        *(sa.cast(log.columns[name], sa.Text) for name in _STRUCTURES),
    ]
    last = 0
    while True:
        statement = (
            sa.select(
                chain.c.sequence,
                chain.c.audit_id,
                chain.c.previous,
                chain.c.hash,
                *(part.label(f"part_{position}") for position, part in enumerate(parts)),
            )
            .select_from(chain.outerjoin(log, found))
            .where(trail.of(chain), chain.c.sequence > last)
            .order_by(chain.c.sequence)
            .limit(_BATCH)
        )
        rows = await session.all(statement)
        for row in rows:
            said: list[str | None] = list(row[_OWN:])
            whole = said if said[0] is not None else None
            yield Link(row.sequence, row.audit_id, row.previous, row.hash, whole)
        if len(rows) < _BATCH:
            return
        last = rows[-1].sequence


_TEXTS = ("actor", "action", "subject", "request_id", "client", "agent")
_STRUCTURES = ("detail", "before", "after")


async def unchained(session: ReadSession, trail: Trail) -> list[str]:
    """Lines that the chain does not have."""
    log, chain = trail.log, trail.chain
    linked = sa.exists().where(trail.of(chain), chain.c.audit_id == log.c.audit_id)
    statement = (
        sa.select(log.c.audit_id)
        .where(trail.of(log), ~linked)
        .order_by(log.c.audit_id)
        .limit(_MOST_UNCHAINED)
    )
    return [row.audit_id for row in await session.all(statement)]
