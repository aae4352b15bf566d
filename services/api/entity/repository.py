"""SQL of the views of an entity: what several chambers have, a few statements for all of them."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession
from services.api.db.tables.measurements import measurements
from services.api.db.tables.plans import indicators, measures, objectives, plans, results
from services.api.db.tables.tenants import chambers


async def titles(session: ReadSession) -> dict[str, str]:
    """Names of the chambers of the session."""
    rows = await session.all(sa.select(chambers.c.chamber_id, chambers.c.name))
    return {row.chamber_id: row.name for row in rows}


async def plans_of(session: ReadSession, years: Iterable[int]) -> Sequence[sa.Row[Any]]:
    """The plans of some years."""
    statement = sa.select(plans.c.chamber_id, plans.c.plan_id, plans.c.year).where(
        plans.c.chamber_id.in_(session.chambers), plans.c.year.in_(list(years))
    )
    return await session.all(statement)


async def revisions(session: ReadSession, last: int) -> Sequence[sa.Row[tuple[str, int, int]]]:
    """Chamber, year and revision of every plan up to a year."""
    columns = plans.c.chamber_id, plans.c.year, plans.c.revision
    statement = sa.select(*columns).where(
        plans.c.chamber_id.in_(session.chambers), plans.c.year <= last
    )
    return await session.all(statement.order_by(*columns))


async def stored_results(session: ReadSession, years: Iterable[int]) -> Sequence[sa.Row[Any]]:
    """Plans of some years with their results, where those of the present revision are stored."""
    current = sa.and_(
        results.c.chamber_id == plans.c.chamber_id,
        results.c.plan_id == plans.c.plan_id,
        results.c.revision == plans.c.revision,
    )
    statement = (
        sa.select(plans.c.chamber_id, plans.c.year, results.c.body)
        .select_from(plans.outerjoin(results, current))
        .where(plans.c.chamber_id.in_(session.chambers), plans.c.year.in_(list(years)))
    )
    return await session.all(statement)


def _of(table: sa.Table, session: ReadSession, plan_ids: Sequence[str]) -> tuple[Any, Any]:
    return table.c.chamber_id.in_(session.chambers), table.c.plan_id.in_(plan_ids)


async def adopted(session: ReadSession, plan_ids: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """Indicators of these plans that name an entry of a catalogue."""
    columns = indicators.c
    statement = (
        sa.select(
            columns.plan_id,
            columns.code,
            columns.objective,
            columns.title,
            columns.value_type,
            columns.formula,
            columns.catalogue,
        )
        .where(*_of(indicators, session, plan_ids), columns.catalogue.is_not(None))
        .order_by(columns.plan_id, columns.position)
    )
    return await session.all(statement)


async def branches(session: ReadSession, plan_ids: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """The trees of these plans, as far as individual sheets are concerned."""
    columns = objectives.c
    return await session.all(
        sa.select(
            columns.plan_id, columns.code, columns.kind, columns.parent, columns.members
        ).where(*_of(objectives, session, plan_ids))
    )


async def named_measures(
    session: ReadSession, plan_ids: Sequence[str], codes: Sequence[str]
) -> Sequence[sa.Row[Any]]:
    """Measures of these plans that are called so, or that have names elsewhere."""
    columns = measures.c
    statement = (
        sa.select(
            columns.plan_id,
            columns.code,
            columns.value_type,
            columns.aggregation,
            columns.external_ids,
        )
        .where(
            *_of(measures, session, plan_ids),
            sa.or_(columns.code.in_(codes), columns.external_ids.is_not(None)),
        )
        .order_by(columns.plan_id, columns.position)
    )
    return await session.all(statement)


async def recorded(
    session: ReadSession,
    plan_ids: Sequence[str],
    measured: Sequence[str],
    declared: Sequence[str],
) -> Sequence[sa.Row[Any]]:
    """What was recorded of these measures, and of these indicators themselves."""
    columns = measurements.c
    statement = sa.select(
        columns.plan_id,
        columns.subject_kind,
        columns.subject_code,
        columns.year,
        columns.period,
        columns.value,
        columns.status,
    ).where(
        *_of(measurements, session, plan_ids),
        sa.or_(
            sa.and_(columns.subject_kind == "measure", columns.subject_code.in_(measured)),
            sa.and_(columns.subject_kind == "indicator", columns.subject_code.in_(declared)),
        ),
    )
    return await session.all(statement)
