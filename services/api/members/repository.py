"""SQL of memberships."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.identities import members
from services.api.ids import new_id
from services.api.paging import Order, Page, Rows, cut, sliced

ORDER = Order(
    {"person": members.c.person, "created_at": members.c.created_at}, members.c.member_id, "person"
)


async def list_members(session: ReadSession, asked: Page, person: str | None) -> Rows:
    """The chamber's members; of one person, when named."""
    statement = sa.select(members).where(members.c.chamber_id == session.chamber)
    if person is not None:
        statement = statement.where(members.c.person == person)
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


async def find(session: ReadSession, member_id: str, *, lock: bool = False) -> sa.Row[Any] | None:
    """One member."""
    statement = sa.select(members).where(*_one(session, member_id))
    return await session.first(statement.with_for_update() if lock else statement)


async def insert(session: WriteSession, values: Mapping[str, Any]) -> sa.Row[Any] | None:
    """The member made; ``None`` when the person is one already."""
    insertion = postgresql.insert(members).values(
        chamber_id=session.chamber, member_id=new_id(), **values
    )
    return await session.first(insertion.on_conflict_do_nothing().returning(members))


async def update(session: WriteSession, member_id: str, values: Mapping[str, Any]) -> None:
    """Changes a member and raises its version."""
    await session.execute(
        sa.update(members)
        .where(*_one(session, member_id))
        .values(**values, version=members.c.version + 1, updated_at=sa.func.now())
    )


async def delete(session: WriteSession, member_id: str) -> None:
    """Takes a member away."""
    await session.execute(sa.delete(members).where(*_one(session, member_id)))


def _one(session: ReadSession, member_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (members.c.chamber_id == session.chamber, members.c.member_id == member_id)
