"""SQL of the web pages of documents."""

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.reports import reports

_r = reports.c


async def note(
    session: WriteSession, report_id: str, *, sha256: str, size: int, blob_key: str
) -> None:
    """Writes down where the web page of a report lies; a later attempt replaces an earlier one."""
    await session.execute(
        sa.update(reports)
        .where(_r.chamber_id == session.chamber, _r.report_id == report_id)
        .values(web_sha256=sha256, web_size=size, web_blob_key=blob_key)
    )


async def blob_key(session: ReadSession, report_id: str) -> str | None:
    """Where the web page of a report lies, if it has one."""
    found = await session.scalar(
        sa.select(_r.web_blob_key).where(
            _r.chamber_id == session.chamber, _r.report_id == report_id
        )
    )
    return None if found is None else str(found)
