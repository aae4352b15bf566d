"""The public keys of an issuer: where they come from, and how long they are believed."""

import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet

from services.api.auth.refused import TokenRefusedError
from shared.runtime.identity_providers import IdentityProvider

# An unknown key id makes us ask the issuer again, but not for every forged token.
RETRY_SECONDS = 10

_DISCOVERY = "/.well-known/openid-configuration"
_TIMEOUT_SECONDS = 5
# Keys of the largest providers are some kilobytes.
_LARGEST_BYTES = 512 * 1024

_ASYMMETRIC = frozenset({"RSA", "EC", "OKP"})

_log = logging.getLogger("ciclo.api")


class KeySource(Protocol):
    """Where an issuer's public keys come from."""

    async def load(self) -> KeySet:
        """The keys as published now.

        Raises:
            OSError, ValueError, httpx.HTTPError: they cannot be had.
        """
        ...


class FileKeys:
    """Keys from a JWKS file, read again when asked."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def load(self) -> KeySet:
        """The keys in the file. A file of a few hundred bytes is read in place."""
        return signing_keys(json.loads(self._path.read_text(encoding="utf-8")))


class PublishedKeys:
    """Keys from an address: a given one, or the one the issuer's discovery document names."""

    def __init__(
        self,
        issuer: str,
        url: str = "",
        *,
        https_only: bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Fetch nothing yet; ``transport`` stands in for the network in tests."""
        self._issuer = issuer
        self._url = url
        self._https_only = https_only
        self._transport = transport

    async def load(self) -> KeySet:
        """The keys the issuer publishes."""
        async with httpx.AsyncClient(
            timeout=_TIMEOUT_SECONDS, follow_redirects=False, transport=self._transport
        ) as client:
            url = self._url or await self._discover(client)
            return signing_keys(await self._document(client, url))

    async def _discover(self, client: httpx.AsyncClient) -> str:
        found = await self._document(client, self._issuer.rstrip("/") + _DISCOVERY)
        # A document that speaks for another issuer is not this one's (OpenID Connect
        # Discovery 1.0, 4.3).
        if found.get("issuer") != self._issuer:
            raise ValueError("the discovery document names another issuer")
        url = found.get("jwks_uri")
        if not isinstance(url, str):
            raise ValueError("the discovery document names no keys")  # noqa: TRY004 - a bad value
        return url

    async def _document(self, client: httpx.AsyncClient, url: str) -> dict[str, Any]:
        if self._https_only and urlsplit(url).scheme != "https":
            raise ValueError("keys are fetched over https only")
        body = bytearray()
        async with client.stream("GET", url) as response:
            response.raise_for_status()
            async for part in response.aiter_bytes():
                body += part
                if len(body) > _LARGEST_BYTES:
                    raise ValueError("the issuer's answer is too large")
        document = json.loads(body)
        if not isinstance(document, dict):
            raise ValueError("the issuer does not answer with an object")  # noqa: TRY004 - as above
        return document


def signing_keys(document: Any) -> KeySet:  # noqa: ANN401 - whatever was published
    """The keys of a published set that signatures can be checked with.

    Keys to encrypt with, symmetric ones and ones of a kind unknown here are left out.

    Raises:
        ValueError: none is left.
    """
    found = document.get("keys") if isinstance(document, dict) else None
    usable: list[Key] = []
    for data in found if isinstance(found, list) else ():
        if not isinstance(data, dict) or data.get("use", "sig") != "sig":
            continue
        if data.get("kty") in _ASYMMETRIC:
            try:
                usable.append(JWKRegistry.import_key(data))
            except (JoseError, ValueError, TypeError, KeyError) as error:
                _log.warning("one of the issuer's keys cannot be used: %s", error)
    if not usable:
        raise ValueError("no key to check signatures with")
    return KeySet(usable)


class IssuerKeys:
    """An issuer's keys, kept while they are fresh and for a while when it does not answer."""

    def __init__(
        self,
        source: KeySource,
        provider: IdentityProvider,
        now: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        """Load nothing yet; ``changed`` is called when other keys are published than before."""
        self._source = source
        self._provider = provider
        self._now = now
        self._changed = changed
        self._keys: KeySet | None = None
        self._loaded_at = 0.0
        self._tried_at = float("-inf")
        self._asking = asyncio.Lock()

    async def current(self) -> KeySet:
        """The keys to try first.

        Raises:
            TokenRefusedError: there are none, or they are too old to be believed.
        """
        stale = self._now() - self._loaded_at >= self._provider.keys_seconds
        # While one request asks, the others go on with what is known.
        if self._keys is None or (stale and not self._asking.locked()):
            await self._ask()
        if self._keys is None:
            raise TokenRefusedError("keys_unavailable")
        if self._now() - self._loaded_at >= self._provider.keys_kept_seconds:
            raise TokenRefusedError("keys_unavailable", "the keys known are too old")
        return self._keys

    async def after_rotation(self) -> KeySet | None:
        """The keys asked for anew; ``None`` when that was done a moment ago."""
        before = self._tried_at
        await self._ask()
        return self._keys if self._tried_at != before else None

    async def _ask(self) -> None:
        async with self._asking:
            if self._now() - self._tried_at < RETRY_SECONDS:
                return
            self._tried_at = self._now()
            try:
                keys = await self._source.load()
            except (OSError, ValueError, httpx.HTTPError, JoseError) as error:
                _log.warning("the keys of %s cannot be read: %s", self._provider.shown, error)
                return
            if self._keys is not None and _ids(self._keys) != _ids(keys):
                _log.info("%s has changed its keys", self._provider.shown)
                self._changed()
            self._keys = keys
            self._loaded_at = self._now()


def _ids(keys: KeySet) -> frozenset[str]:
    return frozenset(key.thumbprint() for key in keys)
