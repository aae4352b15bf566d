"""Use cases of those who sign: what is waited for, asking for a signature, a copy signed elsewhere.

A PIN or OTP that a person gives is sealed for its job, opened for the renderer that leases it,
and gone from the database when the job is over. It is in no log, audit line, event or stored
answer.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr

from services.api import signals
from services.api.auth.access import Access
from services.api.container import Container
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit, emit
from services.api.errors import Refusal
from services.api.ids import new_id
from services.api.render_jobs import repository as render_jobs
from services.api.reports import service as reports
from services.api.reports.addresses import job_path
from services.api.reports.life import after, life
from services.api.reports.requesting import RENDER_REQUESTED
from services.api.signatures import repository
from services.api.tenants import configuration
from shared.contracts.sign_job import SignLease
from shared.contracts.signing import (
    SEAL,
    TIME_STAMP,
    TIME_STAMP_TITLE,
    ExpectedSignature,
    SignatureSlot,
    Signing,
)
from shared.domain import signatures as rules
from shared.domain.membership import EVERY_UNIT
from shared.domain.permissions import Action
from shared.domain.report_states import ReportMove, ReportState
from shared.domain.responsibility import is_of
from shared.runtime.secrets import SealError, SecretBox


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
            if row.office not in {SEAL, TIME_STAMP}
        }

    @property
    def renew_before(self) -> datetime | None:
        """When the time stamp that covers the document has to be covered by another."""
        return self.made[-1].stamp_ends_at if self.made else None

    def standings(self) -> Mapping[str, rules.Standing]:
        """Where each expected signature is."""
        open_now = life(self.row).allows(ReportState(self.row.state), Action.REPORT_SIGN)
        return rules.standings(self.offices, self.by_office, open_now=open_now)

    def expected(self, office: str) -> ExpectedSignature:
        """What the chamber has set for an office, now; by itself it expects no certain person."""
        if office == TIME_STAMP:
            return ExpectedSignature(office=TIME_STAMP, title=TIME_STAMP_TITLE)
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
        Refusal: what :func:`require_turn` says.
    """
    found = await read(session, held.report_id)
    require_turn(session, access, found, office, session.author.actor)
    return await _ask(parts, session, found, office, secrets)


async def request_renewal(
    parts: Container, session: WriteSession, held: sa.Row[Any]
) -> sa.Row[Any]:
    """Asks the renderer for one more time stamp over a held report; answers the job.

    Raises:
        Refusal: ``stamps_not_renewable``; ``signature_under_way``.
    """
    found = await read(session, held.report_id)
    if found.renew_before is None:
        raise Refusal("stamps_not_renewable")
    _require_rest(session, found)
    return await _ask(parts, session, found, TIME_STAMP, {})


async def _ask(
    parts: Container,
    session: WriteSession,
    found: Signatures,
    office: str,
    secrets: Mapping[str, SecretStr | None],
) -> sa.Row[Any]:
    """A job, its outbox event and an audit line."""
    job_id, report_id = new_id(), found.row.report_id
    given = {name: secret.get_secret_value() for name, secret in secrets.items() if secret}
    sealed = None
    if given:
        sealed = _box(parts).seal(json.dumps(given), context=_context(session, job_id))
    await render_jobs.add_signature(session, job_id, report_id, office, sealed)
    await emit(session, RENDER_REQUESTED, report_id, {"job_id": job_id})
    facts = {"office": office, "job_id": job_id, "base_sha256": found.row.pdf_sha256}
    await audit(session, "report.signature_requested", report_id, facts)
    session.on_commit(lambda: parts.signals.knock(signals.OUTBOX))
    return await reports.job(session, job_id)


def _require_rest(session: ReadSession, found: Signatures) -> None:
    if found.open_job is not None:
        raise Refusal("signature_under_way", job=job_path(session.chamber, found.open_job.job_id))


def require_turn(
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
    _require_rest(session, found)


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


def _box(parts: Container) -> SecretBox:
    return SecretBox(parts.settings.secret_key_list)


def _context(session: ReadSession, job_id: str) -> str:
    return f"{session.chamber}/{job_id}"
