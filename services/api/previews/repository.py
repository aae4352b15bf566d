"""SQL of previews. Every instant is the database's."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.reports import previews
from shared.contracts.preview_job import LONGEST_SECONDS

_p = previews.c

KEPT = timedelta(minutes=10)
"""How long a preview may be read."""

_SHOWN = (
    *(_p.preview_id, _p.key, _p.drafts, _p.state, _p.pages, _p.warnings, _p.failure),
    *(_p.created_at, _p.expires_at),
    (_p.created_at < sa.func.now() - timedelta(seconds=LONGEST_SECONDS)).label("late"),
)


async def add(session: WriteSession, values: Mapping[str, Any]) -> None:
    """A preview that waits to be made."""
    await session.execute(
        sa.insert(previews).values(
            chamber_id=session.chamber,
            asked_by=session.author.actor,
            expires_at=sa.func.now() + KEPT,
            **values,
        )
    )


def _own(session: ReadSession, preview_id: str, person: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        _p.chamber_id == session.chamber,
        _p.preview_id == preview_id,
        _p.asked_by == person,
        _p.expires_at > sa.func.now(),
    )


async def find(session: ReadSession, preview_id: str, person: str) -> sa.Row[Any] | None:
    """Somebody's preview, without its content."""
    return await session.first(sa.select(*_SHOWN).where(_own(session, preview_id, person)))


async def content(session: ReadSession, preview_id: str, person: str) -> sa.Row[Any] | None:
    """Page and PDF of somebody's preview."""
    return await session.first(
        sa.select(_p.state, _p.key, _p.html, _p.pdf).where(_own(session, preview_id, person))
    )


async def lease(session: WriteSession, preview_id: str, token_hash: bytes) -> sa.Row[Any] | None:
    """Gives a preview to a worker, once, while somebody waits for it."""
    return await session.first(
        sa.update(previews)
        .where(
            _p.chamber_id == session.chamber,
            _p.preview_id == preview_id,
            _p.state == "queued",
            _p.created_at > sa.func.now() - timedelta(seconds=LONGEST_SECONDS),
        )
        .values(state="leased", lease_token_hash=token_hash)
        .returning(_p.anchor, _p.snapshot)
    )


async def close(
    session: WriteSession, preview_id: str, token_hash: bytes, values: Mapping[str, Any]
) -> bool:
    """What became of a preview, told by who holds it; the snapshot is not needed any more."""
    touched = await session.execute(
        sa.update(previews)
        .where(
            _p.chamber_id == session.chamber,
            _p.preview_id == preview_id,
            _p.state == "leased",
            _p.lease_token_hash == token_hash,
        )
        .values(snapshot=b"", lease_token_hash=None, **values)
    )
    return touched == 1


async def remove_expired(session: WriteSession) -> int:
    """How many previews of the chamber nobody may read any more, and are gone now."""
    return await session.execute(
        sa.delete(previews).where(_p.chamber_id == session.chamber, _p.expires_at <= sa.func.now())
    )
