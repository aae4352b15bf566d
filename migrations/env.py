"""Runs the migrations over asyncpg, one runner at a time and never behind a long lock.

``services.api.db.migrate`` gives the URL of the owner role in ``sqlalchemy.url``, and the
metadata to compare with in ``attributes["metadata"]`` when a revision is being drafted.
"""

import asyncio

import sqlalchemy as sa
from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

# One number for this project in PostgreSQL's space of advisory locks: two processes that
# start together migrate one after the other.
MIGRATION_LOCK = 7_150_2009

# A migration that waits for a lock makes everyone after it wait as well: give up early.
LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "60s"


def run(connection: sa.Connection) -> None:
    """Migrates on one connection, holding the advisory lock until it closes."""
    connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
    connection.execute(sa.text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.execute(sa.text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=context.config.attributes.get("metadata"),
        compare_server_default=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    """Opens a connection as the owner and migrates."""
    url = context.config.get_main_option("sqlalchemy.url")
    if url is None:
        raise RuntimeError("started without a URL: use services.api.db.migrate or ciclo migrate")
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(run)
            await connection.commit()
    finally:
        await engine.dispose()


asyncio.run(main())
