"""Use cases of quarantine: put there, try again, discard."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from services.api.arrivals import service as arrivals
from services.api.arrivals.service import Sender
from services.api.completions import service as completions
from services.api.db.session import WriteSession
from services.api.db.trail import audit, emit
from services.api.errors import Refusal
from services.api.quarantine import repository
from services.api.quarantine.repository import SetApart, Wanted
from shared.contracts.issues import Issue
from shared.contracts.webhook_events import BATCH
from shared.contracts.webhook_reading import read_parts

__all__ = [
    "SetApart",
    "Wanted",
    "discard",
    "discard_many",
    "replay",
    "replay_many",
    "set_apart",
]


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
    sender = Sender(row.integration_id, row.message_id, row.said_at)
    faults = await _arrive(session, {row.position: row}, sender)
    issues = [issue for found in faults.values() for issue in found]
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


MOST_AT_ONCE = 1000
"""Items of one bulk decision: it is answered while somebody waits for it."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """What a decision about many came to. ``reasons`` counts by integration and code."""

    decided: int
    refused: int
    remaining: int
    reasons: Mapping[tuple[str, str], int]


async def replay_many(session: WriteSession, wanted: Wanted) -> Bulk:
    """Lets waiting items arrive again, those of a message together; what cannot yet, waits on."""
    rows = await repository.waiting(session, wanted, MOST_AT_ONCE)
    done: list[str] = []
    reasons: Counter[tuple[str, str]] = Counter()
    for (integration, message), group in groupby(
        rows, key=lambda row: (row.integration_id, row.message_id)
    ):
        found = {row.position: row for row in group}
        sender = Sender(integration, message, next(iter(found.values())).said_at)
        faults = await _arrive(session, found, sender)
        done += [row.quarantine_id for at, row in found.items() if at not in faults]
        reasons.update((integration, issues[0].code) for issues in faults.values())
    await repository.decide_many(session, done, state="replayed", reason=None)
    return await _bulk(session, "replayed", wanted, len(done), reasons)


async def _arrive(
    session: WriteSession, rows: Mapping[int, sa.Row[Any]], sender: Sender
) -> dict[int, tuple[Issue, ...]]:
    """Lets items of one message arrive; answers what is still wrong, by position."""
    places = list(rows)
    kind = next(iter(rows.values())).event_type or BATCH
    read = read_parts(kind, [row.item for row in rows.values()])
    faults = {places[item.position]: item.issues for item in read.faulty}
    if read.completion is not None:
        await completions.record(session, read.completion, sender)
        return faults
    items = {places[at]: item for at, item in read.items.items()}
    outcome = await arrivals.record(session, items, sender)
    if outcome.after:
        subject = f"integration/{sender.integration}/message/{sender.message_id}"
        await audit(
            session,
            "measurement.recorded",
            subject,
            {"source": sender.source},
            before=outcome.before,
            after=outcome.after,
        )
    return {**faults, **outcome.faults}


async def discard_many(session: WriteSession, wanted: Wanted, reason: str) -> Bulk:
    """Closes waiting items without applying them."""
    rows = await repository.waiting(session, wanted, MOST_AT_ONCE)
    ids = [row.quarantine_id for row in rows]
    await repository.decide_many(session, ids, state="discarded", reason=reason)
    return await _bulk(session, "discarded", wanted, len(ids), {})


async def _bulk(
    session: WriteSession,
    state: str,
    wanted: Wanted,
    decided: int,
    reasons: Mapping[tuple[str, str], int],
) -> Bulk:
    refused = sum(reasons.values())
    left = await repository.count_waiting(session, wanted)
    detail = {
        "items": decided,
        "integration": wanted.integration,
        "code": wanted.code,
        "message_id": wanted.message_id,
    }
    await audit(session, f"quarantine.{state}", "quarantine", detail)
    return Bulk(decided, refused, max(0, left - refused), reasons)


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
