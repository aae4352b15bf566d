"""Signatures of webhooks: Standard Webhooks 1.0, symmetric (``v1``, HMAC-SHA256).

A sender signs ``<webhook-id>.<webhook-timestamp>.<body>`` and puts one or more signatures into
``webhook-signature``. Verification works on the bytes as they came, before anything reads
them, takes the present instant from outside and compares in constant time. The reference
library interoperates in both directions but cannot serve here: it reads the machine's clock
and decodes the body first.

Another profile (ModI ``Agid-JWT-Signature``, Ed25519 ``v1a``) is another
:class:`WebhookVerifier`; :func:`verifier_for` is where it is plugged in.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Protocol

SECRET_PREFIX = "whsec_"  # noqa: S105 - how every secret begins, not one of them

TOLERANCE = timedelta(seconds=300)
"""How far the clock of the sender may be from ours; the figure of the specification."""

_SECRET_BYTES = 32
# The specification allows secrets of 24 to 64 bytes.
_SHORTEST_SECRET = 24
_LONGEST_SECRET = 64

# A full stop would make the signed text readable in two ways.
_MESSAGE_ID = re.compile(r"[\x21-\x2d\x2f-\x7e]{1,256}")
_TIMESTAMP = re.compile(r"[0-9]{1,11}")
_SIGNATURE = re.compile(r"v1,([A-Za-z0-9+/]{43}=)")
# A sender that rotates signs with two or three secrets.
_MOST_SIGNATURES = 16


class SignatureRefusedError(Exception):
    """The message is not from who it says, or not from now.

    The reason is for the log: a sender that is told how close it came learns to forge.
    """

    code = "signature_refused"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as it came: header names in lower case, the body untouched."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class VerifiedDelivery:
    """Identity of a message whose signature holds, and when it was sent."""

    message_id: str
    sent_at: datetime


class WebhookVerifier(Protocol):
    """Tells whether a message is from somebody who holds a secret of the integration."""

    def verify(self, delivery: Delivery, now: datetime) -> VerifiedDelivery:
        """Identity of the message.

        Raises:
            SignatureRefusedError: it is not to be trusted.
        """
        ...


class StandardVerifier:
    """Standard Webhooks with symmetric secrets, of which several may be valid at a time."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take secrets as ``whsec_...``. Without any, every message is refused.

        Raises:
            ValueError: one of them is not a secret.
        """
        # A made-up key keeps the work the same whether or not anybody has a valid one.
        self._keys = [_key_bytes(key) for key in keys] or [secrets.token_bytes(_SECRET_BYTES)]

    def verify(self, delivery: Delivery, now: datetime) -> VerifiedDelivery:
        """See :class:`WebhookVerifier`."""
        message_id = delivery.headers.get("webhook-id", "")
        timestamp = delivery.headers.get("webhook-timestamp", "")
        if not _MESSAGE_ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(timestamp):
            raise SignatureRefusedError("webhook-id or webhook-timestamp is missing or malformed")
        given = _signatures(delivery.headers.get("webhook-signature", ""))
        signed = _signed_bytes(message_id, timestamp, delivery.body)
        matched = False
        for key in self._keys:
            expected = hmac.digest(key, signed, hashlib.sha256)
            for signature in given:
                # No early exit: the time must not tell which secret came close.
                matched |= hmac.compare_digest(expected, signature)
        if not matched:
            raise SignatureRefusedError("no signature matches")
        sent_at = datetime.fromtimestamp(int(timestamp), UTC)
        if abs(now - sent_at) > TOLERANCE:
            raise SignatureRefusedError("webhook-timestamp is too far from now")
        return VerifiedDelivery(message_id, sent_at)


_VERIFIERS: Mapping[str, Callable[[Sequence[str]], WebhookVerifier]] = MappingProxyType(
    {"standard": StandardVerifier}
)

ADAPTERS = tuple(_VERIFIERS)
"""Names of the signature profiles that an integration can have."""


def verifier_for(adapter: str, keys: Sequence[str]) -> WebhookVerifier:
    """The verifier of a profile with the secrets of one integration.

    Raises:
        KeyError: there is no such profile.
        ValueError: a secret is malformed.
    """
    return _VERIFIERS[adapter](keys)


def new_secret() -> str:
    """A fresh secret of 32 random bytes, ``whsec_`` and base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def sign(secret: str, message_id: str, sent_at: datetime, body: bytes) -> str:
    """The value of ``webhook-signature`` for a message.

    Raises:
        ValueError: the secret is malformed.
    """
    signed = _signed_bytes(message_id, str(int(sent_at.timestamp())), body)
    digest = hmac.digest(_key_bytes(secret), signed, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def _signed_bytes(message_id: str, timestamp: str, body: bytes) -> bytes:
    return b".".join((message_id.encode(), timestamp.encode(), body))


def _signatures(header: str) -> list[bytes]:
    """The ``v1`` signatures of a header; other versions and malformed ones are passed over."""
    parts = header.split(" ", _MOST_SIGNATURES)[:_MOST_SIGNATURES]
    matches = (_SIGNATURE.fullmatch(part) for part in parts)
    return [base64.b64decode(match.group(1)) for match in matches if match is not None]


def _key_bytes(secret: str) -> bytes:
    encoded = secret.removeprefix(SECRET_PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("a webhook secret is whsec_ and base64") from error
    if not _SHORTEST_SECRET <= len(key) <= _LONGEST_SECRET:
        raise ValueError("a webhook secret has 24 to 64 bytes")
    return key
