"""Knocks on the door inside one process: something may have happened, go and look.

Nothing depends on a knock being heard: whoever waits also looks by itself from time to
time, because another process does not knock here and this one may end before it does.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_LOOK_SECONDS = 1.0
"""A followed job is looked at this often unheard: another process may be working on it."""

OUTBOX = "outbox"
"""Topic: an event was committed to the outbox."""

DELIVERIES = "deliveries"
"""Topic: an event is due at a subscriber."""


PREVIEWS = "previews"
"""Topic: a preview was asked for."""


def preview(chamber: str, preview_id: str) -> str:
    """Topic: this preview was made, or could not be."""
    return f"preview:{chamber}:{preview_id}"


def render_job(chamber: str, job_id: str) -> str:
    """Topic: the row of this render job has changed."""
    return f"render-job:{chamber}:{job_id}"


def reconciliation(chamber: str, reconciliation_id: str) -> str:
    """Topic: the row of this comparison with a source has changed."""
    return f"reconciliation:{chamber}:{reconciliation_id}"


class Signals:
    """Who waits for which topic."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def knock(self, topic: str) -> None:
        """Wakes everybody who listens to ``topic``; never blocks."""
        for event in self._waiting.get(topic, ()):
            event.set()

    @contextmanager
    def listening(self, topic: str) -> Iterator["Listener"]:
        """A listener that hears every knock from now on, also between two waits."""
        event = asyncio.Event()
        self._waiting[topic].add(event)
        try:
            yield Listener(event)
        finally:
            self._waiting[topic].discard(event)
            if not self._waiting[topic]:
                del self._waiting[topic]

    async def follow(
        self,
        topic: str,
        read: Callable[[], Awaitable[T]],
        *,
        visible: Callable[[T], object],
        over: Callable[[T], bool],
    ) -> AsyncIterator[T]:
        """A job as ``read`` finds it now, and again whenever it has changed, until it is over.

        Read once before the answer too: a job that is not there is refused by then. ``visible``
        is what makes a change worth telling.
        """
        await read()
        return self._changes(topic, read, visible, over)

    async def _changes(
        self,
        topic: str,
        read: Callable[[], Awaitable[T]],
        visible: Callable[[T], object],
        over: Callable[[T], bool],
    ) -> AsyncIterator[T]:
        seen: object = None
        with self.listening(topic) as listener:
            while True:
                found = await read()
                now = visible(found)
                if now != seen:
                    seen = now
                    yield found
                if over(found):
                    return
                await listener.wait(_LOOK_SECONDS)


class Listener:
    """One who listens to a topic."""

    def __init__(self, event: asyncio.Event) -> None:
        self._event = event

    async def wait(self, seconds: float) -> None:
        """Returns at the next knock, or at once after one unheard, or when time is up."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return
        finally:
            self._event.clear()
