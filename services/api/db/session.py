"""Transactions, each for a set of chambers.

A :class:`ReadSession` sees one consistent state and cannot write; a :class:`WriteSession`
can, and says who writes. Both are opened with the chambers they are for. A hook on the
engine tells PostgreSQL so at the beginning of every transaction, for that transaction
only: what goes back to the pool carries nothing, and a transaction that names no chamber
sees no row.

Repositories take a session as first argument and run Core statements through it. They
neither commit nor roll back: whoever opened the session does, at the end of its block,
and in a request that is before the answer leaves.
"""

import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from pydantic_core import to_json
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.api.db.url import asyncpg_url

CHAMBER_CODE = re.compile(r"[A-Z][A-Z0-9]{1,7}")

_CHAMBERS = "ciclo_chambers"
"""Execution option of a connection: the chambers of its transactions, comma-separated."""

_SET_CONTEXT = "SELECT set_config('ciclo.chambers', $1, true)"

_TRY_LOCK = sa.text("SELECT pg_try_advisory_lock(hashtextextended(:name, 1))")
_UNLOCK = sa.text("SELECT pg_advisory_unlock(hashtextextended(:name, 1))")

_ROWS_AT_A_TIME = 500

# What a statement may cost before it is given up: a request is answered in less.
_STATEMENT_TIMEOUT_MS = "30000"


# Classes of SQLSTATE that say so: connection, login, resources, shutting down or starting up.
_UNREACHABLE = ("08", "28", "53", "57P")


class DatabaseUnavailableError(Exception):
    """The database cannot be reached or has no connection to spare; trying again helps."""

    code = "database_unavailable"


@dataclass(frozen=True, slots=True)
class Author:
    """Who is behind a write: the subject of a token or the name of a part of the system."""

    actor: str
    request_id: str | None = None


class ReadSession:
    """A read-only transaction on one snapshot of the database."""

    def __init__(self, connection: AsyncConnection, chambers: tuple[str, ...]) -> None:
        self._connection = connection
        self.chambers = chambers

    @property
    def chamber(self) -> str:
        """The one chamber this session is for.

        Raises:
            LookupError: it is for none or for several.
        """
        if len(self.chambers) != 1:
            raise LookupError("the session is not for exactly one chamber")
        return self.chambers[0]

    async def all(
        self, statement: sa.Executable, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[sa.Row[Any]]:
        """Every row."""
        return (await self._connection.execute(statement, parameters)).all()

    async def first(
        self, statement: sa.Executable, parameters: Mapping[str, Any] | None = None
    ) -> sa.Row[Any] | None:
        """The first row, or ``None``."""
        return (await self._connection.execute(statement, parameters)).first()

    async def stream(self, statement: sa.Executable) -> AsyncIterator[sa.Row[Any]]:
        """Every row, some at a time: for what does not fit into memory."""
        result = await self._connection.stream(
            statement, execution_options={"yield_per": _ROWS_AT_A_TIME}
        )
        async for row in result:
            yield row

    async def scalar(
        self, statement: sa.Executable, parameters: Mapping[str, Any] | None = None
    ) -> Any:  # noqa: ANN401 - whatever the column holds
        """The first column of the first row, or ``None``."""
        return (await self._connection.execute(statement, parameters)).scalar()


class WriteSession(ReadSession):
    """A transaction that may write, on behalf of an author."""

    def __init__(
        self, connection: AsyncConnection, chambers: tuple[str, ...], author: Author
    ) -> None:
        super().__init__(connection, chambers)
        self.author = author
        self.committed: list[Callable[[], None]] = []

    async def execute(
        self,
        statement: sa.Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> int:
        """Runs a statement, for many rows when given many, and answers how many it touched."""
        return (await self._connection.execute(statement, parameters)).rowcount

    def on_commit(self, action: Callable[[], None]) -> None:
        """Calls ``action`` once the transaction is committed, never when it is not."""
        self.committed.append(action)


class Database:
    """The pool of connections of the runtime role. Made at start-up, closed at shutdown."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self._engine = create_async_engine(
            asyncpg_url(url),
            pool_size=pool_size,
            # Whoever finds no connection waits for one: opening another for a single request
            # costs a login, which is more than any statement here.
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=False,
            pool_use_lifo=True,
            json_serializer=_json_text,
            connect_args={
                "server_settings": {
                    "application_name": "ciclo-api",
                    "statement_timeout": _STATEMENT_TIMEOUT_MS,
                    "idle_in_transaction_session_timeout": _STATEMENT_TIMEOUT_MS,
                }
            },
        )
        # Several statements of one reader see the same state: a plan is never half old.
        self._reading = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._repeatable = self._engine.execution_options(isolation_level="REPEATABLE READ")
        event.listen(self._engine.sync_engine, "begin", _set_context)

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[bool]:
        """Whether nobody else does ``name`` while the block lasts, in whatever process."""
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            yield bool(await connection.scalar(_TRY_LOCK, {"name": name}))
            # The lock would stay on the pooled connection.
            await connection.execute(_UNLOCK, {"name": name})

    @property
    def engine(self) -> AsyncEngine:
        """The engine, for the checks at start-up."""
        return self._engine

    @asynccontextmanager
    async def read(self, chambers: Iterable[str] = ()) -> AsyncIterator[ReadSession]:
        """A read-only transaction that sees the rows of ``chambers`` only."""
        async with self._transaction(self._reading, chambers) as (connection, codes):
            yield ReadSession(connection, codes)

    @asynccontextmanager
    async def write(
        self, chambers: Iterable[str], author: Author, *, on_snapshot: bool = False
    ) -> AsyncIterator[WriteSession]:
        """A transaction that commits when the block ends well and rolls back otherwise.

        With ``on_snapshot`` it sees one state of the database throughout, and fails where
        somebody else has changed a row that it changes.
        """
        engine = self._repeatable if on_snapshot else self._engine
        async with self._transaction(engine, chambers) as (connection, codes):
            session = WriteSession(connection, codes, author)
            yield session
        for action in session.committed:
            action()

    @asynccontextmanager
    async def _transaction(
        self, engine: AsyncEngine, chambers: Iterable[str]
    ) -> AsyncIterator[tuple[AsyncConnection, tuple[str, ...]]]:
        codes = tuple(sorted(set(chambers)))
        for code in codes:
            if not CHAMBER_CODE.fullmatch(code):
                raise ValueError(f"not a chamber code: {code!r}")
        try:
            async with engine.connect() as connection:
                await connection.execution_options(**{_CHAMBERS: ",".join(codes)})
                async with connection.begin():
                    yield connection, codes
        except (OSError, PoolTimeoutError, InterfaceError) as error:
            raise DatabaseUnavailableError(str(error)) from error
        except (OperationalError, DBAPIError) as error:
            state = str(getattr(error.orig, "sqlstate", None))
            unreachable = isinstance(error, OperationalError) or state.startswith(_UNREACHABLE)
            if error.connection_invalidated or unreachable:
                raise DatabaseUnavailableError(str(error.orig)) from error
            raise

    async def close(self) -> None:
        """Closes every connection."""
        await self._engine.dispose()


def _json_text(value: object) -> str:
    """What a JSON column is given; an audit line of a batch is some 60 kB of it."""
    return to_json(value).decode()


def _set_context(connection: sa.Connection) -> None:
    """Names the chambers of a transaction that begins; always, so that none is inherited."""
    chambers = connection.get_execution_options().get(_CHAMBERS, "")
    connection.exec_driver_sql(_SET_CONTEXT, (chambers,))
