"""Sweeps, beside the requests of a process, what ended uploads left in the blob store."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from services.api.container import Container
from services.api.db.session import DatabaseUnavailableError
from services.api.everywhere import everywhere
from services.api.evidence import service

_SECONDS = 3600.0

_log = logging.getLogger("ciclo.evidence")


@asynccontextmanager
async def sweeping(parts: Container) -> AsyncIterator[None]:
    """Sweeps while the block lasts, unless the settings say otherwise."""
    if not parts.settings.dispatch:
        yield
        return
    loop = asyncio.create_task(_loop(parts), name="evidence-sweeper")
    try:
        yield
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def sweep_all(parts: Container) -> int:
    """Sweeps every chamber; answers how many blobs were removed."""
    return await everywhere(parts, _log, partial(service.sweep, parts))


async def _loop(parts: Container) -> None:
    while True:
        await asyncio.sleep(_SECONDS)
        try:
            removed = await sweep_all(parts)
        except DatabaseUnavailableError as error:
            _log.warning("evidence is not swept: %s", error)
        except Exception:  # noqa: BLE001 - a fault of ours must not end the loop
            _log.exception("sweeping evidence failed")
        else:
            if removed:
                _log.info("removed %d files that no measurement has", removed)
