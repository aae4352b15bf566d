"""The loops that run beside the requests of a process."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from services.api.container import Container
from services.api.db.session import DatabaseUnavailableError
from services.api.dispatch.announcer import Announcer
from services.api.dispatch.monitor import Monitor
from services.api.dispatch.previews import PreviewRelay
from services.api.dispatch.queue import QueueUnavailableError, RenderQueue
from services.api.dispatch.relay import Relay
from services.api.dispatch.sweeper import Sweeper
from services.api.signals import DELIVERIES, OUTBOX, PREVIEWS, Signals
from services.api.subscriptions.sending import Sender

# The relay is woken by commits in its own process; this is for those of the others.
_RELAY_SECONDS = 1.0

_LONGEST_PAUSE_SECONDS = 10.0

# Work under way is given so long to finish when the process stops.
_FINISH_SECONDS = 3.0

_SWEEP = "sweep"
_ANNOUNCE = "announce"
_MONITOR = "monitor"

_log = logging.getLogger("ciclo.dispatch")


@asynccontextmanager
async def dispatching(parts: Container) -> AsyncIterator[None]:
    """Runs every loop while the block lasts."""
    queue = RenderQueue(parts.settings.redis_url.get_secret_value())
    sender = Sender(parts)
    stopping = asyncio.Event()
    loops = [
        asyncio.create_task(_loop(work, parts.signals, topic, seconds, stopping), name=topic)
        for work, topic, seconds in (
            (Relay(parts, queue).run_once, OUTBOX, _RELAY_SECONDS),
            (PreviewRelay(parts, queue).run_once, PREVIEWS, _RELAY_SECONDS),
            (Sweeper(parts, queue).run_once, _SWEEP, parts.settings.sweep_seconds),
            (Announcer(parts).run_once, _ANNOUNCE, _RELAY_SECONDS),
            (Monitor(parts).run_once, _MONITOR, _RELAY_SECONDS),
            (sender.run_once, DELIVERIES, _RELAY_SECONDS),
        )
    ]
    try:
        yield
    finally:
        stopping.set()
        for loop in loops:
            parts.signals.knock(loop.get_name())
        await _end(loops)
        await queue.close()
        await sender.close()


async def _end(loops: Sequence[asyncio.Task[None]]) -> None:
    """Lets what is under way finish: a statement that is cut off costs its connection."""
    _, working = await asyncio.wait(loops, timeout=_FINISH_SECONDS)
    for loop in working:
        loop.cancel()
    if working:
        await asyncio.wait(working, timeout=_FINISH_SECONDS)


async def _loop(
    work: Callable[[], Awaitable[bool]],
    signals: Signals,
    topic: str,
    seconds: float,
    stopping: asyncio.Event,
) -> None:
    """Works at every knock and every ``seconds``; slower while something it needs is away."""
    pause = seconds
    with signals.listening(topic) as listener:
        while not stopping.is_set():
            try:
                more = await work()
            except (QueueUnavailableError, DatabaseUnavailableError) as error:
                _log.warning("dispatch waits: %s", error)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                continue
            except Exception:  # noqa: BLE001 - every report depends on this loop going on
                _log.exception("dispatch failed")
                more = False
            pause = seconds
            if not more:
                await listener.wait(seconds)
