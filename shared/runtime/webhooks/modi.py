"""ModI profile INTEGRITY_REST_01: a JWS over the digest of the content and some headers.

The sender puts ``Digest: SHA-256=<base64>`` beside the body and, into ``Agid-JWT-Signature``, a
JSON Web Token whose claim ``signed_headers`` repeats the digest and the content type. The token
is signed with a key that the integration trusts: a public key or certificate configured for
it, or a certificate sent along (``x5c``) that is one of those or was issued below a configured
authority. Addresses of certificates in the token (``x5u``) are never followed.

``jti`` is the message's id and ``iat`` the instant it was sent, within the same tolerance as
in Standard Webhooks; ``aud`` has to name the address that the message is for.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.verification import (
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jwt import decode

from shared.runtime.webhooks.delivery import (
    MESSAGE_ID,
    TOLERANCE,
    Delivery,
    SignatureRefusedError,
    VerifiedDelivery,
)


class _Registry(jws.JWSRegistry):
    """As the library's, with room in the header for a chain of certificates."""

    max_header_length = 24_576


_REGISTRIES = {
    RSAKey: _Registry(algorithms=["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]),
    ECKey: _Registry(algorithms=["ES256", "ES384", "ES512"]),
}
_SMALLEST_RSA_BITS = 2048
# A chain of a few certificates fits well.
_LONGEST_TOKEN = 32_768
_MOST_CERTIFICATES = 5
_DIGEST = "SHA-256="
# What the profile asks for, and what would change the meaning of the signed bytes.
_MUST_BE_SIGNED = ("digest", "content-type")
_SIGNED_WHEN_SENT = ("content-encoding",)
_LATEST_INSTANT = 10**11

PublicKey = RSAPublicKey | EllipticCurvePublicKey


class IntegrityVerifier:
    """Verifies messages of the profile for one integration."""

    def __init__(self, keys: Sequence[str], audience: str) -> None:
        """Take public keys and certificates as PEM, and the address that messages are for.

        Raises:
            ValueError: one of them is neither, or too weak.
        """
        trusted = [trusted_key(key) for key in keys if key.startswith("-----BEGIN")]
        self._keys = [_key_of(one) if isinstance(one, x509.Certificate) else one for one in trusted]
        self._authorities = [
            one for one in trusted if isinstance(one, x509.Certificate) and _is_authority(one)
        ]
        self._audience = audience

    def verify(self, delivery: Delivery, now: datetime) -> VerifiedDelivery:
        """See :class:`WebhookVerifier`."""
        claims = self._claims(delivery.headers.get("agid-jwt-signature", ""), now)
        _check_content(delivery)
        _check_signed_headers(claims.get("signed_headers"), delivery.headers)
        audience = claims.get("aud")
        if self._audience not in (audience if isinstance(audience, list) else [audience]):
            raise SignatureRefusedError("aud names another address")
        message_id = claims.get("jti")
        if not isinstance(message_id, str) or not MESSAGE_ID.fullmatch(message_id):
            raise SignatureRefusedError("jti is missing or malformed")
        return VerifiedDelivery(message_id, _sent_at(claims, now))

    def _claims(self, token: str, now: datetime) -> Mapping[str, Any]:
        """What the token says, once a trusted key has been found to have signed it."""
        if not token or len(token) > _LONGEST_TOKEN:
            raise SignatureRefusedError("Agid-JWT-Signature is missing or too long")
        try:
            header = jws.extract_compact(token.encode("ascii"), registry=_Registry()).headers()
        except (JoseError, ValueError) as error:
            raise SignatureRefusedError("Agid-JWT-Signature is malformed") from error
        for key in self._candidates(header.get("x5c"), now):
            jwk = _as_jwk(key)
            try:
                return dict(decode(token, jwk, registry=_REGISTRIES[type(jwk)]).claims)
            except (JoseError, ValueError):
                continue
        raise SignatureRefusedError("no trusted key has signed the token")

    def _candidates(self, chain: object, now: datetime) -> Sequence[PublicKey]:
        """Keys that may have signed: those configured, or the one of a trusted certificate."""
        if chain is None:
            return self._keys
        leaf, *rest = _certificates(chain)
        try:
            key = _key_of(leaf)
        except ValueError as error:
            raise SignatureRefusedError("the certificate has a key of another kind") from error
        if any(_same(key, known) for known in self._keys):
            _check_validity(leaf, now)
            return [key]
        if not self._authorities:
            raise SignatureRefusedError("the certificate is not known")
        policy = (
            PolicyBuilder()
            .store(Store(self._authorities))
            .time(now)
            .extension_policies(
                ca_policy=ExtensionPolicy.webpki_defaults_ca(),
                # Seals and signing certificates name a body, not a host.
                ee_policy=ExtensionPolicy.permit_all(),
            )
        )
        try:
            policy.build_client_verifier().verify(leaf, rest)
        except VerificationError as error:
            raise SignatureRefusedError("the certificate is not trusted") from error
        return [key]


def trusted_key(pem: str) -> PublicKey | x509.Certificate:
    """A public key or a certificate, as an integration is configured with.

    Raises:
        ValueError: it is neither, or its key is of another kind or too short.
    """
    raw = pem.encode()
    try:
        found = (
            x509.load_pem_x509_certificate(raw)
            if "BEGIN CERTIFICATE" in pem
            else serialization.load_pem_public_key(raw)
        )
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("neither a public key nor a certificate in PEM") from error
    if isinstance(found, x509.Certificate):
        _key_of(found)
        return found
    return _usable(found)


def _key_of(certificate: x509.Certificate) -> PublicKey:
    """The key of a certificate; ``ValueError`` where the profile has no use for it."""
    try:
        return _usable(certificate.public_key())
    except UnsupportedAlgorithm as error:
        raise ValueError("the key is of an unknown kind") from error


def _usable(key: object) -> PublicKey:
    if not isinstance(key, PublicKey):
        raise ValueError("the key is neither RSA nor of an elliptic curve")  # noqa: TRY004 - content
    if isinstance(key, RSAPublicKey) and key.key_size < _SMALLEST_RSA_BITS:
        raise ValueError("an RSA key has at least 2048 bits")
    _as_jwk(key)
    return key


def _as_jwk(key: PublicKey) -> RSAKey | ECKey:
    pem = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return RSAKey.import_key(pem) if isinstance(key, RSAPublicKey) else ECKey.import_key(pem)


def _same(one: PublicKey, other: PublicKey) -> bool:
    return _as_jwk(one).thumbprint() == _as_jwk(other).thumbprint()


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def _certificates(chain: object) -> list[x509.Certificate]:
    """The certificates of ``x5c``, the signer's first."""
    if not isinstance(chain, list) or not 0 < len(chain) <= _MOST_CERTIFICATES:
        raise SignatureRefusedError("x5c is malformed")
    try:
        return [
            x509.load_der_x509_certificate(base64.b64decode(one, validate=True)) for one in chain
        ]
    except (TypeError, ValueError) as error:  # binascii.Error is a ValueError
        raise SignatureRefusedError("x5c holds what is no certificate") from error


def _check_validity(certificate: x509.Certificate, now: datetime) -> None:
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise SignatureRefusedError("the certificate is not valid now")


def _check_content(delivery: Delivery) -> None:
    given = delivery.headers.get("digest", "")
    try:
        digest = base64.b64decode(given.removeprefix(_DIGEST), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureRefusedError("Digest is malformed") from error
    expected = hashlib.sha256(delivery.body).digest()
    if not given.startswith(_DIGEST) or not hmac.compare_digest(digest, expected):
        raise SignatureRefusedError("Digest is not that of the content")


def _check_signed_headers(signed: object, headers: Mapping[str, str]) -> None:
    """Every header that was signed is as it was signed, and those that matter are signed."""
    if not isinstance(signed, list) or not all(isinstance(one, dict) for one in signed):
        raise SignatureRefusedError("signed_headers is missing or malformed")
    pairs = [(str(name).lower(), value) for one in signed for name, value in one.items()]
    if any(headers.get(name) != value for name, value in pairs):
        raise SignatureRefusedError("a signed header is not as it was signed")
    names = {name for name, _ in pairs}
    needed = {*_MUST_BE_SIGNED, *(name for name in _SIGNED_WHEN_SENT if name in headers)}
    if not needed <= names:
        raise SignatureRefusedError("a header that must be signed is not")


def _sent_at(claims: Mapping[str, Any], now: datetime) -> datetime:
    issued, expires = _instant(claims, "iat"), _instant(claims, "exp")
    if issued is None or expires is None:
        raise SignatureRefusedError("iat or exp is missing or malformed")
    not_before = _instant(claims, "nbf") if "nbf" in claims else issued
    if not_before is None or not_before - TOLERANCE > now or expires + TOLERANCE < now:
        raise SignatureRefusedError("the token is not valid now")
    if abs(now - issued) > TOLERANCE:
        raise SignatureRefusedError("iat is too far from now")
    return issued


def _instant(claims: Mapping[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _LATEST_INSTANT:
        return None
    return datetime.fromtimestamp(value, UTC)
