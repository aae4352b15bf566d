"""A load generator: some clients on kept-open connections, each asking again when answered.

Plain asyncio streams, so that little of the measured time is the generator's own.
"""

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.rows import percentile


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it."""

    requests_per_second: float
    p99_seconds: float


def measure(url: str, *, token: str | None, clients: int, seconds: float, expected: bytes) -> Load:
    """Ask for ``url`` for so many seconds; the first fifth of them does not count.

    Raises:
        AssertionError: an answer is not 200 with the expected bytes.
    """
    return asyncio.run(_measure(url, token, clients, seconds, expected))


async def _measure(
    url: str, token: str | None, clients: int, seconds: float, expected: bytes
) -> Load:
    begun = time.perf_counter()
    counted_from, end = begun + seconds / 5, begun + seconds
    taken = await asyncio.gather(
        *(_client(url, token, counted_from, end, expected) for _ in range(clients))
    )
    times = sorted(one for client in taken for one in client)
    return Load(len(times) / (end - counted_from), percentile(times, 0.99))


async def _client(
    url: str, token: str | None, counted_from: float, end: float, expected: bytes
) -> list[float]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    request = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{bearer}\r\n".encode()
    taken: list[float] = []
    try:
        while (begun := time.perf_counter()) < end:
            writer.write(request)
            await _answer(reader, expected)
            now = time.perf_counter()
            if counted_from <= begun:
                taken.append(now - begun)
    finally:
        writer.close()
    return taken


async def _answer(reader: asyncio.StreamReader, expected: bytes) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise AssertionError(head.decode(errors="replace"))
    _, _, rest = head.partition(b"content-length:")
    body = await reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
    if body != expected:
        raise AssertionError("the answer is not the expected one")
