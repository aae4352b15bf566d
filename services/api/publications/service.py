"""Use cases of those who read what is published."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from services.api.container import Container
from services.api.errors import Refusal
from services.api.publications import repository


async def published(
    parts: Container, chamber: str, year: int | None = None
) -> Sequence[sa.Row[Any]]:
    """Published documents of a chamber, the latest first; none of one that does not exist."""
    async with parts.database.read([chamber]) as session:
        return await repository.published(session, year)


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
