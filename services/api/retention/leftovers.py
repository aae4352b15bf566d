"""Files of documents that are gone: removed once no row speaks of them."""

from datetime import timedelta

from services.api.container import Container
from services.api.orphans import AGE, remove_orphans
from services.api.retention import repository
from shared.runtime.blobs import report_folder, web_page_folder


async def sweep(parts: Container, chamber: str, *, age: timedelta = AGE) -> int:
    """Removes files of documents that no row speaks of; answers how many there were."""
    removed = 0
    for folder in (report_folder(chamber), web_page_folder(chamber)):
        removed += await remove_orphans(parts, chamber, folder, repository.documents_at, age)
    return removed
