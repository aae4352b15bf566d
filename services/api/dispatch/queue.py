"""The arq queue of render jobs, as seen by those who fill it."""

import json
from typing import Any

from arq.connections import ArqRedis
from arq.constants import in_progress_key_prefix
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from shared.contracts.preview_job import LONGEST_SECONDS, PREVIEW_FUNCTION, PREVIEW_QUEUE
from shared.contracts.render_job import QUEUE_NAME, RENDER_FUNCTION, arq_job_id

# Workers that were killed between taking a message and leasing its job leave its id blocked.
# So many of them for the same attempt, and it is not the worker's fault.
_MOST_BLOCKED = 20

_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 5.0


class QueueUnavailableError(Exception):
    """Redis does not answer; nothing is lost, trying again helps."""


class RenderQueue:
    """Messages that say which job to lease: ids only, as JSON."""

    def __init__(self, redis_url: str) -> None:
        # Nothing is connected yet: the API starts and serves without Redis.
        pool = ConnectionPool.from_url(
            redis_url,
            socket_connect_timeout=_CONNECT_SECONDS,
            socket_timeout=_ANSWER_SECONDS,
        )
        self._redis = ArqRedis(
            pool_or_conn=pool, job_serializer=_to_json, default_queue_name=QUEUE_NAME
        )

    async def send(self, chamber: str, job_id: str, attempt: int) -> bool:
        """Queues an attempt at a job; false when its message is waiting there already.

        Raises:
            QueueUnavailableError: Redis is away or refuses.
        """
        base = arq_job_id(chamber, job_id, attempt)
        try:
            for resent in range(_MOST_BLOCKED):
                message_id = f"{base}:{resent}" if resent else base
                sent = await self._redis.enqueue_job(
                    RENDER_FUNCTION, chamber, job_id, _job_id=message_id
                )
                if sent is not None:
                    return True
                # The id is taken: by a message that waits, or by one that a worker took. A
                # worker that lives has leased the job, or is about to and then wins.
                if not await self._redis.exists(in_progress_key_prefix + message_id):
                    return False
        except (RedisError, OSError, TimeoutError) as error:
            raise QueueUnavailableError(str(error)) from error
        return False

    async def send_preview(self, chamber: str, preview_id: str) -> None:
        """Queues a preview, for as long as somebody waits for it.

        Raises:
            QueueUnavailableError: Redis is away or refuses.
        """
        try:
            await self._redis.enqueue_job(
                PREVIEW_FUNCTION,
                chamber,
                preview_id,
                _job_id=f"preview:{chamber}:{preview_id}",
                _queue_name=PREVIEW_QUEUE,
                _expires=LONGEST_SECONDS,
            )
        except (RedisError, OSError, TimeoutError) as error:
            raise QueueUnavailableError(str(error)) from error

    async def close(self) -> None:
        """Closes the connections."""
        await self._redis.aclose(close_connection_pool=True)


def _to_json(message: dict[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()
