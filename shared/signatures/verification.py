"""Is this PDF signed, by whom, and is it still what was signed?

Safe on any input and always offline: what cannot be read is reported, never raised, and no
certificate, revocation list or response is ever fetched.
"""

import asyncio
import hashlib
import logging
import re
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel

from shared.contracts.verification import (
    AfterLast,
    FileState,
    SignatureLevel,
    SignatureProblem,
    SignatureReport,
    SignerReport,
    StampReport,
)
from shared.runtime.clock import SystemClock
from shared.signatures.anchors import load_anchors
from shared.signatures.container import gap_problem, problem_in
from shared.signatures.evidence import Evidence
from shared.signatures.problems import problem
from shared.signatures.revisions import forbidden_changes
from shared.signatures.states import states_of

MAX_BYTES = 64 * 1024 * 1024
"""A hundred pages with attachments have about three megabytes."""

MOST_SIGNATURES = 60
"""Each is compared with the next; a document has a handful, and stamps renewed over decades."""

HEADER_WINDOW = 1024
PADES_SUBFILTER = "/ETSI.CAdES.detached"
DEVELOPMENT_POLICY = "2.999.150.2009"
"""Certificate policy of seals without legal value (the arc reserved for examples)."""

_ENDING = re.compile(rb"%%EOF(\r\n|\n|\r)?\Z")

_log = logging.getLogger(__name__)

Anchors = Sequence[x509.Certificate] | Path


def verify(
    pdf: bytes, anchors: Anchors, *, chamber: str | None = None, moment: datetime | None = None
) -> SignatureReport:
    """Verify every signature of ``pdf`` against ``anchors`` (certificates or their folder).

    ``chamber`` asks that the first signature is the seal of that chamber. ``moment`` is
    when certificates must be valid that no time stamp speaks for; now by default. Never raises
    for what is in ``pdf``; raises ``OSError`` or ``ValueError`` when the folder of anchors cannot
    be used.
    """
    roots = load_anchors(anchors) if isinstance(anchors, Path) else tuple(anchors)
    digest = hashlib.sha256(pdf).hexdigest()
    if len(pdf) > MAX_BYTES:
        return _refusal("too_large", digest, len(pdf))
    if b"%PDF-" not in pdf[:HEADER_WINDOW]:
        return _refusal("not_a_pdf", digest, len(pdf))
    states = states_of(pdf)
    try:
        report = _run(_Verification(pdf, digest, roots, chamber, moment))
    except (Exception, RecursionError, MemoryError) as error:  # noqa: BLE001 - hostile input
        _log.info("unreadable PDF %s: %s: %s", digest, type(error).__name__, error)
        return _refusal("unreadable", digest, len(pdf), states)
    return report.model_copy(update={"states": states})


