"""SQL of lists of texts, of versions and of drafts."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.plans import narratives
from services.api.db.tables.texts import narrative_drafts, narrative_versions
from services.api.ids import new_id
from services.api.paging import Order, Page, Rows, cut, sliced
from services.api.texts.keys import TextKey
from services.api.texts.repository import of_plan, seen

_n = narratives.c
_v = narrative_versions.c
_d = narrative_drafts.c

# Two rows differ in kind or code: together they tell rows apart, as one text.
_KEY = _n.subject_kind.concat(":").concat(_n.subject_code)
_DRAFT_KEY = _d.subject_kind.concat(":").concat(_d.subject_code)

ORDER = Order({"position": _n.position, "key": _KEY}, _KEY, "position")
VERSION_ORDER = Order({"number": _v.number}, _v.number, "-number")
DRAFT_ORDER = Order({"saved_at": _d.saved_at, "key": _DRAFT_KEY}, _DRAFT_KEY, "-saved_at")


async def list_texts(
    session: ReadSession, plan_id: str, asked: Page, hidden: Collection[str]
) -> Rows:
    """The texts that stand, but for those about hidden objectives."""
    statement = sa.select(narratives).where(of_plan(_n, session, plan_id), seen(_n, hidden))
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


async def versions(session: ReadSession, plan_id: str, key: TextKey, asked: Page) -> Rows:
    """Every version of a text without its words."""
    statement = sa.select(
        _v.number, _v.written_at, _v.written_by, sa.func.length(_v.text).label("characters")
    ).where(of_plan(_v, session, plan_id, key))
    return cut(await session.all(sliced(statement, VERSION_ORDER, asked)), VERSION_ORDER, asked)


async def version(
    session: ReadSession, plan_id: str, key: TextKey, number: int
) -> sa.Row[Any] | None:
    """One version of a text."""
    return await session.first(
        sa.select(
            _v.number,
            _v.written_at,
            _v.written_by,
            _v.text,
            sa.func.length(_v.text).label("characters"),
        ).where(of_plan(_v, session, plan_id, key), _v.number == number)
    )


def _own(session: ReadSession, plan_id: str, key: TextKey, person: str) -> sa.ColumnElement[bool]:
    return sa.and_(of_plan(_d, session, plan_id, key), _d.written_by == person)


async def draft(
    session: ReadSession, plan_id: str, key: TextKey, person: str, *, lock: bool = False
) -> sa.Row[Any] | None:
    """Somebody's draft of a text."""
    statement = sa.select(narrative_drafts).where(_own(session, plan_id, key, person))
    return await session.first(statement.with_for_update() if lock else statement)


async def drafts_of(
    session: ReadSession, plan_id: str, person: str, asked: Page, hidden: Collection[str]
) -> Rows:
    """Somebody's drafts, but for those about objectives that they do not see any more."""
    statement = sa.select(narrative_drafts).where(
        of_plan(_d, session, plan_id), _d.written_by == person, seen(_d, hidden)
    )
    return cut(await session.all(sliced(statement, DRAFT_ORDER, asked)), DRAFT_ORDER, asked)


async def every_draft_of(session: ReadSession, plan_id: str, person: str) -> Sequence[sa.Row[Any]]:
    """All of somebody's drafts of a plan."""
    return await session.all(
        sa.select(narrative_drafts).where(of_plan(_d, session, plan_id), _d.written_by == person)
    )


async def begin_draft(
    session: WriteSession, plan_id: str, key: TextKey, text: str, base_version: int
) -> sa.Row[Any] | None:
    """The author's draft, begun; ``None`` when there is one already."""
    insert = postgresql.insert(narrative_drafts).values(
        chamber_id=session.chamber,
        plan_id=plan_id,
        subject_kind=key.kind,
        subject_code=key.code,
        written_by=session.author.actor,
        draft_id=new_id(),
        text=text,
        base_version=base_version,
    )
    return await session.first(insert.on_conflict_do_nothing().returning(narrative_drafts))


async def save_draft(
    session: WriteSession, before: sa.Row[Any], text: str, base_version: int
) -> sa.Row[Any] | None:
    """The draft, saved anew; ``None`` when it is not any more as it was read."""
    key = TextKey(before.subject_kind, before.subject_code)
    return await session.first(
        sa.update(narrative_drafts)
        .where(
            _own(session, before.plan_id, key, before.written_by),
            _d.draft_id == before.draft_id,
            _d.revision == before.revision,
        )
        .values(
            text=text,
            base_version=base_version,
            revision=_d.revision + 1,
            saved_at=sa.func.now(),
        )
        .returning(narrative_drafts)
    )


async def delete_draft(session: WriteSession, row: sa.Row[Any]) -> bool:
    """Whether the draft was there as it was read, and is gone now."""
    key = TextKey(row.subject_kind, row.subject_code)
    statement = sa.delete(narrative_drafts).where(
        _own(session, row.plan_id, key, row.written_by),
        _d.draft_id == row.draft_id,
        _d.revision == row.revision,
    )
    return await session.execute(statement) == 1
