"""SQL of plans and their parts."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.plans import plans
from services.api.ids import new_id
from services.api.paging import Order, Page, Rows, cut, sliced
from services.api.plans.rows import MEASUREMENTS, PlanHead, Section
from shared.domain.arrivals import WITHDRAWN
from shared.domain.workflow import PlanState, Standing

PLAN_ORDER = Order({"year": plans.c.year}, plans.c.plan_id, "-year")


def _head(row: sa.Row[Any] | None) -> PlanHead | None:
    if row is None:
        return None
    return PlanHead(
        plan_id=row.plan_id,
        year=row.year,
        kind=row.kind,
        acts=row.acts,
        policy=row.policy,
        published=row.published,
        revision=row.revision,
        structure_revision=row.structure_revision,
        standing=Standing(PlanState(row.state), row.version),
        updated_at=row.updated_at,
    )


async def find(session: ReadSession, year: int, *, lock: bool = False) -> PlanHead | None:
    """The plan of a year; ``lock`` holds it until the transaction ends."""
    statement = sa.select(plans).where(plans.c.chamber_id == session.chamber, plans.c.year == year)
    return _head(
        await session.first(statement.with_for_update(key_share=True) if lock else statement)
    )


async def find_or_create(
    session: WriteSession, year: int, values: Mapping[str, Any]
) -> tuple[PlanHead, bool]:
    """The plan of a year, locked; made with ``values`` when there was none (then true)."""
    insert = postgresql.insert(plans).values(
        chamber_id=session.chamber, plan_id=new_id(), year=year, **values
    )
    created = await session.execute(insert.on_conflict_do_nothing()) == 1
    found = await find(session, year, lock=True)
    if found is None:
        raise LookupError(f"the plan of {year} was there a moment ago")
    return found, created


async def list_plans(session: ReadSession, asked: Page) -> Rows:
    """The plans of the chamber."""
    statement = sliced(
        sa.select(plans).where(plans.c.chamber_id == session.chamber), PLAN_ORDER, asked
    )
    return cut(await session.all(statement), PLAN_ORDER, asked)


async def years(session: ReadSession) -> list[int]:
    """The years of which the chamber has a plan, the oldest first."""
    statement = sa.select(plans.c.year).where(plans.c.chamber_id == session.chamber)
    rows = await session.all(statement.order_by(plans.c.year))
    return [row.year for row in rows]


async def update_head(session: WriteSession, plan_id: str, values: Mapping[str, Any]) -> None:
    """Changes the plan's own columns, not its revision."""
    await session.execute(_of_plan(sa.update(plans), session, plan_id).values(**values))


async def raise_revision(session: WriteSession, plan_id: str, *, structure: bool) -> int:
    """Counts one change of the inputs and answers the new revision.

    ``structure`` says that more than measurements has changed.
    """
    following = plans.c.revision + 1
    values = {"revision": following} | ({"structure_revision": following} if structure else {})
    statement = (
        _of_plan(sa.update(plans), session, plan_id)
        .values(**values, updated_at=sa.func.now())
        .returning(plans.c.revision)
    )
    return int(await session.scalar(statement))


def _of_plan(statement: Any, session: ReadSession, plan_id: str) -> Any:  # noqa: ANN401 - any statement
    """Narrows a statement on ``plans`` to one plan; the type of statement stays."""
    return statement.where(plans.c.chamber_id == session.chamber, plans.c.plan_id == plan_id)


async def section_rows(
    session: ReadSession, section: Section, plan_id: str
) -> Sequence[Mapping[str, Any]]:
    """Every row of a section, in its order."""
    rows = await session.all(_in_order(sa.select(section.table), session, section, plan_id))
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it


def _in_order(
    statement: sa.Select[Any], session: ReadSession, section: Section, plan_id: str
) -> sa.Select[Any]:
    """Narrows a statement to a plan's rows of a section, in the order of the section.

    Not to measurements that their source has taken back: nothing stands there any more.
    """
    columns = section.table.c
    if section is MEASUREMENTS:
        statement = statement.where(columns.status.is_distinct_from(WITHDRAWN))
    return statement.where(
        columns.chamber_id == session.chamber, columns.plan_id == plan_id
    ).order_by(columns.position, *(columns[name] for name in section.keys))


