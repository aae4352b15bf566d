"""SQL of the versions of plans and of their moves."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.versions import plan_moves, plan_versions
from services.api.ids import new_id
from services.api.paging import Order, Page, Rows, cut, sliced
from shared.domain.workflow import PlanMove

ORDER = Order({"version": plan_versions.c.version}, plan_versions.c.version, "-version")

_FACTS = tuple(column for column in plan_versions.c if column.name != "content")
"""A version without its content, which may be large."""


def _of_plan(table: sa.Table, session: ReadSession, plan_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.chamber_id == session.chamber, table.c.plan_id == plan_id)


async def add_version(
    session: WriteSession, plan_id: str, version: int, values: Mapping[str, Any]
) -> None:
    """Writes down what was approved."""
    await session.execute(
        sa.insert(plan_versions).values(
            chamber_id=session.chamber,
            plan_id=plan_id,
            version=version,
            approved_by=session.author.actor,
            **values,
        )
    )


async def version(session: ReadSession, plan_id: str, number: int) -> sa.Row[Any] | None:
    """A version that was approved, with its content."""
    return await session.first(
        sa.select(plan_versions).where(
            _of_plan(plan_versions, session, plan_id), plan_versions.c.version == number
        )
    )


async def versions_between(
    session: ReadSession, plan_id: str, first: int, last: int
) -> Sequence[sa.Row[Any]]:
    """Approved versions by number, without their contents."""
    return await session.all(
        sa.select(*_FACTS)
        .where(
            _of_plan(plan_versions, session, plan_id),
            plan_versions.c.version.between(first, last),
        )
        .order_by(plan_versions.c.version)
    )


async def list_versions(session: ReadSession, plan_id: str, asked: Page) -> Rows:
    """Approved versions as a list."""
    statement = sa.select(*_FACTS).where(_of_plan(plan_versions, session, plan_id))
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


async def add_move(
    session: WriteSession, plan_id: str, move: PlanMove, version: int, values: Mapping[str, Any]
) -> None:
    """Writes down that a plan has moved; ``version`` is its version afterwards."""
    await session.execute(
        sa.insert(plan_moves).values(
            chamber_id=session.chamber,
            plan_id=plan_id,
            move_id=new_id(),
            move=move.value,
            version=version,
            moved_by=session.author.actor,
            **values,
        )
    )


async def opening(session: ReadSession, plan_id: str, version: int) -> sa.Row[Any] | None:
    """The last time that an amendment towards this version was opened."""
    return await session.first(
        sa.select(plan_moves)
        .where(
            _of_plan(plan_moves, session, plan_id),
            plan_moves.c.move == PlanMove.AMEND.value,
            plan_moves.c.version == version,
        )
        .order_by(plan_moves.c.moved_at.desc())
        .limit(1)
    )
