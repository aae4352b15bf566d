"""Verification of bearer tokens (JWT, RFC 7519 as RFC 8725 asks) by their issuer's keys."""

import hashlib
import json
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import (
    BadSignatureError,
    ClaimError,
    ExpiredTokenError,
    InvalidKeyIdError,
    JoseError,
    MissingClaimError,
    UnsupportedAlgorithmError,
)
from joserfc.jwk import KeySet

from services.api.auth.claims import principal_from_claims
from services.api.auth.keys import FileKeys, IssuerKeys, KeySource, PublishedKeys
from services.api.auth.principal import Principal
from services.api.auth.refused import TokenRefusedError
from shared.runtime.identity_providers import IdentityProvider

# Signatures only, by private keys only: no "none", nothing symmetric (RFC 8725, 3.1).
ALGORITHMS = [
    *("EdDSA", "Ed25519", "ES256", "ES384", "ES512"),
    *("PS256", "PS384", "PS512", "RS256", "RS384", "RS512"),
]

# A verified token is not verified again for so long; roles withdrawn at the provider end
# with the token anyway.
REMEMBER_SECONDS = 30
_REMEMBER_MOST = 5_000

# Tokens with hundreds of groups stay below; more is work for us and none for the sender.
LONGEST_TOKEN = 16_384

# What providers call tokens that are not for access, in the payload (Keycloak) or the header.
_OTHER_PAYLOAD_TYPES = frozenset({"id", "refresh", "offline", "logout"})
_ACCESS_HEADER_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})

_LONGEST_REASON = 200


class TokenVerifier:
    """Tells who bears a token, by the provider that issued it."""

    def __init__(
        self,
        providers: Sequence[IdentityProvider],
        *,
        https_only: bool = True,
        sources: Mapping[str, KeySource] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Fetch nothing yet.

        Args:
            providers: whom to believe; with none, every token is refused.
            https_only: keys that are fetched otherwise are not believed.
            sources: by issuer, what stands in for its file or address in tests.
            now: seconds since the epoch.
        """
        self._now = now
        self._issuers = {
            provider.issuer: _Issuer(
                provider,
                (sources or {}).get(provider.issuer) or _source(provider, https_only=https_only),
                now,
                self.forget,
            )
            for provider in providers
        }
        # RFC 9864 renames EdDSA to Ed25519; most issuers do not yet.
        warnings.filterwarnings("ignore", message="EdDSA is deprecated")
        self._verified: dict[bytes, tuple[Principal, float]] = {}

    async def verify(self, token: str) -> Principal:
        """The principal of a valid token.

        Raises:
            TokenRefusedError: signature, issuer, audience or time do not hold.
        """
        if len(token) > LONGEST_TOKEN:
            raise TokenRefusedError("too_long", f"{len(token)} characters")
        digest = hashlib.sha256(token.encode()).digest()
        known = self._verified.get(digest)
        if known is not None and known[1] > self._now():
            return known[0]
        principal, expires = await self._issuer_of(token).verify(token)
        while len(self._verified) >= _REMEMBER_MOST:
            self._verified.pop(next(iter(self._verified)))
        self._verified[digest] = (principal, min(expires, self._now() + REMEMBER_SECONDS))
        return principal

    def forget(self) -> None:
        """Verifies every token again: the keys they were verified with have changed."""
        self._verified.clear()

    def _issuer_of(self, token: str) -> "_Issuer":
        """Whose token it claims to be; nothing is believed of it yet."""
        if not self._issuers:
            raise TokenRefusedError("no_provider", "no identity provider is configured")
        try:
            parts = jws.extract_compact(token.encode())
            claims = json.loads(parts.payload)
            claimed = claims["iss"]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise TokenRefusedError("malformed", _short(error)) from error
        issuer = self._issuers.get(claimed) if isinstance(claimed, str) else None
        if issuer is None:
            raise TokenRefusedError("unknown_issuer", _short(claimed))
        return issuer


def _source(provider: IdentityProvider, *, https_only: bool) -> KeySource:
    if provider.jwks_file is not None:
        return FileKeys(provider.jwks_file)
    return PublishedKeys(provider.issuer, provider.jwks_url, https_only=https_only)


class _Issuer:
    """One provider, its keys and what its tokens must say."""

    def __init__(
        self,
        provider: IdentityProvider,
        source: KeySource,
        now: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        self._provider = provider
        self._keys = IssuerKeys(source, provider, now, changed)
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(now()),
            leeway=provider.leeway_seconds,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": provider.audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    async def verify(self, token: str) -> tuple[Principal, float]:
        """The person, and when the token ends.

        Raises:
            TokenRefusedError: why it is not accepted.
        """
        decoded = await self._decoded(token)
        header_type = str(decoded.header.get("typ", "JWT")).lower()
        payload_type = str(decoded.claims.get("typ", "")).lower()
        if header_type not in _ACCESS_HEADER_TYPES or payload_type in _OTHER_PAYLOAD_TYPES:
            raise TokenRefusedError("not_for_access", _short(payload_type or header_type))
        try:
            self._claims.validate(decoded.claims)
            person = principal_from_claims(decoded.claims, self._provider)
            return person, float(decoded.claims["exp"])
        except (JoseError, ValueError, TypeError) as error:
            raise _refused(error, decoded.claims) from error

    async def _decoded(self, token: str) -> jwt.Token:
        keys = await self._keys.current()
        try:
            return jwt.decode(token, keys, algorithms=ALGORITHMS)
        except (BadSignatureError, InvalidKeyIdError) as first:
            # Perhaps the issuer has changed keys since we asked.
            newer = await self._keys.after_rotation()
            if newer is None:
                raise _refused(first) from first
            return self._decoded_with(token, newer)
        except (JoseError, ValueError, TypeError) as error:
            raise _refused(error) from error

    @staticmethod
    def _decoded_with(token: str, keys: KeySet) -> jwt.Token:
        try:
            return jwt.decode(token, keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError, TypeError) as error:
            raise _refused(error) from error


_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (ExpiredTokenError, "expired"),
    (BadSignatureError, "bad_signature"),
    (InvalidKeyIdError, "unknown_key"),
    (UnsupportedAlgorithmError, "algorithm"),
)


def _refused(error: Exception, claims: Mapping[str, Any] | None = None) -> TokenRefusedError:
    """The refusal to log for what the library found."""
    detail = _short(error)
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return TokenRefusedError(reason, detail)
    if isinstance(error, MissingClaimError):
        return TokenRefusedError(f"no_{error.claim}", detail)
    if isinstance(error, ClaimError):
        given = _short((claims or {}).get(error.claim))
        return TokenRefusedError(f"wrong_{error.claim}", f"{detail} ({given})")
    return TokenRefusedError("malformed", detail)


def _short(text: object) -> str:
    return str(text)[:_LONGEST_REASON]
