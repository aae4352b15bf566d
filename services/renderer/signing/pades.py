"""PAdES seals with pyHanko: an incremental update that keeps PDF/A-3a and PDF/UA-1.

PDF/A wants signature widgets printable and not hidden; PDF/UA exempts untagged widgets only
when hidden or off the page. An invisible field in an off-page box with the print flag and a
readable name satisfies both. pyHanko rewrites the XMP packet to note the change: it keeps
``pdfuaid`` because ``conformance.py`` writes the packet as one RDF description.
"""

import asyncio
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError as PyHankoSigningError

from services.renderer.errors import SigningError
from services.renderer.seal_field import seal_field
from services.renderer.signing.identities import Identity, IdentityFolder
from shared.contracts.snapshot import ChamberCard
from shared.contracts.verification import SignatureLevel
from shared.signatures import verify

DIGEST = "sha256"
OBTAINABLE: tuple[SignatureLevel, ...] = ("B-B",)
"""Levels this signer can reach: without a time stamping authority only the basic one."""

Level = Literal["B-B", "B-T", "B-LT", "B-LTA"]


@dataclass(frozen=True)
class PadesSigner:
    """Seals with the PKCS#12 identity of the chamber at the level asked for."""

    identities: IdentityFolder
    level: Level = "B-B"

    async def seal(self, pdf: bytes, chamber: ChamberCard, identity: str | None = None) -> bytes:
        """See ``Signer.seal``. The result is verified before it is answered."""
        if self.level not in OBTAINABLE:
            raise SigningError(
                "level_unavailable",
                f"Il livello {self.level} chiede una marca temporale, che non è configurata.",
            )
        found = await asyncio.to_thread(self.identities.find, chamber, identity)
        try:
            signed = await self._sign(pdf, chamber, found)
        except (PyHankoSigningError, PdfError, ValueError) as error:
            raise SigningError(
                "signing_failed", f"Il sigillo non è stato apposto: {error}"
            ) from error
        await asyncio.to_thread(self._check, signed, chamber, found)
        return signed

    async def _sign(self, pdf: bytes, chamber: ChamberCard, identity: Identity) -> bytes:
        signer = signers.SimpleSigner.load_pkcs12_data(
            identity.content, other_certs=[], passphrase=self.identities.password.encode() or None
        )
        # Only what the signature protects travels in it: roots come from the trust list.
        signer.embed_roots = False
        field = seal_field(chamber)
        output = await signers.async_sign_pdf(
            IncrementalPdfFileWriter(BytesIO(pdf)),
            signers.PdfSignatureMetadata(
                field_name=field.name,
                md_algorithm=DIGEST,
                subfilter=fields.SigSeedSubFilter.PADES,
                name=chamber.name,
                reason="Sigillo elettronico dell'ente",
            ),
            signer=signer,
            # Used only for documents that do not carry the field yet.
            new_field_spec=fields.SigFieldSpec(
                field.name,
                readable_field_name=field.label,
                invis_sig_settings=fields.InvisSigSettings(
                    set_print_flag=True, set_hidden_flag=False, box_out_of_bounds=True
                ),
            ),
        )
        return bytes(output.getvalue())

    def _check(self, signed: bytes, chamber: ChamberCard, identity: Identity) -> None:
        """The level asked for is the level obtained, or there is no document."""
        chain = [
            asn1_x509.Certificate.load(item.public_bytes(Encoding.DER)) for item in identity.chain
        ]
        report = verify(signed, chain)
        obtained = report.signers[-1].level if report.signers else None
        if not report.intact or obtained != self.level:
            raise SigningError(
                "level_not_obtained",
                f"Chiesto il livello {self.level}, ottenuto {obtained or 'nessuno'} "
                f"per la camera {chamber.code}.",
            )
