"""SQL of sealed secrets: every table with a column ``sealed``, found by itself."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables import metadata


def sealed_tables() -> list[sa.Table]:
    """The tables that hold sealed secrets."""
    return [table for table in metadata.sorted_tables if "sealed" in table.columns]


async def sealed_rows(session: ReadSession, table: sa.Table) -> Sequence[sa.Row[Any]]:
    """Keys and seals of the chamber's rows."""
    statement = sa.select(*table.primary_key.columns, table.c.sealed).where(
        table.c.chamber_id == session.chamber, table.c.sealed.is_not(None)
    )
    return await session.all(statement)


async def replace_seal(
    session: WriteSession, table: sa.Table, row: Mapping[str, Any], sealed: str
) -> int:
    """Puts another seal into a row, unless somebody did meanwhile; answers how many it was."""
    same = [table.columns[name] == value for name, value in row.items()]
    return await session.execute(sa.update(table).where(*same).values(sealed=sealed))
