"""SQL of assignments."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.texts import text_assignments
from services.api.texts.keys import TextKey
from services.api.texts.repository import of_plan

_a = text_assignments.c


async def every(session: ReadSession, plan_id: str) -> Sequence[sa.Row[Any]]:
    """All assignments of a plan, the first to be due first."""
    return await session.all(
        sa.select(text_assignments)
        .where(of_plan(_a, session, plan_id))
        .order_by(_a.due_on.asc().nulls_last(), _a.subject_kind, _a.subject_code)
    )


async def find(session: ReadSession, plan_id: str, key: TextKey) -> sa.Row[Any] | None:
    """The assignment of one text."""
    return await session.first(
        sa.select(text_assignments).where(of_plan(_a, session, plan_id, key))
    )


async def put(session: WriteSession, plan_id: str, key: TextKey, values: Mapping[str, Any]) -> None:
    """Assigns a text of a held plan, anew where it was assigned before."""
    signed = {**values, "assigned_by": session.author.actor}
    insert = postgresql.insert(text_assignments).values(
        chamber_id=session.chamber,
        plan_id=plan_id,
        subject_kind=key.kind,
        subject_code=key.code,
        **signed,
    )
    await session.execute(
        insert.on_conflict_do_update(
            index_elements=["chamber_id", "plan_id", "subject_kind", "subject_code"],
            set_=signed | {"assigned_at": sa.func.now()},
        )
    )


async def delete(session: WriteSession, plan_id: str, key: TextKey) -> None:
    """Nobody owes the text any more."""
    await session.execute(sa.delete(text_assignments).where(of_plan(_a, session, plan_id, key)))
