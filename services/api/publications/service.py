"""Use cases of those who read what is published."""

from typing import Any

import sqlalchemy as sa

from services.api.container import Container
from services.api.errors import Refusal
from services.api.paging import MOST, Page, Rows
from services.api.publications import repository

_LATEST = Page(limit=MOST, cursor=None, sort=None, fields=None)


async def published(
    parts: Container, chamber: str, asked: Page = _LATEST, year: int | None = None
) -> Rows:
    """Published documents of a chamber, the latest first; none of one that does not exist."""
    async with parts.database.read([chamber]) as session:
        return await repository.published(session, asked, year)


async def document(parts: Container, chamber: str, report_id: str) -> sa.Row[Any]:
    """One published document.

    Raises:
        Refusal: ``report_not_found``.
    """
    async with parts.database.read([chamber]) as session:
        row = await repository.find(session, report_id)
    if row is None:
        raise Refusal("report_not_found")
    return row


async def content(parts: Container, chamber: str, row: sa.Row[Any]) -> bytes:
    """The signed bytes, read from the blob store with no transaction open."""
    return await parts.blobs.of_chamber(chamber).get(row.blob_key)
