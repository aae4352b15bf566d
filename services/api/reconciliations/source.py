"""What a source holds, asked page by page: patient with it, never insisting, never led astray.

:class:`Source` is the seam for other contracts; :class:`PulledSource` the default one
(:mod:`shared.contracts.pull`).
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Protocol

import httpx
import stamina

from shared.contracts.pull import HeldPage, PageRefusedError, read_page

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_PAGE = 500
_MOST_PAGES = 2000
_MOST_BYTES = 16 * 1024**2
_ATTEMPTS = 5
_LONGEST_WAIT_SECONDS = 60.0
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOST_CACHED = 256


class SourceUnavailableError(Exception):
    """The source does not answer, or not as agreed; ``reason`` says it in a word."""

    code = "source_unavailable"

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class Source(Protocol):
    """A system that can be asked what it holds of a year, or of a period of it."""

    def pages(self, year: int, period: str | None) -> AsyncIterator[HeldPage]:
        """Every page.

        Raises:
            SourceUnavailableError: it does not answer.
        """
        ...


class CircuitBreaker:
    """Leaves a source in peace for a while after it has failed several times in a row.

    The clock is handed in, in seconds. After the pause one request may try; if it fails, the
    next pause begins.
    """

    def __init__(self, failures: int = 5, pause: timedelta = timedelta(seconds=60)) -> None:
        """Opens after so many failures in a row, for so long."""
        self._most = failures
        self._pause = pause.total_seconds()
        self._failed = 0
        self._opened_at: float | None = None

    def allows(self, now: float) -> bool:
        """Whether a request may be made."""
        return self._opened_at is None or now >= self._opened_at + self._pause

    def succeeded(self) -> None:
        """The source has answered."""
        self._failed = 0
        self._opened_at = None

    def failed(self, now: float) -> None:
        """The source has not answered, or with a fault of its own."""
        self._failed += 1
        if self._failed >= self._most:
            self._opened_at = now


@dataclass(slots=True)
class Acquaintance:
    """What a process remembers of a source: pages with their ETags, and how it has been."""

    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    pages: OrderedDict[str, tuple[str, HeldPage]] = field(default_factory=OrderedDict)

    def remember(self, url: str, etag: str | None, page: HeldPage) -> None:
        """Keeps a page that the source has named; the oldest makes room."""
        if etag is None:
            return
        self.pages[url] = (etag, page)
        self.pages.move_to_end(url)
        while len(self.pages) > _MOST_CACHED:
            self.pages.popitem(last=False)


class _AgainError(Exception):
    """Worth another try; ``wait``: the source said when."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class PulledSource:
    """The default contract over HTTP."""

    def __init__(
        self, url: str, token: str | None, transport: httpx.AsyncBaseTransport, known: Acquaintance
    ) -> None:
        """Ask below ``url``; ``transport`` decides which addresses may be reached."""
        self._url = url.rstrip("/")
        self._headers = {"Accept": "application/json", "User-Agent": "ciclo"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._transport = transport
        self._known = known

    async def pages(self, year: int, period: str | None) -> AsyncIterator[HeldPage]:
        """See :class:`Source`."""
        asked = {"year": str(year), "limit": str(_PAGE)}
        if period is not None:
            asked["period"] = period
        seen: set[str] = set()
        async with httpx.AsyncClient(
            transport=self._transport, timeout=_TIMEOUT, follow_redirects=False, trust_env=False
        ) as http:
            for _ in range(_MOST_PAGES):
                page = await self._page(
                    http, str(httpx.URL(self._url + "/measurements", params=asked))
                )
                yield page
                if page.next is None:
                    return
                if page.next in seen:
                    raise SourceUnavailableError("cursor_repeated")
                seen.add(page.next)
                asked["cursor"] = page.next
        raise SourceUnavailableError("too_many_pages")

    async def _page(self, http: httpx.AsyncClient, url: str) -> HeldPage:
        """One page, tried again with growing, uneven pauses while the source is not well."""
        clock = asyncio.get_running_loop().time
        try:
            async for attempt in stamina.retry_context(
                on=_pause_for, attempts=_ATTEMPTS, timeout=300, wait_initial=0.2, wait_max=20,
                wait_jitter=1.0,
            ):  # fmt: skip
                with attempt:
                    if not self._known.breaker.allows(clock()):
                        raise SourceUnavailableError("circuit_open")
                    page = await self._once(http, url)
                    self._known.breaker.succeeded()
                    return page
        except _AgainError as error:
            self._known.breaker.failed(clock())
            raise SourceUnavailableError("no_answer", str(error)) from error
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, http: httpx.AsyncClient, url: str) -> HeldPage:
        known = self._known.pages.get(url)
        headers = self._headers | ({"If-None-Match": known[0]} if known else {})
        try:
            async with http.stream("GET", url, headers=headers) as answer:
                if answer.status_code == HTTPStatus.NOT_MODIFIED and known:
                    return known[1]
                if answer.status_code in _TRANSIENT:
                    raise _AgainError(str(answer.status_code), _retry_after(answer))
                if answer.status_code != HTTPStatus.OK:
                    raise SourceUnavailableError("refused", str(answer.status_code))
                body = await _bounded(answer)
        except httpx.UnsupportedProtocol as error:
            raise SourceUnavailableError("address_refused", str(error)) from error
        except httpx.TransportError as error:
            raise _AgainError(type(error).__name__) from error
        except httpx.RequestError as error:  # an address that must not be reached
            raise SourceUnavailableError("address_refused", str(error)) from error
        try:
            page = read_page(body)
        except PageRefusedError as error:
            raise SourceUnavailableError("page_refused", str(error)) from error
        self._known.remember(url, answer.headers.get("etag"), page)
        return page


def _pause_for(error: Exception) -> bool | float:
    """Whether to try again, and after how long where the source said so."""
    if not isinstance(error, _AgainError):
        return False
    return True if error.wait is None else error.wait


def _retry_after(answer: httpx.Response) -> float | None:
    value = answer.headers.get("retry-after", "")
    return min(float(value), _LONGEST_WAIT_SECONDS) if value.isdecimal() else None


async def _bounded(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > _MOST_BYTES:
            raise SourceUnavailableError("page_too_large")
    return bytes(body)
