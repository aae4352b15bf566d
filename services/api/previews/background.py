"""Removes previews that nobody may read any more, beside the requests of a process."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from services.api.container import Container
from services.api.db.session import Author, DatabaseUnavailableError
from services.api.everywhere import everywhere
from services.api.previews import repository

_SECONDS = 300.0

_SWEEPER = Author("previews")

_log = logging.getLogger("ciclo.previews")


@asynccontextmanager
async def forgetting(parts: Container) -> AsyncIterator[None]:
    """Looks after previews while the block lasts, unless the settings say otherwise."""
    if not parts.settings.dispatch:
        yield
        return
    loop = asyncio.create_task(_loop(parts), name="previews")
    try:
        yield
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def _loop(parts: Container) -> None:
    while True:
        await asyncio.sleep(_SECONDS)
        try:
            await everywhere(parts, _log, partial(forget, parts))
        except DatabaseUnavailableError as error:
            _log.warning("previews wait: %s", error)
        except Exception:  # noqa: BLE001 - a fault of ours must not end the loop
            _log.exception("previews cannot be removed")


async def forget(parts: Container, chamber: str) -> bool:
    """Removes a chamber's expired previews; whether there were any."""
    async with parts.database.write([chamber], _SWEEPER) as session:
        return bool(await repository.remove_expired(session))
