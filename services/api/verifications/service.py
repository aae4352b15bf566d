"""Is this file signed, unchanged, and a document that was issued here?"""

import asyncio

from services.api.auth.principal import Machine, Principal
from services.api.container import Container
from services.api.errors import Refusal
from services.api.verifications.recognition import Recognised, recognise
from services.api.verifications.schemas import (
    Original,
    Recognition,
    Verification,
    VerificationProblem,
)
from services.api.verifications.views import document_view, signature_view, stamp_view
from shared.contracts.issues import Language
from shared.contracts.verification import FileState


async def verify(
    parts: Container, caller: Principal | Machine, pdf: bytes, language: Language
) -> Verification:
    """The verdict on a file; nothing of the file is kept."""
    report = await asyncio.to_thread(parts.seals.report, pdf)
    found = await recognise(parts, caller, report.states)
    return Verification(
        valid=report.valid,
        intact=report.intact,
        trusted=report.trusted,
        sha256=report.sha256,
        size=report.size,
        signatures=[signature_view(signer) for signer in report.signers],
        stamps=[stamp_view(stamp) for stamp in report.stamps],
        after_last=report.after_last,
        problems=[
            VerificationProblem(
                code=problem.code,
                detail=problem.it if language == "it" else problem.en,
                field=problem.field,
            )
            for problem in report.problems
        ],
        original=_original(found) if report.valid else None,
        document=None if found is None else document_view(found, report, language),
    )


async def look_up(parts: Container, sha256: str, language: Language) -> Recognition:
    """The published document that has a stage of this digest.

    Raises:
        Refusal: ``document_not_recognised``.
    """
    found = await recognise(parts, None, [FileState(size=0, sha256=sha256)])
    if found is None:
        raise Refusal("document_not_recognised")
    return Recognition(sha256=sha256, document=document_view(found, None, language))


def _original(found: Recognised | None) -> Original | None:
    """The document, when the file is all of it as it is now."""
    if found is None or not (found.exact and found.last):
        return None
    return Original(
        chamber=found.chamber,
        report_id=found.row.report_id,
        year=found.row.year,
        kind=found.row.kind,
        version=found.row.version,
        latest_version=found.issued.latest_version,
        issued_at=found.row.rendered_at,
    )
