"""Files in the store that no row speaks of.

Rows go in a transaction, files do not. What lies in the store and is nobody's, because its row
was removed or because a process ended between storing a file and writing it down, is found by
looking, so that nothing depends on whoever removed the row being there afterwards.
"""

from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta

from services.api.container import Container
from services.api.db.session import ReadSession

AGE = timedelta(hours=1)
"""A file is stored before it is written down; a younger one may still be."""

_AT_ONCE = 1000
"""Keys that one question names; the protocol of the database takes 32767 values."""

Known = Callable[[ReadSession, Collection[str]], Awaitable[Collection[str]]]
"""Those of the keys that a row speaks of."""


async def remove_orphans(
    parts: Container, chamber: str, folder: str, known: Known, age: timedelta
) -> int:
    """Removes files of a folder of a chamber that no row speaks of; answers how many."""
    blobs = parts.blobs.of_chamber(chamber)
    stored = await blobs.keys(folder, before=parts.clock.now() - age)
    removed = 0
    for start in range(0, len(stored), _AT_ONCE):
        keys = stored[start : start + _AT_ONCE]
        async with parts.database.read([chamber]) as session:
            found = await known(session, keys)
        for key in set(keys).difference(found):
            await blobs.delete(key)
            removed += 1
    return removed
