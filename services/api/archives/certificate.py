"""Certificates of erasure: JSON Web Signatures of the installation's own key (RFC 7515).

The header carries the public key; who verifies compares its thumbprint with the one that the
installation made known.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

ALGORITHM = "Ed25519"
TYPE = "ciclo-erasure+jws"


class CertificateRefusedError(Exception):
    """The text is no certificate, or not signed by the key in it."""


@dataclass(frozen=True)
class InstallationKey:
    """The Ed25519 key that an installation signs its certificates with."""

    key: OKPKey

    @classmethod
    def load(cls, path: Path) -> Self:
        """The key in a PEM file (``openssl genpkey -algorithm ed25519``).

        Raises:
            OSError: the file cannot be read.
            ValueError, TypeError: it holds no Ed25519 private key.
        """
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(private, Ed25519PrivateKey):
            raise TypeError("not an Ed25519 private key")
        return cls(OKPKey.import_key(path.read_bytes()))

    @property
    def thumbprint(self) -> str:
        """How the key is known (RFC 7638)."""
        return self.key.thumbprint()

    def sign(self, facts: Mapping[str, Any]) -> str:
        """A certificate of these facts."""
        public = self.key.as_dict(private=False)
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": self.thumbprint, "jwk": public}
        payload = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
        return jws.serialize_compact(header, payload, self.key, algorithms=[ALGORITHM])


@dataclass(frozen=True, slots=True)
class Verified:
    """What a certificate says, and whose key signed it."""

    facts: Mapping[str, Any]
    thumbprint: str


def verify(certificate: str) -> Verified:
    """Reads a certificate and checks its signature by the key it carries.

    Raises:
        CertificateRefusedError: it is none, or was altered.
    """
    try:
        unverified = jws.extract_compact(certificate.strip().encode())
        header = unverified.headers()
        if header.get("typ") != TYPE or header.get("alg") != ALGORITHM:
            raise CertificateRefusedError("not a certificate of erasure")
        key = OKPKey.import_key({**header["jwk"], "use": "sig"})
        verified = jws.deserialize_compact(certificate.strip(), key, algorithms=[ALGORITHM])
        facts = json.loads(verified.payload)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise CertificateRefusedError("not a certificate of erasure") from error
    return Verified(facts, key.thumbprint())
