"""``ciclo/signature-report@1``: what can be said about the signatures of a PDF."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract

SignatureLevel = Literal["CMS", "B-B", "B-T", "B-LT", "B-LTA"]
"""``CMS``: a valid signature that is not PAdES."""

PadesLevel = Literal["B-B", "B-T", "B-LT", "B-LTA"]
"""Levels that may be asked for."""


class SignatureProblem(Contract):
    """Why a document or a signature is not good; ``code`` is stable."""

    code: str
    """``not_a_pdf``, ``too_large``, ``unreadable``, ``unsigned``, ``modified``,
    ``not_covered``, ``too_many_signatures``, ``signature_wrong``, ``signature_malformed``,
    ``stamp_wrong``, ``untrusted``, ``certificate_expired``, ``certificate_revoked``,
    ``certificate_unsuitable``, ``other_chamber``."""
    it: str
    en: str
    field: str | None = None
    """Signature field concerned, when one is."""


class SignerReport(Contract):
    """One signature, in the order they were put on."""

    field: str
    common_name: str | None
    organization: str | None
    chamber: str | None
    """Organisational unit of the certificate: the chamber code of a seal."""
    issuer: str | None
    serial_number: str | None
    level: SignatureLevel
    claimed_time: str | None
    """RFC 3339; what the signer's clock said."""
    trusted_time: str | None
    """RFC 3339; what a trusted time stamp says, if there is one."""
    intact: bool
    """The signed bytes are unchanged and the signature matches them."""
    trusted: bool
    """The certificate chains to one of the trust anchors and is fit for signing."""
    covers_whole_document: bool
    subject_serial_number: str | None = None
    """Of the subject (``TINIT-`` and the tax code in qualified certificates)."""
    certificate_sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    covers_sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    """Of the file as it was when it was signed: of the stage of the document it made."""
    covers_size: int = Field(default=0, ge=0)
    """Bytes of that file."""
    development: bool = False
    """The certificate says that it has no legal value."""


class StampReport(Contract):
    """One document time stamp, which says that everything before it was there."""

    field: str
    authority: str | None
    """Common name of the stamping authority's certificate."""
    time: str | None
    """RFC 3339."""
    good: bool
    """Intact, from a trusted authority, and covering all that was there."""
    certificate_ends: str
    """RFC 3339; before this day it has to be covered by another stamp."""
    covers_size: int = Field(ge=0)
    covers_whole_document: bool


class FileState(Contract):
    """A state that the file went through: its first ``size`` bytes."""

    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


AfterLast = Literal["nothing", "validation_data", "changes"]


class SignatureReport(Contract):
    """The verdict on a whole file."""

    format: Literal["ciclo/signature-report@1"] = "ciclo/signature-report@1"
    valid: bool
    """Intact and trusted: every signature good, nothing added after the last."""
    intact: bool
    """No byte differs from what was signed and the last signature covers the whole file."""
    trusted: bool
    """Every signer chains to a trust anchor."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Of the file as received."""
    size: int = Field(ge=0)
    signers: tuple[SignerReport, ...] = ()
    stamps: tuple[StampReport, ...] = ()
    after_last: AfterLast | None = None
    """What follows the last signature or stamp; ``None`` where there is none to follow."""
    states: tuple[FileState, ...] = ()
    """In order; the file itself is the last."""
    problems: tuple[SignatureProblem, ...] = ()

    @property
    def stamp_ends(self) -> str | None:
        """When the certificate of the stamp that covers all of it ends, if one does."""
        last = self.stamps[-1] if self.stamps else None
        return last.certificate_ends if last is not None and last.covers_whole_document else None
