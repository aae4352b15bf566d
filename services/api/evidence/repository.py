"""SQL of evidence."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.evidence import measurement_evidence
from services.api.paging import Order, Page, Rows, cut, sliced

_e = measurement_evidence.c

ORDER = Order({"uploaded_at": _e.evidence_id}, _e.evidence_id, "uploaded_at")
"""Ids are in order of creation, so they stand for the instant."""


def _of(session: ReadSession, plan_id: str, measurement_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        _e.chamber_id == session.chamber,
        _e.plan_id == plan_id,
        _e.measurement_id == measurement_id,
    )


async def insert(session: WriteSession, values: Mapping[str, Any]) -> None:
    """A file that has come; its bytes are in the blob store already."""
    await session.execute(
        sa.insert(measurement_evidence).values(
            chamber_id=session.chamber, uploaded_by=session.author.actor, **values
        )
    )


async def count(session: ReadSession, plan_id: str, measurement_id: str) -> int:
    """How many files a measurement has."""
    statement = sa.select(sa.func.count()).where(_of(session, plan_id, measurement_id))
    return int(await session.scalar(statement))


async def find(
    session: ReadSession, plan_id: str, measurement_id: str, evidence_id: str
) -> sa.Row[Any] | None:
    """One file of a measurement."""
    return await session.first(
        sa.select(measurement_evidence).where(
            _of(session, plan_id, measurement_id), _e.evidence_id == evidence_id
        )
    )


async def list_evidence(
    session: ReadSession, plan_id: str, measurement_id: str, asked: Page
) -> Rows:
    """The files of a measurement."""
    statement = sa.select(measurement_evidence).where(_of(session, plan_id, measurement_id))
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


async def known(session: ReadSession, keys: Collection[str]) -> frozenset[str]:
    """Of these keys of blobs the ones that a row speaks of."""
    rows = await session.all(
        sa.select(_e.blob_key).where(_e.chamber_id == session.chamber, _e.blob_key.in_(list(keys)))
    )
    return frozenset(row.blob_key for row in rows)
