"""SQL of threads and their lines."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.texts import comment_threads, comments
from services.api.ids import new_id
from services.api.paging import Order, Page, Rows, cut, sliced
from services.api.texts.keys import TextKey
from services.api.texts.repository import of_plan, seen
from shared.domain.comments import Capacity, ThreadMove, ThreadState

_t = comment_threads.c
_c = comments.c

ORDER = Order({"opened_at": _t.thread_id, "changed_at": _t.changed_at}, _t.thread_id, "-opened_at")
"""Ids are in order of creation, so they stand for the instant."""


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody says in a thread, and what they do with it."""

    move: ThreadMove
    text: str | None
    capacity: Capacity


async def open_thread(
    session: WriteSession, plan_id: str, about: tuple[TextKey, int], quote: str | None, line: Line
) -> str:
    """A thread about a text (its key and version), with its first line."""
    key, version = about
    thread_id = new_id()
    await session.execute(
        sa.insert(comment_threads).values(
            chamber_id=session.chamber,
            thread_id=thread_id,
            plan_id=plan_id,
            subject_kind=key.kind,
            subject_code=key.code,
            text_version=version,
            quote=quote,
            capacity=line.capacity,
            opened_by=session.author.actor,
        )
    )
    await _insert(session, thread_id, 1, line)
    return thread_id


async def add(session: WriteSession, row: sa.Row[Any], line: Line, state: ThreadState) -> int:
    """The next line of a held thread, and where the thread stands after it."""
    number = int(row.lines) + 1
    await _insert(session, row.thread_id, number, line)
    await session.execute(
        sa.update(comment_threads)
        .where(_t.chamber_id == session.chamber, _t.thread_id == row.thread_id)
        .values(lines=number, state=state, changed_at=sa.func.now())
    )
    return number


async def _insert(session: WriteSession, thread_id: str, number: int, line: Line) -> None:
    await session.execute(
        sa.insert(comments).values(
            chamber_id=session.chamber,
            thread_id=thread_id,
            number=number,
            move=line.move,
            text=line.text,
            capacity=line.capacity,
            written_by=session.author.actor,
        )
    )


async def find(
    session: ReadSession, plan_id: str, thread_id: str, *, lock: bool = False
) -> sa.Row[Any] | None:
    """One thread; with ``lock`` nobody adds to it until the transaction ends."""
    statement = sa.select(comment_threads).where(
        of_plan(_t, session, plan_id), _t.thread_id == thread_id
    )
    return await session.first(statement.with_for_update() if lock else statement)


async def lines(session: ReadSession, thread_id: str) -> Sequence[sa.Row[Any]]:
    """The lines of a thread, in order."""
    return await session.all(
        sa.select(comments)
        .where(_c.chamber_id == session.chamber, _c.thread_id == thread_id)
        .order_by(_c.number)
    )


async def threads(
    session: ReadSession,
    plan_id: str,
    asked: Page,
    *,
    key: TextKey | None,
    state: str | None,
    hidden: Collection[str],
) -> Rows:
    """Threads of a plan, or about one text, but for those about hidden objectives."""
    statement = sa.select(comment_threads).where(
        of_plan(_t, session, plan_id, key), seen(_t, hidden)
    )
    if state is not None:
        statement = statement.where(_t.state == state)
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


async def count_open(session: ReadSession, plan_id: str) -> Sequence[sa.Row[Any]]:
    """How many threads are open about each text."""
    return await session.all(
        sa.select(_t.subject_kind, _t.subject_code, sa.func.count().label("threads"))
        .where(of_plan(_t, session, plan_id), _t.state == ThreadState.OPEN)
        .group_by(_t.subject_kind, _t.subject_code)
        .order_by(_t.subject_kind, _t.subject_code)
    )
