"""Writing an archive: one state of the chamber, a row at a time, the same bytes every time."""

import hashlib
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol

import sqlalchemy as sa

from services.api.archives import repository, rows
from services.api.db.session import Database, ReadSession
from services.api.errors import Refusal
from services.api.plans import service as plans
from shared.contracts.archive import MANIFEST, ArchiveManifest, Entry, LeftOut, SetAnew
from shared.contracts.case import write_case
from shared.runtime.blobs import BlobStore, ChamberBlobs

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The only instant that a ZIP of ours knows: its first."""

_PIECE = 1024 * 1024


class Sink(Protocol):
    """Takes bytes."""

    def write(self, data: bytes, /) -> object:
        """Takes some more."""
        ...


class _Nowhere:
    def write(self, data: bytes, /) -> None:
        """Forgets them."""


@dataclass
class Measured:
    """Bytes on their way, counted and hashed."""

    sink: Sink
    size: int = 0
    rows: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def write(self, data: bytes) -> None:
        """Passes them on."""
        self.size += len(data)
        self.digest.update(data)
        self.sink.write(data)

    def entry(self, name: str, *, table: bool = False) -> Entry:
        """What was written, under its name."""
        counted = self.rows if table else None
        return Entry(name=name, size=self.size, sha256=self.digest.hexdigest(), rows=counted)


@dataclass(frozen=True, slots=True)
class Written:
    """An archive on disk."""

    manifest: ArchiveManifest
    sha256: str
    rows_sha256: str
    size: int
    at: datetime
    with_sheets: bool
    """Whether individual sheets are in it."""


@dataclass(frozen=True, slots=True)
class _Filled:
    manifest: ArchiveManifest
    at: datetime
    with_sheets: bool


class _Archive:
    """A ZIP that is being written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)

    @contextmanager
    def entry(self, name: str) -> Iterator[Measured]:
        """One more file, measured while it is written."""
        info = zipfile.ZipInfo(name, _EPOCH)
        info.create_system = 3
        info.external_attr = 0o600 << 16
        with self._zip.open(info, "w", force_zip64=True) as stream:
            yield Measured(stream)

    def close(self) -> None:
        """Writes the directory of the ZIP."""
        self._zip.close()


Tell = Callable[[str, int], Awaitable[None]]
"""Is told the stage that work has reached and how much is done, of a hundred."""


async def tell_nobody(_stage: str, _progress: int) -> None:
    """For work that nobody follows."""


async def write_archive(
    database: Database, blobs: BlobStore, chamber: str, path: Path, tell: Tell = tell_nobody
) -> Written:
    """Writes everything of a chamber into ``path``.

    The rows are those of one instant. Stored documents never change and are listed after it,
    so none that a row names is missing.

    Raises:
        Refusal: ``chamber_not_found``; ``blob_missing`` when a row names a document that is not
            stored.
        OSError: the file cannot be written.
    """
    draft = path.with_name(f".{path.name}.new")
    try:
        with draft.open("wb") as file, closing(_Archive(file)) as archive:
            filled = await _fill(database, blobs.of_chamber(chamber), archive, tell)
    except BaseException:
        remove_file(draft)
        raise
    rows_sha256 = rows_digest(list(filled.manifest.tables))
    facts = (file_sha256(draft), rows_sha256, file_size(draft))
    draft.replace(path)
    return Written(filled.manifest, *facts, filled.at, filled.with_sheets)


async def _fill(database: Database, store: ChamberBlobs, archive: _Archive, tell: Tell) -> _Filled:
    """Writes every entry; gives the manifest and the instant that the rows are of."""
    named: set[str] = set()
    async with database.read([store.chamber]) as session:
        head = await repository.chamber_head(session)
        if head is None:
            raise Refusal("chamber_not_found")
        at = await repository.now(session)
        cases = [entry async for entry in _write_cases(session, archive)]
        with_sheets = await repository.has_sheets(session)
        tables: list[Entry] = []
        wanted = rows.archived_tables()
        for done, table in enumerate(wanted):
            await tell("rows", 5 + 65 * done // len(wanted))
            tables.append(await _write_table(session, archive, table, named))
        anew = await _set_anew(session)
        revision = await repository.schema_revision(session)
    await tell("documents", 70)
    documents = [entry async for entry in _write_blobs(store, archive, named)]
    left_out = rows.left_out_tables().items()
    manifest = ArchiveManifest(
        chamber=store.chamber,
        entity=head.entity_id,
        entity_title=head.entity_name,
        schema_revision=revision,
        cases=tuple(cases),
        tables=tuple(tables),
        blobs=tuple(documents),
        left_out=tuple(LeftOut(table=name, reason=reason) for name, reason in left_out),
        set_anew=anew,
    )
    with archive.entry(MANIFEST) as entry:
        entry.write(manifest.to_bytes())
    return _Filled(manifest, at, with_sheets)


async def measure_tables(session: ReadSession) -> list[Entry]:
    """What an archive of this very state would hold of the tables; nothing is written."""
    return [
        await _pour(session, table, Measured(_Nowhere()), set()) for table in rows.archived_tables()
    ]


def rows_digest(tables: list[Entry]) -> str:
    """One hash for the rows of all tables."""
    digest = hashlib.sha256()
    for entry in tables:
        digest.update(f"{entry.name} {entry.rows} {entry.sha256}\n".encode())
    return digest.hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove_file(path: Path) -> None:
    """Removes a file that may not be there."""
    path.unlink(missing_ok=True)


def file_size(path: Path) -> int:
    """Bytes of a file."""
    return path.stat().st_size


def table_name(table: sa.Table) -> str:
    """Where a table is in an archive."""
    return f"tables/{table.name}.jsonl"


async def _write_cases(session: ReadSession, archive: _Archive) -> AsyncIterator[Entry]:
    for year in await repository.plan_years(session):
        name = f"cases/{year}.json"
        with archive.entry(name) as measured:
            measured.write(write_case((await plans.read_plan(session, year)).case))
        yield measured.entry(name)


async def _write_table(
    session: ReadSession, archive: _Archive, table: sa.Table, named: set[str]
) -> Entry:
    with archive.entry(table_name(table)) as measured:
        return await _pour(session, table, measured, named)


async def _pour(
    session: ReadSession, table: sa.Table, measured: Measured, named: set[str]
) -> Entry:
    """Writes the rows of a table; what documents they name is added to ``named``."""
    documents = [at for at, c in enumerate(table.columns) if c.name in rows.blob_columns(table)]
    measured.write(rows.heading(table))
    async for row in repository.rows_of(session, table):
        measured.write(rows.to_line(row))
        measured.rows += 1
        named.update(str(row[at]) for at in documents if row[at] is not None)
    return measured.entry(table_name(table), table=True)


async def _write_blobs(
    store: ChamberBlobs, archive: _Archive, named: set[str]
) -> AsyncIterator[Entry]:
    keys = await store.kept_keys()
    missing = sorted(named - set(keys))
    if missing:
        raise Refusal("blob_missing", keys=", ".join(missing[:5]), count=len(missing))
    for key in keys:
        content = await store.get(key)
        name = f"blobs/{key}"
        with archive.entry(name) as measured:
            for at in range(0, len(content), _PIECE):
                measured.write(content[at : at + _PIECE])
        yield measured.entry(name)


async def _set_anew(session: ReadSession) -> tuple[SetAnew, ...]:
    """What has secrets that another installation does not know."""
    found = [
        SetAnew(table=table.name, names=tuple(await repository.holders_of(session, table)))
        for table in rows.secret_tables()
    ]
    return tuple(one for one in found if one.names)
