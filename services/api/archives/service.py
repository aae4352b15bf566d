"""Use cases of a chamber's archive: made, and put into another installation."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

from services.api.archives import repository, rows
from services.api.archives.reading import ReadArchive
from services.api.archives.writing import (
    Tell,
    Written,
    file_size,
    measure_tables,
    rows_digest,
    table_name,
    tell_nobody,
    write_archive,
)
from services.api.db.session import Author, Database, WriteSession
from services.api.db.trail import audit_entity
from services.api.errors import Refusal
from services.api.ids import new_id
from services.api.plans import service as plans
from shared.contracts.archive import ArchiveManifest
from shared.contracts.case import write_case
from shared.contracts.issues import Issue
from shared.runtime.blobs import BlobStore, ChamberBlobs

_BATCH = 500

_MEDIA_TYPES = {".pdf": "application/pdf", ".json": "application/json", ".html": "text/html"}


async def export_chamber(
    database: Database,
    blobs: BlobStore,
    chamber: str,
    path: Path,
    author: Author,
    tell: Tell = tell_nobody,
) -> Written:
    """Writes the archive of a chamber and notes its hash at the entity.

    Nothing is written in the chamber itself: the next archive of the same state is the same.

    Raises:
        Refusal: ``chamber_not_found`` or ``blob_missing``.
        OSError: the file cannot be written.
    """
    written = await write_archive(database, blobs, chamber, path, tell)
    noted = {
        "sha256": written.sha256,
        "rows_sha256": written.rows_sha256,
        "size": written.size,
        "at": written.at,
    }
    async with database.write((), author) as session:
        await _note(session, written.manifest.entity, chamber, "export", noted)
    return written


async def import_chamber(
    database: Database,
    blobs: BlobStore,
    archive: ReadArchive,
    author: Author,
    tell: Tell = tell_nobody,
) -> None:
    """Puts the chamber of an archive into this installation, whole or not at all.

    Documents are stored first, where no row names them yet; then all rows in one transaction,
    which is committed only when the chamber's tables are those of the archive to the byte.

    Raises:
        Refusal: ``chamber_exists``, ``archive_of_other_version``, ``archive_refused``, or
            ``chamber_busy`` while somebody else does the same.
    """
    manifest = archive.manifest
    code = manifest.chamber
    store = blobs.of_chamber(code)
    async with database.alone(f"chamber {code}") as granted:
        if not granted:
            raise Refusal("chamber_busy", chamber=code)
        await refuse_unfit(database, archive)
        try:
            await _remove(store)  # what an import that did not end has left
            await tell("documents", 20)
            for entry in manifest.blobs:
                key = entry.name.removeprefix("blobs/")
                media_type = _MEDIA_TYPES.get(Path(key).suffix, "application/octet-stream")
                await store.put(key, archive.blob(entry), media_type=media_type)
            async with database.write([code], author) as session:
                await _restore(session, archive, tell)
        except BaseException:
            await _remove_unless_there(database, store, code)
            raise


async def refuse_unfit(database: Database, archive: ReadArchive) -> None:
    """Refuses what this installation cannot take in, before anything is written.

    Raises:
        Refusal: ``archive_of_other_version``, ``archive_refused`` or ``chamber_exists``.
    """
    code = archive.manifest.chamber
    async with database.read([code]) as session:
        _refuse_misfit(archive, await repository.schema_revision(session))
        if await repository.chamber_head(session) is not None:
            raise Refusal("chamber_exists", chamber=code)


async def _restore(session: WriteSession, archive: ReadArchive, tell: Tell) -> None:
    manifest = archive.manifest
    await repository.insert_entity(session, manifest.entity, manifest.entity_title)
    await _insert(session, archive, tell)
    await tell("comparing", 85)
    measured = await measure_tables(session)
    wrong = [
        _unfit(given.name, "rows_differ")
        for given, found in zip(manifest.tables, measured, strict=True)
        if given != found
    ]
    head = await repository.chamber_head(session)
    if head is None or head.entity_id != manifest.entity:
        wrong.append(_unfit("entity", "other_entity"))
    if wrong:
        raise Refusal("archive_refused", issues=wrong)
    await _compare_cases(session, manifest)
    noted = {
        "sha256": archive.sha256,
        "rows_sha256": rows_digest(measured),
        "size": file_size(archive.path),
        "at": await repository.now(session),
    }
    await _note(session, manifest.entity, manifest.chamber, "import", noted)


async def _insert(session: WriteSession, archive: ReadArchive, tell: Tell) -> None:
    """All rows, by the rules that bind everybody: of this chamber only, and fitting together."""
    wanted = rows.archived_tables()
    try:
        for done, table in enumerate(wanted):
            await tell("rows", 40 + 45 * done // len(wanted))
            if await repository.may_insert(session, table):
                for batch in _batches(archive, table):
                    await repository.insert_rows(session, table, batch)
        await repository.check_constraints(session)
    except DBAPIError as error:
        if error.connection_invalidated or isinstance(error, OperationalError):
            raise
        raise Refusal("archive_refused", issues=[_unfit("", "rows_do_not_fit")]) from error


async def _compare_cases(session: WriteSession, manifest: ArchiveManifest) -> None:
    """The years, read back as whoever exports them reads them: rows may fit and say nonsense."""
    given = {entry.name: entry.sha256 for entry in manifest.cases}
    found: dict[str, str] = {}
    for year in await repository.plan_years(session):
        try:
            case = write_case((await plans.read_plan(session, year)).case)
        except (ValueError, TypeError, KeyError) as error:
            issue = _unfit(f"cases/{year}.json", "case_differs")
            raise Refusal("archive_refused", issues=[issue]) from error
        found[f"cases/{year}.json"] = hashlib.sha256(case).hexdigest()
    wrong = sorted(name for name in given.keys() | found if given.get(name) != found.get(name))
    if wrong:
        issues = [_unfit(name, "case_differs") for name in wrong]
        raise Refusal("archive_refused", issues=issues)


def _batches(archive: ReadArchive, table: sa.Table) -> Iterator[Sequence[Mapping[str, Any]]]:
    lines = archive.lines(table)
    while batch := list(islice(lines, _BATCH)):
        try:
            yield [rows.from_line(table, line) for line in batch]
        except (ValueError, TypeError, RecursionError) as error:
            issue = _unfit(table_name(table), "rows_do_not_fit")
            raise Refusal("archive_refused", issues=[issue]) from error


def _refuse_misfit(archive: ReadArchive, revision: str) -> None:
    manifest = archive.manifest
    if manifest.schema_revision != revision:
        raise Refusal(
            "archive_of_other_version", archive=manifest.schema_revision, installation=revision
        )
    ours = [table_name(table) for table in rows.archived_tables()]
    if [entry.name for entry in manifest.tables] != ours:
        raise Refusal("archive_refused", issues=[_unfit("tables", "other_tables")])


async def _note(
    session: WriteSession, entity: str, chamber: str, kind: str, facts: Mapping[str, Any]
) -> None:
    """Writes down at the entity what was exported or imported, and by whom."""
    values = {
        "entity_id": entity,
        "archive_id": new_id(),
        "chamber_code": chamber,
        "kind": kind,
        "made_by": session.author.actor,
    }
    await repository.note_archive(session, values | dict(facts))
    action = {"export": "chamber.exported", "import": "chamber.imported"}[kind]
    await audit_entity(session, entity, action, chamber, {"sha256": facts["sha256"]})


async def _remove_unless_there(database: Database, store: ChamberBlobs, code: str) -> None:
    """Takes documents away again, unless the chamber is there after all."""
    async with database.read([code]) as session:
        if await repository.chamber_head(session) is None:
            await _remove(store)


async def _remove(store: ChamberBlobs) -> None:
    for key in await store.kept_keys():
        await store.delete(key)


def _unfit(place: str, code: str) -> Issue:
    words = {
        "rows_do_not_fit": ("le righe non stanno insieme", "the rows do not fit together"),
        "rows_differ": ("riscritte, le righe sono altre", "written back, the rows differ"),
        "other_entity": ("la camera è di un altro ente", "the chamber is of another entity"),
        "case_differs": (
            "riletto, l'anno non è quello dell'archivio",
            "read back, the year is not that of the archive",
        ),
        "other_tables": ("le tabelle sono altre", "the tables are others"),
    }
    italian, english = words[code]
    return Issue(pointer=f"/{place}", code=code, it=italian, en=english)
