"""What is asked of the web page of a document, and how it is kept."""

import hashlib

from services.api.db.session import ReadSession, WriteSession
from services.api.errors import Refusal
from services.api.web_pages import repository
from shared.contracts.issues import Issue
from shared.contracts.web_page import NOTICES_MARK, SNAPSHOT_META
from shared.runtime.blobs import web_page_key

_FOREIGN = Issue(
    pointer="",
    code="web_page_foreign",
    it="la pagina non è fatta dai dati congelati del documento, o contiene programmi",
    en="the page was not made from the frozen data of the document, or holds programs",
)


def refuse_foreign_page(page: bytes, snapshot_sha256: str) -> None:
    """Lets through a page of the renderer's that names the frozen snapshot and has no script.

    Raises:
        Refusal: ``document_refused``.
    """
    of_snapshot = f'<meta name="{SNAPSHOT_META}" content="{snapshot_sha256}">'.encode()
    if (
        page.count(of_snapshot) != 1
        or page.count(NOTICES_MARK.encode()) != 1
        or b"<script" in page.lower()
    ):
        raise Refusal("document_refused", issues=[_FOREIGN])


def key_of(chamber: str, report_id: str, page: bytes) -> str:
    """Where a page is to lie."""
    return web_page_key(chamber, report_id, hashlib.sha256(page).hexdigest())


async def note(session: WriteSession, report_id: str, key: str, page: bytes) -> None:
    """Writes down the page of a report that lies there; its last attempt's counts."""
    sha256 = hashlib.sha256(page).hexdigest()
    await repository.note(session, report_id, sha256=sha256, size=len(page), blob_key=key)


async def kept(session: ReadSession, report_id: str) -> str | None:
    """Where the page of a report lies, if it has one."""
    return await repository.blob_key(session, report_id)


async def require(session: ReadSession, report_id: str) -> str:
    """Where the page of a report lies.

    Raises:
        Refusal: ``web_page_missing``.
    """
    key = await repository.blob_key(session, report_id)
    if key is None:
        raise Refusal("web_page_missing")
    return key
