"""Applies, beside the requests of a process, messages that a crash left stored."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from services.api.container import Container
from services.api.db.session import DatabaseUnavailableError
from services.api.everywhere import everywhere
from services.api.integrations.receiving import PENDING_AGE, apply_pending

_SECONDS = 15.0

_log = logging.getLogger("ciclo.integrations")


@asynccontextmanager
async def repairing(parts: Container) -> AsyncIterator[None]:
    """Looks after stored messages while the block lasts, unless the settings say otherwise."""
    if not parts.settings.dispatch:
        yield
        return
    loop = asyncio.create_task(_loop(parts), name="pending-messages")
    try:
        yield
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def repair_all(parts: Container, *, age: timedelta = PENDING_AGE) -> int:
    """Applies what waits in any chamber for that long; answers how many messages there were."""
    return await everywhere(parts, _log, partial(apply_pending, parts, age=age))


async def _loop(parts: Container) -> None:
    while True:
        try:
            await repair_all(parts)
        except DatabaseUnavailableError as error:
            _log.warning("stored messages wait: %s", error)
        except Exception:  # noqa: BLE001 - a fault of ours must not end the loop
            _log.exception("looking for stored messages failed")
        await asyncio.sleep(_SECONDS)
