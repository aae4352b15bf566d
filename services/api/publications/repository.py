"""SQL of what is published. Nothing else of a chamber is read here."""

from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession
from services.api.db.tables.reports import report_moves, reports
from services.api.db.tables.tenants import chambers
from services.api.paging import Order, Page, Rows, cut, sliced
from shared.domain.report_states import ReportMove, ReportState

_r, _m = reports.c, report_moves.c

_PUBLISHED = (
    sa.select(
        _r.report_id,
        _r.year,
        _r.kind,
        _r.version,
        _r.pdf_sha256,
        _r.pdf_size,
        _r.pdf_pages,
        _r.blob_key,
        chambers.c.name.label("chamber_name"),
        _m.moved_at.label("published_at"),
    )
    .join(
        report_moves,
        sa.and_(
            _m.chamber_id == _r.chamber_id,
            _m.report_id == _r.report_id,
            _m.move == ReportMove.PUBLISH,
        ),
    )
    .join(chambers, chambers.c.chamber_id == _r.chamber_id)
    .where(_r.state == ReportState.PUBLISHED)
)


ORDER = Order({"published_at": _m.moved_at, "year": _r.year}, _r.report_id, "-published_at")


async def published(session: ReadSession, asked: Page, year: int | None) -> Rows:
    """Published documents of a chamber, as part of a list."""
    statement = _PUBLISHED.where(_r.chamber_id == session.chamber)
    if year is not None:
        statement = statement.where(_r.year == year)
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


async def find(session: ReadSession, report_id: str) -> sa.Row[Any] | None:
    """One published document."""
    return await session.first(
        _PUBLISHED.where(_r.chamber_id == session.chamber, _r.report_id == report_id)
    )
