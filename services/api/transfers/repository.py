"""SQL of the jobs that make archives and bring chambers in."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.archives import chamber_exports, chamber_imports
from services.api.errors import Refusal
from services.api.paging import Order, Page, Rows, cut, sliced

# A process that says nothing for so long has ended; its job is taken up again.
_SILENCE = "10 minutes"

_x, _i = chamber_exports.c, chamber_imports.c

EXPORT_ORDER = Order({"requested_at": _x.requested_at}, _x.export_id, "-requested_at")
IMPORT_ORDER = Order({"requested_at": _i.requested_at}, _i.import_id, "-requested_at")

_CLAIM_EXPORT = sa.text(f"""
    UPDATE chamber_exports SET state = 'running', heartbeat_at = now()
    WHERE chamber_id = :chamber AND export_id = (
        SELECT export_id FROM chamber_exports
        WHERE chamber_id = :chamber AND (state = 'queued' OR (state = 'running'
            AND heartbeat_at < now() - interval '{_SILENCE}'))
        ORDER BY requested_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING export_id::text AS export_id, requested_by
""")  # noqa: S608 - a constant of ours

_CLAIM_IMPORT = sa.text(f"""
    UPDATE chamber_imports SET state = 'running', heartbeat_at = now()
    WHERE (entity_id, import_id) = (
        SELECT entity_id, import_id FROM chamber_imports
        WHERE state = 'queued' OR (state = 'running'
            AND heartbeat_at < now() - interval '{_SILENCE}')
        ORDER BY requested_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING entity_id, import_id::text AS import_id, chamber_code, requested_by
""")  # noqa: S608 - a constant of ours

_WORK = sa.text(f"""
    SELECT DISTINCT chamber_id FROM chamber_exports
    WHERE state = 'queued' OR (state = 'done' AND expires_at <= now())
        OR (state = 'running' AND heartbeat_at < now() - interval '{_SILENCE}')
""")  # noqa: S608 - a constant of ours

_EXPIRE = sa.text("""
    UPDATE chamber_exports SET state = 'expired'
    WHERE chamber_id = :chamber AND state = 'done' AND expires_at <= now()
    RETURNING export_id::text AS export_id
""")


async def chambers_with_work(session: ReadSession) -> list[str]:
    """Of the session's chambers those with a job that nobody does, or a file that has expired."""
    return [row.chamber_id for row in await session.all(_WORK)]


async def add_export(session: WriteSession, export_id: str) -> None:
    """A job that makes an archive of the chamber."""
    values = {"chamber_id": session.chamber, "export_id": export_id}
    await session.execute(
        sa.insert(chamber_exports), values | {"requested_by": session.author.actor}
    )


async def find_export(session: ReadSession, export_id: str) -> sa.Row[Any]:
    """One job of the chamber.

    Raises:
        Refusal: ``not_found``.
    """
    return _there(
        await session.first(sa.select(chamber_exports).where(_export(session, export_id)))
    )


async def list_exports(session: ReadSession, asked: Page) -> Rows:
    """The jobs of the chamber, the latest first."""
    statement = sa.select(chamber_exports).where(_x.chamber_id == session.chamber)
    return cut(await session.all(sliced(statement, EXPORT_ORDER, asked)), EXPORT_ORDER, asked)


async def claim_export(session: WriteSession) -> sa.Row[Any] | None:
    """Takes the oldest job of the chamber that nobody does."""
    return await session.first(_CLAIM_EXPORT, {"chamber": session.chamber})


async def update_export(session: WriteSession, export_id: str, values: Mapping[str, Any]) -> None:
    """Writes down how far a job is, and that its process lives; its end where it has a state."""
    statement = sa.update(chamber_exports).where(_export(session, export_id))
    await session.execute(statement.values(**_told(values)))


async def expire(session: WriteSession) -> Sequence[str]:
    """Marks the jobs whose files have waited for long enough, and answers which."""
    return [row.export_id for row in await session.all(_EXPIRE, {"chamber": session.chamber})]


def _export(session: ReadSession, export_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(_x.chamber_id == session.chamber, _x.export_id == export_id)


async def add_import(session: WriteSession, values: Mapping[str, Any]) -> None:
    """A job that brings a chamber in, whose archive is being stored."""
    started = {"state": "running", "stage": "storing", "heartbeat_at": sa.func.now()}
    statement = sa.insert(chamber_imports).values(**values, **started)
    await session.execute(statement.values(requested_by=session.author.actor))


async def find_import(session: ReadSession, entity: str, import_id: str) -> sa.Row[Any]:
    """One job of an entity.

    Raises:
        Refusal: ``not_found``.
    """
    return _there(await session.first(sa.select(chamber_imports).where(_import(entity, import_id))))


async def list_imports(session: ReadSession, entity: str, asked: Page) -> Rows:
    """The jobs of an entity, the latest first."""
    statement = sa.select(chamber_imports).where(_i.entity_id == entity)
    return cut(await session.all(sliced(statement, IMPORT_ORDER, asked)), IMPORT_ORDER, asked)


async def claim_import(session: WriteSession) -> sa.Row[Any] | None:
    """Takes the oldest job, of whatever entity, that nobody does."""
    return await session.first(_CLAIM_IMPORT)


async def update_import(
    session: WriteSession, entity: str, import_id: str, values: Mapping[str, Any]
) -> None:
    """As :func:`update_export`."""
    statement = sa.update(chamber_imports).where(_import(entity, import_id))
    await session.execute(statement.values(**_told(values)))


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    over = values.get("state") in {"done", "failed"}
    end = {"finished_at": sa.func.now()} if over else {}
    return {"heartbeat_at": sa.func.now(), **end, **values}


def _import(entity: str, import_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(_i.entity_id == entity, _i.import_id == import_id)


def _there(row: sa.Row[Any] | None) -> sa.Row[Any]:
    if row is None:
        raise Refusal("not_found")
    return row
