"""PAdES seals and signatures with pyHanko: incremental updates that keep PDF/A-3a and PDF/UA-1.

PDF/A wants signature widgets printable and not hidden; PDF/UA exempts untagged widgets only
when hidden or off the page. An invisible field in an off-page box with the print flag and a
readable name satisfies both. pyHanko rewrites the XMP packet to note the change: it keeps
``pdfuaid`` because ``conformance.py`` writes the packet as one RDF description.

What a lasting level needs (certificates, revocation lists, responses) is written after the
signature, where validators look for it. At ``B-LTA`` the document time stamp is in the same
revision, so that what is last covers the whole file; at ``B-LT`` validation data are last.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError as PyHankoSigningError
from pyhanko.sign.signers.pdf_signer import (
    DSSContentSettings,
    PdfTimeStamper,
    SigDSSPlacementPreference,
    TimestampDSSContentSettings,
)
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.pdf_embedded import async_validate_pdf_timestamp
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    InsufficientRevinfoError,
    PathBuildingError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath

from services.renderer.errors import SigningError
from services.renderer.seal_field import seal_field, stamp_field
from services.renderer.signing import SignatureOrder
from services.renderer.signing.authorities import Authorities
from services.renderer.signing.identities import IdentityFolder
from services.renderer.signing.words import refusal
from shared.contracts.snapshot import ChamberCard
from shared.contracts.verification import SignatureLevel
from shared.runtime.clock import SystemClock
from shared.signatures import verify
from shared.signatures.expected import differences

if TYPE_CHECKING:
    from pyhanko.sign.timestamps.api import TimeStamper

DIGEST = "sha256"
SEAL_REASON = "Sigillo elettronico dell'ente"
USAGES = {"digital_signature", "non_repudiation"}
"""A certificate may say either: seals of some providers have only the first."""

Level = SignatureLevel

_FAILURES = (
    PyHankoSigningError,
    PdfError,
    PathBuildingError,
    ValidationError,
    TimestampRequestError,
    ValueError,
)

_STAMPS = "CICLO_TSA_URL"
"""Stands for an identity in what is told of a renewal, which needs none."""

_INVISIBLE = fields.InvisSigSettings(
    set_print_flag=True, set_hidden_flag=False, box_out_of_bounds=True
)
_AFTER = DSSContentSettings(
    include_vri=False, placement=SigDSSPlacementPreference.SEPARATE_REVISION
)
_WITH_STAMP = TimestampDSSContentSettings(include_vri=False, update_before_ts=True)


@dataclass(frozen=True)
class PadesSigner:
    """Signs with the identities of the chambers at the level asked for."""

    identities: IdentityFolder
    level: SignatureLevel = "B-B"
    authorities: Authorities = field(default_factory=Authorities)
    seconds: float = 120.0
    """Longest that one signature may take, devices and services included."""

    async def seal(self, pdf: bytes, chamber: ChamberCard, identity: str | None = None) -> bytes:
        """See ``Signer.seal``. The result is verified before it is answered."""
        order = SignatureOrder(
            chamber=chamber,
            field=seal_field(chamber),
            identity=identity or chamber.code,
            name=chamber.name,
            reason=SEAL_REASON,
        )
        return await self.sign(pdf, order)

    async def sign(self, pdf: bytes, order: SignatureOrder) -> bytes:
        """See ``Signer.sign``. The result is verified before it is answered."""
        try:
            async with asyncio.timeout(self.seconds):
                return await self._sign(pdf, order, order.level or self.level)
        except TimeoutError as error:
            raise refusal(
                "signing_timeout", identity=order.identity, reason=f"{self.seconds:.0f}"
            ) from error

    async def renew(self, pdf: bytes) -> bytes:
        """See ``Signer.renew``. The result is verified before it is answered."""
        stamper = self.authorities.stamper("B-LTA")
        if stamper is None:
            raise AssertionError("B-LTA is stamped")
        context = self.authorities.context("B-LTA", ())
        try:
            async with asyncio.timeout(self.seconds):
                renewed = await _stamp_anew(pdf, stamper, context)
        except TimeoutError as error:
            raise refusal(
                "signing_timeout", identity=_STAMPS, reason=f"{self.seconds:.0f}"
            ) from error
        except SigningError:
            raise
        except _FAILURES as error:
            raise _told(error, _STAMPS, "B-LTA") from error
        finally:
            await context.aclose()  # type: ignore[no-untyped-call]
        before, after = [
            await asyncio.to_thread(verify, content, self.authorities.roots(()))
            for content in (pdf, renewed)
        ]
        stamps = len(after.stamps) - len(before.stamps)
        if not after.valid or after.stamp_ends is None or stamps != 1:
            found = ", ".join(sorted({item.code for item in after.problems})) or str(stamps)
            raise refusal("level_not_obtained", level="B-LTA", reason=found)
        return renewed

    async def _sign(self, pdf: bytes, order: SignatureOrder, level: SignatureLevel) -> bytes:
        _require_free(pdf, order)
        stamper = self.authorities.stamper(level)
        office = order.name if order.expected else None
        opened = self.identities.open(order.chamber, order.identity, office, order.secrets)
        async with opened as signer:
            certificate = signer.signing_cert
            if certificate is None:
                raise refusal("identity_unreadable", identity=order.identity, reason="certificate")
            chain = [item for item in signer.cert_registry if item != certificate]
            _check_holder(certificate, order)
            context = self.authorities.context(level, chain)
            try:
                path = await self._check_standing(certificate, context, order, level)
                signed = await _add_signature(pdf, order, signer, stamper, context, level)
                if level == "B-LTA" and stamper is not None:
                    signed = await _add_time_stamp(signed, stamper, context, path)
            except SigningError:
                raise
            except _FAILURES as error:
                raise _told(error, order.identity, level) from error
            finally:
                await context.aclose()  # type: ignore[no-untyped-call]
        await asyncio.to_thread(self._check, signed, order, level, chain)
        return signed

    async def _check_standing(
        self,
        certificate: asn1_x509.Certificate,
        context: ValidationContext,
        order: SignatureOrder,
        level: SignatureLevel,
    ) -> ValidationPath:
        """Nobody signs with a certificate that is expired, revoked or unknown."""
        validity = certificate["tbs_certificate"]["validity"]
        start, end = validity["not_before"].native, validity["not_after"].native
        if not start <= SystemClock().now() <= end:
            raise refusal(
                "identity_expired",
                identity=order.identity,
                start=f"{start:%d/%m/%Y}",
                end=f"{end:%d/%m/%Y}",
            )
        validator = CertificateValidator(certificate, validation_context=context)
        try:
            return await validator.async_validate_path()
        except ValidationError as error:
            raise _told(error, order.identity, level) from error

    def _check(
        self,
        signed: bytes,
        order: SignatureOrder,
        level: SignatureLevel,
        chain: Sequence[asn1_x509.Certificate],
    ) -> None:
        """The level asked for is the level obtained, or there is no document."""
        report = verify(signed, self.authorities.roots(chain))
        made = next((item for item in report.signers if item.field == order.field.name), None)
        obtained = made.level if made else None
        if not report.intact or obtained != level:
            found: str = obtained or "-"
            if report.problems:
                found += f" ({', '.join(sorted({item.code for item in report.problems}))})"
            raise refusal("level_not_obtained", level=level, reason=found)


async def _add_signature(
    pdf: bytes,
    order: SignatureOrder,
    signer: signers.Signer,
    stamper: "TimeStamper | None",
    context: ValidationContext,
    level: SignatureLevel,
) -> bytes:
    metadata = signers.PdfSignatureMetadata(
        field_name=order.field.name,
        md_algorithm=DIGEST,
        subfilter=fields.SigSeedSubFilter.PADES,
        name=order.name,
        reason=order.reason,
        embed_validation_info=level == "B-LT",
        validation_context=context if level == "B-LT" else None,
        signer_key_usage=set(),
        dss_settings=_AFTER,
    )
    output = await signers.async_sign_pdf(
        IncrementalPdfFileWriter(BytesIO(pdf)),
        metadata,
        signer=signer,
        timestamper=stamper,
        # Used only for documents that do not carry the field yet.
        new_field_spec=fields.SigFieldSpec(
            order.field.name,
            readable_field_name=order.field.label,
            invis_sig_settings=_INVISIBLE,
        ),
    )
    return bytes(output.getvalue())


async def _add_time_stamp(
    pdf: bytes, stamper: "TimeStamper", context: ValidationContext, path: ValidationPath
) -> bytes:
    """A document time stamp, with the validation data of the signature before it."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    field = stamp_field(len(writer.prev.embedded_timestamp_signatures) + 1)
    DocumentSecurityStore.supply_dss_in_writer(
        writer, None, paths=[path], validation_context=context, embed_roots=False
    )
    maker = PdfTimeStamper(
        stamper,
        field_name=field.name,
        invis_settings=_INVISIBLE,
        readable_field_name=field.label,
    )
    output = await maker.async_timestamp_pdf(
        writer, DIGEST, context, dss_settings=_WITH_STAMP, embed_roots=False
    )
    return bytes(output.getvalue())


