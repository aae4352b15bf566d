"""SQL of signatures: each is a stage of its document, and stages are kept."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.reports import report_signatures, reports
from services.api.ids import new_id

_s, _r = report_signatures.c, reports.c


async def of_report(session: ReadSession, report_id: str) -> Sequence[sa.Row[Any]]:
    """The signatures of a report, the seal first."""
    return await session.all(
        sa.select(report_signatures)
        .where(_s.chamber_id == session.chamber, _s.report_id == report_id)
        .order_by(_s.position)
    )


async def with_stages(session: ReadSession, digests: Collection[str]) -> Sequence[tuple[str, str]]:
    """Chamber and id of every report that has a stage of one of these digests.

    Of the chambers of the session, which may be several.
    """
    rows = await session.all(
        sa.select(_s.chamber_id, _s.report_id)
        .where(
            _s.chamber_id.in_(session.chambers),
            _s.pdf_sha256.in_(digests) | _s.base_sha256.in_(digests),
        )
        .distinct()
        .order_by(_s.chamber_id, _s.report_id)
    )
    return [(row.chamber_id, row.report_id) for row in rows]


async def add(session: WriteSession, report_id: str, values: Mapping[str, Any]) -> None:
    """One more signature, after those that are there."""
    following = (
        sa.select(sa.func.coalesce(sa.func.max(_s.position) + 1, 0))
        .where(_s.chamber_id == session.chamber, _s.report_id == report_id)
        .scalar_subquery()
    )
    await session.execute(
        sa.insert(report_signatures).values(
            chamber_id=session.chamber,
            report_id=report_id,
            signature_id=new_id(),
            position=following,
            **values,
        )
    )


async def replace_document(
    session: WriteSession, report_id: str, before: str, values: Mapping[str, Any]
) -> bool:
    """Makes a stage the document of its report, unless another was quicker."""
    touched = await session.execute(
        sa.update(reports)
        .where(
            _r.chamber_id == session.chamber,
            _r.report_id == report_id,
            _r.pdf_sha256 == before,
        )
        .values(**values)
    )
    return touched == 1
