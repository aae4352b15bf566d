"""Somebody who receives events: notes every message, and answers as a test tells it to."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks.webhooks import Webhook

Answer = Callable[[asyncio.StreamWriter], Coroutine[Any, Any, None]]


@dataclass
class Message:
    """A message as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:  # noqa: ANN401 - JSON is anything
        """The event in it."""
        return json.loads(self.body)

    def verified(self, secret: str) -> Any:  # noqa: ANN401 - JSON is anything
        """The event, as the reference library reads it; raises when a signature is wrong."""
        return Webhook(secret).verify(self.body.decode(), self.headers)


def status(code: int, *headers: str, body: bytes = b"") -> Answer:
    """Answers with a status."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {code} -", f"Content-Length: {len(body)}", *headers]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()

    return answer


async def hang(writer: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.Event().wait()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Closes the connection instead of answering."""
    writer.transport.abort()


async def flood(writer: asyncio.StreamWriter) -> None:
    """Answers 10 MB, as far as anybody listens."""
    writer.write(b"HTTP/1.1 200 -\r\nContent-Length: 10000000\r\n\r\n")
    for _ in range(1000):
        writer.write(b"x" * 10_000)
        await writer.drain()


@dataclass
class Receiver:
    """The server. ``answers`` are used up one by one; then it accepts everything."""

    port: int = 0
    answers: list[Answer] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the first message is there."""
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, path: str = "/eventi") -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one message."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            request, *lines = head.strip().split("\r\n")
            headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.messages.append(Message(request.split()[1], headers, body))
            self.arrived.set()
            answer = self.answers.pop(0) if self.answers else status(204)
            await self._until_closing(answer(writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # whoever hangs up while we talk is what some tests are about
        finally:
            writer.close()

    async def _until_closing(self, answer: Coroutine[Any, Any, None]) -> None:
        work = [asyncio.create_task(answer), asyncio.create_task(self.closing.wait())]
        done, left = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        for task in done:
            task.result()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver while the block lasts."""
    made = Receiver()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.closing.set()
        server.close()
