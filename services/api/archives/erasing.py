"""The end of a chamber: what an archive holds is removed, and a signed certificate remains.

Rows go first, in one transaction that also compares them with the archive: not one row goes
that it does not hold. Stored documents follow; what a crash leaves of them is removed when the
command is given again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.archives import repository
from services.api.archives.certificate import InstallationKey
from services.api.archives.writing import measure_tables, rows_digest
from services.api.db.session import Author, Database, WriteSession
from services.api.db.trail import audit_entity
from services.api.errors import Refusal
from services.api.ids import new_id
from shared.runtime.blobs import BlobStore

FORMAT = "ciclo/erasure@1"

NOT_REMOVED = (
    "the archive itself, and back-ups of database and blobs",
    "the chamber's seal, which the renderer holds",
    "lines about the chamber in the entity's audit log",
)
"""What is elsewhere, as the certificate says."""


@dataclass(frozen=True, slots=True)
class Erased:
    """A chamber that is gone."""

    certificate: str
    blobs: int


async def erase_chamber(
    database: Database,
    blobs: BlobStore,
    key: InstallationKey,
    chamber: str,
    typed: str,
    author: Author,
    *,
    request: str | None = None,
) -> Erased:
    """Removes every row and document of a chamber.

    Args:
        database: as the owner of the tables; no other role may.
        blobs: where the documents are.
        key: signs the certificate.
        chamber: its code.
        typed: the code again, as a person typed it.
        author: who answers for it, as the certificate says.
        request: the request through the API that is carried out, if it is one.

    Raises:
        Refusal: ``chamber_not_found``, ``erasure_not_confirmed``, ``erasure_of_active_chamber``,
            ``erasure_without_export``, ``erasure_after_change``, ``chamber_busy``, or
            ``erasure_not_requested`` where the request is not open or is of something else.
    """
    if typed != chamber:
        raise Refusal("erasure_not_confirmed", chamber=chamber)
    store = blobs.of_chamber(chamber)
    async with database.alone(f"chamber {chamber}") as granted:
        if not granted:
            raise Refusal("chamber_busy", chamber=chamber)
        keys = await store.all_keys()
        async with database.write([chamber], author, on_snapshot=True) as session:
            head = await repository.chamber_head(session)
            if head is None:
                erasure = await _unfinished(session, chamber)
            else:
                asked = await _open_request(session, head, request)
                documents = len(await store.kept_keys())
                erasure = await _erase_rows(session, head, key, documents, asked)
        for name in keys:
            await store.delete(name)
        async with database.write((), author) as session:
            await repository.complete(session, erasure.erasure_id)
        return Erased(erasure.certificate, len(keys))


@dataclass(frozen=True, slots=True)
class _Erasure:
    erasure_id: str
    certificate: str


async def _unfinished(session: WriteSession, chamber: str) -> _Erasure:
    """An erasure that was interrupted after the rows had gone."""
    found = await repository.unfinished_erasure(session, chamber)
    if found is None:
        raise Refusal("chamber_not_found")
    return _Erasure(found.erasure_id, found.certificate)


async def _open_request(
    session: WriteSession, head: sa.Row[Any], request: str | None
) -> sa.Row[Any] | None:
    """The request to carry out: of this chamber, neither withdrawn nor carried out."""
    if request is None:
        return None
    found = await repository.find_erasure(session, head.entity_id, request)
    if (
        found is None
        or found.state != repository.REQUESTED
        or found.chamber_code != head.chamber_id
    ):
        raise Refusal("erasure_not_requested", chamber=head.chamber_id)
    return found


async def _erase_rows(
    session: WriteSession,
    head: sa.Row[Any],
    key: InstallationKey,
    documents: int,
    asked: sa.Row[Any] | None,
) -> _Erasure:
    export = await _fitting_export(session, head)
    if asked is not None and asked.archive_sha256 != export.sha256:
        raise Refusal("erasure_without_export", chamber=head.chamber_id)
    if rows_digest(await measure_tables(session)) != export.rows_sha256:
        raise Refusal("erasure_after_change")
    erasure = new_id() if asked is None else str(asked.erasure_id)
    removed = await repository.erase(
        session,
        {
            "chamber": head.chamber_id,
            "typed": head.chamber_id,
            "archive": export.sha256,
            "erasure": erasure,
            "author": session.author.actor,
        },
    )
    at = await repository.now(session)
    facts: Mapping[str, Any] = {
        "format": FORMAT,
        "erasure": erasure,
        "chamber": head.chamber_id,
        "entity": head.entity_id,
        "erased_at": at.isoformat(),
        "erased_by": session.author.actor,
        **_requested(asked),
        "archive": {"sha256": export.sha256, "size": export.size, "at": export.at.isoformat()},
        "removed_rows": dict(sorted(removed.items())),
        "removed_documents": documents,
        "not_removed": list(NOT_REMOVED),
    }
    certificate = key.sign(facts)
    await repository.certify(session, erasure, certificate)
    detail = {"erasure": erasure, "archive": export.sha256}
    await audit_entity(session, head.entity_id, "chamber.erased", head.chamber_id, detail)
    return _Erasure(erasure, certificate)


def _requested(asked: sa.Row[Any] | None) -> Mapping[str, Any]:
    """Who asked for it through the API, as the certificate says."""
    if asked is None:
        return {}
    facts = {"by": asked.requested_by, "at": asked.requested_at.isoformat(), "reason": asked.reason}
    return {"requested": facts}


async def _fitting_export(session: WriteSession, head: sa.Row[Any]) -> sa.Row[Any]:
    """The archive that allows the erasure; the database checks the same once more."""
    if head.status != "suspended":
        raise Refusal("erasure_of_active_chamber")
    export = await repository.latest_export(session, head.entity_id, head.chamber_id)
    now = await repository.now(session)
    if (
        export is None
        or export.at < head.updated_at
        or (now - export.at).total_seconds() > _LONGEST_SECONDS
    ):
        raise Refusal("erasure_without_export", chamber=head.chamber_id)
    return export


_LONGEST_SECONDS = 24 * 3600
"""How old an export may be."""
