"""Brings a database up to date as the owner role, and tells whether code and schema agree."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.api.db.tables import metadata
from services.api.db.url import asyncpg_url

T = TypeVar("T")


def alembic_config(owner_url: str) -> Config:
    """Configuration of Alembic without an ini file: where the versions lie, and the URL."""
    config = Config()
    config.set_main_option("script_location", str(resources.files("migrations")))
    # The option goes through configparser, where a percent sign begins an interpolation.
    config.set_main_option("sqlalchemy.url", asyncpg_url(owner_url).replace("%", "%%"))
    config.attributes["metadata"] = metadata
    return config


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Migrates the database to ``revision``. Callable with or without a running event loop.

    Args:
        owner_url: URL of the owner role (``ciclo_owner``), any ``postgresql`` form.
        revision: Alembic revision, the newest by default.

    Raises:
        sqlalchemy.exc.DBAPIError: the database refused; nothing of the failed step remains.
    """
    _outside_loop(lambda: command.upgrade(alembic_config(owner_url), revision))


def downgrade(owner_url: str, revision: str) -> None:
    """Takes the database back to ``revision`` (``base`` removes everything)."""
    _outside_loop(lambda: command.downgrade(alembic_config(owner_url), revision))


def drift(database_url: str) -> list[Any]:
    """Differences between the code's metadata and the migrated database; empty when none."""

    def compare(connection: sa.Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async def look() -> list[Any]:
        engine = create_async_engine(asyncpg_url(database_url), poolclass=NullPool)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(compare)
        finally:
            await engine.dispose()

    return _outside_loop(lambda: asyncio.run(look()))


def _outside_loop(work: Callable[[], T]) -> T:
    """Alembic's environment starts an event loop of its own, which a running one forbids."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(work).result()
