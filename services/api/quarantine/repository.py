"""SQL of quarantine."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.arrivals.service import Sender
from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.integrations import quarantine, webhook_messages
from services.api.ids import new_id
from services.api.paging import Order, Page, Rows, cut, sliced
from shared.contracts.issues import Issue
from shared.contracts.webhook_events import BATCH, storable

ORDER = Order({"created_at": quarantine.c.created_at}, quarantine.c.quarantine_id, "-created_at")

_SET_APART = sa.text("""
    INSERT INTO quarantine (chamber_id, integration_id, message_id, said_at, quarantine_id,
        position, item, code, detail, issues)
    SELECT :chamber, :integration, :message, :said_at, given.id, given.position,
        CAST(given.item AS json),
        given.code, given.detail, CAST(given.issues AS json)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:positions AS integer[]), CAST(:items AS text[]),
        CAST(:codes AS text[]), CAST(:details AS text[]), CAST(:issues AS text[]))
        AS given (id, position, item, code, detail, issues)
""")


@dataclass(frozen=True, slots=True)
class SetApart:
    """An item that cannot be applied, as it came, and why."""

    position: int
    item: object
    issues: tuple[Issue, ...]


async def set_apart(session: WriteSession, sender: Sender, items: Sequence[SetApart]) -> None:
    """Puts items of one message into quarantine."""
    await session.execute(
        _SET_APART,
        {
            "chamber": session.chamber,
            "integration": sender.integration,
            "message": sender.message_id,
            "said_at": sender.at,
            "ids": [new_id() for _ in items],
            "positions": [item.position for item in items],
            "items": [json.dumps(storable(item.item)) for item in items],
            "codes": [item.issues[0].code for item in items],
            "details": ["; ".join(issue.it for issue in item.issues) for item in items],
            "issues": [_issues_text(item.issues) for item in items],
        },
    )


def _issues_text(issues: Iterable[Issue]) -> str:
    return json.dumps([issue.model_dump() for issue in issues], ensure_ascii=False)


async def find(
    session: ReadSession, quarantine_id: str, *, lock: bool = False
) -> sa.Row[Any] | None:
    """One item in quarantine."""
    statement = sa.select(quarantine).where(
        quarantine.c.chamber_id == session.chamber, quarantine.c.quarantine_id == quarantine_id
    )
    return await session.first(statement.with_for_update() if lock else statement)


async def event_type(session: ReadSession, integration: str, message: str) -> str:
    """Type of the event that a message carried; without one, that of a batch."""
    table = webhook_messages
    found = await session.scalar(
        sa.select(table.c.event_type).where(
            table.c.chamber_id == session.chamber,
            table.c.integration_id == integration,
            table.c.message_id == message,
        )
    )
    return str(found or BATCH)


async def list_items(session: ReadSession, asked: Page, filters: Mapping[str, str | None]) -> Rows:
    """What is or was in quarantine, narrowed by columns that have a value in ``filters``."""
    statement = sa.select(quarantine).where(
        quarantine.c.chamber_id == session.chamber,
        *(quarantine.c[name] == value for name, value in filters.items() if value is not None),
    )
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


async def decide(
    session: WriteSession, quarantine_id: str, *, state: str, reason: str | None
) -> None:
    """Closes an item: ``replayed`` or ``discarded``."""
    await session.execute(
        sa.update(quarantine)
        .where(
            quarantine.c.chamber_id == session.chamber,
            quarantine.c.quarantine_id == quarantine_id,
        )
        .values(
            state=state,
            version=quarantine.c.version + 1,
            decided_at=sa.func.now(),
            decided_by=session.author.actor,
            decision_reason=reason,
        )
    )
