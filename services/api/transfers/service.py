"""Use cases of the API around archives: asked for, fetched, brought; and the end of a chamber."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from services.api.archives import repository as archives
from services.api.archives import service as chambers
from services.api.archives.reading import ReadArchive
from services.api.archives.writing import file_size
from services.api.auth.caller import Access
from services.api.container import Container
from services.api.db.session import Author, ReadSession, WriteSession
from services.api.db.trail import audit_entity
from services.api.errors import Refusal
from services.api.ids import new_id
from services.api.paging import Page, Rows
from services.api.signals import Signals
from services.api.transfers import repository as jobs
from services.api.transfers.running import KEPT_FOR, MEDIA_TYPE, OVER, WORK, job_topic
from shared.contracts.issues import Issue
from shared.runtime.blobs import transit_key


async def ask_export(session: WriteSession, signals: Signals) -> sa.Row[Any]:
    """Asks for an archive of the chamber. Nothing that an archive holds is written."""
    export_id = new_id()
    await jobs.add_export(session, export_id)
    session.on_commit(lambda: signals.knock(WORK))
    return await jobs.find_export(session, export_id)


async def fetchable(session: ReadSession, access: Access, export_id: str) -> sa.Row[Any]:
    """An export whose file waits for this caller.

    Raises:
        Refusal: ``not_found``; ``archive_not_ready``; ``sheet_not_visible`` when it holds
            individual sheets and the caller does not see all of them.
    """
    row = await jobs.find_export(session, export_id)
    if row.state != "done":
        raise Refusal("archive_not_ready", state=row.state)
    if row.with_sheets and not access.sight.everything:
        raise Refusal("sheet_not_visible")
    return row


async def note_fetched(session: WriteSession, entity: str, row: sa.Row[Any]) -> None:
    """Writes down at the entity who takes a copy of a chamber away."""
    detail = {"export_id": row.export_id, "sha256": row.sha256}
    await audit_entity(session, entity, "chamber.archive_fetched", row.chamber_id, detail)


async def entity_of(session: ReadSession) -> str:
    """Whose chamber it is.

    Raises:
        Refusal: ``chamber_not_found``.
    """
    head = await archives.chamber_head(session)
    if head is None:
        raise Refusal("chamber_not_found")
    return str(head.entity_id)


async def bring(parts: Container, author: Author, entity: str, path: Path) -> sa.Row[Any]:
    """Takes an archive in and leaves the rest to a job; nothing is written before it is whole.

    Raises:
        Refusal: ``archive_refused`` with everything that is wrong, ``archive_of_other_version``
            or ``chamber_exists``.
    """
    archive = await asyncio.to_thread(ReadArchive.open, path)
    manifest = archive.manifest
    if manifest.entity != entity:
        raise Refusal("archive_refused", issues=[_OTHER_ENTITY])
    await chambers.refuse_unfit(parts.database, archive)
    import_id, code = new_id(), manifest.chamber
    values = {"entity_id": entity, "import_id": import_id, "chamber_code": code}
    facts = {"sha256": archive.sha256, "size": file_size(path)}
    async with parts.database.write((), author) as session:
        await jobs.add_import(session, values | facts)
    store = parts.blobs.of_chamber(code)
    await store.put_file(transit_key(code, import_id), path, media_type=MEDIA_TYPE)
    async with parts.database.write((), author) as session:
        await jobs.update_import(session, entity, import_id, {"state": "queued"})
        row = await jobs.find_import(session, entity, import_id)
    parts.signals.knock(WORK)
    return row


_OTHER_ENTITY = Issue(
    pointer="/entity",
    code="other_entity",
    it="la camera dell'archivio è di un altro ente",
    en="the chamber in the archive is of another entity",
)


async def watch(
    signals: Signals, job_id: str, read: Callable[[], Awaitable[sa.Row[Any]]]
) -> AsyncIterator[sa.Row[Any]]:
    """A job now, and again whenever it has changed, until it is over."""
    return await signals.follow(
        job_topic(job_id),
        read,
        visible=lambda row: (row.state, row.stage, row.progress),
        over=lambda row: row.state in OVER,
    )


async def ask_erasure(
    session: WriteSession, entity: str, *, chamber: str, typed: str, archive: str, reason: str
) -> sa.Row[Any]:
    """Asks for the end of a chamber. It is carried out elsewhere, as the database's owner.

    Args:
        session: for the chamber.
        entity: whose administrator asks.
        chamber: its code.
        typed: the code again, as a person typed it.
        archive: SHA-256 of the archive that is kept.
        reason: why, for the certificate.

    Raises:
        Refusal: ``chamber_not_found``, ``erasure_not_confirmed``,
            ``erasure_of_active_chamber``, ``erasure_without_export`` or ``erasure_requested``.
    """
    head = await archives.chamber_head(session)
    if head is None or head.entity_id != entity:
        raise Refusal("chamber_not_found")
    if typed != chamber:
        raise Refusal("erasure_not_confirmed", chamber=chamber)
    if head.status != "suspended":
        raise Refusal("erasure_of_active_chamber")
    export = await archives.latest_export(session, entity, chamber)
    now = await archives.now(session)
    kept = export is not None and export.sha256 == archive
    if export is None or not kept or not (head.updated_at <= export.at > now - KEPT_FOR):
        raise Refusal("erasure_without_export", chamber=chamber)
    if await archives.erasure_requested(session, entity, chamber):
        raise Refusal("erasure_requested", chamber=chamber)
    erasure_id = new_id()
    values = {"entity_id": entity, "erasure_id": erasure_id, "chamber_code": chamber}
    await archives.request_erasure(session, {**values, "archive_sha256": archive, "reason": reason})
    detail = {"erasure": erasure_id, "archive": archive, "reason": reason}
    await audit_entity(session, entity, "chamber.erasure_requested", chamber, detail)
    return await found_erasure(session, entity, erasure_id)


async def withdraw_erasure(session: WriteSession, entity: str, erasure_id: str) -> sa.Row[Any]:
    """Takes a request back.

    Raises:
        Refusal: ``not_found``, or ``erasure_decided`` when nothing is left to take back.
    """
    row = await found_erasure(session, entity, erasure_id)
    if row.state != archives.REQUESTED:
        raise Refusal("erasure_decided", state=row.state)
    await archives.withdraw_erasure(session, entity, erasure_id)
    detail = {"erasure": erasure_id}
    await audit_entity(session, entity, "chamber.erasure_withdrawn", row.chamber_code, detail)
    return await found_erasure(session, entity, erasure_id)


async def found_erasure(session: ReadSession, entity: str, erasure_id: str) -> sa.Row[Any]:
    """A request or an erasure of an entity's chamber.

    Raises:
        Refusal: ``not_found``.
    """
    row = await archives.find_erasure(session, entity, erasure_id)
    if row is None:
        raise Refusal("not_found")
    return row


async def list_erasures(session: ReadSession, entity: str, asked: Page) -> Rows:
    """Requests and erasures of an entity's chambers, the latest first."""
    return await archives.list_erasures(session, entity, asked)
