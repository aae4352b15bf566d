"""Is this file signed, unchanged, and the very document that was issued here?"""

import asyncio

from services.api.container import Container
from services.api.db.session import CHAMBER_CODE
from services.api.reports import service as reports
from services.api.verifications.schemas import (
    Original,
    Verification,
    VerificationProblem,
    VerifiedSignature,
)
from shared.contracts.issues import Language
from shared.contracts.verification import SignatureReport, SignerReport


async def verify(parts: Container, pdf: bytes, language: Language) -> Verification:
    """The verdict on a file; nothing of the file is kept."""
    report = await asyncio.to_thread(parts.seals.report, pdf)
    return Verification(
        valid=report.valid,
        intact=report.intact,
        trusted=report.trusted,
        sha256=report.sha256,
        size=report.size,
        signatures=[_signature(signer) for signer in report.signers],
        problems=[
            VerificationProblem(
                code=problem.code,
                detail=problem.it if language == "it" else problem.en,
                field=problem.field,
            )
            for problem in report.problems
        ],
        original=await _original(parts, report),
    )


def _signature(signer: SignerReport) -> VerifiedSignature:
    return VerifiedSignature(
        field=signer.field,
        signer=signer.common_name,
        organization=signer.organization,
        unit=signer.chamber,
        issuer=signer.issuer,
        level=signer.level,
        claimed_at=signer.claimed_time,  # type: ignore[arg-type]  # RFC 3339 text, parsed here
        stamped_at=signer.trusted_time,  # type: ignore[arg-type]
        intact=signer.intact,
        trusted=signer.trusted,
        covers_whole_document=signer.covers_whole_document,
        development=signer.development,
    )


async def _original(parts: Container, report: SignatureReport) -> Original | None:
    """The report whose PDF this is.

    The chamber is the one that a seal we trust names, so the look-up stays within it; by
    the hash of all its bytes nobody finds a document that they do not already hold.
    """
    chamber = report.signers[0].chamber if report.valid else None
    if chamber is None or not CHAMBER_CODE.fullmatch(chamber):
        return None
    async with parts.database.read([chamber]) as session:
        issued = await reports.issued_as(session, report.sha256)
    if issued is None:
        return None
    return Original(
        chamber=chamber,
        report_id=issued.row.report_id,
        year=issued.row.year,
        kind=issued.row.kind,
        version=issued.row.version,
        latest_version=issued.latest_version,
        issued_at=issued.row.rendered_at,
    )
