"""Applies retention beside the requests of a process, once a day for each chamber."""

import logging
from contextlib import AbstractAsyncContextManager
from functools import partial

from services.api.background import Chore, repeating
from services.api.container import Container
from services.api.everywhere import everywhere
from services.api.retention import leftovers
from services.api.retention.service import apply_everywhere

_log = logging.getLogger("ciclo.retention")


def retiring(parts: Container) -> AbstractAsyncContextManager[None]:
    """Looks once an hour, while the block lasts, whether a chamber's day has come."""
    chore = Chore(
        name="retention",
        work=partial(apply_everywhere, parts),
        seconds=3600.0,
        at_once=False,
        log=_log,
        waits="retention waits: %s",
        fails="retention failed",
        done="retention applied in %d chambers",
    )
    return repeating(parts.signals, chore)


def clearing(parts: Container) -> AbstractAsyncContextManager[None]:
    """Removes files that no document has, once an hour while the block lasts."""
    chore = Chore(
        name="document-sweeper",
        work=partial(everywhere, parts, _log, partial(leftovers.sweep, parts)),
        seconds=3600.0,
        at_once=False,
        log=_log,
        waits="documents are not swept: %s",
        fails="sweeping documents failed",
        done="removed %d files that no document has",
    )
    return repeating(parts.signals, chore)
