"""Standard Webhooks 1.0: symmetric (``v1``, HMAC-SHA256) and asymmetric (``v1a``, Ed25519).

A sender signs ``<webhook-id>.<webhook-timestamp>.<body>`` and puts one or more signatures into
``webhook-signature``. Verification works on the bytes as they came, before anything reads
them, takes the present instant from outside and compares in constant time. The reference
library interoperates in both directions but cannot serve here: it reads the machine's clock,
decodes the body first, and knows no ``v1a``.

Keys name their kind: ``whsec_`` a shared secret, ``whsk_`` a private and ``whpk_`` a public
Ed25519 key, each followed by base64.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from shared.runtime.webhooks.delivery import (
    MESSAGE_ID,
    TOLERANCE,
    Delivery,
    SignatureRefusedError,
    VerifiedDelivery,
)

SECRET_PREFIX = "whsec_"  # noqa: S105 - how every secret begins, not one of them
PRIVATE_PREFIX = "whsk_"
PUBLIC_PREFIX = "whpk_"

_ED25519_BYTES = 32

_SECRET_BYTES = 32
# The specification allows secrets of 24 to 64 bytes.
_SHORTEST_SECRET = 24
_LONGEST_SECRET = 64

_TIMESTAMP = re.compile(r"[0-9]{1,11}")
_SIGNATURE = re.compile(r"(v1),([A-Za-z0-9+/]{43}=)|(v1a),([A-Za-z0-9+/]{86}==)")
# A sender that rotates signs with two or three secrets.
_MOST_SIGNATURES = 16


class StandardVerifier:
    """Standard Webhooks with secrets and public keys, of which several may be valid at a time."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take secrets as ``whsec_...`` and public keys as ``whpk_...``; without any, refuse all.

        Raises:
            ValueError: one of them is neither.
        """
        shared = [key for key in keys if not key.startswith(PUBLIC_PREFIX)]
        self._public = [public_key(key) for key in keys if key.startswith(PUBLIC_PREFIX)]
        # A made-up key keeps the work the same whether or not anybody has a valid one.
        self._keys = [_key_bytes(key) for key in shared] or [secrets.token_bytes(_SECRET_BYTES)]

    def verify(self, delivery: Delivery, now: datetime) -> VerifiedDelivery:
        """See :class:`WebhookVerifier`."""
        message_id = delivery.headers.get("webhook-id", "")
        timestamp = delivery.headers.get("webhook-timestamp", "")
        if not MESSAGE_ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(timestamp):
            raise SignatureRefusedError("webhook-id or webhook-timestamp is missing or malformed")
        symmetric, asymmetric = _signatures(delivery.headers.get("webhook-signature", ""))
        signed = _signed_bytes(message_id, timestamp, delivery.body)
        # Both, always: the time must not tell which of them came close.
        matched = self._matches(signed, symmetric)
        matched |= self._verifies(signed, asymmetric)
        if not matched:
            raise SignatureRefusedError("no signature matches")
        sent_at = datetime.fromtimestamp(int(timestamp), UTC)
        if abs(now - sent_at) > TOLERANCE:
            raise SignatureRefusedError("webhook-timestamp is too far from now")
        return VerifiedDelivery(message_id, sent_at)

    def _matches(self, signed: bytes, given: Sequence[bytes]) -> bool:
        matched = False
        for key in self._keys:
            expected = hmac.digest(key, signed, hashlib.sha256)
            for signature in given:
                # No early exit: the time must not tell which secret came close.
                matched |= hmac.compare_digest(expected, signature)
        return matched

    def _verifies(self, signed: bytes, given: Sequence[bytes]) -> bool:
        matched = False
        for key in self._public:
            for signature in given:
                try:
                    key.verify(signature, signed)
                except InvalidSignature:
                    continue
                matched = True
        return matched


def new_secret() -> str:
    """A fresh secret of 32 random bytes, ``whsec_`` and base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def new_key_pair() -> tuple[str, str]:
    """A fresh Ed25519 key: the private part (``whsk_``) and the public one (``whpk_``)."""
    private = Ed25519PrivateKey.generate()
    raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
    public = private.public_key().public_bytes(*raw)
    encoded = (base64.b64encode(part).decode() for part in (private.private_bytes_raw(), public))
    return f"{PRIVATE_PREFIX}{next(encoded)}", f"{PUBLIC_PREFIX}{next(encoded)}"


def sign(secret: str, message_id: str, sent_at: datetime, body: bytes) -> str:
    """The value of ``webhook-signature`` for a message: ``v1``, or ``v1a`` with a private key.

    Raises:
        ValueError: the secret is malformed.
    """
    signed = _signed_bytes(message_id, str(int(sent_at.timestamp())), body)
    if secret.startswith(PRIVATE_PREFIX):
        seed = _decoded(secret.removeprefix(PRIVATE_PREFIX), "a private key is whsk_ and base64")
        # Some tools write the public half behind the private one.
        signature = Ed25519PrivateKey.from_private_bytes(seed[:_ED25519_BYTES]).sign(signed)
        return f"v1a,{base64.b64encode(signature).decode()}"
    digest = hmac.digest(_key_bytes(secret), signed, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def public_key(text: str) -> Ed25519PublicKey:
    """The public key that is written as ``whpk_`` and base64.

    Raises:
        ValueError: it is none.
    """
    if not text.startswith(PUBLIC_PREFIX):
        raise ValueError("a public key is whpk_ and base64")
    raw = _decoded(text.removeprefix(PUBLIC_PREFIX), "a public key is whpk_ and base64")
    if len(raw) != _ED25519_BYTES:
        raise ValueError("a public key has 32 bytes")
    return Ed25519PublicKey.from_public_bytes(raw)


def _signed_bytes(message_id: str, timestamp: str, body: bytes) -> bytes:
    return b".".join((message_id.encode(), timestamp.encode(), body))


def _signatures(header: str) -> tuple[list[bytes], list[bytes]]:
    """The ``v1`` and ``v1a`` signatures of a header; others and malformed ones are passed over."""
    symmetric: list[bytes] = []
    asymmetric: list[bytes] = []
    for part in header.split(" ", _MOST_SIGNATURES)[:_MOST_SIGNATURES]:
        match = _SIGNATURE.fullmatch(part)
        if match is None:
            continue
        if match[1]:
            symmetric.append(base64.b64decode(match[2]))
        else:
            asymmetric.append(base64.b64decode(match[4]))
    return symmetric, asymmetric


def _key_bytes(secret: str) -> bytes:
    key = _decoded(secret.removeprefix(SECRET_PREFIX), "a webhook secret is whsec_ and base64")
    if not _SHORTEST_SECRET <= len(key) <= _LONGEST_SECRET:
        raise ValueError("a webhook secret has 24 to 64 bytes")
    return key


def _decoded(encoded: str, fault: str) -> bytes:
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(fault) from error
