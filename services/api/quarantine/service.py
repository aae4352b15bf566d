"""Use cases of quarantine: put there, try again, discard."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from services.api.arrivals import service as arrivals
from services.api.arrivals.service import Sender
from services.api.completions import service as completions
from services.api.db.session import WriteSession
from services.api.db.trail import audit, emit
from services.api.errors import Refusal
from services.api.quarantine import repository
from services.api.quarantine.repository import SetApart
from shared.contracts.webhook_events import read_parts

__all__ = ["SetApart", "discard", "replay", "set_apart"]


async def set_apart(session: WriteSession, sender: Sender, items: Sequence[SetApart]) -> None:
    """Keeps items of a message that cannot be applied, and says so."""
    if not items:
        return
    await repository.set_apart(session, sender, items)
    payload = {
        "integration": sender.integration,
        "message_id": sender.message_id,
        "items": len(items),
    }
    await emit(session, "quarantine.added", f"integration/{sender.integration}", payload)


async def replay(session: WriteSession, quarantine_id: str) -> sa.Row[Any]:
    """Lets an item arrive again, with the instant it had; it counts as the first time.

    Raises:
        Refusal: ``not_found``, ``quarantine_decided``, or ``still_quarantined`` with what is
            still wrong.
    """
    row = await _waiting(session, quarantine_id)
    event_type = await repository.event_type(session, row.integration_id, row.message_id)
    read = read_parts(event_type, [row.item])
    issues = [issue for item in read.faulty for issue in item.issues]
    sender = Sender(row.integration_id, row.message_id, row.said_at)
    if read.completion is not None:
        await completions.record(session, read.completion, sender)
    elif not issues:
        outcome = await arrivals.record(session, {row.position: read.items[0]}, sender)
        issues = [issue for faults in outcome.faults.values() for issue in faults]
    if issues:
        raise Refusal("still_quarantined", issues=issues)
    return await _decide(session, quarantine_id, "replayed", None)


async def discard(session: WriteSession, quarantine_id: str, reason: str) -> sa.Row[Any]:
    """Closes an item without applying it; it stays on record with the reason.

    Raises:
        Refusal: ``not_found`` or ``quarantine_decided``.
    """
    await _waiting(session, quarantine_id)
    return await _decide(session, quarantine_id, "discarded", reason)


async def _waiting(session: WriteSession, quarantine_id: str) -> sa.Row[Any]:
    row = await repository.find(session, quarantine_id, lock=True)
    if row is None:
        raise Refusal("not_found")
    if row.state != "waiting":
        raise Refusal("quarantine_decided", state=row.state)
    return row


async def _decide(
    session: WriteSession, quarantine_id: str, state: str, reason: str | None
) -> sa.Row[Any]:
    await repository.decide(session, quarantine_id, state=state, reason=reason)
    row = await repository.find(session, quarantine_id)
    if row is None:
        raise LookupError(quarantine_id)
    detail = {"integration": row.integration_id, "message_id": row.message_id}
    await audit(session, f"quarantine.{state}", f"quarantine/{quarantine_id}", detail)
    return row
