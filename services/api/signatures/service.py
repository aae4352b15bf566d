"""Use cases of those who sign: what is waited for, asking for a signature, a copy signed elsewhere.

A PIN or OTP that a person gives is sealed for its job, opened for the renderer that leases it,
and gone from the database when the job is over. It is in no log, audit line, event or stored
answer.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr

from services.api import signals
from services.api.auth.access import Access, refuse_suspended
from services.api.container import Container
from services.api.db.session import Author, ReadSession, WriteSession
from services.api.db.trail import audit, emit
from services.api.errors import Refusal
from services.api.ids import new_id
from services.api.render_jobs import repository as render_jobs
from services.api.reports import moves
from services.api.reports import service as reports
from services.api.reports.addresses import job_path
from services.api.reports.document import StoredDocument
from services.api.reports.life import after, life
from services.api.reports.requesting import RENDER_REQUESTED
from services.api.sealing import CheckedDocument
from services.api.signatures import copies, repository
from services.api.tenants import configuration
from shared.contracts.sign_job import SignLease
from shared.contracts.signing import SEAL, ExpectedSignature, SignatureSlot, Signing, field_of
from shared.contracts.verification import SignerReport
from shared.domain import signatures as rules
from shared.domain.membership import EVERY_UNIT
from shared.domain.permissions import Action
from shared.domain.report_states import ReportMove, ReportState
from shared.domain.responsibility import is_of
from shared.runtime.blobs import report_key
from shared.runtime.secrets import SealError, SecretBox

_NOBODY = ""
"""Of a copy the certificate says who signed, not who brings it."""


@dataclass(frozen=True, slots=True)
class Signatures:
    """The signatures of a document: what it waits for, what it has, what is under way."""

    row: sa.Row[Any]
    slots: tuple[SignatureSlot, ...]
    made: Sequence[sa.Row[Any]]
    open_job: sa.Row[Any] | None
    signing: Signing

    @property
    def offices(self) -> list[str]:
        """Those who sign, in order, without the seal."""
        return [slot.office for slot in self.slots]

    @property
    def by_office(self) -> Mapping[str, str]:
        """Who signed for which office: the person, or of a copy the certificate."""
        return {
            row.office: row.certificate_sha256 if row.origin == "upload" else row.made_by
            for row in self.made
            if row.office != SEAL
        }

    def standings(self) -> Mapping[str, rules.Standing]:
        """Where each expected signature is."""
        open_now = life(self.row).allows(ReportState(self.row.state), Action.REPORT_SIGN)
        return rules.standings(self.offices, self.by_office, open_now=open_now)

    def expected(self, office: str) -> ExpectedSignature:
        """What the chamber has set for an office, now; by itself it expects no certain person."""
        slot = next(item for item in self.slots if item.office == office)
        return self.signing.of(office) or ExpectedSignature(**slot.model_dump())


async def read(session: ReadSession, report_id: str) -> Signatures:
    """The signatures of a report.

    Raises:
        Refusal: ``report_not_found``.
    """
    row = await reports.report(session, report_id)
    return Signatures(
        row,
        tuple(SignatureSlot(**slot) for slot in row.signatories or ()),
        await repository.of_report(session, report_id),
        await render_jobs.open_signature(session, report_id),
        (await configuration.read(session)).signing or Signing(),
    )


async def with_stages(session: ReadSession, digests: Collection[str]) -> Sequence[tuple[str, str]]:
    """Chamber and id of every report that has a stage of one of these digests.

    The session may be for several chambers.
    """
    return await repository.with_stages(session, digests)


def may_sign_for(access: Access, office: str) -> bool:
    """Whether the office is among the caller's units."""
    membership = access.membership
    return EVERY_UNIT in membership.units or is_of(membership, [office])


async def request_signature(
    parts: Container,
    session: WriteSession,
    access: Access,
    held: sa.Row[Any],
    office: str,
    secrets: Mapping[str, SecretStr | None],
) -> sa.Row[Any]:
    """Asks the renderer for a signature on a held report; answers the job.

    Raises:
        Refusal: what :func:`_require_turn` says.
    """
    found = await read(session, held.report_id)
    _require_turn(session, access, found, office, session.author.actor)
    job_id = new_id()
    given = {name: secret.get_secret_value() for name, secret in secrets.items() if secret}
    sealed = None
    if given:
        sealed = _box(parts).seal(json.dumps(given), context=_context(session, job_id))
    await render_jobs.add_signature(session, job_id, held.report_id, office, sealed)
    await emit(session, RENDER_REQUESTED, held.report_id, {"job_id": job_id})
    facts = {"office": office, "job_id": job_id, "base_sha256": held.pdf_sha256}
    await audit(session, "report.signature_requested", held.report_id, facts)
    session.on_commit(lambda: parts.signals.knock(signals.OUTBOX))
    return await reports.job(session, job_id)


