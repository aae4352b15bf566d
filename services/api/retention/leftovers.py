"""Files of documents that are gone: removed once no row speaks of them.

Rows go in a transaction, files do not. What lies in the store and is nobody's, because its
document was retired or because a process ended between storing a file and writing it down, is
found by looking, so that nothing depends on whoever removed the row being there afterwards.
"""

from datetime import timedelta

from services.api.container import Container
from services.api.retention import repository
from shared.runtime.blobs import report_folder, web_page_folder

AGE = timedelta(hours=1)
"""A file is stored before it is written down; a younger one may still be."""

_AT_ONCE = 1000
"""Keys that one question names; the protocol of the database takes 32767 values."""


async def sweep(parts: Container, chamber: str, *, age: timedelta = AGE) -> int:
    """Removes files of documents that no row speaks of; answers how many there were."""
    blobs = parts.blobs.of_chamber(chamber)
    before = parts.clock.now() - age
    removed = 0
    for folder in (report_folder(chamber), web_page_folder(chamber)):
        stored = await blobs.keys(folder, before=before)
        for start in range(0, len(stored), _AT_ONCE):
            keys = stored[start : start + _AT_ONCE]
            async with parts.database.read([chamber]) as session:
                known = await repository.documents_at(session, keys)
            for key in set(keys) - known:
                await blobs.delete(key)
                removed += 1
    return removed