async def _stamp_anew(pdf: bytes, stamper: "TimeStamper", context: ValidationContext) -> bytes:
    """One more document time stamp, with the validation data of the last one before it."""
    reader = PdfFileReader(BytesIO(pdf))
    stamps = reader.embedded_timestamp_signatures
    if not stamps:
        raise refusal("nothing_to_renew")
    last = await async_validate_pdf_timestamp(stamps[-1], context, skip_diff=True)
    good = last.intact and last.valid and last.trusted
    if not good or last.validation_path is None:
        raise refusal("stamp_not_renewable")
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    DocumentSecurityStore.supply_dss_in_writer(
        writer, None, paths=[last.validation_path], validation_context=context, embed_roots=False
    )
    field = stamp_field(len(stamps) + 1)
    maker = PdfTimeStamper(
        stamper,
        field_name=field.name,
        invis_settings=_INVISIBLE,
        readable_field_name=field.label,
    )
    output = await maker.async_timestamp_pdf(
        writer, DIGEST, context, dss_settings=_WITH_STAMP, embed_roots=False
    )
    return bytes(output.getvalue())


def _require_free(pdf: bytes, order: SignatureOrder) -> None:
    """A field is signed once."""
    try:
        signed = PdfFileReader(BytesIO(pdf)).embedded_signatures
    except (PdfError, ValueError, OSError) as error:
        raise refusal("signing_failed", identity=order.identity, reason=str(error)[:200]) from error
    if any(item.field_name == order.field.name for item in signed):
        raise refusal("already_signed", field=order.field.name)


