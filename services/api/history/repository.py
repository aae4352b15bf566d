"""SQL of approved documents, for the register of a year."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession
from services.api.db.tables.reports import reports
from shared.domain.report_states import ReportState

_COLUMNS = (
    *("chamber_id", "report_id", "kind", "subject", "version", "state"),
    *("pdf_sha256", "rendered_at"),
)


async def decided_of_year(session: ReadSession, year: int) -> Sequence[sa.Row[Any]]:
    """Every document of a year that was approved, by kind, subject and version."""
    return await session.all(
        sa.select(*(reports.c[name] for name in _COLUMNS))
        .where(
            reports.c.chamber_id == session.chamber,
            reports.c.year == year,
            reports.c.state.in_([state for state in ReportState if state.decided]),
        )
        .order_by(reports.c.kind, reports.c.subject, reports.c.version)
    )
