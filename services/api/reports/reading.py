"""Who reads a document that is not published yet."""

from typing import Any

import sqlalchemy as sa
from fastapi import Request

from services.api.auth.access import Access, author_of, person
from services.api.auth.entities import EntityAccess
from services.api.container import Container
from services.api.readers import service as readers
from services.api.reports.sheets import require_existence, require_sight
from shared.domain.report_states import ReportState


async def require_reading(
    parts: Container, request: Request, row: sa.Row[Any], access: Access
) -> None:
    """Keeps documents to who may see all that they show, until they are published.

    What shows several chambers asks for a grant for each of them, and every reading is written
    down in each.

    Raises:
        Refusal: ``report_not_found``, ``sheet_not_visible``, ``reading_not_granted``,
            ``chamber_not_granted``, or ``forbidden`` to a machine.
    """
    require_existence(row, access)
    require_sight(row, access)
    if row.kind != "relazione_ente" or row.state == ReportState.PUBLISHED:
        return
    reader = EntityAccess(
        principal=person(access.principal),
        author=author_of(request, access.principal),
        entity=access.chamber,
        chambers=frozenset(row.subject.split(",")),
        own=frozenset({access.chamber}),
        roles=frozenset(),
    )
    today = parts.clock.now().date()
    subject = f"report/{row.report_id}"
    await readers.opened(parts.database, reader, today, subject, row.subject)
