"""Is a file the document that was issued, with just the signature that it waited for?

Asked of what the renderer has signed and of what somebody has signed elsewhere alike; everything
that is wrong is told at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from services.api.errors import Refusal
from services.api.sealing import Seals
from shared.contracts.issues import Issue
from shared.contracts.signing import ExpectedSigner
from shared.contracts.verification import PadesLevel, SignatureReport, SignerReport, StampReport
from shared.signatures.expected import differences_of

_LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The signature that is waited for, on what is there."""

    base: bytes
    fields: frozenset[str]
    """Fields that were signed before."""
    certificates: frozenset[str]
    """Of those who signed before, by SHA-256."""
    expected: ExpectedSigner
    level: PadesLevel | None
    field: str | None = None
    """Where it has to be; ``None`` where other programs choose."""
    production: bool = True


def check(
    seals: Seals, pdf: bytes, wanted: Wanted, refusal: str
) -> tuple[SignerReport, SignatureReport]:
    """The new signature, and what is said of the whole file.

    Raises:
        Refusal: of the code ``refusal``, with everything that is wrong.
    """
    report = seals.report(pdf)
    before = wanted.fields
    made = [signer for signer in report.signers if signer.field not in before]
    issues = [*_of_file(pdf, wanted.base, report), *_of_number(made)]
    if before - {signer.field for signer in report.signers}:
        issues.append(
            _issue(
                "signature_removed",
                "una firma che c'era è stata tolta",
                "a signature that was there has been removed",
            )
        )
    for signer in made[:1]:
        issues += _of_signer(signer, wanted)
    if issues:
        raise Refusal(refusal, issues=issues)
    return made[0], report


def check_renewal(seals: Seals, pdf: bytes, base: bytes) -> StampReport:
    """The time stamp that was added to a document, and nothing else was.

    Raises:
        Refusal: ``document_refused``, with everything that is wrong.
    """
    before, after = seals.report(base), seals.report(pdf)
    issues = [*_of_file(pdf, base, after)]
    same = [item.field for item in before.signers] == [item.field for item in after.signers]
    if not same or len(after.stamps) != len(before.stamps) + 1 or after.stamp_ends is None:
        issues.append(
            _issue(
                "one_stamp_expected",
                "si attende una marca temporale in più, su tutto il documento, e nessuna firma",
                "one more time stamp is expected, over all of the document, and no signature",
            )
        )
    if issues:
        raise Refusal("document_refused", issues=issues)
    return after.stamps[-1]


def _of_file(pdf: bytes, base: bytes, report: SignatureReport) -> Iterator[Issue]:
    if not pdf.startswith(base):
        yield _issue(
            "not_our_document",
            "non è il file scaricato da qui con un'aggiunta: firmare proprio quello, senza "
            "salvarlo di nuovo né convertirlo",
            "is not the file downloaded here with something added: sign that very file, without "
            "saving it anew or converting it",
        )
    for problem in report.problems:
        yield _issue(problem.code, problem.it, problem.en)


def _of_number(made: list[SignerReport]) -> Iterator[Issue]:
    if len(made) != 1:
        yield _issue(
            "one_signature_expected",
            f"le firme nuove sono {len(made)}: ne serve una",
            f"there are {len(made)} new signatures: one is needed",
        )


def _of_signer(made: SignerReport, wanted: Wanted) -> Iterator[Issue]:
    if wanted.field is not None and made.field != wanted.field:
        yield _issue(
            "other_field",
            f"la firma è nel campo {made.field}, non in {wanted.field}",
            f"the signature is in the field {made.field}, not in {wanted.field}",
        )
    least = wanted.level or "B-B"
    if made.level == "CMS" or _LEVELS.index(made.level) < _LEVELS.index(least):
        yield _issue(
            "level_too_low",
            f"il livello è {made.level}, serve almeno {least}: firmare in formato PAdES"
            + (" con marca temporale" if least != "B-B" else ""),
            f"the level is {made.level}, at least {least} is needed: sign in PAdES format"
            + (" with a time stamp" if least != "B-B" else ""),
        )
    if wrong := differences_of(made, wanted.expected):
        yield _issue(
            "other_signer",
            f"il certificato non è quello atteso: {', '.join(wrong)}",
            f"the certificate is not the one expected: {', '.join(wrong)}",
        )
    if made.certificate_sha256 in wanted.certificates:
        yield _issue(
            "same_signer",
            "questo certificato ha già firmato il documento: le firme sono di persone diverse",
            "this certificate has signed the document already: signatures are of different persons",
        )
    if made.development and wanted.production:
        yield _issue(
            "signature_of_development",
            "la firma è di prova, priva di valore legale",
            "the signature is for tests and has no legal value",
        )


def _issue(code: str, italian: str, english: str) -> Issue:
    return Issue(pointer="", code=code, it=italian, en=english)
