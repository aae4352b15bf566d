"""Verification of bearer tokens (JWT, RFC 7519 as RFC 8725 asks) by the issuer's keys."""

import hashlib
import json
import logging
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.api.auth.principal import Principal, principal_from_claims

# Signatures only, by private keys only: no "none", nothing symmetric (RFC 8725, 3.1).
ALGORITHMS = ["EdDSA", "Ed25519", "ES256", "ES384", "PS256", "RS256"]

# Clocks of two machines differ; more than this is not a clock.
LEEWAY_SECONDS = 30

# A verified token is not verified again for so long; roles withdrawn at the provider end
# with the token anyway.
REMEMBER_SECONDS = 30
_REMEMBER_MOST = 5_000

# An unknown key id makes us ask the issuer again, but not for every forged token.
_REFRESH_SECONDS = 10

_log = logging.getLogger("ciclo.api")


class TokenRefusedError(Exception):
    """The token is not one we accept. The reason is for the log, not for the bearer."""


class KeySource(Protocol):
    """Where the issuer's public keys come from."""

    async def load(self) -> KeySet:
        """The keys as published now."""
        ...


class FileKeys:
    """Keys from a JWKS file, read again when asked."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def load(self) -> KeySet:
        """The keys in the file. A file of a few hundred bytes is read in place."""
        return KeySet.import_key_set(json.loads(self._path.read_text(encoding="utf-8")))


class PublishedKeys:
    """Keys from the issuer's JWKS address."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def load(self) -> KeySet:
        """The keys the issuer publishes."""
        async with httpx.AsyncClient(timeout=5, follow_redirects=False) as client:
            response = await client.get(self._url)
            response.raise_for_status()
            return KeySet.import_key_set(response.json())


class NoKeys:
    """No identity provider is configured: every token is refused, and the log says why."""

    async def load(self) -> KeySet:
        """An empty set."""
        _log.warning("no identity provider is configured: every token is refused")
        return KeySet([])


class TokenVerifier:
    """Tells who bears a token."""

    def __init__(
        self,
        keys: KeySource,
        *,
        issuer: str,
        audience: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._source = keys
        self._keys: KeySet | None = None
        self._loaded_at = 0.0
        self._now = now
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(now()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        # RFC 9864 renames EdDSA to Ed25519; most issuers do not yet.
        warnings.filterwarnings("ignore", message="EdDSA is deprecated")
        self._verified: dict[bytes, tuple[Principal, float]] = {}

    async def verify(self, token: str) -> Principal:
        """The principal of a valid token.

        Raises:
            TokenRefusedError: signature, issuer, audience or time do not hold.
        """
        digest = hashlib.sha256(token.encode()).digest()
        known = self._verified.get(digest)
        if known is not None and known[1] > self._now():
            return known[0]
        principal, expires = await self._check(token)
        while len(self._verified) >= _REMEMBER_MOST:
            self._verified.pop(next(iter(self._verified)))
        self._verified[digest] = (principal, min(expires, self._now() + REMEMBER_SECONDS))
        return principal

    async def _check(self, token: str) -> tuple[Principal, float]:
        try:
            decoded = jwt.decode(token, await self._key_set(), algorithms=ALGORITHMS)
        except (JoseError, ValueError) as first:
            # Perhaps the issuer has changed keys since we asked.
            if self._now() - self._loaded_at < _REFRESH_SECONDS:
                raise TokenRefusedError(str(first)) from first
            try:
                decoded = jwt.decode(token, await self._key_set(fresh=True), algorithms=ALGORITHMS)
            except (JoseError, ValueError) as second:
                raise TokenRefusedError(str(second)) from second
        try:
            self._claims.validate(decoded.claims)
            return principal_from_claims(decoded.claims), float(decoded.claims["exp"])
        except (JoseError, ValueError, TypeError) as error:
            raise TokenRefusedError(str(error)) from error

    async def _key_set(self, *, fresh: bool = False) -> KeySet:
        if self._keys is None or fresh:
            try:
                self._keys = await self._source.load()
            except (OSError, ValueError, httpx.HTTPError, JoseError) as error:
                _log.warning("the issuer's keys cannot be read: %s", error)
                if self._keys is None:
                    raise TokenRefusedError("no keys") from error
            self._loaded_at = self._now()
        return self._keys
