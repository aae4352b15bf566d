"""SQL of texts: ``narratives`` holds what stands, ``narrative_versions`` all that ever did."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.plans import narratives
from services.api.db.tables.texts import narrative_drafts, narrative_versions
from services.api.texts.keys import TextKey

_n = narratives.c
_v = narrative_versions.c
_d = narrative_drafts.c

_IDENTITY = ["chamber_id", "plan_id", "subject_kind", "subject_code"]


def of_plan(
    columns: Any,  # noqa: ANN401 - the columns of any of these tables
    session: ReadSession,
    plan_id: str,
    key: TextKey | None = None,
) -> sa.ColumnElement[bool]:
    """Rows of a plan, or those about one subject."""
    found = sa.and_(columns.chamber_id == session.chamber, columns.plan_id == plan_id)
    if key is None:
        return found
    return sa.and_(found, columns.subject_kind == key.kind, columns.subject_code == key.code)


def seen(columns: Any, hidden: Collection[str]) -> sa.ColumnElement[bool]:  # noqa: ANN401 - as above
    """Rows that are not about these objectives."""
    if not hidden:
        return sa.true()
    about = sa.and_(columns.subject_kind == "objective", columns.subject_code.in_(sorted(hidden)))
    return sa.not_(about)


async def standing(session: ReadSession, plan_id: str) -> Sequence[sa.Row[Any]]:
    """All texts that stand."""
    return await session.all(sa.select(narratives).where(of_plan(_n, session, plan_id)))


async def find(
    session: ReadSession, plan_id: str, key: TextKey, *, lock: bool = False
) -> sa.Row[Any] | None:
    """The text that stands about a subject."""
    statement = sa.select(narratives).where(of_plan(_n, session, plan_id, key))
    return await session.first(statement.with_for_update(key_share=True) if lock else statement)


async def next_position(session: ReadSession, plan_id: str) -> int:
    """The place after the last text."""
    last = await session.scalar(
        sa.select(sa.func.max(_n.position)).where(of_plan(_n, session, plan_id))
    )
    return 0 if last is None else int(last) + 1


async def last_numbers(session: ReadSession, plan_id: str) -> dict[TextKey, int]:
    """The number of the last version of every text there ever was."""
    rows = await session.all(
        sa.select(_v.subject_kind, _v.subject_code, sa.func.max(_v.number).label("number"))
        .where(of_plan(_v, session, plan_id))
        .group_by(_v.subject_kind, _v.subject_code)
    )
    return {TextKey(row.subject_kind, row.subject_code): row.number for row in rows}


async def last_number(session: ReadSession, plan_id: str, key: TextKey) -> int:
    """The number of the last version of one text; 0 when there never was one."""
    last = await session.scalar(
        sa.select(sa.func.max(_v.number)).where(of_plan(_v, session, plan_id, key))
    )
    return int(last or 0)


async def append(session: WriteSession, plan_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Further versions. The caller holds the plan, so nobody takes their numbers."""
    owner = {
        "chamber_id": session.chamber,
        "plan_id": plan_id,
        "written_by": session.author.actor,
    }
    if rows:
        await session.execute(sa.insert(narrative_versions), [owner | dict(row) for row in rows])


async def put(session: WriteSession, plan_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """What stands from now on: ``subject_kind``, ``subject_code``, text, version, position."""
    owner = {
        "chamber_id": session.chamber,
        "plan_id": plan_id,
        "updated_by": session.author.actor,
    }
    insert = postgresql.insert(narratives)
    given = insert.excluded
    names = ("text", "version", "position", "updated_by")
    changed = {name: given[name] for name in names} | {"updated_at": sa.func.now()}
    upsert = insert.on_conflict_do_update(index_elements=_IDENTITY, set_=changed)
    if rows:
        await session.execute(upsert, [owner | dict(row) for row in rows])


async def delete(session: WriteSession, plan_id: str, key: TextKey) -> None:
    """Takes away what stands."""
    await session.execute(sa.delete(narratives).where(of_plan(_n, session, plan_id, key)))


async def unsubmitted(session: ReadSession, plan_id: str) -> Sequence[sa.Row[Any]]:
    """How many drafts wait about each subject, and since when; not whose, nor what they say."""
    return await session.all(
        sa.select(
            _d.subject_kind,
            _d.subject_code,
            sa.func.count().label("drafts"),
            sa.func.max(_d.saved_at).label("saved_at"),
        )
        .where(of_plan(_d, session, plan_id))
        .group_by(_d.subject_kind, _d.subject_code)
        .order_by(_d.subject_kind, _d.subject_code)
    )