_VERSIONS = sa.text("""
    SELECT p.plan_id::text AS plan_id, p.revision, p.structure_revision,
        m.measurement_id::text AS measurement_id, m.version
    FROM plans AS p
    LEFT JOIN measurements AS m ON m.chamber_id = p.chamber_id AND m.plan_id = p.plan_id
    WHERE p.chamber_id = :chamber AND p.year = :year
    ORDER BY m.position, m.subject_kind, m.subject_code, m.year, m.period
""")


async def measurement_versions(session: ReadSession, year: int) -> Sequence[sa.Row[Any]]:
    """The plan of a year with the version that stands of every measurement, in their order.

    Rows have ``plan_id``, ``revision``, ``structure_revision``, ``measurement_id`` and
    ``version``; of a plan without measurements there is one without the last two.
    """
    return await session.all(_VERSIONS, {"chamber": session.chamber, "year": year})


async def measurement_rows(
    session: ReadSession, plan_id: str, ids: Collection[str]
) -> Sequence[Mapping[str, Any]]:
    """Some measurements."""
    columns = MEASUREMENTS.table.c
    statement = sa.select(MEASUREMENTS.table).where(columns.measurement_id.in_(sorted(ids)))
    rows = await session.all(_in_order(statement, session, MEASUREMENTS, plan_id))
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it


async def count_rows(
    session: ReadSession, sections: Sequence[Section], plan_id: str
) -> Mapping[str, int]:
    """How many rows each section has."""
    counts = [
        sa.select(sa.func.count())
        .select_from(section.table)
        .where(section.table.c.chamber_id == session.chamber, section.table.c.plan_id == plan_id)
        .scalar_subquery()
        .label(section.name)
        for section in sections
    ]
    row = await session.first(sa.select(*counts))
    return {} if row is None else dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name


async def insert_rows(
    session: WriteSession, section: Section, plan_id: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Adds rows to a section."""
    if rows:
        identity = {"chamber_id": session.chamber, "plan_id": plan_id}
        await session.execute(sa.insert(section.table), [{**identity, **row} for row in rows])


async def update_rows(
    session: WriteSession, section: Section, plan_id: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Rewrites rows of a section that is keyed by ``code`` alone or by subject."""
    if not rows:
        return
    table = section.table
    names = [name for name in rows[0] if name not in section.keys]
    statement = (
        sa.update(table)
        .where(
            table.c.chamber_id == session.chamber,
            table.c.plan_id == plan_id,
            *(_same(table.c[name], sa.bindparam(f"key_{name}")) for name in section.keys),
        )
        .values({name: sa.bindparam(f"new_{name}") for name in names})
    )
    await session.execute(
        statement,
        [
            {f"key_{name}": row[name] for name in section.keys}
            | {f"new_{name}": row[name] for name in names}
            for row in rows
        ],
    )


def _same(column: sa.ColumnElement[Any], value: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Equality that also holds for two absent values, where a column may be absent."""
    nullable = isinstance(column, sa.Column) and column.nullable
    return column.is_not_distinct_from(value) if nullable else column == value


async def delete_rows(
    session: WriteSession, section: Section, plan_id: str, codes: Sequence[str]
) -> None:
    """Removes rows of a section that is keyed by ``code``."""
    if codes:
        table = section.table
        await session.execute(
            sa.delete(table).where(
                table.c.chamber_id == session.chamber,
                table.c.plan_id == plan_id,
                table.c.code.in_(codes),
            )
        )


async def find_row(
    session: ReadSession, section: Section, plan_id: str, code: str
) -> Mapping[str, Any] | None:
    """One row of a section that is keyed by ``code``."""
    table = section.table
    row = await session.first(
        sa.select(table).where(
            table.c.chamber_id == session.chamber,
            table.c.plan_id == plan_id,
            table.c.code == code,
        )
    )
    return None if row is None else dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name


async def list_section(
    session: ReadSession,
    section: Section,
    plan_id: str,
    order: Order,
    asked: Page,
    without: Collection[str],
) -> Rows:
    """Part of a section as a list, rows with certain codes left out."""
    table = section.table
    statement = sa.select(table).where(
        table.c.chamber_id == session.chamber, table.c.plan_id == plan_id
    )
    if without:
        statement = statement.where(table.c.code.not_in(sorted(without)))
    return cut(await session.all(sliced(statement, order, asked)), order, asked)