def _check_holder(certificate: asn1_x509.Certificate, order: SignatureOrder) -> None:
    """The seal names the chamber; a person's certificate is the one expected."""
    if order.expected is None:
        units = certificate.subject.native.get("organizational_unit_name")
        units = units if isinstance(units, list) else [units]
        if order.chamber.code not in units:
            raise refusal(
                "identity_of_another", identity=order.identity, reason=f"OU={order.chamber.code}"
            )
    elif wrong := differences(certificate, order.expected):
        raise refusal("identity_of_another", identity=order.identity, reason=", ".join(wrong))


def _told(error: Exception, identity: str, level: SignatureLevel) -> SigningError:
    """What pyHanko raises, in words that say what to do."""
    reason = str(error)[:200]
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, SigningError):
            return cause
        if isinstance(cause, RevokedError):
            return refusal("identity_revoked", identity=identity)
        if isinstance(cause, InsufficientRevinfoError):
            return refusal("revocation_unavailable", level=level, reason=str(cause)[:200])
        if isinstance(cause, TimestampRequestError):
            return refusal("tsa_refused", reason=str(cause)[:200])
        cause = cause.__cause__ or cause.__context__
    untrusted = isinstance(error, (PathBuildingError, ValidationError))
    return refusal(
        "identity_untrusted" if untrusted else "signing_failed", identity=identity, reason=reason
    )
