"""SQL of archives and erasures. The rows themselves are read and written by their metadata."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.api.db.base import LEFT_OUT
from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.archives import chamber_archives, chamber_erasures, erasure_requests
from services.api.db.tables.audit import audit_chain
from services.api.db.tables.plans import objectives, plans
from services.api.db.tables.requests import audit_log
from services.api.db.tables.tenants import chambers, entities
from services.api.paging import Order, Page, Rows, cut, sliced
from shared.domain.confidentiality import INDIVIDUAL_KINDS

_REVISION = sa.text("SELECT version_num FROM alembic_version")
_NOW = sa.text("SELECT now()")
_CHECK_NOW = sa.text("SET CONSTRAINTS ALL IMMEDIATE")
_MAY_INSERT = sa.text("SELECT has_table_privilege(current_user, :table, 'INSERT')")
_ERASE = sa.text("SELECT ciclo_erase_chamber(:chamber, :typed, :archive, :erasure, :author)")


REQUESTED = "requested"
"""State of a request to erase that waits to be carried out."""

_r, _e = erasure_requests.c, chamber_erasures.c

_STATE = sa.case(
    (_e.erasure_id.is_not(None), "erased"),
    (_r.withdrawn_at.is_not(None), "withdrawn"),
    # What the export allows within a day, it allows no longer.
    (_r.requested_at < sa.func.now() - sa.text("interval '1 day'"), "lapsed"),
    else_=REQUESTED,
)

_both = sa.and_(_r.entity_id == _e.entity_id, _r.erasure_id == _e.erasure_id)
_erasure = (
    sa.select(
        sa.func.coalesce(_r.entity_id, _e.entity_id).label("entity_id"),
        sa.func.coalesce(_r.erasure_id, _e.erasure_id).label("erasure_id"),
        sa.func.coalesce(_r.chamber_code, _e.chamber_code).label("chamber_code"),
        sa.func.coalesce(_r.archive_sha256, _e.archive_sha256).label("archive_sha256"),
        _STATE.label("state"),
        _r.reason,
        _r.requested_at,
        _r.requested_by,
        _r.withdrawn_at,
        _r.withdrawn_by,
        _e.at.label("erased_at"),
        _e.erased_by,
        _e.removed,
        _e.certificate,
        _e.completed_at,
    )
    .select_from(erasure_requests.outerjoin(chamber_erasures, _both, full=True))
    .subquery("found")
)

ERASURE_ORDER = Order({"erasure_id": _erasure.c.erasure_id}, _erasure.c.erasure_id, "-erasure_id")
"""Identifiers are in order of creation."""


async def schema_revision(session: ReadSession) -> str:
    """Which migration the database is at."""
    return str(await session.scalar(_REVISION))


async def now(session: ReadSession) -> datetime:
    """The instant at which the transaction began."""
    found: datetime = await session.scalar(_NOW)
    return found


async def chamber_head(session: ReadSession) -> sa.Row[Any] | None:
    """The chamber of the session with its entity, as far as its life goes."""
    return await session.first(
        sa.select(
            chambers.c.chamber_id,
            chambers.c.entity_id,
            chambers.c.status,
            chambers.c.updated_at,
            entities.c.name.label("entity_name"),
        )
        .join(entities, entities.c.entity_id == chambers.c.entity_id)
        .where(chambers.c.chamber_id == session.chamber)
    )


async def plan_years(session: ReadSession) -> list[int]:
    """The years that the chamber has a plan for."""
    found = await session.all(
        sa.select(plans.c.year).where(plans.c.chamber_id == session.chamber).order_by(plans.c.year)
    )
    return [row.year for row in found]


async def has_sheets(session: ReadSession) -> bool:
    """Whether any plan of the chamber has individual sheets."""
    found = sa.select(sa.literal(1)).where(
        objectives.c.chamber_id == session.chamber,
        objectives.c.kind.in_(sorted(INDIVIDUAL_KINDS)),
    )
    return bool(await session.scalar(sa.select(sa.exists(found))))


def rows_of(session: ReadSession, table: sa.Table) -> AsyncIterator[sa.Row[Any]]:
    """Every row of the chamber, some at a time."""
    return session.stream(_selection(table, session.chamber))


async def holders_of(session: ReadSession, table: sa.Table) -> list[str]:
    """What has secrets in a table, whether it has one now or not."""
    (key,) = (key for key in table.foreign_key_constraints if len(key.column_keys) > 1)
    holder = list(key.referred_table.primary_key.columns)[-1]
    statement = sa.select(sa.cast(holder, sa.Text)).where(
        key.referred_table.c.chamber_id == session.chamber
    )
    return sorted({row[0] for row in await session.all(statement)})


async def may_insert(session: ReadSession, table: sa.Table) -> bool:
    """Whether rows of a table are written by us; others follow from what is written."""
    return bool(await session.scalar(_MAY_INSERT, {"table": table.name}))


async def insert_rows(
    session: WriteSession, table: sa.Table, given: Sequence[Mapping[str, Any]]
) -> None:
    """Puts rows back."""
    await session.execute(_insertion(table), given)


async def check_constraints(session: WriteSession) -> None:
    """Has every constraint and trigger that waits for the end of the transaction run now."""
    await session.execute(_CHECK_NOW)


async def note_archive(session: WriteSession, values: Mapping[str, Any]) -> None:
    """Writes down that an archive was made or read."""
    await session.execute(sa.insert(chamber_archives), values)


async def latest_export(session: ReadSession, entity: str, chamber: str) -> sa.Row[Any] | None:
    """The last archive that was made of a chamber."""
    table = chamber_archives.c
    return await session.first(
        sa.select(chamber_archives)
        .where(table.entity_id == entity, table.chamber_code == chamber, table.kind == "export")
        .order_by(table.at.desc())
        .limit(1)
    )


async def erase(session: WriteSession, parameters: Mapping[str, Any]) -> dict[str, int]:
    """Removes the chamber; answers how many rows went, by table."""
    found: dict[str, int] = await session.scalar(_ERASE, parameters)
    return found


async def certify(session: WriteSession, erasure: str, certificate: str) -> None:
    """Keeps the certificate of an erasure."""
    await session.execute(
        sa.update(chamber_erasures)
        .where(chamber_erasures.c.erasure_id == erasure)
        .values(certificate=certificate)
    )


async def complete(session: WriteSession, erasure: str) -> None:
    """Notes that nothing is left of an erased chamber."""
    await session.execute(
        sa.update(chamber_erasures)
        .where(chamber_erasures.c.erasure_id == erasure)
        .values(completed_at=sa.func.now())
    )


async def unfinished_erasure(session: ReadSession, chamber: str) -> sa.Row[Any] | None:
    """An erasure of a chamber whose documents may still be there."""
    return await session.first(
        sa.select(chamber_erasures)
        .where(
            chamber_erasures.c.chamber_code == chamber, chamber_erasures.c.completed_at.is_(None)
        )
        .order_by(chamber_erasures.c.at.desc())
        .limit(1)
    )


async def find_erasure(session: ReadSession, entity: str, erasure_id: str) -> sa.Row[Any] | None:
    """A request with what became of it, or an erasure that nobody asked for through the API."""
    columns = _erasure.c
    return await session.first(
        sa.select(_erasure).where(columns.entity_id == entity, columns.erasure_id == erasure_id)
    )


async def list_erasures(session: ReadSession, entity: str, asked: Page) -> Rows:
    """Requests and erasures of an entity's chambers, the latest first."""
    statement = sa.select(_erasure).where(_erasure.c.entity_id == entity)
    return cut(await session.all(sliced(statement, ERASURE_ORDER, asked)), ERASURE_ORDER, asked)


