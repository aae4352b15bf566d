"""Who reads, and who decides on, a document that is not published yet."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Depends, Request

from services.api.auth.access import Access, Parts, author_of, permitted, person
from services.api.auth.entities import EntityAccess
from services.api.auth.principal import Machine
from services.api.container import Container
from services.api.readers import service as readers
from services.api.reports import repository
from services.api.reports.schemas import ReportId
from services.api.reports.sheets import require_existence, require_sight
from shared.domain.permissions import Action
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
    if not _by_grant(row):
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


def deciding(action: Action) -> Callable[..., Awaitable[None]]:
    """Dependency of what decides on a report: whoever does may read what it shows of chambers.

    Looked at before the transaction of the decision begins, because the reading is written down in
    transactions of its own.
    """

    async def check(
        request: Request,
        report_id: ReportId,
        access: Annotated[Access, Depends(permitted(action))],
        parts: Parts,
    ) -> None:
        async with parts.database.read([access.chamber]) as session:
            row = await repository.report(session, report_id)
        if row is not None and _by_grant(row):
            await require_reading(parts, request, row, access)

    return check


async def withheld(parts: Container, access: Access, rows: Iterable[sa.Row[Any]]) -> frozenset[str]:
    """Of these reports those that show chambers for which the caller has no grant."""
    shown = {row.report_id: set(row.subject.split(",")) for row in rows if _by_grant(row)}
    if not shown:
        return frozenset()
    granted = set[str]()
    if not isinstance(access.principal, Machine):
        chambers = set().union(*shown.values())
        today = parts.clock.now().date()
        granted = await readers.granted(parts.database, access.principal.subject, chambers, today)
    return frozenset(report_id for report_id, chambers in shown.items() if chambers - granted)


def _by_grant(row: sa.Row[Any]) -> bool:
    return bool(row.kind == "relazione_ente" and row.state != ReportState.PUBLISHED)
