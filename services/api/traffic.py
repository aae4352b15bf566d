"""Short work before long work, in the one loop of a process.

A message of thousands of measurements computes for as long as hundreds of single ones take, and
while it computes nobody else is served. So long work computes in slices: between two of them it
gives way to short work that is under way, for a while, and goes on. One piece of long work of a
chamber runs at a time (they would queue for the rows of their plan anyway, each with a
connection in hand), and of all chambers no more than leave connections for the others.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

Pause = Callable[[], Awaitable[None]]
"""What long work does between two slices."""

T = TypeVar("T")

SLICE = 100
"""Measurements of a slice: one or two milliseconds of computing."""

_LONGEST_PAUSE_SECONDS = 0.010
"""About what one short message takes. Long work waits for no more: it has to end, too."""


async def no_pause(_holding: str | None = None) -> None:
    """The pause of work that is short, or that nobody else waits for."""


async def in_slices(things: Iterable[T], pause: Pause) -> AsyncIterator[T]:
    """The things as they are, with a pause after every slice of them."""
    for count, thing in enumerate(things, 1):
        yield thing
        if count % SLICE == 0:
            await pause()


class Traffic:
    """What is under way in this process."""

    def __init__(self, connections: int) -> None:
        """Take how many connections to the database there are: long work gets half of them."""
        self._short: Counter[str] = Counter()
        self._left = asyncio.Event()
        self._long = asyncio.Semaphore(max(1, connections // 2))
        self._turns: dict[str, asyncio.Lock] = {}

    @contextmanager
    def short(self, chamber: str) -> Iterator[None]:
        """Short work of a chamber: long work gives way to it while the block lasts."""
        self._short[chamber] += 1
        try:
            yield
        finally:
            self._short[chamber] -= 1
            if not self._short[chamber]:
                del self._short[chamber]
            self._left.set()

    @asynccontextmanager
    async def long(self, chamber: str) -> AsyncIterator[None]:
        """Long work of a chamber, once it is its turn."""
        turn = self._turns.setdefault(chamber, asyncio.Lock())
        async with turn, self._long:
            yield

    async def give_way(self, holding: str | None = None) -> None:
        """Lets short work pass that is under way, for some milliseconds.

        Not that of the chamber ``holding``: what the caller holds there is what it waits for.
        """
        await asyncio.sleep(0)
        if not self._passing(holding):
            return
        try:
            async with asyncio.timeout(_LONGEST_PAUSE_SECONDS):
                while self._passing(holding):
                    self._left.clear()
                    await self._left.wait()
        except TimeoutError:
            return

    def _passing(self, holding: str | None) -> bool:
        """Whether short work of another chamber is under way."""
        return any(chamber != holding for chamber in self._short)
