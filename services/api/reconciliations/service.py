"""Use cases of reconciliations: ask for one, look at one, follow it."""

from collections.abc import AsyncIterator
from typing import Any

import sqlalchemy as sa

from services.api import signals
from services.api.container import Container
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit
from services.api.errors import Refusal
from services.api.ids import new_id
from services.api.reconciliations import repository
from services.api.reconciliations.schemas import NewReconciliation

_OVER = frozenset({"done", "failed"})


async def request(session: WriteSession, integration: str, new: NewReconciliation) -> sa.Row[Any]:
    """Puts a job where a process will take it.

    Raises:
        Refusal: ``not_found``, or ``no_pull_address`` where nobody could be asked.
    """
    settings = await repository.integration_settings(session, integration)
    if settings is None:
        raise Refusal("not_found")
    if not settings.get("pull_url"):
        raise Refusal("no_pull_address")
    reconciliation_id = new_id()
    values = {
        "reconciliation_id": reconciliation_id,
        "integration_id": integration,
        **new.model_dump(),
    }
    await repository.insert(session, values)
    detail = {"reconciliation_id": reconciliation_id, **new.model_dump()}
    subject = f"integration/{integration}"
    await audit(session, "integration.reconciliation_requested", subject, detail)
    return await found(session, integration, reconciliation_id)


async def found(session: ReadSession, integration: str, reconciliation_id: str) -> sa.Row[Any]:
    """One job of an integration.

    Raises:
        Refusal: ``not_found``.
    """
    row = await repository.find(session, reconciliation_id)
    if row is None or row.integration_id != integration:
        raise Refusal("not_found")
    return row


async def watch(
    parts: Container, chamber: str, integration: str, reconciliation_id: str
) -> AsyncIterator[sa.Row[Any]]:
    """The job now, and again whenever it has changed, until it is over."""

    async def read() -> sa.Row[Any]:
        async with parts.database.read([chamber]) as session:
            return await found(session, integration, reconciliation_id)

    return await parts.signals.follow(
        signals.reconciliation(chamber, reconciliation_id),
        read,
        visible=lambda row: (row.state, row.stage, row.progress),
        over=lambda row: row.state in _OVER,
    )


async def refuse_unknown(session: ReadSession, integration: str) -> None:
    """Raises ``not_found`` where there is no such integration."""
    if await repository.integration_settings(session, integration) is None:
        raise Refusal("not_found")
