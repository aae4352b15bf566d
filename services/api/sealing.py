"""What the API asks of a sealed PDF: is it intact, whose seal is it, what does it carry.

Signatures are verified by :mod:`shared.signatures` against the certificates of the
installation; nothing is fetched from anywhere.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import pikepdf
from pydantic import ValidationError

from shared.contracts.issues import Issue
from shared.contracts.snapshot import ReportSnapshot, canonical_bytes
from shared.contracts.verification import SignatureReport, SignerReport
from shared.signatures import verify
from shared.signatures.states import state_before

SNAPSHOT_ATTACHMENT = "snapshot.json"
"""Name under which a report carries its own snapshot (see the renderer's attachments)."""


class DocumentRefusedError(Exception):
    """The PDF is not one that may be kept as this chamber's report; ``issue`` says why."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.code)
        self.issue = issue


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """A PDF that holds: its pages, and who sealed it, at which level and when."""

    pages: int
    signature: Mapping[str, Any]
    report: SignatureReport

    @property
    def seal(self) -> SignerReport:
        """The first signature."""
        return self.report.signers[0]

    @property
    def unsigned_sha256(self) -> str | None:
        """Of the document that was sealed."""
        before = state_before(self.report.states, self.seal.covers_size)
        return None if before is None else before.sha256


class Seals(Protocol):
    """Checks seals against the trust anchors of the installation."""

    def check(self, pdf: bytes, chamber: str, snapshot_sha256: str) -> CheckedDocument:
        """The facts of a PDF that ``chamber`` has sealed and that carries that snapshot.

        Raises:
            DocumentRefusedError: integrity, seal or content do not hold.
        """
        ...

    def report(self, pdf: bytes) -> SignatureReport:
        """What can be said about the signatures of any file; never raises for its content."""
        ...


class TrustedSeals:
    """Seals that chain to the certificates in a folder, read anew for every document."""

    def __init__(self, anchors: Path | None) -> None:
        self._anchors = anchors

    def report(self, pdf: bytes) -> SignatureReport:
        """What can be said about the signatures of any file."""
        return verify(pdf, self._anchors or ())

    def check(self, pdf: bytes, chamber: str, snapshot_sha256: str) -> CheckedDocument:
        """As :meth:`Seals.check` says."""
        report = verify(pdf, self._anchors or (), chamber=chamber)
        if not report.valid:
            found = report.problems[0]
            raise DocumentRefusedError(Issue(pointer="", code=found.code, it=found.it, en=found.en))
        pages, attached = _content(pdf)
        if attached != snapshot_sha256:
            raise DocumentRefusedError(
                Issue(
                    pointer="",
                    code="other_content",
                    it="il PDF non porta con sé il contenuto congelato alla richiesta",
                    en="the PDF does not carry the content frozen at the request",
                )
            )
        seal = report.signers[0]
        signature = {
            "signer": seal.common_name or "",
            "level": seal.level,
            "signed_at": seal.trusted_time or seal.claimed_time,
            "development": seal.development,
        }
        return CheckedDocument(pages, signature, report)


def _content(pdf: bytes) -> tuple[int, str | None]:
    """Pages, and the hash of the attached snapshot in its canonical form."""
    with pikepdf.open(BytesIO(pdf)) as document:
        pages = len(document.pages)
        if SNAPSHOT_ATTACHMENT not in document.attachments:
            return pages, None
        attached = document.attachments[SNAPSHOT_ATTACHMENT].get_file().read_bytes()
    try:
        snapshot = ReportSnapshot.model_validate_json(attached)
    except ValidationError:
        return pages, None
    return pages, hashlib.sha256(canonical_bytes(snapshot)).hexdigest()