async def erasure_requested(session: ReadSession, entity: str, chamber: str) -> bool:
    """Whether somebody has asked for the end of a chamber and nothing has become of it yet."""
    columns = _erasure.c
    statement = sa.select(sa.literal(1)).where(
        columns.entity_id == entity, columns.chamber_code == chamber, columns.state == REQUESTED
    )
    return bool(await session.scalar(sa.select(sa.exists(statement))))


async def request_erasure(session: WriteSession, values: Mapping[str, Any]) -> None:
    """Writes a request down."""
    await session.execute(
        sa.insert(erasure_requests), {**values, "requested_by": session.author.actor}
    )


async def withdraw_erasure(session: WriteSession, entity: str, erasure_id: str) -> None:
    """Notes that a request is taken back."""
    await session.execute(
        sa.update(erasure_requests)
        .where(_r.entity_id == entity, _r.erasure_id == erasure_id, _r.withdrawn_at.is_(None))
        .values(withdrawn_at=sa.func.now(), withdrawn_by=session.author.actor)
    )


async def insert_entity(session: WriteSession, code: str, title: str) -> None:
    """Makes the entity of an archive where it is not there."""
    if await session.scalar(sa.select(entities.c.name).where(entities.c.entity_id == code)) is None:
        await session.execute(sa.insert(entities), {"entity_id": code, "name": title})


def _selection(table: sa.Table, chamber: str) -> sa.Select[Any]:
    """All rows of a table that belong to a chamber, in an order that depends on nothing else.

    Audit lines come in the order of their chain: written back like that, they get the same
    hashes.
    """
    columns = map(_written, table.columns)
    statement = sa.select(*columns).where(table.c.chamber_id == chamber)
    order: list[sa.ColumnElement[Any]] = []
    if table is audit_log:
        link = audit_chain.c
        same = sa.and_(link.chamber_id == table.c.chamber_id, link.audit_id == table.c.audit_id)
        statement = statement.outerjoin(audit_chain, same)
        order.append(link.sequence)
    return statement.order_by(*order, *(_ordered(column) for column in table.primary_key.columns))


def _written(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """A column as an archive has it: JSON as its text, nothing where it stays behind."""
    if column.info.get(LEFT_OUT):
        return sa.cast(sa.null(), column.type).label(column.name)
    if isinstance(column.type, sa.JSON):
        return sa.cast(column, sa.Text).label(column.name)
    return column


def _ordered(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    return sa.collate(column, "C") if isinstance(column.type, sa.Text) else column


def _insertion(table: sa.Table) -> sa.Insert:
    """Puts rows back as they were."""
    return sa.insert(table).values(
        {
            column.name: sa.cast(sa.bindparam(column.name, type_=sa.Text), column.type)
            if isinstance(column.type, sa.JSON)
            else sa.bindparam(column.name, type_=column.type)
            for column in table.columns
        }
    )
