"""What a recognised file is, in sentences; of persons only the office they signed for."""

from collections.abc import Iterable, Iterator

from services.api.reports.views import designation
from services.api.verifications.recognition import Recognised
from shared.contracts.issues import Language
from shared.contracts.signing import SEAL
from shared.contracts.verification import SignatureReport
from shared.domain.italian import of_the


def title(found: Recognised) -> str:
    """What the document is called, with its year; titles are Italian in either language."""
    return designation(found.row).title


def sentences(found: Recognised, report: SignatureReport | None, language: Language) -> list[str]:
    """What there is to say, the most important first.

    ``report``: what the file's own signatures say, where the file is at hand.
    """
    said = [*_identity(found), *_signed(found), *_after(found, report), *_newer(found)]
    return [italian if language == "it" else english for italian, english in said]


Both = tuple[str, str]


def _identity(found: Recognised) -> Iterator[Both]:
    name, version = found.issued.chamber_name, found.row.version
    yield (
        f"{title(found)}, versione {version}, {of_the(name)}.",
        f"{title(found)}, version {version}, of {name}.",
    )
    if not found.published:
        yield "Non è pubblicato.", "It is not published."


def _signed(found: Recognised) -> Iterator[Both]:
    """Which signatures this copy has, which came later, which are missing."""
    made, later = found.made(), found.made_later()
    slots = found.signatures.slots
    if SEAL not in made:
        yield (
            "È il documento com'era prima di essere sigillato: non porta firme.",
            "It is the document as it was before it was sealed: it carries no signature.",
        )
    else:
        titles = [slot.title for slot in slots if slot.office in made]
        yield (
            f"Porta il sigillo della camera{_joined(' e la firma ', map(of_the, titles))}.",
            f"It carries the chamber's seal{_joined(' and the signature of ', titles)}.",
        )
    if not found.last:
        titles = [slot.title for slot in slots if slot.office in later]
        digest = found.stages[-1].sha256
        yield (
            (
                f"Non è l'ultima copia{_joined(': in seguito è arrivata la firma di ', titles)}. "
                f"L'ultima ha impronta SHA-256 {digest}."
            ),
            (
                f"It is not the last copy{_joined(': later came the signature of ', titles)}. "
                f"The last has the SHA-256 digest {digest}."
            ),
        )
    missing = [slot.title for slot in slots if slot.office not in made and slot.office not in later]
    if missing:
        yield (
            f"Manca ancora la firma {', '.join(map(of_the, missing))}.",
            f"The signature of {', '.join(missing)} is still missing.",
        )
    if any(row.development for row in made.values()):
        yield (
            "Documento di prova, firma priva di valore legale.",
            "A document for tests: its signatures have no legal value.",
        )


def _joined(before: str, titles: Iterable[str]) -> str:
    joined = ", ".join(titles)
    return f"{before}{joined}" if joined else ""


def _after(found: Recognised, report: SignatureReport | None) -> Iterator[Both]:
    """What the file has beyond the stage that it begins with."""
    if found.exact or found.size is None or report is None:
        return
    added = [signer for signer in report.signers if signer.covers_size > found.size]
    stamps = len(report.stamps) - _stamps_before(found, report)
    more = report.size - found.size
    yield (
        (
            f"Non è l'originale byte per byte: comincia con esso, poi ha altri {more} byte "
            f"(firme non nostre: {len(added)}, marche temporali: {stamps})."
        ),
        (
            f"It is not the original byte by byte: it begins with it, and has {more} bytes more "
            f"(signatures that are not ours: {len(added)}, time stamps: {stamps})."
        ),
    )
    if not report.intact:
        yield (
            (
                "Ciò che è stato aggiunto cambia il documento, o nessuna firma lo copre: vale la "
                "copia originale, non questa."
            ),
            (
                "What was added changes the document, or no signature covers it: the original copy "
                "counts, not this one."
            ),
        )


def _stamps_before(found: Recognised, report: SignatureReport) -> int:
    size = found.size or 0
    return sum(stamp.covers_size <= size for stamp in report.stamps)


def _newer(found: Recognised) -> Iterator[Both]:
    version, latest = found.row.version, found.issued.latest_version
    if version < latest:
        yield (
            f"Esiste una versione successiva: la {latest}.",
            f"There is a later version: {latest}.",
        )
