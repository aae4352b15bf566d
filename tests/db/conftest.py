"""A database with one row in every table of two chambers."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import sqlalchemy as sa

from services.api.db.session import Author, Database
from services.api.db.tables.tenants import entities
from tests.db.rows import filled_tables, row_of

OURS, THEIRS = "PI", "LU"

AUTHOR = Author("test")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(runtime_url: str) -> AsyncIterator[Database]:
    """The pool of the runtime role, as the API has it, with rows of ``PI`` and of ``LU``."""
    opened = Database(runtime_url, pool_size=4)
    async with opened.write((), AUTHOR) as session:
        await session.execute(sa.insert(entities), {"entity_id": "TNO", "name": "Ente di prova"})
    for chamber in (OURS, THEIRS):
        async with opened.write([chamber], AUTHOR) as session:
            for table in filled_tables():
                await session.execute(sa.insert(table), row_of(table, chamber))
    yield opened
    await opened.close()


@pytest.fixture(params=[(), (THEIRS,)], ids=["no context", "another chamber"])
def elsewhere(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Contexts in which nothing of ``PI`` may be seen or touched."""
    context: tuple[str, ...] = request.param
    return context
