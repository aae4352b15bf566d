"""Removes previews that nobody may read any more, beside the requests of a process."""

import logging
from contextlib import AbstractAsyncContextManager
from functools import partial

from services.api.background import Chore, repeating
from services.api.container import Container
from services.api.db.session import Author
from services.api.everywhere import everywhere
from services.api.previews import repository

_SWEEPER = Author("previews")

_log = logging.getLogger("ciclo.previews")


def forgetting(parts: Container) -> AbstractAsyncContextManager[None]:
    """Removes expired previews every five minutes while the block lasts."""
    chore = Chore(
        name="expired-previews",
        work=partial(everywhere, parts, _log, partial(forget, parts)),
        seconds=300.0,
        at_once=False,
        log=_log,
        waits="previews wait: %s",
        fails="previews cannot be removed",
    )
    return repeating(parts.signals, chore)


async def forget(parts: Container, chamber: str) -> bool:
    """Removes a chamber's expired previews; whether there were any."""
    async with parts.database.write([chamber], _SWEEPER) as session:
        return bool(await repository.remove_expired(session))
