"""Applies, beside the requests of a process, messages that a crash left stored."""

import logging
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial

from services.api.background import Chore, repeating
from services.api.container import Container
from services.api.everywhere import everywhere
from services.api.integrations.receiving import PENDING_AGE, apply_pending

_log = logging.getLogger("ciclo.integrations")


def repairing(parts: Container) -> AbstractAsyncContextManager[None]:
    """Looks after stored messages while the block lasts."""
    chore = Chore(
        name="pending-messages",
        work=partial(repair_all, parts),
        seconds=15.0,
        log=_log,
        waits="stored messages wait: %s",
        fails="looking for stored messages failed",
    )
    return repeating(parts.signals, chore)


async def repair_all(parts: Container, *, age: timedelta = PENDING_AGE) -> int:
    """Applies what waits in any chamber for that long; answers how many messages there were."""
    return await everywhere(parts, _log, partial(apply_pending, parts, age=age))
