"""Requests to erase a chamber, and what has become of them.

A request is a wish that the runtime role writes down; nothing follows from it by itself. Whoever
has the owner's connection carries it out (:mod:`services.api.archives.erasing`), and the
erasure bears its identifier.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.archives import chamber_erasures, erasure_requests
from services.api.paging import Order, Page, Rows, cut, sliced

OPEN = "requested"

_r, _e = erasure_requests.c, chamber_erasures.c

_STATE = sa.case(
    (_e.erasure_id.is_not(None), "erased"),
    (_r.withdrawn_at.is_not(None), "withdrawn"),
    # What the export allows within a day, it allows no longer.
    (_r.requested_at < sa.func.now() - sa.text("interval '1 day'"), "lapsed"),
    else_=OPEN,
)

_both = sa.and_(_r.entity_id == _e.entity_id, _r.erasure_id == _e.erasure_id)
_found = (
    sa.select(
        sa.func.coalesce(_r.entity_id, _e.entity_id).label("entity_id"),
        sa.func.coalesce(_r.erasure_id, _e.erasure_id).label("erasure_id"),
        sa.func.coalesce(_r.chamber_code, _e.chamber_code).label("chamber_code"),
        sa.func.coalesce(_r.archive_sha256, _e.archive_sha256).label("archive_sha256"),
        _STATE.label("state"),
        _r.reason,
        _r.requested_at,
        _r.requested_by,
        _r.withdrawn_at,
        _r.withdrawn_by,
        _e.at.label("erased_at"),
        _e.erased_by,
        _e.removed,
        _e.certificate,
        _e.completed_at,
    )
    .select_from(erasure_requests.outerjoin(chamber_erasures, _both, full=True))
    .subquery("found")
)

ORDER = Order({"erasure_id": _found.c.erasure_id}, _found.c.erasure_id, "-erasure_id")
"""Identifiers are in order of creation."""


async def find(session: ReadSession, entity: str, erasure_id: str) -> sa.Row[Any] | None:
    """A request with what became of it, or an erasure that nobody asked for through the API."""
    columns = _found.c
    return await session.first(
        sa.select(_found).where(columns.entity_id == entity, columns.erasure_id == erasure_id)
    )


async def list_all(session: ReadSession, entity: str, asked: Page) -> Rows:
    """Requests and erasures of an entity's chambers, the latest first."""
    statement = sa.select(_found).where(_found.c.entity_id == entity)
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


async def is_open(session: ReadSession, entity: str, chamber: str) -> bool:
    """Whether somebody has asked for the end of a chamber and nothing has become of it yet."""
    columns = _found.c
    statement = sa.select(sa.literal(1)).where(
        columns.entity_id == entity, columns.chamber_code == chamber, columns.state == OPEN
    )
    return bool(await session.scalar(sa.select(sa.exists(statement))))


async def add(session: WriteSession, values: Mapping[str, Any]) -> None:
    """Writes a request down."""
    await session.execute(
        sa.insert(erasure_requests), {**values, "requested_by": session.author.actor}
    )


async def withdraw(session: WriteSession, entity: str, erasure_id: str) -> None:
    """Notes that a request is taken back."""
    await session.execute(
        sa.update(erasure_requests)
        .where(_r.entity_id == entity, _r.erasure_id == erasure_id, _r.withdrawn_at.is_(None))
        .values(withdrawn_at=sa.func.now(), withdrawn_by=session.author.actor)
    )
