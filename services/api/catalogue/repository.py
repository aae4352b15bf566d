"""SQL of catalogues. Nothing is changed or deleted: each version of an entry is a row more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.catalogue import catalogue_entries, entity_catalogue_entries
from services.api.db.tables.tenants import chambers
from services.api.paging import Order, Page, Rows, cut, sliced
from shared.domain.catalogue import OWN, EntryKind, Reference

_KEYS = ("kind", "source", "code")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose catalogue: an entity's or a chamber's."""

    code: str
    table: sa.Table
    column: str

    @classmethod
    def entity(cls, code: str) -> "Owner":
        """The catalogue that the chambers of an entity share."""
        return cls(code, entity_catalogue_entries, "entity_id")

    @classmethod
    def chamber(cls, code: str) -> "Owner":
        """What a chamber added for itself."""
        return cls(code, catalogue_entries, "chamber_id")

    @property
    def shared(self) -> bool:
        """Whether it is an entity's."""
        return self.table is entity_catalogue_entries

    def holds(self, source: str) -> bool:
        """Whether entries of this source stand in this catalogue."""
        return (source == OWN) is not self.shared


@dataclass(frozen=True, slots=True)
class EntryName:
    """``indicator:pareto:C1.1_07``."""

    kind: EntryKind
    ref: Reference

    def __str__(self) -> str:
        return f"{self.kind}:{self.ref}"


_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


async def lock(session: WriteSession, owner: Owner) -> None:
    """Holds a catalogue until the transaction ends: its formulas are checked as a whole."""
    await session.scalar(_LOCK, {"name": f"catalogue\n{owner.column}\n{owner.code}"})


def _versions(owner: Owner) -> sa.Select[Any]:
    columns = owner.table.c
    return sa.select(
        sa.literal(owner.code).label("owner"),
        *(columns[name] for name in (*_KEYS, "version", "content", "withdrawn", "recorded_at")),
        sa.func.concat(columns.kind, ":", columns.source, ":", columns.code).label("name"),
    ).where(columns[owner.column] == owner.code)


def _standing(owner: Owner) -> sa.Select[Any]:
    """The last version of each entry that was not taken away."""
    columns = owner.table.c
    keys = [columns[name] for name in _KEYS]
    newest = _versions(owner).ext(postgresql.distinct_on(*keys))
    last = newest.order_by(*keys, columns.version.desc()).subquery()
    return sa.select(last).where(~last.c.withdrawn)


async def standing(session: ReadSession, owners: Sequence[Owner]) -> Sequence[sa.Row[Any]]:
    """Every entry as it stands."""
    return await session.all(sa.union_all(*(_standing(owner) for owner in owners)))


async def entity_of(session: ReadSession) -> str:
    """The entity that the chamber of the session belongs to."""
    statement = sa.select(chambers.c.entity_id).where(chambers.c.chamber_id == session.chamber)
    return str(await session.scalar(statement))


async def every_version(session: ReadSession, owner: Owner) -> Sequence[sa.Row[Any]]:
    """Every version of every entry that stands, an entry's oldest first."""
    current = _standing(owner).subquery()
    versions = _versions(owner).subquery()
    statement = (
        sa.select(versions)
        .join(current, current.c.name == versions.c.name)
        .where(~versions.c.withdrawn)
        .order_by(versions.c.name, versions.c.version)
    )
    return await session.all(statement)


async def list_entries(
    session: ReadSession, owners: Sequence[Owner], asked: Page, **filters: str | None
) -> Rows:
    """Part of the entries, by name; ``filters`` on ``kind`` and ``source``."""
    rows = sa.union_all(*(_standing(owner) for owner in owners)).subquery()
    given = [rows.c[name] == value for name, value in filters.items() if value is not None]
    order = Order({"name": rows.c.name}, rows.c.name, "name")
    statement = sliced(sa.select(rows).where(*given), order, asked)
    return cut(await session.all(statement), order, asked)


async def list_versions(session: ReadSession, owner: Owner, name: EntryName, asked: Page) -> Rows:
    """The versions of one entry, the latest first unless asked otherwise."""
    rows = _versions(owner).subquery()
    order = Order({"version": rows.c.version}, rows.c.name, "-version")
    statement = sa.select(rows).where(rows.c.name == str(name), ~rows.c.withdrawn)
    return cut(await session.all(sliced(statement, order, asked)), order, asked)


async def find(session: ReadSession, owner: Owner, name: EntryName) -> sa.Row[Any] | None:
    """An entry as it stands."""
    rows = _standing(owner).subquery()
    return await session.first(sa.select(rows).where(rows.c.name == str(name)))


async def last_versions(session: ReadSession, owner: Owner) -> dict[str, int]:
    """The last version of each entry there ever was, by name."""
    rows = _versions(owner).subquery()
    statement = sa.select(rows.c.name, sa.func.max(rows.c.version).label("last"))
    return {row.name: row.last for row in await session.all(statement.group_by(rows.c.name))}


async def insert(
    session: WriteSession, owner: Owner, rows: Sequence[tuple[EntryName, Mapping[str, Any]]]
) -> None:
    """Adds versions."""
    if rows:
        await session.execute(
            sa.insert(owner.table),
            [
                {
                    owner.column: owner.code,
                    "kind": name.kind.value,
                    "source": name.ref.source,
                    "code": name.ref.code,
                    "recorded_by": session.author.actor,
                    "withdrawn": False,
                    **values,
                }
                for name, values in rows
            ],
        )
