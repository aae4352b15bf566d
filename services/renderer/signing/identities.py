"""The signing identities of the chambers: ``<folder>/<CHAMBER>.p12``, or as a chamber names it."""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from services.renderer.errors import SigningError
from services.renderer.signing import development
from shared.contracts.snapshot import ChamberCard
from shared.runtime.clock import SystemClock


@dataclass(frozen=True)
class Identity:
    """A PKCS#12 file that was opened and found fit to seal for its chamber."""

    content: bytes
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    """The other certificates of the file, its issuer among them when it was exported whole."""


@dataclass(frozen=True)
class IdentityFolder:
    """Finds the identity of a chamber.

    ``make_missing`` makes development identities on demand; ``production`` refuses them
    wherever they come from.
    """

    folder: Path
    password: str
    production: bool
    make_missing: bool

    def find(self, chamber: ChamberCard, name: str | None = None) -> Identity:
        """Open and check the identity of ``chamber``; raises ``SigningError``.

        ``name`` is that of the file, where it is not the chamber's code; whose seal is in it
        the certificate says.
        """
        path = self.folder / f"{name or chamber.code}.p12"
        if self.make_missing and not self.production:
            development.identity_for(
                self.folder, chamber.code, chamber.name, self.password.encode(), target=path
            )
        try:
            content = path.read_bytes()
        except OSError as error:
            raise SigningError(
                "identity_missing", f"Manca il sigillo della camera {chamber.code} ({error})."
            ) from error
        identity = self._open(content, chamber.code)
        self._check(identity.certificate, chamber.code)
        return identity

    def _open(self, content: bytes, chamber: str) -> Identity:
        try:
            key, certificate, chain = pkcs12.load_key_and_certificates(
                content, self.password.encode() or None
            )
        except ValueError as error:
            raise SigningError(
                "identity_unreadable",
                f"Il sigillo della camera {chamber} non si apre: password errata o file guasto.",
            ) from error
        if key is None or certificate is None:
            raise SigningError(
                "identity_unreadable",
                f"Il sigillo della camera {chamber} è privo di chiave o certificato.",
            )
        return Identity(content, certificate, tuple(chain))

    def _check(self, certificate: x509.Certificate, chamber: str) -> None:
        units = [
            attribute.value
            for attribute in certificate.subject.get_attributes_for_oid(
                NameOID.ORGANIZATIONAL_UNIT_NAME
            )
        ]
        if chamber not in units:
            raise SigningError(
                "identity_of_another",
                f"Il certificato in {chamber}.p12 non è intestato alla camera {chamber}.",
            )
        now = SystemClock().now()
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise SigningError(
                "identity_expired",
                f"Il certificato della camera {chamber} vale dal "
                f"{certificate.not_valid_before_utc:%d/%m/%Y} al "
                f"{certificate.not_valid_after_utc:%d/%m/%Y}.",
            )
        if self.production and is_development(certificate):
            raise SigningError(
                "identity_of_development",
                f"Il sigillo della camera {chamber} è di prova: in produzione non firma.",
            )


def is_development(certificate: x509.Certificate) -> bool:
    """True for certificates of the development authority."""
    try:
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return False
    return any(policy.policy_identifier == development.POLICY for policy in policies)
