"""Use cases of comments."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.auth.access import Access
from services.api.comments import repository
from services.api.comments.repository import Line
from services.api.comments.schemas import MOST_LINES, NewThread
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit, emit
from services.api.errors import Refusal
from services.api.narratives.service import require_seen
from services.api.plans import service as plans
from services.api.plans.rows import PlanHead
from services.api.texts import service as texts
from services.api.texts.keys import TextKey
from shared.domain.comments import (
    Capacity,
    ThreadMove,
    ThreadRefusedError,
    ThreadState,
    after,
    capacity_of,
    settles,
)


def key_of(row: sa.Row[Any]) -> TextKey:
    """What a thread is about."""
    return TextKey(row.subject_kind, row.subject_code)


def may_settle(access: Access, row: sa.Row[Any]) -> bool:
    """Whether the caller may resolve a thread, or open it again."""
    opener = row.opened_by == access.principal.subject
    return settles(capacity_of(access.roles), Capacity(row.capacity), opener=opener)


async def open_thread(
    session: WriteSession, head: PlanHead, access: Access, new: NewThread
) -> sa.Row[Any]:
    """Begins to talk about a text, whether it is written or not.

    Raises:
        Refusal: ``subject_not_found``.
    """
    key = TextKey.parse(new.key)
    await require_seen(session, head, access, key)
    await plans.check_subject(session, head.plan_id, key.kind, key.code)
    standing = await texts.find(session, head.plan_id, key)
    about = (key, 0 if standing is None else int(standing.version))
    line = Line(ThreadMove.OPEN, new.text, capacity_of(access.roles))
    thread_id = await repository.open_thread(session, head.plan_id, about, new.quote, line)
    await _trace(session, head, _Traced(key, thread_id, 1, ThreadMove.OPEN))
    return await find(session, head, access, thread_id)


async def find(
    session: ReadSession, head: PlanHead, access: Access, thread_id: str, *, lock: bool = False
) -> sa.Row[Any]:
    """A thread of a plan that the caller sees.

    Raises:
        Refusal: ``thread_not_found``.
    """
    row = await repository.find(session, head.plan_id, thread_id, lock=lock)
    if row is None:
        raise Refusal("thread_not_found")
    try:
        await require_seen(session, head, access, key_of(row))
    except Refusal as refusal:
        raise Refusal("thread_not_found") from refusal
    return row


async def add(
    session: WriteSession,
    head: PlanHead,
    access: Access,
    row: sa.Row[Any],
    move: ThreadMove,
    text: str | None,
) -> sa.Row[Any]:
    """Adds a line to a held thread: an answer, or what settles or reopens it.

    Raises:
        Refusal: ``thread_of_others``, ``thread_resolved``, ``thread_open`` or ``thread_full``.
    """
    if move is not ThreadMove.ANSWER and not may_settle(access, row):
        raise Refusal("thread_of_others")
    try:
        state = after(ThreadState(row.state), move)
    except ThreadRefusedError as error:
        raise Refusal(error.code) from error
    # Room is left to resolve what has no room for another answer.
    if move is not ThreadMove.RESOLVE and row.lines >= MOST_LINES - 1:
        raise Refusal("thread_full", most=row.lines)
    line = Line(move, text, capacity_of(access.roles))
    number = await repository.add(session, row, line, state)
    await _trace(session, head, _Traced(key_of(row), row.thread_id, number, move))
    return await find(session, head, access, row.thread_id)


async def open_threads(session: ReadSession, plan_id: str) -> dict[TextKey, int]:
    """How many threads are open about each text."""
    rows = await repository.count_open(session, plan_id)
    return {key_of(row): row.threads for row in rows}


@dataclass(frozen=True, slots=True)
class _Traced:
    """What the audit line and the event say of a line of a thread: not its words."""

    key: TextKey
    thread_id: str
    number: int
    move: ThreadMove


async def _trace(session: WriteSession, head: PlanHead, traced: _Traced) -> None:
    facts = {"thread_id": traced.thread_id, "number": traced.number, "move": traced.move.value}
    await audit(session, "comment.added", f"plan/{head.year}/{traced.key}", facts)
    told = {"year": head.year, "key": str(traced.key), **facts}
    await emit(session, "comment.added", f"plan/{head.year}", told)
