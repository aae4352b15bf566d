"""Beside the requests of a process: archives are made, and chambers brought in.

A file is put together on the disk of this machine and kept in the blob store, under its chamber,
until it is fetched or has waited for a day. What a killed process was doing is done again.
"""

import asyncio
import logging
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from services.api.archives import service
from services.api.archives.reading import ReadArchive
from services.api.archives.writing import Tell
from services.api.background import Chore, repeating
from services.api.container import Container
from services.api.db.session import Author, DatabaseUnavailableError
from services.api.errors import Refusal
from services.api.everywhere import everywhere
from services.api.transfers import repository
from shared.runtime.blobs import BlobNotFoundError, ChamberBlobs, transit_key
from shared.runtime.logging import bind

WORK = "archives"
"""Topic: somebody has asked for an archive, or brought one."""

MEDIA_TYPE = "application/zip"

KEEPER = Author("archives")

OVER = frozenset({"done", "failed", "expired"})
"""States in which nothing happens any more, but for a file that is fetched or expires."""

KEPT_FOR = timedelta(days=1)
"""How long a file waits to be fetched: as long as its export allows an erasure."""

_log = logging.getLogger("ciclo.archives")

End = Callable[[dict[str, Any]], Awaitable[None]]


def job_topic(job_id: str) -> str:
    """Topic: the row of this job has changed."""
    return f"archive:{job_id}"


class Runner:
    """Does the jobs of one process, one after the other."""

    def __init__(self, parts: Container) -> None:
        self._parts = parts

    async def run_all(self) -> int:
        """Does all that waits; answers how many jobs there were."""
        async with self._parts.database.read(await self._parts.directory.all_chambers()) as session:
            concerned = await repository.chambers_with_work(session)
        done = await everywhere(self._parts, _log, self._exports_of, only=concerned)
        while await self._run_import():
            done += 1
        return done

    async def _exports_of(self, chamber: str) -> int:
        done = 0
        await self._expire(chamber)
        while await self._run_export(chamber):
            done += 1
        return done

    async def _expire(self, chamber: str) -> None:
        async with self._parts.database.write([chamber], KEEPER) as session:
            expired = await repository.expire(session)
        for export_id in expired:
            await self._parts.blobs.of_chamber(chamber).delete(transit_key(chamber, export_id))

    async def _run_export(self, chamber: str) -> bool:
        async with self._parts.database.write([chamber], KEEPER) as session:
            row = await repository.claim_export(session)
        if row is None:
            return False

        async def note(values: dict[str, Any]) -> None:
            async with self._parts.database.write([chamber], KEEPER) as session:
                await repository.update_export(session, row.export_id, values)
            self._parts.signals.knock(job_topic(row.export_id))

        await self._ending(self._export(chamber, row, _teller(note)), note)
        return True

    async def _export(self, chamber: str, row: sa.Row[Any], tell: Tell) -> dict[str, Any]:
        parts = self._parts
        with tempfile.TemporaryDirectory(dir=parts.settings.spool_dir) as folder:
            path = Path(folder) / f"{chamber}.zip"
            author = Author(row.requested_by)
            written = await service.export_chamber(
                parts.database, parts.blobs, chamber, path, author, tell
            )
            await tell("storing", 90)
            store = parts.blobs.of_chamber(chamber)
            key = transit_key(chamber, row.export_id)
            await store.put_file(key, path, media_type=MEDIA_TYPE)
        return {
            "sha256": written.sha256,
            "size": written.size,
            "with_sheets": written.with_sheets,
            "expires_at": parts.clock.now() + KEPT_FOR,
        }

    async def _run_import(self) -> bool:
        async with self._parts.database.write((), KEEPER) as session:
            row = await repository.claim_import(session)
        if row is None:
            return False

        async def note(values: dict[str, Any]) -> None:
            async with self._parts.database.write((), KEEPER) as session:
                await repository.update_import(session, row.entity_id, row.import_id, values)
            self._parts.signals.knock(job_topic(row.import_id))

        with bind(chamber=row.chamber_code):
            await self._ending(self._import(row, _teller(note)), note)
            store = self._parts.blobs.of_chamber(row.chamber_code)
            await store.delete(transit_key(row.chamber_code, row.import_id))
        return True

    async def _import(self, row: sa.Row[Any], tell: Tell) -> dict[str, Any]:
        parts = self._parts
        store = parts.blobs.of_chamber(row.chamber_code)
        with tempfile.TemporaryDirectory(dir=parts.settings.spool_dir) as folder:
            path = Path(folder) / f"{row.chamber_code}.zip"
            await tell("checking", 5)
            await _fetch(store, transit_key(row.chamber_code, row.import_id), path)
            archive = await asyncio.to_thread(ReadArchive.open, path)
            author = Author(row.requested_by)
            await service.import_chamber(parts.database, parts.blobs, archive, author, tell)
        parts.directory.forget(row.entity_id)
        return {}

    async def _ending(self, work: Awaitable[dict[str, Any]], end: End) -> None:
        """Does some work and writes down how it ended."""
        try:
            made = await work
        except Refusal as refusal:
            _log.warning("job refused: %s", refusal.code)
            await end(_failed(refusal))
        except DatabaseUnavailableError:
            raise  # it is taken up again when the database is back
        except BlobNotFoundError:
            await end(_failed(Refusal("archive_lost")))
        except Exception:  # noqa: BLE001 - a fault of ours must not end the loop
            _log.exception("job failed")
            await end(_failed(Refusal("internal_error")))
        else:
            done = {"state": "done", "stage": "done", "progress": 100}
            await end({**done, **made})


def _failed(refusal: Refusal) -> dict[str, Any]:
    """The end of a job that was refused, with all that its caller would have been told."""
    failure = {
        "code": refusal.code,
        "parts": {name: str(part) for name, part in refusal.parts.items()},
        "issues": [issue.model_dump() for issue in refusal.issues],
    }
    return {"state": "failed", "stage": "failed", "failure": failure}


def _teller(note: End) -> Tell:
    async def tell(stage: str, progress: int) -> None:
        await note({"stage": stage, "progress": progress})

    return tell


async def _fetch(store: ChamberBlobs, key: str, path: Path) -> None:
    with path.open("wb") as file:
        async for piece in store.stream(key):
            file.write(piece)


def transferring(parts: Container) -> AbstractAsyncContextManager[None]:
    """Does jobs while the block lasts."""
    chore = Chore(
        name=WORK,
        work=Runner(parts).run_all,
        seconds=2.0,
        log=_log,
        waits="archives wait: %s",
        fails="looking for archives to make failed",
    )
    return repeating(parts.signals, chore)
