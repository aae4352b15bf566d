"""The relay of previews: to a queue of their own, so that they wait behind no document."""

from services.api.container import Container
from services.api.dispatch import repository
from services.api.dispatch.queue import RenderQueue
from services.api.dispatch.relay import RELAY
from services.api.previews.service import PREVIEW_REQUESTED

_BATCH = 50

# Longer than sending takes; whoever waits for a preview does not wait long.
_HOLD_SECONDS = 5


class PreviewRelay:
    """Sends what was asked for; what Redis did not take is claimed again."""

    def __init__(self, parts: Container, queue: RenderQueue) -> None:
        self._parts = parts
        self._queue = queue

    async def run_once(self) -> bool:
        """Sends one batch; true when more may be waiting.

        Raises:
            QueueUnavailableError: Redis is away.
        """
        database = self._parts.database
        async with database.write((), RELAY) as session:
            claimed = await repository.claim_events(
                session, (PREVIEW_REQUESTED,), batch=_BATCH, hold_seconds=_HOLD_SECONDS
            )
        for chamber, event_ids in claimed.items():
            async with database.read([chamber]) as session:
                asked = await repository.payloads(session, event_ids)
            for row in asked:
                await self._queue.send_preview(chamber, row.payload["preview_id"])
            async with database.write([chamber], RELAY) as session:
                await repository.mark_sent(session, event_ids, ())
        return sum(map(len, claimed.values())) == _BATCH
