"""The signature profiles that an integration may have. Another one is another line here."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from shared.runtime.webhooks.delivery import WebhookVerifier
from shared.runtime.webhooks.modi import IntegrityVerifier, trusted_key
from shared.runtime.webhooks.standard import (
    PUBLIC_PREFIX,
    SECRET_PREFIX,
    StandardVerifier,
    public_key,
)

MODI = "modi-integrity-rest-01"

_VERIFIERS: Mapping[str, Callable[[Sequence[str], str], WebhookVerifier]] = MappingProxyType(
    {
        "standard": lambda keys, _audience: StandardVerifier(
            [key for key in keys if key.startswith((SECRET_PREFIX, PUBLIC_PREFIX))]
        ),
        MODI: IntegrityVerifier,
    }
)

_KEY_CHECKS: Mapping[str, Callable[[str], object]] = MappingProxyType(
    {"standard": public_key, MODI: trusted_key}
)

ADAPTERS = tuple(_VERIFIERS)
"""Names of the signature profiles that an integration can have."""


def verifier_for(adapter: str, keys: Sequence[str], audience: str = "") -> WebhookVerifier:
    """The verifier of a profile with the keys of one integration.

    Args:
        adapter: one of :data:`ADAPTERS`.
        keys: secrets and public keys, each in the form of its profile.
        audience: address that messages are meant for, where the profile signs it.

    Raises:
        KeyError: there is no such profile.
        ValueError: a key is malformed.
    """
    return _VERIFIERS[adapter](keys, audience)


def check_public_key(adapter: str, key: str) -> None:
    """Makes sure that messages of a profile can be verified with this public key.

    Raises:
        KeyError: there is no such profile.
        ValueError: it is no public key, or none of the profile's.
    """
    _KEY_CHECKS[adapter](key)
