"""No context but its own reaches a row of a chamber, in any table, as any role that logs in."""

import asyncpg
import pytest
import sqlalchemy as sa

from services.api.db.session import Author, Database
from services.api.db.tables.tenants import entities
from tests.db.rows import tenant_tables
from tests.leaks.tables import CONTEXTS, Probe
from tests.leaks.tried import Tell
from tests.leaks.victims import ENTITY, MADE, STRANGER, make_rows


@pytest.fixture
async def filled(runtime_url: str) -> None:
    """A row in every table of two chambers."""
    database = Database(runtime_url, pool_size=1)
    async with database.write((), Author("leak test")) as session:
        await session.execute(sa.insert(entities), {"entity_id": ENTITY, "name": "Ente di prova"})
    for chamber in (MADE, STRANGER):
        await make_rows(database, chamber)
    await database.close()


async def test_no_table_leaks(filled: None, runtime_url: str, owner_url: str, tell: Tell) -> None:
    for role, url in (("runtime", runtime_url), ("owner", owner_url)):
        connection = await asyncpg.connect(url)
        try:
            tried = await Probe(connection, role).tables(tenant_tables())
        finally:
            await connection.close()
        tell(f"{len(tenant_tables())} tables x {len(CONTEXTS)} contexts as {role}: {tried}")
        assert tried.leaks == []
        assert tried.counts.total() > 1000
