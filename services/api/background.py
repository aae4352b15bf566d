"""Work that is done again and again beside the requests of a process.

A feature says in a :class:`Chore` what it does, how often, and what the log says of it;
``services.api.main`` lists who has one.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.api.db.session import DatabaseUnavailableError
from services.api.signals import Signals


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something to be done while the application runs, once and then after every pause."""

    name: str
    """Its task's name, and the topic of knocks that end a pause early."""

    work: Callable[[], Awaitable[int]]
    """Does it; answers how much there was to do."""

    seconds: float
    """The pause between the end of one time and the begin of the next."""

    at_once: bool = True
    """Whether the first time comes at the start of the process, or after a pause."""

    log: logging.Logger
    waits: str
    """Told, with the error in it, when the database is away."""

    fails: str
    """Told, with the traceback after it, when it fails in any other way."""

    done: str | None = None
    """Told, with the number in it, when there was something to do."""


@asynccontextmanager
async def repeating(signals: Signals, chore: Chore) -> AsyncIterator[None]:
    """Sees to a chore while the block lasts.

    It is never under way twice, and cut off where it stands when the block ends: what was not
    committed by then is done again by the next process.
    """
    loop = asyncio.create_task(_loop(signals, chore), name=chore.name)
    try:
        yield
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def _loop(signals: Signals, chore: Chore) -> None:
    with signals.listening(chore.name) as listener:
        if not chore.at_once:
            await listener.wait(chore.seconds)
        while True:
            await _once(chore)
            await listener.wait(chore.seconds)


async def _once(chore: Chore) -> None:
    try:
        done = await chore.work()
    except DatabaseUnavailableError as error:
        chore.log.warning(chore.waits, error)
    except Exception:
        chore.log.exception(chore.fails)
    else:
        if done and chore.done:
            chore.log.info(chore.done, done)
