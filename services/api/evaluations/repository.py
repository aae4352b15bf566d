"""SQL of evaluations."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.plans import evaluations
from services.api.ids import new_id
from services.api.paging import Order, Page, Rows, cut, sliced
from shared.domain.confidentiality import Hidden

ORDER = Order({"position": evaluations.c.position}, evaluations.c.evaluation_id, "position")


async def insert(session: WriteSession, plan_id: str, row: Mapping[str, Any]) -> sa.Row[Any] | None:
    """The evaluation made; ``None`` when the subject has one in that scope."""
    table = evaluations.c
    position = (
        sa.select(sa.func.coalesce(sa.func.max(table.position) + 1, 0))
        .where(table.chamber_id == session.chamber, table.plan_id == plan_id)
        .scalar_subquery()
    )
    insertion = postgresql.insert(evaluations).values(
        chamber_id=session.chamber,
        plan_id=plan_id,
        evaluation_id=new_id(),
        position=position,
        created_by=session.author.actor,
        **row,
    )
    return await session.first(insertion.on_conflict_do_nothing().returning(evaluations))


async def find(session: ReadSession, plan_id: str, evaluation_id: str) -> sa.Row[Any] | None:
    """One evaluation."""
    return await session.first(_one(sa.select(evaluations), session, plan_id, evaluation_id))


async def update(
    session: WriteSession, plan_id: str, evaluation_id: str, values: Mapping[str, Any]
) -> sa.Row[Any] | None:
    """One evaluation with other values; ``None`` when it is not there."""
    statement = _one(sa.update(evaluations), session, plan_id, evaluation_id)
    return await session.first(statement.values(**values).returning(evaluations))


async def delete(session: WriteSession, plan_id: str, evaluation_id: str) -> bool:
    """Whether there was one to remove."""
    statement = _one(sa.delete(evaluations), session, plan_id, evaluation_id)
    return await session.execute(statement) == 1


async def list_evaluations(session: ReadSession, plan_id: str, asked: Page, hidden: Hidden) -> Rows:
    """The evaluations of a plan, but for those about hidden sheets."""
    statement = sa.select(evaluations).where(
        evaluations.c.chamber_id == session.chamber, evaluations.c.plan_id == plan_id
    )
    if hidden:
        subject = sa.tuple_(evaluations.c.subject_kind, evaluations.c.subject_code)
        statement = statement.where(
            evaluations.c.scope.not_in(sorted(hidden.sheets)),
            subject.not_in(sorted(hidden.subjects())),
        )
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


def _one(
    statement: Any,  # noqa: ANN401 - a select or a delete, given back as it came
    session: ReadSession,
    plan_id: str,
    evaluation_id: str,
) -> Any:  # noqa: ANN401 - as above
    return statement.where(
        evaluations.c.chamber_id == session.chamber,
        evaluations.c.plan_id == plan_id,
        evaluations.c.evaluation_id == evaluation_id,
    )
