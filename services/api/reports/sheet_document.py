"""The document of one individual sheet: what it shows, and who may ask for it."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from services.api.auth.access import Access
from services.api.container import Container
from services.api.db.session import WriteSession
from services.api.errors import Refusal
from services.api.plans import service as plans
from services.api.reports import service
from services.api.reports.repository import Series
from services.api.reports.requesting import Wish, request
from services.api.reports.sheets import sees
from services.api.reports.snapshot import described, year_content
from shared.contracts.snapshot_views import AmendmentView, YearContent
from shared.domain.confidentiality import Sight


async def request_sheet(
    parts: Container, session: WriteSession, access: Access, year: int, code: str
) -> sa.Row[Any]:
    """Freezes one sheet of a year and asks for its PDF; answers the job.

    Raises:
        Refusal: ``plan_not_found``; ``subject_not_found`` when there is no such sheet, or none
            for the caller; ``sheet_not_visible`` to who knows that it is there and sees no
            figure of it.
    """
    visible = sees(access.sight, code)
    if not visible and not access.sight.structure:
        raise Refusal("subject_not_found", code=code)
    # Held to the end: nobody changes a figure under the snapshot, no two get one version.
    head = await plans.lock_plan(session, year)
    source = await service.source(session, head, Sight(sheets=frozenset({code})))
    content = as_sheet(year_content(source), code)
    if not content.objectives:
        raise Refusal("subject_not_found", code=code)
    if not visible:
        raise Refusal("sheet_not_visible")
    wish = Wish(
        series=Series(year, "scheda", code),
        plan_id=head.plan_id,
        plan_revision=head.revision,
        with_sheets=True,
    )
    layout = source.documents.layout_of("scheda")
    job_id = await request(
        parts, session, wish, lambda facts: described(content, facts, layout=layout)
    )
    return await service.job(session, job_id)


def as_sheet(content: YearContent, code: str) -> YearContent:
    """Of a year of a chamber what one sheet is made of, its result as that of the document."""
    objectives = tuple(row for row in content.objectives if row.scope == code)
    codes = {row.code for row in objectives}
    indicators = tuple(row for row in content.indicators if row.objective in codes)
    known = codes | {row.code for row in indicators}
    explanations = [row for row in content.explanations if row.scope == code]
    amendments = (_amendment(row, known) for row in content.amendments)
    return content.model_copy(
        update={
            "overall": next((o.figure for o in objectives if o.code == code), content.overall),
            "objectives": objectives,
            "indicators": indicators,
            # The sheet's own rows first, then those of the chamber that count otherwise for it.
            "explanations": tuple(sorted(explanations, key=lambda row: row.code not in known)),
            # What the OIV left out for the sheet may stand in the chamber's own plan.
            "evaluations": tuple(row for row in content.evaluations if row.scope == code),
            "narratives": (),
            "tables": (),
            "deviations": tuple(row for row in content.deviations or () if row.subject in known),
            "analyses": tuple(row for row in content.analyses if row.objective in codes),
            "judgements": tuple(row for row in content.judgements if row.objective in codes),
            "overall_judgement": None,
            "amendments": tuple(row for row in amendments if row.targets or row.changes),
            "trends": tuple(row for row in content.trends if row.code in known),
        }
    )


def _amendment(row: AmendmentView, codes: Collection[str]) -> AmendmentView:
    return row.model_copy(
        update={
            "targets": tuple(change for change in row.targets if change.indicator in codes),
            "changes": tuple(change for change in row.changes if change.code in codes),
        }
    )
