"""The sweeper: finds the jobs that nobody works on and puts them back on their way.

A message is lost when Redis is emptied, a worker when it is killed. The first leaves a job
queued for longer than it should take to be leased, the second a lease that is not renewed.
"""

import logging

from services.api.container import Container
from services.api.db.session import Author
from services.api.dispatch import repository
from services.api.dispatch.queue import RenderQueue
from services.api.rendering import service as rendering
from shared.runtime.logging import bind

SWEEPER = Author("sweeper")

_BATCH = 100

_log = logging.getLogger("ciclo.dispatch")


class Sweeper:
    """Looks after jobs."""

    def __init__(self, parts: Container, queue: RenderQueue) -> None:
        self._parts = parts
        self._queue = queue

    async def run_once(self) -> bool:
        """Sends again what was lost, as one batch; true when more may be waiting.

        Raises:
            QueueUnavailableError: Redis is away; the jobs are found again later.
        """
        parts = self._parts
        async with parts.database.write((), SWEEPER) as session:
            lost = await repository.claim_lost_jobs(
                session, batch=_BATCH, silent_seconds=parts.settings.resend_seconds
            )
        for chamber, job_id in lost:
            with bind(chamber=chamber):
                async with parts.database.write([chamber], SWEEPER) as session:
                    attempt = await rendering.recover(parts, session, job_id)
                if attempt is not None and await self._queue.send(chamber, job_id, attempt):
                    _log.info(
                        "job sent again",
                        extra={"chamber": chamber, "job_id": job_id, "attempt": attempt},
                    )
        return len(lost) == _BATCH
