"""The signing identities of the chambers: a PKCS#12 file or a description, by name.

``<folder>/<NAME>.p12`` is opened with ``CICLO_SIGNING_PASSWORD``. ``<folder>/<NAME>.toml`` says
where the key is instead; docs/signatures.md tells its fields. Both are read anew for every
signature: an identity is replaced by replacing its file.
"""

import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError
from pyhanko.sign import Signer

from services.renderer.errors import SigningError
from services.renderer.signing import NO_SECRETS, GivenSecrets, KeySource, development
from services.renderer.signing.csc import CscSource
from services.renderer.signing.pkcs11 import Pkcs11Source
from services.renderer.signing.pkcs12 import Pkcs12Source
from services.renderer.signing.words import refusal
from shared.contracts.snapshot import ChamberCard
from shared.signatures.anchors import certificates_in


class _Description(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Pkcs12Description(_Description):
    """``source = "pkcs12"``: a file; without ``password_file`` its password is asked as PIN."""

    source: Literal["pkcs12"]
    file: Path
    password_file: Path | None = None


class Pkcs11Description(_Description):
    """``source = "pkcs11"``: key and certificate of one label on a token."""

    source: Literal["pkcs11"]
    module: str
    token: str
    key: str
    chain: Path | None = None
    """PEM file of the certificates above the one on the token."""
    pin_file: Path | None = None
    """Without it the PIN is asked for every signature."""


class CscDescription(_Description):
    """``source = "csc"``: a credential of a remote signing service."""

    source: Literal["csc"]
    url: Annotated[str, Field(pattern=r"^https?://")]
    credential: str
    token_file: Path | None = None
    pin_file: Path | None = None
    timeout_seconds: Annotated[int, Field(ge=1, le=300)] = 30


_DESCRIPTION: TypeAdapter[Pkcs12Description | Pkcs11Description | CscDescription] = TypeAdapter(
    Annotated[Pkcs12Description | Pkcs11Description | CscDescription, Field(discriminator="source")]
)


@dataclass(frozen=True)
class IdentityFolder:
    """Finds identities by name.

    ``make_missing`` makes development identities on demand; ``production`` refuses them
    wherever they come from.
    """

    folder: Path
    password: str
    production: bool
    make_missing: bool

    @asynccontextmanager
    async def open(
        self,
        chamber: ChamberCard,
        name: str,
        office: str | None = None,
        secrets: GivenSecrets = NO_SECRETS,
    ) -> AsyncIterator[Signer]:
        """The identity of that name; raises ``SigningError``.

        ``office`` is what a development identity is for, where it is not the chamber's seal.
        """
        async with self._source(chamber, name, office).open(secrets) as signer:
            certificate = signer.signing_cert
            if certificate is None:
                raise refusal("identity_unreadable", identity=name, reason="certificate")
            if self.production and is_development(certificate):
                raise refusal("identity_of_development", identity=name)
            # Only what the signature protects travels in it: roots come from the trust list.
            signer.embed_roots = False
            yield signer

    def _source(self, chamber: ChamberCard, name: str, office: str | None) -> KeySource:
        described = self.folder / f"{name}.toml"
        if described.is_file():
            return self._described(name, described)
        path = self.folder / f"{name}.p12"
        if self.make_missing and not self.production:
            development.identity_for(
                self.folder,
                chamber.code,
                chamber.name,
                self.password.encode(),
                target=path,
                office=office,
            )
        return Pkcs12Source(name, path, SecretStr(self.password))

    def _described(self, name: str, path: Path) -> KeySource:
        try:
            given = _DESCRIPTION.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
            match given:
                case Pkcs12Description():
                    return Pkcs12Source(
                        name, self.folder / given.file, self._secret(given.password_file)
                    )
                case Pkcs11Description():
                    chain = given.chain and certificates_in(
                        (self.folder / given.chain).read_bytes()
                    )
                    return Pkcs11Source(
                        name,
                        given.module,
                        given.token,
                        given.key,
                        tuple(chain or ()),
                        self._secret(given.pin_file),
                    )
                case CscDescription():
                    return CscSource(
                        name,
                        given.url.rstrip("/"),
                        given.credential,
                        self._secret(given.token_file) or SecretStr(""),
                        self._secret(given.pin_file),
                        given.timeout_seconds,
                    )
        except (OSError, ValueError, ValidationError) as error:
            raise _unreadable(name, error) from error

    def _secret(self, file: Path | None) -> SecretStr | None:
        if file is None:
            return None
        return SecretStr((self.folder / file).read_text(encoding="utf-8").strip())


def _unreadable(name: str, error: Exception) -> SigningError:
    """Says where a description is wrong, not what stands there: it may be a secret."""
    if isinstance(error, ValidationError):
        places = {".".join(map(str, item["loc"][1:] or item["loc"])) for item in error.errors()}
        reason = ", ".join(sorted(filter(None, places))) or "source"
    else:
        reason = type(error).__name__
    return refusal("identity_unreadable", identity=name, reason=reason)


def is_development(certificate: asn1_x509.Certificate | x509.Certificate) -> bool:
    """True for certificates of the development authority."""
    if isinstance(certificate, asn1_x509.Certificate):
        certificate = x509.load_der_x509_certificate(certificate.dump())
    try:
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return False
    return any(policy.policy_identifier == development.POLICY for policy in policies)
