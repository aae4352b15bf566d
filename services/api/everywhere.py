"""Work beside the requests that looks after every chamber, one at a time."""

import logging
from collections.abc import Awaitable, Callable, Collection

from services.api.container import Container
from services.api.db.session import DatabaseUnavailableError
from shared.runtime.logging import bind


async def everywhere(
    parts: Container,
    log: logging.Logger,
    work: Callable[[str], Awaitable[int]],
    only: Collection[str] | None = None,
) -> int:
    """Does ``work`` for each chamber, or for some only, and adds up what it answers.

    Lines logged meanwhile name the chamber. One that fails is told in the log and does not
    keep the others from their turn.

    Raises:
        DatabaseUnavailableError: none can be looked after now.
    """
    done = 0
    chambers = await parts.directory.all_chambers() if only is None else sorted(only)
    for chamber in chambers:
        with bind(chamber=chamber):
            try:
                done += await work(chamber)
            except DatabaseUnavailableError:
                raise
            except Exception:
                log.exception("%s failed", log.name.rpartition(".")[2])
    return done
