"""Signed messages: whose they are, by which profile, and how we sign our own.

``delivery`` has what every profile shares, ``standard`` is Standard Webhooks 1.0 (HMAC and
Ed25519), ``modi`` the Italian interoperability model's INTEGRITY_REST_01; ``profiles`` is where
a profile is plugged in.
"""

from shared.runtime.webhooks.delivery import (
    TOLERANCE,
    Delivery,
    SignatureRefusedError,
    VerifiedDelivery,
    WebhookVerifier,
)
from shared.runtime.webhooks.profiles import ADAPTERS, check_public_key, verifier_for
from shared.runtime.webhooks.standard import (
    SECRET_PREFIX,
    StandardVerifier,
    new_key_pair,
    new_secret,
    sign,
)

__all__ = [
    "ADAPTERS",
    "SECRET_PREFIX",
    "TOLERANCE",
    "Delivery",
    "SignatureRefusedError",
    "StandardVerifier",
    "VerifiedDelivery",
    "WebhookVerifier",
    "check_public_key",
    "new_key_pair",
    "new_secret",
    "sign",
    "verifier_for",
]
