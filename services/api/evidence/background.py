"""Sweeps, beside the requests of a process, what ended uploads left in the blob store."""

import logging
from contextlib import AbstractAsyncContextManager
from functools import partial

from services.api.background import Chore, repeating
from services.api.container import Container
from services.api.everywhere import everywhere
from services.api.evidence import service

_log = logging.getLogger("ciclo.evidence")


def sweeping(parts: Container) -> AbstractAsyncContextManager[None]:
    """Sweeps once an hour while the block lasts."""
    chore = Chore(
        name="evidence-sweeper",
        work=partial(sweep_all, parts),
        seconds=3600.0,
        at_once=False,
        log=_log,
        waits="evidence is not swept: %s",
        fails="sweeping evidence failed",
        done="removed %d files that no measurement has",
    )
    return repeating(parts.signals, chore)


async def sweep_all(parts: Container) -> int:
    """Sweeps every chamber; answers how many blobs were removed."""
    return await everywhere(parts, _log, partial(service.sweep, parts))
