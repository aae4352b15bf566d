"""SQL of a plan's tree, as far as sheets and units are concerned."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession
from services.api.db.tables.plans import indicators, objectives
from services.api.db.tables.texts import text_assignments
from shared.domain.confidentiality import INDIVIDUAL_KINDS


async def tree(session: ReadSession, plan_id: str) -> Sequence[sa.Row[Any]]:
    """Code, kind, parent, title, units and members of every objective of a plan."""
    columns = objectives.c
    return await session.all(
        sa.select(
            columns.code,
            columns.kind,
            columns.parent,
            columns.title,
            columns.units,
            columns.members,
        ).where(columns.chamber_id == session.chamber, columns.plan_id == plan_id)
    )


async def tree_with_sheets(session: ReadSession, plan_id: str) -> Sequence[sa.Row[Any]]:
    """Code, kind, parent and members of every objective of a plan that has a sheet; else none."""
    columns, other = objectives.c, objectives.alias()
    sheet = sa.exists().where(
        other.c.chamber_id == session.chamber,
        other.c.plan_id == plan_id,
        other.c.kind.in_(sorted(INDIVIDUAL_KINDS)),
    )
    return await session.all(
        sa.select(columns.code, columns.kind, columns.parent, columns.members).where(
            columns.chamber_id == session.chamber, columns.plan_id == plan_id, sheet
        )
    )


async def leaves(session: ReadSession, plan_id: str) -> Sequence[sa.Row[Any]]:
    """Code, objective, source office and formula of every indicator of a plan."""
    columns = indicators.c
    return await session.all(
        sa.select(columns.code, columns.objective, columns.source_office, columns.formula).where(
            columns.chamber_id == session.chamber, columns.plan_id == plan_id
        )
    )


async def assigned(session: ReadSession, plan_id: str) -> Sequence[sa.Row[Any]]:
    """Subject and offices of every text of a plan that was assigned."""
    columns = text_assignments.c
    return await session.all(
        sa.select(columns.subject_kind, columns.subject_code, columns.offices).where(
            columns.chamber_id == session.chamber, columns.plan_id == plan_id
        )
    )
