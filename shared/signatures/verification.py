"""Is this PDF signed, by whom, and is it still what was signed?

Safe on any input and always offline: what cannot be read is reported, never raised, and no
certificate, revocation list or response is ever fetched.
"""

import asyncio
import hashlib
import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.pdf_embedded import (
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleTrustManager

from shared.contracts.verification import (
    SignatureLevel,
    SignatureProblem,
    SignatureReport,
    SignerReport,
)
from shared.runtime.clock import SystemClock
from shared.signatures.anchors import load_anchors
from shared.signatures.container import problem_in
from shared.signatures.problems import problem

MAX_BYTES = 64 * 1024 * 1024
"""A hundred pages with attachments have about three megabytes."""

HEADER_WINDOW = 1024
PADES_SUBFILTER = "/ETSI.CAdES.detached"
DEVELOPMENT_POLICY = "2.999.150.2009"
"""Certificate policy of seals without legal value (the arc reserved for examples)."""

_log = logging.getLogger(__name__)

Anchors = Sequence[x509.Certificate] | Path


def verify(
    pdf: bytes, anchors: Anchors, *, chamber: str | None = None, moment: datetime | None = None
) -> SignatureReport:
    """Verify every signature of ``pdf`` against ``anchors`` (certificates or their folder).

    ``chamber`` asks that the first signature is the seal of that chamber. ``moment`` is
    when certificates must be valid; now by default. Never raises for what is in ``pdf``;
    raises ``OSError`` or ``ValueError`` when the folder of anchors cannot be used.
    """
    roots = load_anchors(anchors) if isinstance(anchors, Path) else tuple(anchors)
    digest = hashlib.sha256(pdf).hexdigest()
    if len(pdf) > MAX_BYTES:
        return _refusal("too_large", digest, len(pdf))
    if b"%PDF-" not in pdf[:HEADER_WINDOW]:
        return _refusal("not_a_pdf", digest, len(pdf))
    try:
        return _run(_Verification(pdf, digest, roots, chamber, moment))
    except (Exception, RecursionError, MemoryError) as error:  # noqa: BLE001 - hostile input
        _log.info("unreadable PDF %s: %s: %s", digest, type(error).__name__, error)
        return _refusal("unreadable", digest, len(pdf))


def _refusal(code: str, digest: str, size: int) -> SignatureReport:
    return SignatureReport(
        valid=False,
        intact=False,
        trusted=False,
        sha256=digest,
        size=size,
        problems=(problem(code),),
    )


def _run(verification: "_Verification") -> SignatureReport:
    """Drive pyHanko's coroutines from any context, a running event loop included."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(verification.report())
    answer: list[SignatureReport | BaseException] = []

    def work() -> None:
        try:
            answer.append(asyncio.run(verification.report()))
        except BaseException as error:  # noqa: BLE001 - passed on to the caller's thread
            answer.append(error)

    thread = threading.Thread(target=work, name="verify-pdf")
    thread.start()
    thread.join()
    if isinstance(answer[0], BaseException):
        raise answer[0]
    return answer[0]


class _Verification:
    """One file being verified."""

    def __init__(
        self,
        pdf: bytes,
        digest: str,
        roots: tuple[x509.Certificate, ...],
        chamber: str | None,
        moment: datetime | None,
    ) -> None:
        self._pdf = pdf
        self._digest = digest
        self._roots = roots
        self._chamber = chamber
        self._moment = moment
        self._problems: list[SignatureProblem] = []

    async def report(self) -> SignatureReport:
        """Read the file and judge every signature in it."""
        reader = PdfFileReader(BytesIO(self._pdf), strict=True)
        signatures = reader.embedded_regular_signatures
        if not signatures:
            return _refusal("unsigned", self._digest, len(self._pdf))
        later_stamps = bool(reader.embedded_timestamp_signatures)
        covered = await self._covered(reader)
        if not covered:
            self._problems.append(problem("not_covered"))
        signers = [await self._signer(item, stamped=later_stamps) for item in signatures]
        if covered:
            signers = self._compare(signatures, signers)
        if self._chamber is not None and signers[0].chamber != self._chamber:
            self._problems.append(problem("other_chamber", signers[0].field))
        intact = covered and all(item.intact for item in signers)
        trusted = all(item.trusted for item in signers)
        return SignatureReport(
            valid=intact and trusted and not self._problems,
            intact=intact,
            trusted=trusted,
            sha256=self._digest,
            size=len(self._pdf),
            signers=tuple(signers),
            problems=tuple(self._problems),
        )

    def _context(self) -> ValidationContext:
        """A fresh context without network, trusting the given roots and nothing else."""
        return ValidationContext(
            trust_manager=SimpleTrustManager.build(trust_roots=list(self._roots)),
            allow_fetching=False,
            revocation_mode="soft-fail",
            moment=self._moment,
        )

    async def _covered(self, reader: PdfFileReader) -> bool:
        """The last signature or time stamp reaches the last byte of the file."""
        last = reader.embedded_signatures[-1]
        last.compute_integrity_info(skip_diff=True)
        if last.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
            return False
        if last.sig_object_type == "/DocTimeStamp":
            status = await async_validate_pdf_timestamp(last, self._context())
            return bool(status.intact and status.valid and status.trusted)
        _, _, start, length = (int(item) for item in last.byte_range)
        return start + length == len(self._pdf)

    def _compare(
        self, signatures: Sequence[EmbeddedPdfSignature], signers: list[SignerReport]
    ) -> list[SignerReport]:
        """Look at what was added after each signature but the last.

        Comparing the revisions of a tagged document takes pyHanko minutes: it is done for
        documents whose signers are all trusted, not for whatever a stranger signs and sends.
        """
        worth = all(item.intact and item.trusted for item in signers)
        compared: list[SignerReport] = []
        for signature, signer in zip(signatures, signers, strict=True):
            intact = signer.intact
            if signature.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
                if worth:
                    signature.compute_integrity_info()  # type: ignore[no-untyped-call]
                    intact = bool(signature.summarise_integrity_info()["docmdp_ok"])
                else:
                    intact = False
                if not intact:
                    found = "modified" if worth else "not_compared"
                    self._problems.append(problem(found, signer.field))
            compared.append(signer.model_copy(update={"intact": intact}))
        return compared

    async def _signer(self, signature: EmbeddedPdfSignature, *, stamped: bool) -> SignerReport:
        name = signature.field_name
        status = await async_validate_pdf_signature(signature, self._context(), skip_diff=True)
        intact = self._judge_bytes(signature, status, name)
        trusted = bool(status.trusted)
        if intact and not trusted:
            self._problems.append(problem(self._trust_problem(signature), name))
        certificate = signature.signer_cert
        subject, issuer = certificate.subject.native, certificate.issuer.native
        claimed = status.signer_reported_dt
        stamp = status.timestamp_validity
        return SignerReport(
            field=name,
            common_name=_text(subject.get("common_name")),
            organization=_text(subject.get("organization_name")),
            chamber=_text(subject.get("organizational_unit_name")),
            issuer=_text(issuer.get("common_name")),
            serial_number=str(certificate.serial_number),
            level=_level(signature, status, stamped=stamped),
            claimed_time=_instant(claimed),
            trusted_time=_instant(stamp.timestamp) if stamp and stamp.trusted else None,
            intact=intact,
            trusted=trusted,
            covers_whole_document=status.coverage is SignatureCoverageLevel.ENTIRE_FILE,
            development=_is_development(certificate),
        )

    def _judge_bytes(
        self, signature: EmbeddedPdfSignature, status: PdfSignatureStatus, name: str
    ) -> bool:
        byte_range = [int(item) for item in signature.byte_range]
        strange = problem_in(self._pdf, byte_range, signature.pkcs7_content, self._roots)
        if strange is not None:
            _log.info("signature %s of %s: %s", name, self._digest, strange)
            self._problems.append(problem("signature_malformed", name))
        elif not status.intact:
            self._problems.append(problem("modified", name))
        elif not status.valid:
            self._problems.append(problem("signature_wrong", name))
        elif status.coverage is None or status.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
            self._problems.append(problem("modified", name))
        else:
            return True
        return False

    def _trust_problem(self, signature: EmbeddedPdfSignature) -> str:
        validity = signature.signer_cert["tbs_certificate"]["validity"]
        moment = self._moment or SystemClock().now()
        if not validity["not_before"].native <= moment <= validity["not_after"].native:
            return "certificate_expired"
        usage = signature.signer_cert.key_usage_value
        if usage is not None and not {"non_repudiation", "digital_signature"} & usage.native:
            return "certificate_unsuitable"
        return "untrusted"


def _level(
    signature: EmbeddedPdfSignature, status: PdfSignatureStatus, *, stamped: bool
) -> SignatureLevel:
    """The PAdES level reached, by what the file really carries."""
    attributes = {item["type"].native for item in signature.signer_info["signed_attrs"]}
    if (
        signature.sig_object.get("/SubFilter") != PADES_SUBFILTER
        or "signing_certificate_v2" not in attributes
    ):
        return "CMS"
    if status.timestamp_validity is None or not status.timestamp_validity.valid:
        return "B-B"
    if "/DSS" not in signature.reader.root:
        return "B-T"
    return "B-LTA" if stamped else "B-LT"


def _is_development(certificate: x509.Certificate) -> bool:
    policies = certificate.certificate_policies_value
    return policies is not None and any(
        policy["policy_identifier"].dotted == DEVELOPMENT_POLICY for policy in policies
    )


def _text(value: object) -> str | None:
    if isinstance(value, list):
        value = value[-1] if value else None
    return value if isinstance(value, str) else None


def _instant(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
