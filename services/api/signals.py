"""Knocks on the door inside one process: something may have happened, go and look.

Nothing depends on a knock being heard: whoever waits also looks by itself from time to
time, because another process does not knock here and this one may end before it does.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

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
