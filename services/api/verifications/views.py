"""From verdicts and recognised documents to the bodies that callers see."""

from services.api.verifications import words
from services.api.verifications.recognition import Recognised
from services.api.verifications.schemas import (
    DocumentStage,
    RecognisedDocument,
    StandingSignature,
    VerifiedSignature,
    VerifiedStamp,
)
from shared.contracts.issues import Language
from shared.contracts.signing import SEAL
from shared.contracts.verification import SignatureReport, SignerReport, StampReport


def signature_view(signer: SignerReport) -> VerifiedSignature:
    """One signature in the file."""
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


def stamp_view(stamp: StampReport) -> VerifiedStamp:
    """One time stamp of the whole document."""
    return VerifiedStamp(
        field=stamp.field,
        authority=stamp.authority,
        stamped_at=stamp.time,  # type: ignore[arg-type]  # as above
        good=stamp.good,
        certificate_ends=stamp.certificate_ends,  # type: ignore[arg-type]
        covers_whole_document=stamp.covers_whole_document,
    )


def document_view(
    found: Recognised, report: SignatureReport | None, language: Language
) -> RecognisedDocument:
    """The document that a file is a copy of; ``report`` is what the file itself says."""
    return RecognisedDocument(
        chamber=found.chamber,
        chamber_name=found.issued.chamber_name,
        report_id=found.row.report_id,
        title=words.title(found),
        year=found.row.year,
        kind=found.row.kind,
        version=found.row.version,
        latest_version=found.issued.latest_version,
        published=found.published,
        exact=found.exact,
        last=found.last,
        stages=[
            DocumentStage(
                sha256=stage.sha256,
                after=None if stage.signature is None else stage.signature.office,
                this=at == found.at,
            )
            for at, stage in enumerate(found.stages)
        ],
        signatures=standing(found),
        summary=words.sentences(found, report, language),
    )


def standing(found: Recognised) -> list[StandingSignature]:
    """The seal and every signature that the document waits for, in order."""
    made, later = found.made(), found.made_later()
    offices = {SEAL: "Sigillo elettronico"}
    offices |= {slot.office: slot.title for slot in found.signatures.slots}
    signatures = []
    for office, title in offices.items():
        row = made.get(office) or later.get(office)
        signatures.append(
            StandingSignature(
                office=office,
                title=title,
                state="in_copy" if office in made else "later" if office in later else "missing",
                level=None if row is None else row.level,
                signed_at=None if row is None else row.stamped_at or row.claimed_at,
            )
        )
    return signatures
