"""Use cases of those who read what is published."""

from collections.abc import Collection, Sequence

from services.api.container import Container
from services.api.errors import Refusal
from services.api.paging import Page, Rows
from services.api.publications import repository
from services.api.publications.shelf import Document, Publisher, Shelf, shelve
from shared.contracts.snapshot import ReportSnapshot
from shared.contracts.web_page import NOTICES_MARK
from shared.domain.publication import public_kind


async def codes_of(parts: Container, chamber: str | None, entity: str | None) -> Collection[str]:
    """The chambers that somebody asks about.

    Raises:
        Refusal: ``chamber_or_entity`` unless exactly one is named.
    """
    if (chamber is None) == (entity is None):
        raise Refusal("chamber_or_entity")
    return [chamber] if chamber is not None else await parts.directory.chambers(str(entity))


async def published(
    parts: Container, codes: Collection[str], asked: Page, year: int | None, kind: str | None
) -> tuple[Rows, dict[str, Publisher]]:
    """Published documents of chambers, and the chambers.

    Raises:
        Refusal: ``publisher_unknown`` when none of them exists.
    """
    async with parts.database.read(codes) as session:
        rows = await repository.page_of(session, codes, asked, year, kind)
        known = await repository.publishers(session, codes)
    if not known:
        raise Refusal("publisher_unknown")
    return rows, {publisher.code: publisher for publisher in known}


async def shelves(parts: Container, codes: Collection[str]) -> list[Shelf]:
    """Chambers that exist, in order of name, with all that they have published."""
    async with parts.database.read(codes) as session:
        known = await repository.publishers(session, codes)
        documents = await repository.everything(session, codes)
    return [
        shelve(publisher, [one for one in documents if one.chamber == publisher.code])
        for publisher in known
    ]


async def shelf(parts: Container, chamber: str) -> Shelf | None:
    """A chamber with all that it has published; ``None`` when there is no such chamber."""
    return next(iter(await shelves(parts, [chamber])), None)


async def known_shelves(parts: Container, codes: Collection[str]) -> list[Shelf]:
    """As :func:`shelves`, of chambers one of which exists, though it may have published nothing.

    Raises:
        Refusal: ``publisher_unknown``.
    """
    found = await shelves(parts, codes)
    if not found:
        raise Refusal("publisher_unknown")
    return found


async def everyone(parts: Container) -> list[Shelf]:
    """Every chamber of the installation that has published something."""
    return await shelves(parts, await publishing_chambers(parts))


async def publishing_chambers(parts: Container) -> Sequence[str]:
    """Codes of the chambers that have published something."""
    async with parts.database.read() as session:
        return await repository.publishing_chambers(session)


async def document(parts: Container, chamber: str, report_id: str) -> Document:
    """One published document.

    Raises:
        Refusal: ``report_not_found``.
    """
    async with parts.database.read([chamber]) as session:
        found = await repository.find(session, report_id)
    if found is None or public_kind(found.kind) is None:
        raise Refusal("report_not_found")
    return found


async def snapshot(parts: Container, found: Document) -> bytes:
    """The frozen content of a published document, to the byte."""
    async with parts.database.read([found.chamber]) as session:
        return await repository.snapshot(session, found.report_id)


def read_snapshot(content: bytes) -> ReportSnapshot:
    """Frozen content as a snapshot."""
    return ReportSnapshot.model_validate_json(content)


async def pdf(parts: Container, found: Document) -> bytes:
    """The signed bytes, read from the blob store with no transaction open."""
    return await parts.blobs.of_chamber(found.chamber).get(found.blob_key)


async def web_page(parts: Container, found: Document) -> bytes:
    """The web page as it was made.

    Raises:
        Refusal: ``web_page_missing``.
    """
    if found.web_blob_key is None:
        raise Refusal("web_page_missing")
    return await parts.blobs.of_chamber(found.chamber).get(found.web_blob_key)


def with_notices(page: bytes, notices: str) -> bytes:
    """A web page that tells what could not be known when it was made."""
    return page.replace(NOTICES_MARK.encode(), notices.encode(), 1)
