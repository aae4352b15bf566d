# ruff: noqa: S608 - statements are made of names in our own metadata
"""Every table of a chamber as the roles that log in, in contexts that must show and do nothing.

The runtime role is what the API is; the owner is tried as well, because FORCE is what binds
it. Each attempt runs in a savepoint of a transaction that is rolled back at the end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect

from tests.leaks.tried import Tried
from tests.leaks.victims import MADE, STRANGER, marked_row

CONTEXTS: dict[str, str | None] = {
    "none": None,
    "empty": "",
    "blank": " ",
    "another chamber": STRANGER,
    "a chamber there is not": "ZZ",
    "part of the code": MADE[0],
    "lower case": MADE.lower(),
    "pattern": "%",
    "quoted": f"'{MADE}'",
}
"""Values of ``ciclo.chambers`` by what they are; ``None`` sets nothing."""

_DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Probe:
    """A role's connection to the searched database."""

    connection: asyncpg.Connection
    role: str

    async def tables(self, tables: Iterable[sa.Table]) -> Tried:
        """What can be done to the rows of ``MS`` from each context, and from its own."""
        tried = Tried()
        for table in tables:
            await self._from_inside(tried, table)
            for name, context in CONTEXTS.items():
                await self._from_outside(tried, table, name, context)
        return tried

    async def _from_inside(self, tried: Tried, table: sa.Table) -> None:
        """The chamber itself sees its row; otherwise nothing that follows means anything."""
        seen = await self._rows(MADE, f"SELECT chamber_id FROM {table.name}")
        own = [row for row in seen if row["chamber_id"] == MADE]
        others = len(seen) - len(own)
        problem = None if own else f"{self.role}: {MADE} does not see its own row of {table.name}"
        if others:
            problem = f"{self.role}: {MADE} sees {others} rows of others in {table.name}"
        tried.note("looks from inside", problem)

    async def _from_outside(
        self, tried: Tried, table: sa.Table, name: str, context: str | None
    ) -> None:
        where = f"{self.role} with context {name}: {table.name}"
        column = f'"{list(table.columns)[-1].name}"'
        rows = f"{table.name} WHERE chamber_id = '{MADE}'"
        change = f"UPDATE {table.name} SET {{}} WHERE chamber_id = '{MADE}' RETURNING 1"
        statements = {
            "reads": f"SELECT 1 FROM {rows}",
            "locks": f"SELECT 1 FROM {rows} FOR KEY SHARE",
            "updates": change.format(f"{column} = {column}"),
            "hand-overs": change.format(f"chamber_id = '{STRANGER}'"),
            "deletions": f"DELETE FROM {rows} RETURNING 1",
        }
        for kind, statement in statements.items():
            got = await self._rows(context, statement)
            tried.note(kind, f"{where}: {kind} reach {len(got)} rows" if got else None)
        await self._insertions(tried, table, where, context)

    async def _insertions(
        self, tried: Tried, table: sa.Table, where: str, context: str | None
    ) -> None:
        """Rows put into the victim, copies of its rows, and children of its rows."""
        row = {**marked_row(table, MADE)}
        if await self._inserted(context, table, row):
            tried.note("insertions", f"{where}: a row can be put into {MADE}")
        else:
            tried.note("insertions")
        # An upsert tells by its conflict that a row exists.
        upsert = f"INSERT INTO {table.name} SELECT * FROM {table.name} ON CONFLICT DO NOTHING"
        got = await self._rows(context, f"{upsert} RETURNING 1")
        tried.note("copies", f"{where}: rows can be copied" if got else None)
        if context == STRANGER and _hangs_on_another(table):
            # Another year: what is unique within the chamber must not answer first.
            later = {key: 2021 if value == 2020 else value for key, value in row.items()}
            child = later | {"chamber_id": STRANGER}
            reached = await self._inserted(context, table, child)
            tried.note(
                "foreign keys", f"{where}: a row hangs on a row of {MADE}" if reached else None
            )

    async def _inserted(self, context: str | None, table: sa.Table, row: dict[str, Any]) -> bool:
        """Whether the row could be put in; by an error that isn't a refusal it could not."""
        names = ", ".join(f'"{name}"' for name in row)
        values = ", ".join(_literal(table.columns[name], value) for name, value in row.items())
        statement = f"INSERT INTO {table.name} ({names}) VALUES ({values})"
        refused = await self._attempt(context, statement)
        if refused is None:
            return True
        # A duplicate key would say that the policy let the row pass.
        return isinstance(refused, asyncpg.UniqueViolationError)

    async def _attempt(self, context: str | None, statement: str) -> Exception | None:
        try:
            await self._run(context, statement)
        except asyncpg.PostgresError as error:
            refused: Exception = error
            return refused
        return None

    async def _rows(self, context: str | None, statement: str) -> Sequence[Any]:
        """Rows of a statement; none when the role may not run it.

        Any other error comes from a row that was reached: its keys, its checks.
        """
        try:
            return await self._run(context, statement)
        except asyncpg.InsufficientPrivilegeError:
            return ()
        except asyncpg.PostgresError as error:
            return (error,)

    async def _run(self, context: str | None, statement: str) -> Sequence[asyncpg.Record]:
        transaction = self.connection.transaction()
        await transaction.start()
        try:
            if context is not None:
                await self.connection.execute(
                    "SELECT set_config('ciclo.chambers', $1, true)", context
                )
            rows: Sequence[asyncpg.Record] = await self.connection.fetch(statement)
            return rows
        finally:
            await transaction.rollback()


def _hangs_on_another(table: sa.Table) -> bool:
    """Whether a foreign key names more of the parent than its chamber."""
    return any(
        len(key.column_keys) > 1
        and all(not table.columns[name].nullable for name in key.column_keys)
        and any(isinstance(table.columns[name].type, sa.Uuid) for name in key.column_keys)
        for key in table.foreign_key_constraints
    )


def _literal(column: sa.Column[Any], value: object) -> str:
    """A value as SQL, as the column writes it."""
    if value is None:
        return "NULL"
    processor = column.type.bind_processor(_DIALECT)
    written = processor(value) if processor is not None else value
    if isinstance(written, bytes):
        return f"'\\x{written.hex()}'"
    text = str(written).replace("'", "''")
    return f"'{text}'::{column.type.compile(_DIALECT)}"
