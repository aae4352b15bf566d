"""Applies retention beside the requests of a process, once a day for each chamber."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.api.container import Container
from services.api.db.session import DatabaseUnavailableError
from services.api.retention.service import apply_everywhere

# How often is looked whether a chamber's day has come.
_SECONDS = 3600.0

_log = logging.getLogger("ciclo.retention")


@asynccontextmanager
async def retiring(parts: Container) -> AsyncIterator[None]:
    """Looks after retention while the block lasts, unless the settings say otherwise."""
    if not parts.settings.dispatch:
        yield
        return
    loop = asyncio.create_task(_loop(parts), name="retention")
    try:
        yield
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def _loop(parts: Container) -> None:
    while True:
        await asyncio.sleep(_SECONDS)
        try:
            done = await apply_everywhere(parts)
        except DatabaseUnavailableError as error:
            _log.warning("retention waits: %s", error)
        except Exception:  # noqa: BLE001 - a fault of ours must not end the loop
            _log.exception("retention failed")
        else:
            if done:
                _log.info("retention applied in %d chambers", done)
