"""The one layer around the application: request id, limits, last resort, access line.

Pure ASGI, and thin: every request pays for what is here.
"""

import hashlib
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.errors import problem_response
from services.api.ids import new_id
from services.api.metrics.requests import RequestMetrics
from services.api.requests import RequestInfo, come_from, preferred_language, remember
from shared.runtime.logging import bind

_log = logging.getLogger("ciclo.api")
_access = logging.getLogger("ciclo.access")

_OF_CHAMBER = re.compile(r"(?:/internal)?/v1/chambers/([A-Z][A-Z0-9]{1,7})(?:/|$)")
_BRINGS_ARCHIVE = re.compile(r"/v1/entities/[A-Z0-9]{1,8}/chamber-imports")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

# Health is asked by machines every few seconds and must answer under any load.
_UNLIMITED = ("/health/", "/status")

_WINDOW_SECONDS = 60

# Of a longer path the rest is left out of problems; no path of ours comes near.
_LONGEST_PATH = 500


@dataclass(frozen=True, slots=True)
class Limits:
    """What one caller may send."""

    requests_per_minute: int
    body_bytes: int
    archive_bytes: int
    """What an archive of a chamber may have, instead of ``body_bytes``."""

    def body_of(self, method: str, path: str) -> int:
        """Largest body of a request."""
        archive = method == "POST" and _BRINGS_ARCHIVE.fullmatch(path)
        return self.archive_bytes if archive else self.body_bytes


class RateLimiter:
    """Counts the requests of each caller in windows of a minute, in this process's memory."""

    # Callers remembered at most; beyond, the oldest window is forgotten.
    _MOST_CALLERS = 50_000

    def __init__(self, limit: int, now: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._now = now
        self._windows: dict[str, tuple[float, int]] = {}

    def count(self, caller: str) -> tuple[int, int]:
        """Counts one request; answers what remains (negative: refuse) and seconds to reset."""
        now = self._now()
        started, used = self._windows.get(caller, (now, 0))
        if now - started >= _WINDOW_SECONDS:
            self._windows.pop(caller, None)
            started, used = now, 0
        if len(self._windows) >= self._MOST_CALLERS and caller not in self._windows:
            self._windows.pop(next(iter(self._windows)))
        self._windows[caller] = (started, used + 1)
        reset = max(1, int(started + _WINDOW_SECONDS - now) + 1)
        return self.limit - used - 1, min(reset, _WINDOW_SECONDS)


class _BodyTooLargeError(HTTPException):
    """More came than was allowed. An HTTP exception, which FastAPI passes on as it is."""

    def __init__(self, limit: int) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(limit))


class Edge:
    """ASGI middleware; the outermost one."""

    def __init__(
        self, app: ASGIApp, *, limits: Limits, public_url: str, metrics: RequestMetrics
    ) -> None:
        self._app = app
        self._limits = limits
        self._limiter = RateLimiter(limits.requests_per_minute)
        self._public_url = public_url
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("request-id", "")
        info = RequestInfo(
            request_id=given if _REQUEST_ID.fullmatch(given) else new_id(),
            language=preferred_language(headers.get("accept-language")),
            # Percent-encoded: it becomes the `instance` of problems, a URI reference.
            path=quote(scope["path"][:_LONGEST_PATH], safe="/:"),
            public_url=self._public_url,
        )
        remember(scope, info)
        come_from(_address(scope), headers.get("user-agent"))
        most = self._limits.body_of(scope["method"], scope["path"])
        exchange = _Exchange(scope, receive, send, info, most, self._metrics)
        if not scope["path"].startswith(_UNLIMITED):
            exchange.quota = (self._limiter.limit, *self._limiter.count(_caller(scope, headers)))
        with bind(request_id=info.request_id, chamber=_chamber(scope["path"])):
            await exchange.run(self._app, headers)


class _Exchange:
    """One request and its answer."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        info: RequestInfo,
        body_bytes: int,
        metrics: RequestMetrics,
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._info = info
        self._body_bytes = body_bytes
        self._metrics = metrics
        self._received = 0
        self._status = 0
        self.quota: tuple[int, int, int] | None = None
        self._started = time.perf_counter()

    async def run(self, app: ASGIApp, headers: Headers) -> None:
        """Passes the request on unless a limit stands in the way; always answers."""
        try:
            if self.quota is not None and self.quota[1] < 0:
                await self._refuse("too_many_requests", {"Retry-After": str(self.quota[2])})
            elif _declared_length(headers) > self._body_bytes:
                await self._refuse("body_too_large", {"Connection": "close"})
            else:
                await app(self._scope, self._limited_receive, self._marked_send)
        except _BodyTooLargeError:
            await self._last_resort("body_too_large")
        except Exception:  # noqa: BLE001 - whatever it was, the caller gets an answer
            _log.exception("unexpected error in %s", self._scope["path"])
            await self._last_resort("internal_error")
        finally:
            seconds = time.perf_counter() - self._started
            route = getattr(self._scope.get("route"), "path", None)
            self._metrics.note(self._scope["method"], route, self._status, seconds)
            chamber = _chamber(self._scope["path"])
            if chamber is not None:
                self._metrics.note_chamber(chamber, self._status)
            _access.info(
                "%s %s %s",
                self._scope["method"],
                self._scope["path"],
                self._status,
                extra={"ms": round(seconds * 1000, 2)},
            )

    async def _refuse(self, code: str, headers: dict[str, str] | None = None) -> None:
        response = problem_response(
            self._info, code, headers=headers, parts={"limit": self._body_bytes}
        )
        await response(self._scope, self._receive, self._marked_send)

    async def _last_resort(self, code: str) -> None:
        if self._status == 0:
            await self._refuse(code)

    async def _limited_receive(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > self._body_bytes:
            raise _BodyTooLargeError(self._body_bytes)
        return message

    async def _marked_send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(raw=message["headers"])
            headers["Request-Id"] = self._info.request_id
            if "cache-control" not in headers:
                headers["Cache-Control"] = "no-store"
            if self.quota is not None:
                limit, remaining, reset = self.quota
                headers["RateLimit-Limit"] = str(limit)
                headers["RateLimit-Remaining"] = str(max(0, remaining))
                headers["RateLimit-Reset"] = str(reset)
        await self._send(message)


def _declared_length(headers: Headers) -> int:
    declared = headers.get("content-length", "")
    return int(declared) if declared.isdecimal() else 0


def _chamber(path: str) -> str | None:
    """The chamber that a path asks for, which every line of the log is to name."""
    found = _OF_CHAMBER.match(path)
    return found[1] if found else None


def _caller(scope: Scope, headers: Headers) -> str:
    """Who is counted: the bearer of a credential, or else the address."""
    credential = headers.get("authorization")
    if credential is not None:
        return hashlib.blake2b(credential.encode(), digest_size=16).hexdigest()
    return _address(scope) or "unknown"


def _address(scope: Scope) -> str | None:
    """The caller's address: as the server tells it, which believes the proxy alone."""
    client: Any = scope.get("client")
    return str(client[0]) if client else None
