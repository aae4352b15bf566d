"""SQL of grants to read across chambers. A grant is a row in each chamber that it opens."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.catalogue import chamber_readers
from services.api.paging import Order, Page, Rows, cut, sliced

_columns = chamber_readers.c


def _grants() -> sa.Subquery:
    """Grants with the chambers that they open, as far as the session sees them."""
    same = (
        _columns.grant_id,
        _columns.reader,
        _columns.reason,
        _columns.expires_on,
        _columns.granted_at,
        _columns.granted_by,
        _columns.revoked_at,
    )
    opened = sa.func.array_agg(sa.distinct(_columns.chamber_id)).label("chambers")
    return sa.select(*same, opened).group_by(*same).subquery()


async def list_grants(session: ReadSession, asked: Page, reader: str | None) -> Rows:
    """Grants, the latest first unless asked otherwise."""
    rows = _grants()
    order = Order({"grant_id": rows.c.grant_id}, rows.c.grant_id, "-grant_id")
    given = [] if reader is None else [rows.c.reader == reader]
    statement = sliced(sa.select(rows).where(*given), order, asked)
    return cut(await session.all(statement), order, asked)


async def find(session: ReadSession, grant_id: str) -> sa.Row[Any] | None:
    """One grant."""
    rows = _grants()
    return await session.first(sa.select(rows).where(rows.c.grant_id == grant_id))


async def opened_to(session: ReadSession, reader: str, today: date) -> dict[str, str]:
    """The chambers of the session that somebody may read today, each with a grant that says so."""
    statement = (
        sa.select(_columns.chamber_id, _columns.grant_id)
        .where(
            _columns.reader == reader,
            _columns.expires_on >= today,
            _columns.revoked_at.is_(None),
        )
        .order_by(_columns.chamber_id, _columns.grant_id)
    )
    return {row.chamber_id: row.grant_id for row in await session.all(statement)}


async def insert(
    session: WriteSession, grant_id: str, chambers: list[str], values: Mapping[str, Any]
) -> None:
    """Opens each of these chambers."""
    common = {"grant_id": grant_id, "granted_by": session.author.actor, **values}
    await session.execute(
        sa.insert(chamber_readers), [{"chamber_id": code, **common} for code in chambers]
    )


async def revoke(session: WriteSession, grant_id: str) -> None:
    """Ends a grant in every chamber."""
    await session.execute(
        sa.update(chamber_readers)
        .where(_columns.grant_id == grant_id, _columns.revoked_at.is_(None))
        .values(revoked_at=sa.func.now(), revoked_by=session.author.actor)
    )
