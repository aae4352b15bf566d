"""SQL of quarantine."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.arrivals.service import Sender
from services.api.db.gaps import lacks_a_version
from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.integrations import quarantine, webhook_messages
from services.api.db.tables.measurements import measurements
from services.api.ids import new_id
from services.api.paging import Order, Page, Rows, cut, sliced
from shared.contracts.issues import Issue
from shared.contracts.webhook_reading import storable

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
    """One item in quarantine, with the type of the event that its message carried."""
    messages = webhook_messages
    statement = (
        sa.select(quarantine, messages.c.event_type)
        .join(messages, _same_message())
        .where(
            quarantine.c.chamber_id == session.chamber,
            quarantine.c.quarantine_id == quarantine_id,
        )
    )
    return await session.first(statement.with_for_update(of=quarantine) if lock else statement)


def _same_message() -> sa.ColumnElement[bool]:
    messages = webhook_messages
    return sa.and_(
        messages.c.chamber_id == quarantine.c.chamber_id,
        messages.c.integration_id == quarantine.c.integration_id,
        messages.c.message_id == quarantine.c.message_id,
    )


async def list_items(session: ReadSession, asked: Page, filters: Mapping[str, str | None]) -> Rows:
    """What is or was in quarantine, narrowed by columns that have a value in ``filters``."""
    statement = sa.select(quarantine).where(
        quarantine.c.chamber_id == session.chamber,
        *(quarantine.c[name] == value for name, value in filters.items() if value is not None),
    )
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of the waiting items: those that match everything that is given."""

    integration: str | None = None
    code: str | None = None
    message_id: str | None = None
    ids: tuple[str, ...] | None = None

    def conditions(self, session: ReadSession) -> list[sa.ColumnElement[bool]]:
        """As a statement asks for them."""
        table = quarantine
        found = [table.c.chamber_id == session.chamber, table.c.state == "waiting"]
        if self.integration is not None:
            found.append(table.c.integration_id == self.integration)
        if self.code is not None:
            found.append(table.c.code == self.code)
        if self.message_id is not None:
            found.append(table.c.message_id == self.message_id)
        if self.ids is not None:
            found.append(table.c.quarantine_id.in_(self.ids))
        return found


async def waiting(session: WriteSession, wanted: Wanted, most: int) -> Sequence[sa.Row[Any]]:
    """Waiting items with the type of their event, the oldest first, held until the end."""
    messages = webhook_messages
    statement = (
        sa.select(quarantine, messages.c.event_type)
        .join(messages, _same_message())
        .where(*wanted.conditions(session))
        .order_by(quarantine.c.said_at, quarantine.c.message_id, quarantine.c.position)
        .limit(most)
        .with_for_update(of=quarantine)
    )
    return await session.all(statement)


async def count_waiting(session: ReadSession, wanted: Wanted) -> int:
    """How many wait."""
    statement = sa.select(sa.func.count()).select_from(quarantine)
    return int(await session.scalar(statement.where(*wanted.conditions(session))))


_COUNTS = sa.text("""
    SELECT chamber_id AS chamber, integration_id AS integration, state, code, count(*) AS items
    FROM quarantine WHERE chamber_id = ANY (CAST(:chambers AS text[]))
    GROUP BY chamber_id, integration_id, state, code
    ORDER BY items DESC, integration_id, code
""")


async def counts(session: ReadSession) -> Sequence[sa.Row[Any]]:
    """How many items there are, of every chamber of the session.

    Rows have ``chamber``, ``integration``, ``state``, ``code`` and ``items``.
    """
    return await session.all(_COUNTS, {"chambers": list(session.chambers)})


async def gap_counts(session: ReadSession) -> Sequence[sa.Row[Any]]:
    """Of how many data a version never came: ``chamber``, ``integration``, ``items``."""
    columns = measurements.c
    by = (columns.chamber_id, columns.versions_by)
    return await session.all(
        sa.select(
            columns.chamber_id.label("chamber"),
            columns.versions_by.label("integration"),
            sa.func.count().label("items"),
        )
        .where(columns.chamber_id.in_(session.chambers), lacks_a_version())
        .group_by(*by)
        .order_by(*by)
    )


async def decide_many(
    session: WriteSession, ids: Sequence[str], *, state: str, reason: str | None
) -> None:
    """Closes items: ``replayed`` or ``discarded``."""
    await session.execute(
        _closing(state, session.author.actor, reason).where(
            quarantine.c.chamber_id == session.chamber, quarantine.c.quarantine_id.in_(ids)
        )
    )


async def decide(
    session: WriteSession, quarantine_id: str, *, state: str, reason: str | None
) -> None:
    """Closes an item: ``replayed`` or ``discarded``."""
    await decide_many(session, [quarantine_id], state=state, reason=reason)


def _closing(state: str, actor: str, reason: str | None) -> sa.Update:
    return sa.update(quarantine).values(
        state=state,
        version=quarantine.c.version + 1,
        decided_at=sa.func.now(),
        decided_by=actor,
        decision_reason=reason,
    )
