"""SQL of imports: what was imported when, and with which report."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.plans import imports
from services.api.paging import Order, Page, Rows, cut, sliced

ORDER = Order({"import_id": imports.c.import_id}, imports.c.import_id, "-import_id")


async def insert(session: WriteSession, values: Mapping[str, Any]) -> None:
    """Writes an import down."""
    await session.execute(
        sa.insert(imports),
        {"chamber_id": session.chamber, "created_by": session.author.actor, **values},
    )


async def find(session: ReadSession, import_id: str) -> sa.Row[Any] | None:
    """One import."""
    return await session.first(
        sa.select(imports).where(
            imports.c.chamber_id == session.chamber, imports.c.import_id == import_id
        )
    )


async def list_imports(session: ReadSession, asked: Page) -> Rows:
    """The chamber's imports, the latest first unless asked otherwise."""
    statement = sa.select(imports).where(imports.c.chamber_id == session.chamber)
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)
