"""Two chambers with something in every table, marked so that it is known wherever it turns up.

``PI`` has lived: a year was imported, measured, evaluated, reported through the API. ``MS`` is
made row by row from the metadata, so that a table added tomorrow has a row of a victim as
well. Every text of both holds :data:`MARKER`.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.api.db.base import GLOBAL_TABLES
from services.api.db.session import Author, Database
from services.api.db.tables import metadata
from tests.db.rows import filled_tables, row_of, tenant_tables

LIVED, MADE = "PI", "MS"
VICTIMS = (LIVED, MADE)
STRANGER = "LU"
NOWHERE = "ZZ"
ENTITY = "TNO"

MARKER = "QXJ7marcato"

PLAIN = {
    ("chambers", "colour"): "#123456",
    ("chambers", "tax_code"): "80415740580",
    ("chambers", "region"): "Toscana",
    ("chambers", "successor"): STRANGER,
}
"""Texts of a form that the marker has not; the API reads them back by it."""

_TEXTS = frozenset(
    [
        "title",
        "description",
        "note",
        "text",
        "formula_text",
        "value_text",
        "reason",
        "document",
        "organ",
        "programme",
        "source_office",
        "source_class",
        "columns",
        "rows",
        "judgement",
        "cause",
    ]
)
"""Fields of a case whose words are the chamber's own."""


def marked_case(case: bytes, chamber: str) -> bytes:
    """A case file with the marker in every text that nothing is computed from."""

    def mark(node: object, inside: bool = False) -> object:
        if isinstance(node, dict):
            return {key: mark(value, inside or key in _TEXTS) for key, value in node.items()}
        if isinstance(node, list):
            return [mark(item, inside) for item in node]
        return f"{node} {MARKER}" if inside and isinstance(node, str) and node else node

    document: dict[str, Any] = {
        key: value if key in {"policy", "published"} else mark(value)
        for key, value in json.loads(case).items()
    }
    for evaluation in document.get("evaluations", ()):
        evaluation["cause"] = "exogenous"
    return json.dumps({**document, "chamber": chamber}).encode()


def marked_row(table: sa.Table, chamber: str) -> dict[str, Any]:
    """A whole row of a table, with the marker wherever no key and no check asks for another."""
    values = row_of(table, chamber)
    keyed = {column.name for column in table.primary_key.columns}
    keyed |= {name for key in table.foreign_key_constraints for name in key.column_keys}
    checks = " ".join(
        str(constraint.sqltext)
        for constraint in table.constraints
        if isinstance(constraint, sa.CheckConstraint)
    )
    for column in table.columns:
        if (table.name, column.name) in PLAIN:
            values[column.name] = PLAIN[table.name, column.name]
        elif column.name in keyed or re.search(rf"\b{column.name}\b", checks):
            continue
        elif isinstance(column.type, sa.Text):
            values[column.name] = MARKER
        elif isinstance(column.type, postgresql.JSON):
            values[column.name] = {"text": MARKER}
        elif isinstance(column.type, sa.LargeBinary):
            values[column.name] = MARKER.encode()
    return values


async def make_rows(database: Database, chamber: str) -> None:
    """One marked row of every table for a chamber."""
    async with database.write([chamber], Author("leak test")) as session:
        for table in filled_tables():
            await session.execute(sa.insert(table), marked_row(table, chamber))


@dataclass(frozen=True)
class Known:
    """A value of a victim's column."""

    value: str
    proper: bool
    """Whether it is an identifier that exists in no other chamber."""


class Ledger:
    """Looks at the victims' rows from inside, as the owner with their chambers in view."""

    def __init__(self, owner_url: str) -> None:
        self._url = owner_url

    async def _fetch(self, chambers: str, query: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self._url)
        try:
            await connection.execute("SELECT set_config('ciclo.chambers', $1, false)", chambers)
            return list(await connection.fetch(query))
        finally:
            await connection.close()

    async def fingerprints(self) -> dict[str, str]:
        """A hash of all rows of the victims, by table; equal when nothing changed."""
        query = " UNION ALL ".join(_fingerprint(table) for table in metadata.sorted_tables)
        rows = await self._fetch(",".join(VICTIMS), query)
        return {row["name"]: row["hash"] for row in rows}

    async def values(self, chamber: str) -> dict[str, Known]:
        """A value of every column of a chamber's rows, the table that it is the key of first."""
        found: dict[str, Known] = {}
        tables = sorted(tenant_tables(), key=lambda table: len(table.primary_key.columns))
        for table in tables:
            columns = [column for column in table.columns if column.name not in found]
            names = ", ".join(f'"{column.name}"::text AS "{column.name}"' for column in columns)
            order = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
            query = f"SELECT {names or '1'} FROM {table.name} ORDER BY {order} LIMIT 1"  # noqa: S608
            for row in await self._fetch(chamber, query):
                found |= {
                    column.name: Known(row[column.name], isinstance(column.type, sa.Uuid))
                    for column in columns
                    if row[column.name] is not None and MARKER not in row[column.name]
                }
        return found


def _fingerprint(table: sa.Table) -> str:
    # Of a table without chambers the entity's rows are meant; of others the policies show ours.
    only = f"WHERE entity_id = '{ENTITY}'" if table.name in GLOBAL_TABLES else ""
    every = "string_agg(md5(t::text), '' ORDER BY md5(t::text))"
    return (
        f"SELECT '{table.name}' AS name, "  # noqa: S608 - names of our own metadata
        f"count(*) || md5(coalesce({every}, '')) AS hash FROM {table.name} t {only}"
    )