def _require_turn(
    session: ReadSession, access: Access, found: Signatures, office: str, person: str
) -> None:
    """Refuses who may not sign, and what cannot be signed now.

    Raises:
        Refusal: ``office_not_yours``, ``office_not_expected``, ``signature_already_made``,
            ``signature_not_next``, ``signer_signed_already``, ``signature_under_way``, or what the
            state of the report says.
    """
    if not may_sign_for(access, office):
        raise Refusal("office_not_yours")
    if office not in found.offices:
        raise Refusal("office_not_expected")
    after(session, found.row, ReportMove.SIGN)
    wrong = rules.refusal(found.offices, found.by_office, office, person)
    if wrong is not None:
        raise Refusal(wrong)
    if found.open_job is not None:
        raise Refusal("signature_under_way", job=job_path(session.chamber, found.open_job.job_id))


async def lease(
    parts: Container, session: WriteSession, leased: sa.Row[Any], token: str, expires_at: str
) -> SignLease:
    """What the renderer needs for a signature, with what the person gave for it."""
    found = await read(session, leased.report_id)
    wanted = found.expected(leased.office)
    given = await _given(parts, session, leased.job_id)
    return SignLease(
        job_id=leased.job_id,
        attempt=leased.attempt,
        lease_token=token,
        expires_at=expires_at,
        lease_seconds=parts.settings.lease_seconds,
        chamber=await reports.card(session),
        office=leased.office,
        title=wanted.title,
        identity=wanted.identity_in(session.chamber),
        level=found.signing.level,
        expected=wanted.signer,
        base_sha256=found.row.pdf_sha256,
        pin=given.get("pin"),
        otp=given.get("otp"),
    )


async def _given(parts: Container, session: ReadSession, job_id: str) -> dict[str, SecretStr]:
    sealed = await render_jobs.secret_of(session, job_id)
    if sealed is None:
        return {}
    try:
        opened = _box(parts).open(sealed, context=_context(session, job_id))
    except SealError:
        # The keys were changed meanwhile: the device will ask, and the person be told so.
        return {}
    return {name: SecretStr(value) for name, value in json.loads(opened).items()}


@dataclass(frozen=True, slots=True)
class MadeSignature:
    """A signature that was checked, and the stage of the document that it makes."""

    office: str
    origin: str
    pdf: bytes
    before: str
    """Hash of the stage that it was put on."""
    signer: SignerReport
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
    wanted = copies.Wanted(
        base=await blobs.get(found.row.blob_key),
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
    return MadeSignature(office, origin, pdf, found.row.pdf_sha256, signer, report.stamp_ends)


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
    await repository.add(session, report_id, _facts(made.signer) | document | stage)
    facts = {"office": made.office, "origin": made.origin, "level": made.signer.level}
    await audit(
        session, "report.signed", report_id, facts | {"pdf_sha256": made.sha256, "by": person}
    )
    title = found.expected(made.office).title
    told = {"report_id": report_id, "pdf_sha256": made.sha256}
    await emit(
        session, "report.signed", report_id, told | {"signer": title, "level": made.signer.level}
    )
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
        Refusal: what :func:`_require_turn` says; ``signed_copy_refused``.
    """
    async with parts.database.write([access.chamber], author) as session:
        await refuse_suspended(session)
        found = await read(session, report_id)
        copy.as_read(found.row)
        _require_turn(session, access, found, copy.office, _NOBODY)
    made = await checked(parts, found, copy.office, copy.pdf, by_us=False)
    key = await store(parts, access.chamber, report_id, made)
    try:
        async with parts.database.write([access.chamber], author) as session:
            await reports.hold(session, report_id)
            again = await read(session, report_id)
            _require_turn(session, access, again, copy.office, _NOBODY)
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


def _box(parts: Container) -> SecretBox:
    return SecretBox(parts.settings.secret_key_list)


def _context(session: ReadSession, job_id: str) -> str:
    return f"{session.chamber}/{job_id}"
