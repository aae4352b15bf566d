"""When was a signature there, and what was known of its certificate then.

A certificate has to be good at the moment of the signature. Without a trusted time stamp that
moment is now; with one it is the stamp's, and the stamp's own certificate has to be good when the
next stamp was made, and so on to the last, which has to be good now (ETSI EN 319 102-1). What was
known of revocations is what the document carries (``DSS``): nothing is fetched.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.pdf_embedded import (
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import DocumentTimestampStatus, PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    FreshnessReqType,
    RevocationCheckingPolicy,
)
from pyhanko_certvalidator.registry import SimpleTrustManager

_USAGES = KeyUsageConstraints(
    key_usage={"non_repudiation", "digital_signature"}, match_all_key_usages=False
)
"""Certificates of seals may have only the second."""

_FRESH = timedelta(days=36_525)
"""What a document carries of revocations is from the day of its signatures, and stays the best
that is known offline: a list that has a successor by now is no reason to believe nothing."""


class Evidence:
    """What the document carries and whom we trust."""

    def __init__(self, reader: PdfFileReader, roots: Sequence[x509.Certificate]) -> None:
        self._roots = list(roots)
        try:
            self._store: DocumentSecurityStore | None = DocumentSecurityStore.read_dss(reader)
        except NoDSSFoundError:
            self._store = None

    async def signature(
        self, signature: EmbeddedPdfSignature, moment: datetime, latest: datetime
    ) -> PdfSignatureStatus:
        """The verdict, with the certificate judged at ``moment``, its stamp at ``latest``."""
        return await async_validate_pdf_signature(
            signature,
            self._context(moment),
            self._context(latest),
            key_usage_settings=_USAGES,
            skip_diff=True,
        )

    async def time_stamp(
        self, signature: EmbeddedPdfSignature, moment: datetime
    ) -> DocumentTimestampStatus:
        """The verdict on a document time stamp, its certificate judged at ``moment``."""
        return await async_validate_pdf_timestamp(signature, self._context(moment), skip_diff=True)

    async def lasting(
        self, signature: EmbeddedPdfSignature, moment: datetime, latest: datetime
    ) -> bool:
        """Whether the document carries the status of every certificate the signature needs."""
        if self._store is None:
            return False
        status = await async_validate_pdf_signature(
            signature,
            self._context(moment, every_status=True),
            self._context(latest, every_status=True),
            key_usage_settings=_USAGES,
            skip_diff=True,
        )
        stamp = status.timestamp_validity
        return bool(status.trusted and stamp is not None and stamp.trusted)

    def _context(self, moment: datetime, *, every_status: bool = False) -> ValidationContext:
        """A fresh context without network, trusting the given roots and nothing else."""
        policy = CertRevTrustPolicy(
            RevocationCheckingPolicy.from_legacy("require" if every_status else "soft-fail"),
            freshness=_FRESH,
            freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION,
        )
        settings: dict[str, Any] = {
            "trust_manager": SimpleTrustManager.build(trust_roots=self._roots),
            "allow_fetching": False,
            "revinfo_policy": policy,
            "moment": moment,
        }
        if self._store is None:
            return ValidationContext(**settings)
        return self._store.as_validation_context(settings)