def _refusal(
    code: str, digest: str, size: int, states: tuple[FileState, ...] = ()
) -> SignatureReport:
    return SignatureReport(
        valid=False,
        intact=False,
        trusted=False,
        sha256=digest,
        size=size,
        states=states,
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
        self._moment = moment or SystemClock().now()
        self._problems: list[SignatureProblem] = []
        self._after_last: AfterLast = "nothing"

    async def report(self) -> SignatureReport:
        """Read the file and judge every signature in it."""
        reader = PdfFileReader(BytesIO(self._pdf), strict=True)
        signatures = reader.embedded_signatures
        regular = [item for item in signatures if item.sig_object_type == "/Sig"]
        if not regular:
            return _refusal("unsigned", self._digest, len(self._pdf))
        if len(signatures) > MOST_SIGNATURES:
            return _refusal("too_many_signatures", self._digest, len(self._pdf))
        unchanged, covered = self._compare(reader, signatures)
        evidence = Evidence(reader, self._roots)
        # From the last to the first: each is there at the moment of the next stamp.
        latest, archived = self._moment, False
        found: list[SignerReport] = []
        stamps: list[StampReport] = []
        for place in reversed(range(len(signatures))):
            signature = signatures[place]
            if signature.sig_object_type == "/Sig":
                judged = await self._signer(signature, evidence, latest, archived=archived)
                intact = judged.intact and unchanged[place]
                found.append(judged.model_copy(update={"intact": intact}))
                continue
            stamp, stamped = await self._time_stamp(signature, evidence, latest)
            stamps.append(stamp)
            if stamped is not None:
                latest, archived = stamped, True
        signers = found[::-1]
        if self._chamber is not None and signers[0].chamber != self._chamber:
            self._problems.append(problem("other_chamber", signers[0].field))
        intact = covered and all(unchanged) and all(item.intact for item in signers)
        trusted = all(item.trusted for item in signers)
        return SignatureReport(
            valid=intact and trusted and not self._problems,
            intact=intact,
            trusted=trusted,
            sha256=self._digest,
            size=len(self._pdf),
            signers=tuple(signers),
            stamps=tuple(stamps[::-1]),
            after_last=self._after_last,
            problems=tuple(self._problems),
        )

    def _compare(
        self, reader: PdfFileReader, signatures: Sequence[EmbeddedPdfSignature]
    ) -> tuple[list[bool], bool]:
        """Of each signature whether what it covers is still there; whether all is covered.

        After the last signature there may be validation data (level B-LT as other programs
        write it) and nothing else.
        """
        ends = [sum(_ints(part.byte_range)[-2:]) for part in signatures]
        last = signatures[-1]
        last.compute_integrity_info(skip_diff=True)  # type: ignore[no-untyped-call]
        coverage: SignatureCoverageLevel | None = last.coverage
        whole = coverage is SignatureCoverageLevel.ENTIRE_FILE and ends[-1] == len(self._pdf)
        later = (
            ends[-1] < len(self._pdf) and reader.xrefs.total_revisions > last.signed_revision + 1
        )
        if not whole and later:
            ends.append(len(self._pdf))
        changes = forbidden_changes(self._pdf, ends, tail=len(ends) > len(signatures))
        covered, last_change = whole, None
        if len(ends) > len(signatures):
            # Bytes after the end are no validation data.
            last_change = changes.pop()
            covered = last_change is None and _ENDING.search(self._pdf) is not None
        if not whole:
            self._after_last = "validation_data" if covered else "changes"
        unchanged = [True] * len(signatures)
        for place, change in enumerate(changes):
            if change is not None:
                _log.info("after signature %d of %s: %s", place + 1, self._digest, change)
                unchanged[: place + 1] = [False] * (place + 1)
        if not covered:
            self._problems.append(problem("not_covered", change=last_change))
        for place, signature in enumerate(signatures):
            if not unchanged[place]:
                first = next(change for change in changes[place:] if change is not None)
                self._problems.append(problem("modified", signature.field_name, first))
        return unchanged, covered

    async def _time_stamp(
        self, signature: EmbeddedPdfSignature, evidence: Evidence, latest: datetime
    ) -> tuple[StampReport, datetime | None]:
        """A document time stamp, and when it says the document was there, if it is believed."""
        status = await evidence.time_stamp(signature, latest)
        strange = gap_problem(self._pdf, _ints(signature.byte_range), signature.pkcs7_content)
        good = bool(status.intact and status.valid and status.trusted and strange is None)
        if not good:
            _log.info("time stamp %s of %s: %s", signature.field_name, self._digest, strange)
            self._problems.append(problem("stamp_wrong", signature.field_name))
        certificate = signature.signer_cert
        stamp = StampReport(
            field=signature.field_name,
            authority=_text(certificate.subject.native.get("common_name")),
            time=_instant(status.timestamp),
            good=good,
            certificate_ends=_moment(certificate.not_valid_after),
            covers_size=sum(_ints(signature.byte_range)[-2:]),
            covers_whole_document=status.coverage is SignatureCoverageLevel.ENTIRE_FILE,
        )
        return stamp, status.timestamp if good else None

    async def _signer(
        self,
        signature: EmbeddedPdfSignature,
        evidence: Evidence,
        latest: datetime,
        *,
        archived: bool,
    ) -> SignerReport:
        name = signature.field_name
        status = await evidence.signature(signature, latest, latest)
        stamp = status.timestamp_validity
        stamped = stamp.timestamp if stamp is not None and stamp.trusted else None
        moment = stamped or latest
        if stamped is not None:
            status = await evidence.signature(signature, moment, latest)
        intact = self._judge_bytes(signature, status, name)
        if intact and stamp is not None and stamped is None:
            self._problems.append(problem("stamp_wrong", name))
        trusted = bool(status.trusted)
        if intact and not trusted:
            self._problems.append(problem(_trust_problem(signature, status, moment), name))
        certificate = signature.signer_cert
        subject, issuer = certificate.subject.native, certificate.issuer.native
        covered = sum(_ints(signature.byte_range)[-2:])
        level = _level(signature, stamped=stamped is not None)
        if level == "B-T" and await evidence.lasting(signature, moment, latest):
            level = "B-LTA" if archived else "B-LT"
        return SignerReport(
            field=name,
            common_name=_text(subject.get("common_name")),
            organization=_text(subject.get("organization_name")),
            chamber=_text(subject.get("organizational_unit_name")),
            issuer=_text(issuer.get("common_name")),
            serial_number=str(certificate.serial_number),
            subject_serial_number=_text(subject.get("serial_number")),
            certificate_sha256=hashlib.sha256(certificate.dump()).hexdigest(),
            level=level,
            claimed_time=_instant(status.signer_reported_dt),
            trusted_time=_instant(stamped),
            intact=intact,
            trusted=trusted,
            covers_whole_document=status.coverage is SignatureCoverageLevel.ENTIRE_FILE,
            covers_sha256=hashlib.sha256(self._pdf[:covered]).hexdigest(),
            covers_size=covered,
            development=_is_development(certificate),
        )

    def _judge_bytes(
        self, signature: EmbeddedPdfSignature, status: PdfSignatureStatus, name: str
    ) -> bool:
        byte_range = _ints(signature.byte_range)
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


def _trust_problem(
    signature: EmbeddedPdfSignature, status: PdfSignatureStatus, moment: datetime
) -> str:
    if status.revoked:
        return "certificate_revoked"
    validity = signature.signer_cert["tbs_certificate"]["validity"]
    if not validity["not_before"].native <= moment <= validity["not_after"].native:
        return "certificate_expired"
    usage = signature.signer_cert.key_usage_value
    if usage is not None and not {"non_repudiation", "digital_signature"} & usage.native:
        return "certificate_unsuitable"
    return "untrusted"


def _level(signature: EmbeddedPdfSignature, *, stamped: bool) -> SignatureLevel:
    """The PAdES level reached by the signature itself, without what the document carries."""
    attributes = {item["type"].native for item in signature.signer_info["signed_attrs"]}
    if (
        signature.sig_object.get("/SubFilter") != PADES_SUBFILTER
        or "signing_certificate_v2" not in attributes
    ):
        return "CMS"
    return "B-T" if stamped else "B-B"


def _ints(numbers: Sequence[object]) -> list[int]:
    return [int(item) for item in numbers]  # type: ignore[call-overload]


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
    return None if moment is None else _moment(moment)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
