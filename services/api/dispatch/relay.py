"""The relay: from the outbox to the queue, after the commit."""

import logging
from typing import Final

from services.api.container import Container
from services.api.db.session import Author
from services.api.dispatch import repository
from services.api.dispatch.queue import QueueUnavailableError, RenderQueue
from services.api.render_jobs.states import JobState
from services.api.reports.requesting import RENDER_REQUESTED
from shared.runtime.logging import bind

TOPICS: Final = (RENDER_REQUESTED,)
"""Kinds of event that go to the queue; the others are the announcer's."""

RELAY = Author("relay")

_BATCH = 50

# A relay that dies between claiming and sending keeps its events from the others this long.
_HOLD_SECONDS = 10

_log = logging.getLogger("ciclo.dispatch")


class Relay:
    """Sends what was committed."""

    def __init__(self, parts: Container, queue: RenderQueue) -> None:
        self._parts = parts
        self._queue = queue

    async def run_once(self) -> bool:
        """Sends one batch; true when more may be waiting.

        Raises:
            QueueUnavailableError: Redis is away; what was claimed is free again.
        """
        database = self._parts.database
        async with database.write((), RELAY) as session:
            claimed = await repository.claim_events(
                session, TOPICS, batch=_BATCH, hold_seconds=_HOLD_SECONDS
            )
        failed: QueueUnavailableError | None = None
        for chamber, event_ids in claimed.items():
            with bind(chamber=chamber):
                try:
                    if failed is None:
                        await self._send(chamber, event_ids)
                        continue
                except QueueUnavailableError as error:
                    failed = error
                async with database.write([chamber], RELAY) as session:
                    await repository.release(session, event_ids)
        if failed is not None:
            raise failed
        return sum(map(len, claimed.values())) == _BATCH

    async def _send(self, chamber: str, event_ids: list[str]) -> None:
        database = self._parts.database
        async with database.read([chamber]) as session:
            requested = await repository.requested_jobs(session, event_ids)
        sent: list[str] = []
        for row in requested:
            # A job that was cancelled, or that the sweeper was quicker to send, needs nothing.
            if row.state == JobState.QUEUED:
                await self._queue.send(chamber, row.job_id, row.attempt + 1)
                sent.append(row.job_id)
        async with database.write([chamber], RELAY) as session:
            await repository.mark_sent(session, event_ids, sent)
        _log.debug("sent %d jobs", len(sent), extra={"chamber": chamber})
