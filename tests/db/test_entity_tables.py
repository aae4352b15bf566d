"""Rows of an entity: visible with any of its chambers in the context, and with no other."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from services.api.db.base import ENTITY_TABLES, GLOBAL_TABLES
from services.api.db.session import Author, Database
from services.api.db.tables import metadata
from services.api.db.tables.tenants import chambers, entities

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUTHOR = Author("test")
TABLES = sorted(ENTITY_TABLES)
FORBIDDEN = "permission denied|row-level security"


def row(table: sa.Table, entity: str) -> dict[str, Any]:
    given = {"entity_id": entity, "kind": "measure", "source": "pareto", "content": {}}
    return {
        column.name: given.get(column.name, 1 if isinstance(column.type, sa.Integer) else "x")
        for column in table.columns
        if column.server_default is None
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(runtime_url: str) -> AsyncIterator[Database]:
    """Two entities: ``TNO`` with two chambers, ``ABC`` with one; a row of each in every table."""
    opened = Database(runtime_url, pool_size=2)
    async with opened.write((), AUTHOR) as session:
        rows = [{"entity_id": code, "name": code} for code in ("TNO", "ABC")]
        await session.execute(sa.insert(entities), rows)
    for chamber, entity in (("PI", "TNO"), ("LU", "TNO"), ("FI", "ABC")):
        async with opened.write([chamber], AUTHOR) as session:
            values = {"chamber_id": chamber, "entity_id": entity, "name": chamber}
            await session.execute(sa.insert(chambers), values)
    for chamber, entity in (("PI", "TNO"), ("FI", "ABC")):
        async with opened.write([chamber], AUTHOR) as session:
            for name in TABLES:
                table = metadata.tables[name]
                await session.execute(sa.insert(table), row(table, entity))
    yield opened
    await opened.close()


async def test_they_are_among_the_tables_without_a_chamber() -> None:
    assert TABLES
    assert set(GLOBAL_TABLES) >= ENTITY_TABLES


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize(
    ("context", "seen"),
    [(["PI"], {"TNO"}), (["LU"], {"TNO"}), (["FI"], {"ABC"}), ([], set()), (["XX"], set())],
)
async def test_the_entity_of_the_context_is_seen(
    database: Database, name: str, context: list[str], seen: set[str]
) -> None:
    async with database.read(context) as session:
        rows = await session.all(sa.select(metadata.tables[name].c.entity_id))
    assert {found.entity_id for found in rows} == seen


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("context", [["FI"], []])
async def test_nothing_is_written_from_elsewhere(
    database: Database, name: str, context: list[str]
) -> None:
    table = metadata.tables[name]
    with pytest.raises(DBAPIError, match=FORBIDDEN):
        async with database.write(context, AUTHOR) as session:
            await session.execute(sa.insert(table), row(table, "TNO") | {"code": "y"})
    for statement in (sa.delete(table), sa.update(table).values(code="y")):
        with pytest.raises(DBAPIError, match=FORBIDDEN):
            async with database.write(context, AUTHOR) as session:
                await session.execute(statement)


@pytest.mark.parametrize("name", TABLES)
async def test_security_is_enabled_and_forced(database: Database, name: str) -> None:
    asked = sa.text(
        "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class "
        "WHERE oid = CAST(:name AS text)::regclass"
    )
    async with database.read() as session:
        assert await session.scalar(asked, {"name": name})
