"""A signature that was made: looked at, kept as a stage of its document, written down."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.api.auth.access import Access, refuse_suspended
from services.api.container import Container
from services.api.db.session import Author, WriteSession
from services.api.db.trail import audit, emit
from services.api.errors import Refusal
from services.api.reports import moves
from services.api.reports import service as reports
from services.api.reports.document import StoredDocument
from services.api.sealing import CheckedDocument
from services.api.signatures import copies, repository
from services.api.signatures.service import Signatures, read, require_turn
from shared.contracts.signing import (
    SEAL,
    TIME_STAMP,
    field_of,
)
from shared.contracts.verification import SignerReport, StampReport
from shared.domain import signatures as rules
from shared.runtime.blobs import report_key

_NOBODY = ""
"""Of a copy the certificate says who signed, not who brings it."""


@dataclass(frozen=True, slots=True)
class MadeSignature:
    """A signature that was checked, and the stage of the document that it makes."""

    office: str
    origin: str
    pdf: bytes
    before: str
    """Hash of the stage that it was put on."""
    facts: Mapping[str, Any]
    """What is written down of it."""
    stamp_ends: str | None
    """When the certificate of the time stamp ends that covers the stage, if one does."""

    @property
    def sha256(self) -> str:
        """Of the stage."""
        return hashlib.sha256(self.pdf).hexdigest()


async def checked(
    parts: Container, found: Signatures, office: str, pdf: bytes, *, by_us: bool
) -> MadeSignature:
    """The new signature of a file, on the present document of a report.

    Raises:
        Refusal: ``document_refused`` to the renderer, ``signed_copy_refused`` to a person, with
            everything that is wrong.
    """
    blobs = parts.blobs.of_chamber(found.row.blob_key.partition("/")[0])
    base = await blobs.get(found.row.blob_key)
    if office == TIME_STAMP:
        stamp = await asyncio.to_thread(copies.check_renewal, parts.seals, pdf, base)
        facts, ends = _facts_of_stamp(stamp), stamp.certificate_ends
        return MadeSignature(office, "renewal", pdf, found.row.pdf_sha256, facts, ends)
    wanted = copies.Wanted(
        base=base,
        fields=frozenset(row.field for row in found.made),
        certificates=frozenset(row.certificate_sha256 for row in found.made) - {""},
        expected=found.expected(office).signer,
        level=found.signing.level,
        field=field_of(office) if by_us else None,
        production=parts.settings.production,
    )
    code = "document_refused" if by_us else "signed_copy_refused"
    signer, report = await asyncio.to_thread(copies.check, parts.seals, pdf, wanted, code)
    origin = "service" if by_us else "upload"
    before = found.row.pdf_sha256
    return MadeSignature(office, origin, pdf, before, _facts(signer), report.stamp_ends)


async def store(parts: Container, chamber: str, report_id: str, made: MadeSignature) -> str:
    """Puts the stage where documents are; answers its key."""
    key = report_key(chamber, report_id, made.sha256)
    await parts.blobs.of_chamber(chamber).put(key, made.pdf, media_type="application/pdf")
    return key


async def record(
    session: WriteSession, found: Signatures, made: MadeSignature, key: str, person: str
) -> None:
    """Writes a signature down; with the last one the document is signed.

    Raises:
        Refusal: ``lease_lost`` when the document is another by now.
    """
    report_id = found.row.report_id
    document = {"pdf_sha256": made.sha256, "pdf_size": len(made.pdf), "blob_key": key}
    if not await repository.replace_document(session, report_id, made.before, document):
        raise Refusal("lease_lost")
    stage = {
        "office": made.office,
        "origin": made.origin,
        "made_by": person,
        "base_sha256": made.before,
        "stamp_ends_at": _moment(made.stamp_ends),
    }
    await repository.add(session, report_id, {**made.facts, **document, **stage})
    level = made.facts["level"]
    facts = {"office": made.office, "origin": made.origin, "level": level}
    await audit(
        session, "report.signed", report_id, facts | {"pdf_sha256": made.sha256, "by": person}
    )
    title = found.expected(made.office).title
    told = {"report_id": report_id, "pdf_sha256": made.sha256}
    await emit(session, "report.signed", report_id, told | {"signer": title, "level": level})
    if made.office == TIME_STAMP:
        return
    if rules.next_office(found.offices, {**found.by_office, made.office: person}) is None:
        await moves.signed(session, found.row)


async def record_seal(
    session: WriteSession,
    report_id: str,
    document: StoredDocument,
    checked: CheckedDocument,
) -> None:
    """Writes down the seal of a document, its first stage."""
    stage = {
        "office": SEAL,
        "origin": "seal",
        "pdf_sha256": document.sha256,
        "pdf_size": document.size,
        "blob_key": document.blob_key,
        "made_by": session.author.actor,
        "base_sha256": checked.unsigned_sha256,
        "stamp_ends_at": _moment(checked.report.stamp_ends),
    }
    await repository.add(session, report_id, _facts(checked.seal) | stage)


def _facts(signer: SignerReport) -> dict[str, Any]:
    """What is written down of a verified signature."""
    return {
        "field": signer.field,
        "signer": signer.common_name or signer.organization or "",
        "certificate_sha256": signer.certificate_sha256,
        "level": signer.level,
        "claimed_at": _moment(signer.claimed_time),
        "stamped_at": _moment(signer.trusted_time),
        "development": signer.development,
    }


def _facts_of_stamp(stamp: StampReport) -> dict[str, Any]:
    """The same of a time stamp that was added."""
    return {
        "field": stamp.field,
        "signer": stamp.authority or "",
        "certificate_sha256": "",
        "level": "B-LTA",
        "stamped_at": _moment(stamp.time),
        "development": False,
    }


@dataclass(frozen=True, slots=True)
class SignedElsewhere:
    """A copy that somebody brings, signed for an office."""

    office: str
    pdf: bytes
    as_read: Callable[[sa.Row[Any]], None]
    """Refuses when they have signed another state of the report."""


async def take_copy(
    parts: Container, author: Author, access: Access, report_id: str, copy: SignedElsewhere
) -> None:
    """Takes a copy that was signed elsewhere.

    Checking and storing happen between two short transactions; the second sees whether the
    document is still the one that was checked.

    Raises:
        Refusal: what :func:`require_turn` says; ``signed_copy_refused``.
    """
    async with parts.database.write([access.chamber], author) as session:
        await refuse_suspended(session)
        found = await read(session, report_id)
        copy.as_read(found.row)
        require_turn(session, access, found, copy.office, _NOBODY)
    made = await checked(parts, found, copy.office, copy.pdf, by_us=False)
    key = await store(parts, access.chamber, report_id, made)
    try:
        async with parts.database.write([access.chamber], author) as session:
            await reports.hold(session, report_id)
            again = await read(session, report_id)
            require_turn(session, access, again, copy.office, _NOBODY)
            await record(session, again, made, key, author.actor)
    except Refusal:
        await discard(parts, access.chamber, report_id, key)
        raise


async def discard(parts: Container, chamber: str, report_id: str, key: str) -> None:
    """Removes a file that became no stage; one that is a stage stays, whoever brought it."""
    async with parts.database.read([chamber]) as session:
        stages = {row.blob_key for row in await repository.of_report(session, report_id)}
    if key not in stages:
        await parts.blobs.of_chamber(chamber).delete(key)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
