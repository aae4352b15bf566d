"""``python -m services.renderer.worker``: listens to the queue, works on render jobs.

The queue only knocks; the API's database knows what is to be done. So a message is taken
off Redis at once and the job leased over HTTP: Redis may lose everything, restart or be
emptied in the middle of a rendering and neither this process nor the job ends.
"""

import asyncio
import contextlib
import json
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from arq.connections import RedisSettings
from arq.worker import Worker, func
from pydantic import ValidationError
from redis.exceptions import RedisError

from services.renderer import folders, jobs, previews, process
from services.renderer.client import ApiClient, JobKey, PreviewKey
from services.renderer.sandbox import MEGABYTE, Limits
from services.renderer.signing.authorities import Authorities
from services.renderer.signing.identities import IdentityFolder
from services.renderer.signing.pades import PadesSigner
from shared.contracts.preview_job import PREVIEW_FUNCTION, PREVIEW_QUEUE
from shared.contracts.render_job import QUEUE_NAME, RENDER_FUNCTION
from shared.runtime import logging as runtime_logging
from shared.runtime.settings import RendererSettings

POLL_SECONDS = 0.1
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
STOP_GRACE_SECONDS = 3.0
"""On a stop request a job that is being delivered may end; longer ones are given back."""

HANDOVER_SECONDS = 5
"""arq's job is only the handing over: it ends within milliseconds, so that the in-progress
mark of a killed worker is short-lived. The rendering's own limit is the child's."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Desk:
    """A queue, the name of what is called from it, and what is then done: ``(chamber, id)``."""

    queue: str
    function: str
    work: Callable[[str, str], Awaitable[None]]


class RenderWorker:
    """Takes jobs off a queue and works on at most ``slots`` of them at a time."""

    def __init__(self, desk: Desk, redis_url: str, slots: int) -> None:
        self._desk = desk
        self._redis = RedisSettings.from_dsn(redis_url)
        # Each lost connection is met by the loop below, which never gives up.
        self._redis.conn_retries = 0
        self._redis.conn_timeout = 3
        self._slots = asyncio.Semaphore(slots)
        self._working: set[asyncio.Task[None]] = set()
        self._arq: Worker | None = None
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ask ``serve`` to end."""
        self._stopping.set()

    async def serve(self) -> None:
        """Work until ``stop``, whatever happens to Redis."""
        pause = FIRST_PAUSE
        stopping = asyncio.create_task(self._stopping.wait())
        clock = asyncio.get_running_loop().time
        while not self._stopping.is_set():
            began = clock()
            self._arq = self._new_arq()
            listening = asyncio.create_task(self._arq.async_run())
            await asyncio.wait({listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
            await self._put_down(self._arq, listening)
            if self._stopping.is_set():
                break
            steady = clock() - began > LONGEST_PAUSE
            pause = FIRST_PAUSE if steady else min(pause * 2, LONGEST_PAUSE)
            _log.warning("the queue is away, next try in %.1f s", pause)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stopping.wait()
        stopping.cancel()
        await self._leave()

    def _new_arq(self) -> Worker:
        worker = Worker(
            functions=[
                func(
                    self._take,
                    name=self._desk.function,
                    keep_result=0,
                    timeout=HANDOVER_SECONDS,
                    max_tries=1,
                )
            ],
            queue_name=self._desk.queue,
            redis_settings=self._redis,
            handle_signals=False,
            max_jobs=1,
            keep_result=0,
            max_tries=1,
            poll_delay=POLL_SECONDS,
            job_serializer=_to_json,
            job_deserializer=json.loads,
            log_results=False,
        )
        worker.allow_pick_jobs = not self._slots.locked()
        return worker

    async def _take(self, ctx: dict[Any, Any], chamber: str, job_id: str) -> None:
        """Called by arq: note the job, start on it, let go of the message."""
        del ctx
        task = asyncio.create_task(self._work(chamber, job_id))
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        # Let the task take its slot before the next message is looked at.
        await asyncio.sleep(0)

    async def _work(self, chamber: str, job_id: str) -> None:
        async with self._slots:
            self._open_for_more()
            with runtime_logging.bind(chamber=chamber):
                await self._desk.work(chamber, job_id)
        self._open_for_more()

    def _open_for_more(self) -> None:
        """Leave messages to other workers while all slots are taken."""
        if self._arq is not None:
            self._arq.allow_pick_jobs = not self._slots.locked()

    @staticmethod
    async def _put_down(worker: Worker, listening: "asyncio.Task[None]") -> None:
        listening.cancel()
        await asyncio.wait({listening})
        if not listening.cancelled() and (error := listening.exception()) is not None:
            expected = isinstance(error, RedisError | OSError | TimeoutError)
            _log.warning("listening ended: %s: %s", type(error).__name__, error,
                         exc_info=None if expected else error)  # fmt: skip
        # In a task of its own: arq cancels and gathers inside, and Redis may be away.
        closing = asyncio.create_task(worker.close())
        await asyncio.wait({closing})
        if not closing.cancelled():
            closing.exception()

    async def _leave(self) -> None:
        """Give work that is nearly done a moment, then give the rest back."""
        if self._working:
            await asyncio.wait(self._working, timeout=STOP_GRACE_SECONDS)
        for task in self._working:
            task.cancel()
        if self._working:
            await asyncio.wait(self._working)


def _to_json(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()


async def run(settings: RendererSettings) -> None:
    """Serve with the given settings until SIGTERM or SIGINT."""
    signer = PadesSigner(
        IdentityFolder(
            folder=settings.signing_dir,
            password=settings.signing_password.get_secret_value(),
            production=settings.production,
            make_missing=settings.signer == "development",
        ),
        level=settings.signature_level,
        authorities=Authorities(
            anchors=settings.trust_anchors or settings.signing_dir / "trust",
            tsa_url=settings.tsa_url,
            tsa_user=settings.tsa_user,
            tsa_password=settings.tsa_password,
        ),
        seconds=settings.signing_timeout_seconds,
    )
    if settings.signer == "development":
        _log.warning("seals are made for tests and have no legal value")
    limits = Limits(
        memory_mb=settings.render_memory_bytes // MEGABYTE,
        seconds=settings.render_timeout_seconds,
    )
    folders.remove_abandoned()
    token = next(iter(settings.renderer_tokens), "")
    async with contextlib.AsyncExitStack() as held:
        shelf = settings.chapters_dir or held.enter_context(folders.own_folder())
        presses = process.Presses(processes=_processes(settings), shelf=shelf)
        # A press that no document takes: who waits for a preview looks at the screen.
        quick = process.Presses(processes=1, shelf=shelf)
        for pool in (presses, quick):
            await (await held.enter_async_context(pool)).warm()
        api = await held.enter_async_context(ApiClient(settings.api_url, token))
        desks = {
            documents(jobs.Workshop(api, presses.render, signer, limits)): settings.render_jobs,
            parts(previews.PreviewDesk.with_limits(api, quick.preview, limits)): 1,
        }
        redis_url = settings.redis_url.get_secret_value()
        workers = [RenderWorker(desk, redis_url, slots) for desk, slots in desks.items()]
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _stop, workers)
        _log.info("waiting for jobs of %s, %d at a time", settings.api_url, settings.render_jobs)
        await asyncio.gather(*(worker.serve() for worker in workers))
    _log.info("stopped")


def documents(workshop: jobs.Workshop) -> Desk:
    """Where whole documents are made."""

    async def work(chamber: str, job_id: str) -> None:
        await jobs.run(workshop, JobKey(chamber, job_id))

    return Desk(QUEUE_NAME, RENDER_FUNCTION, work)


def parts(desk: previews.PreviewDesk) -> Desk:
    """Where parts are made for somebody who waits for them."""

    async def work(chamber: str, preview_id: str) -> None:
        await previews.run(desk, PreviewKey(chamber, preview_id))

    return Desk(PREVIEW_QUEUE, PREVIEW_FUNCTION, work)


def _stop(workers: Sequence[RenderWorker]) -> None:
    for worker in workers:
        worker.stop()


def _processes(settings: RendererSettings) -> int:
    """Chapters of one document at a time: what is set, else the cores, divided by the jobs."""
    return settings.render_processes or max(1, process.cores() // settings.render_jobs)


def main() -> int:
    """Entry of the process."""
    try:
        settings = RendererSettings()
    except ValidationError as error:
        sys.stderr.write(f"The renderer cannot start:\n{error}\n")
        return 2
    runtime_logging.configure("renderer", level=settings.log_level)
    asyncio.run(run(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
