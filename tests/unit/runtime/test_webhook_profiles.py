"""Signatures with public keys: Ed25519 of Standard Webhooks, and the profile of ModI."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

from shared.runtime.webhooks import (
    Delivery,
    SignatureRefusedError,
    StandardVerifier,
    check_public_key,
    new_key_pair,
    new_secret,
    sign,
    verifier_for,
)

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
BODY = '{"type": "measurement.recorded", "note": "già misurato €"}'.encode()
AUDIENCE = "https://ciclo.test/v1/chambers/PI/integrations/integra/webhooks"
MODI = "modi-integrity-rest-01"

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


# --- Ed25519 ---------------------------------------------------------------------------------


def asymmetric(private: str, message_id: str = "msg_1", body: bytes = BODY) -> Delivery:
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": sign(private, message_id, NOW, body),
    }
    return Delivery(headers, body)


def test_an_ed25519_signature_holds() -> None:
    private, public = new_key_pair()
    delivery = asymmetric(private)
    assert delivery.headers["webhook-signature"].startswith("v1a,")
    verified = StandardVerifier([public]).verify(delivery, NOW)
    assert (verified.message_id, verified.sent_at) == ("msg_1", NOW)


def test_keys_of_both_kinds_hold_while_one_takes_the_others_place() -> None:
    old, new = new_key_pair(), new_key_pair()
    secret = new_secret()
    trusted = StandardVerifier([secret, old[1], new[1]])
    for key in (secret, old[0], new[0]):
        assert trusted.verify(asymmetric(key), NOW).message_id == "msg_1"
    both = asymmetric(old[0])
    joined = f"{sign(new_secret(), 'msg_1', NOW, BODY)} {both.headers['webhook-signature']}"
    trusted.verify(Delivery({**both.headers, "webhook-signature": joined}, BODY), NOW)


@given(place=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_no_bit_may_change_under_an_ed25519_signature(place: int, bit: int) -> None:
    private, public = new_key_pair()
    changed = bytearray(BODY)
    changed[place] ^= 1 << bit
    delivery = asymmetric(private)
    with pytest.raises(SignatureRefusedError):
        StandardVerifier([public]).verify(Delivery(delivery.headers, bytes(changed)), NOW)


def test_another_key_or_a_shared_secret_does_not_help() -> None:
    private, public = new_key_pair()
    for other in (new_key_pair()[0], new_secret()):
        with pytest.raises(SignatureRefusedError):
            StandardVerifier([public]).verify(asymmetric(other), NOW)
    # The public key is known to everybody: as a shared secret it must open nothing.
    as_secret = "whsec_" + public.removeprefix("whpk_")
    with pytest.raises(SignatureRefusedError):
        StandardVerifier([public]).verify(asymmetric(as_secret), NOW)
    with pytest.raises(SignatureRefusedError):
        StandardVerifier([]).verify(asymmetric(private), NOW)


@pytest.mark.parametrize("key", ["whpk_", "whpk_AAAA", "whpk_%%", "whsec_" + "A" * 43 + "=", ""])
def test_what_is_no_public_key(key: str) -> None:
    with pytest.raises(ValueError, match="public key"):
        check_public_key("standard", key)


# --- ModI ------------------------------------------------------------------------------------


def pem(key: PrivateKey) -> str:
    encoding = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(*encoding).decode()


def certificate(
    key: PrivateKey,
    name: str,
    issuer: tuple[x509.Certificate, PrivateKey] | None = None,
    *,
    authority: bool = False,
    days: int = 30,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer[1] if issuer else key
    usage = x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=days))
        .not_valid_after(NOW + timedelta(days=days - 1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(above, critical=False)
        .sign(signer, hashes.SHA256())
    )


def in_pem(found: x509.Certificate) -> str:
    return found.public_bytes(serialization.Encoding.PEM).decode()


def in_der(found: x509.Certificate) -> str:
    return base64.b64encode(found.public_bytes(serialization.Encoding.DER)).decode()


RSA = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
STRANGER = rsa.generate_private_key(65537, 2048)
ROOT_KEY = ec.generate_private_key(ec.SECP256R1())
ROOT = certificate(ROOT_KEY, "Autorità di prova", authority=True)


def digest_of(body: bytes) -> str:
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


def modi(
    key: PrivateKey = RSA,
    *,
    header: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    **claims: Any,  # noqa: ANN401 - claims of any kind, wrong ones too
) -> Delivery:
    """A message of the profile; claims given as ``None`` are left out."""
    sent = {"content-type": "application/json", "digest": digest_of(BODY)} | (headers or {})
    said = {
        "jti": "c3b1",
        "aud": AUDIENCE,
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 120,
        "signed_headers": [{name: value} for name, value in sent.items()],
    } | claims
    given = {name: value for name, value in said.items() if value is not None}
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    is_rsa = isinstance(key, rsa.RSAPrivateKey)
    jwk = RSAKey.import_key(private) if is_rsa else ECKey.import_key(private)
    alg = "RS256" if is_rsa else "ES256"
    registry = jws.JWSRegistry(algorithms=[alg])
    token = jwt.encode({"alg": alg, "typ": "JWT"} | (header or {}), given, jwk, registry=registry)
    return Delivery({**sent, "agid-jwt-signature": token}, BODY)


def verify(delivery: Delivery, *keys: str, now: datetime = NOW) -> str:
    return (
        verifier_for(MODI, keys or (pem(RSA), pem(CURVE)), AUDIENCE)
        .verify(delivery, now)
        .message_id
    )


def refused(delivery: Delivery, *keys: str, now: datetime = NOW) -> None:
    with pytest.raises(SignatureRefusedError):
        verify(delivery, *keys, now=now)


@pytest.mark.parametrize("key", [RSA, CURVE])
def test_a_configured_key_is_enough(key: PrivateKey) -> None:
    assert verify(modi(key)) == "c3b1"
    assert verify(modi(key, aud=["https://altro.test", AUDIENCE])) == "c3b1"
    refused(modi(STRANGER))
    refused(modi(key), pem(STRANGER))


def test_a_certificate_that_comes_along() -> None:
    known = certificate(RSA, "Camera di prova")
    chain = {"x5c": [in_der(known)]}
    assert verify(modi(header=chain), in_pem(known)) == "c3b1"
    assert verify(modi(), in_pem(known)) == "c3b1"
    refused(modi(header=chain), pem(CURVE))
    # Another key behind a certificate that is known.
    refused(modi(STRANGER, header=chain), in_pem(known))
    assert verify(modi(header=chain), in_pem(known), pem(CURVE)) == "c3b1"


def test_a_certificate_below_a_configured_authority() -> None:
    leaf = certificate(RSA, "Camera di prova", (ROOT, ROOT_KEY))
    middle_key = ec.generate_private_key(ec.SECP256R1())
    middle = certificate(middle_key, "Intermedia", (ROOT, ROOT_KEY), authority=True)
    below = certificate(RSA, "Camera di prova", (middle, middle_key))
    assert verify(modi(header={"x5c": [in_der(leaf)]}), in_pem(ROOT)) == "c3b1"
    assert verify(modi(header={"x5c": [in_der(below), in_der(middle)]}), in_pem(ROOT)) == "c3b1"
    refused(modi(header={"x5c": [in_der(below)]}), in_pem(ROOT))
    # A certificate that is no authority cannot vouch for another.
    usurper = certificate(STRANGER, "Usurpatore", (leaf, RSA))
    refused(modi(STRANGER, header={"x5c": [in_der(usurper), in_der(leaf)]}), in_pem(ROOT))
    own = certificate(STRANGER, "Autorità di prova", authority=True)
    fake = certificate(STRANGER, "Camera di prova", (own, STRANGER))
    refused(modi(STRANGER, header={"x5c": [in_der(fake), in_der(own)]}), in_pem(ROOT))


def test_a_certificate_of_another_time() -> None:
    known = certificate(RSA, "Camera di prova", days=2)
    later = NOW + timedelta(days=20)
    said: dict[str, Any] = {"iat": int(later.timestamp()), "exp": int(later.timestamp()) + 60}
    refused(modi(header={"x5c": [in_der(known)]}, **said), in_pem(known), now=later)
    leaf = certificate(RSA, "Camera di prova", (ROOT, ROOT_KEY), days=2)
    refused(modi(header={"x5c": [in_der(leaf)]}, **said), in_pem(ROOT), now=later)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://altro.test"},
        {"aud": None},
        {"aud": {"x": 1}},
        {"jti": None},
        {"jti": "a.b"},
        {"jti": 7},
        {"iat": None},
        {"iat": int(NOW.timestamp()) - 301},
        {"iat": int(NOW.timestamp()) + 301},
        {"iat": "now"},
        {"iat": True},
        {"iat": 10**30},
        {"exp": None},
        {"exp": int(NOW.timestamp()) - 301},
        {"nbf": int(NOW.timestamp()) + 301},
        {"nbf": "x"},
        {"signed_headers": None},
        {"signed_headers": []},
        {"signed_headers": [7]},
        {"signed_headers": [{"digest": digest_of(BODY)}]},
        {"signed_headers": [{"digest": digest_of(b"x")}, {"content-type": "application/json"}]},
        {"signed_headers": [{"digest": digest_of(BODY)}, {"content-type": "text/plain"}]},
        {
            "signed_headers": [
                {"digest": digest_of(BODY)},
                {"content-type": "application/json"},
                {"altro": "1"},
            ]
        },
    ],
)
def test_what_the_token_has_to_say(claims: dict[str, Any]) -> None:
    refused(modi(**claims))


def test_a_content_encoding_that_is_not_signed() -> None:
    delivery = modi()
    refused(Delivery({**delivery.headers, "content-encoding": "gzip"}, BODY))
    assert verify(modi(headers={"content-encoding": "identity"})) == "c3b1"


def test_other_content_than_the_digest_says() -> None:
    delivery = modi()
    refused(Delivery(delivery.headers, BODY + b" "))
    for digest in ("", "SHA-256=", "SHA-256=%%", "SHA-512=" + digest_of(BODY)[8:], "x"):
        refused(modi(headers={"digest": digest}))


def test_tokens_that_are_none() -> None:
    delivery = modi()
    token = delivery.headers["agid-jwt-signature"]
    head, _, rest = token.partition(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    shared = base64.urlsafe_b64encode(b'{"alg":"HS256"}').decode().rstrip("=")
    tried = ["", "a.b.c", token[:-8], f"{unsigned}.{rest}", f"{shared}.{rest}", "é", token * 40]
    tried += [f"{head}.{rest.partition('.')[0]}."]
    for bad in tried:
        refused(Delivery({**delivery.headers, "agid-jwt-signature": bad}, BODY))
    for chain in ([], ["%%"], ["AAAA"], [in_der(ROOT)] * 9):
        refused(modi(header={"x5c": chain}))


@settings(deadline=None)
@given(text=st.text(max_size=60), place=st.integers(0, 600))
def test_no_token_ends_in_a_crash(text: str, place: int) -> None:
    delivery = modi()
    token = delivery.headers["agid-jwt-signature"]
    changed = token[:place] + text + token[place + len(text) :]
    if changed != token:
        refused(Delivery({**delivery.headers, "agid-jwt-signature": changed}, BODY))


@pytest.mark.parametrize(
    "key", ["", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"]
)
def test_what_is_no_key_of_the_profile(key: str) -> None:
    with pytest.raises(ValueError, match="PEM"):
        check_public_key(MODI, key)


def test_a_weak_key_is_refused() -> None:
    with pytest.raises(ValueError, match="2048"):
        check_public_key(MODI, pem(rsa.generate_private_key(65537, 1024)))  # noqa: S505 - that is the point
    check_public_key(MODI, pem(CURVE))
    check_public_key(MODI, in_pem(ROOT))
