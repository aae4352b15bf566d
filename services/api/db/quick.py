"""The shortest way to one row, for what is asked most often.

A :class:`~services.api.db.session.ReadSession` costs four exchanges with the server and the
work of an engine for all databases. Where one statement decides (has anything changed since
we last looked?) this takes one, and the driver alone. The rules are the same: the function
in the database names the chamber for its own transaction, which is that one statement.
"""

from types import TracebackType
from typing import Self

import asyncpg

from services.api.db.session import CHAMBER_CODE, DatabaseUnavailableError

# Statements here take a fraction of a millisecond: few connections carry many callers.
_CONNECTIONS = 4

_WAIT_SECONDS = 10

_REVISION = "SELECT ciclo_plan_revision($1, $2)"


class QuickReader:
    """A small pool of its own. Enter it at start-up."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def __aenter__(self) -> Self:
        # No connection is made before it is needed: the API starts without its database.
        self._pool = asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=_CONNECTIONS,
            reset=_leave_as_it_is,
            command_timeout=_WAIT_SECONDS,
            server_settings={"application_name": "ciclo-api-quick"},
        )
        await self._pool
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            await self._pool.close()

    async def plan_revision(self, chamber: str, year: int) -> int | None:
        """The present revision of a plan, or ``None`` when the chamber has none of that year.

        Raises:
            DatabaseUnavailableError: the database cannot be reached or does not answer.
        """
        if self._pool is None or not CHAMBER_CODE.fullmatch(chamber):
            raise ValueError(f"not a chamber code: {chamber!r}")
        try:
            async with self._pool.acquire(timeout=_WAIT_SECONDS) as connection:
                revision: int | None = await connection.fetchval(_REVISION, chamber, year)
        except (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError) as error:
            raise DatabaseUnavailableError(str(error)) from error
        return revision


async def _leave_as_it_is(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Before a connection is lent again: single statements leave nothing to clean up."""
    if connection.is_in_transaction():
        raise asyncpg.InterfaceError("a quick reader opens no transaction")
