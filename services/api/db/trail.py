"""What a write leaves behind in its own transaction: an audit line, and events to send."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from services.api.db.session import WriteSession
from services.api.db.tables.requests import audit_log, entity_audit_log, outbox
from services.api.ids import new_id
from services.api.requests import origin

Facts = Mapping[str, Any]


async def audit(
    session: WriteSession,
    action: str,
    subject: str,
    detail: Facts | None = None,
    *,
    before: Facts | None = None,
    after: Facts | None = None,
    chamber: str | None = None,
) -> None:
    """Writes down who did what to what, and from where.

    The database links the line to the one before it when the transaction commits.

    Args:
        session: the transaction in which it was done.
        action: what was done (``chamber.changed``).
        subject: to what.
        detail: plain facts.
        before: values that a change replaced.
        after: values that it put in their place.
        chamber: in whose register, where the session is for several chambers.

    None of these may hold a secret or a personal datum.
    """
    owner = {"chamber_id": chamber or session.chamber}
    line = _line(session, action, subject, detail) | _change(before, after)
    await session.execute(sa.insert(audit_log), owner | line)


async def audit_entity(
    session: WriteSession,
    entity: str,
    action: str,
    subject: str | None = None,
    detail: Facts | None = None,
    *,
    before: Facts | None = None,
    after: Facts | None = None,
) -> None:
    """As :func:`audit`, for an act on the entity itself, or on ``subject`` that belongs to it."""
    line = _line(session, action, subject or entity, detail) | _change(before, after)
    await session.execute(sa.insert(entity_audit_log), {"entity_id": entity} | line)


def _line(session: WriteSession, action: str, subject: str, detail: Facts | None) -> dict[str, Any]:
    came = origin()
    return {
        "audit_id": new_id(),
        "actor": session.author.actor,
        "action": action,
        "subject": subject,
        "request_id": session.author.request_id,
        "client": came.client,
        "agent": came.agent,
        "detail": dict(detail) if detail is not None else None,
    }


def _change(before: Facts | None, after: Facts | None) -> dict[str, Any]:
    return {
        "before": dict(before) if before is not None else None,
        "after": dict(after) if after is not None else None,
    }


async def emit(session: WriteSession, topic: str, subject: str, payload: Mapping[str, Any]) -> str:
    """Puts an event into the outbox; it is sent after the commit, at least once.

    Args:
        session: the transaction in which the thing happened.
        topic: kind of event (``results.changed``, ``render.requested``).
        subject: what it is about; events of one subject are sent in order.
        payload: ids and plain facts, small.
    """
    event_id = new_id()
    await session.execute(
        sa.insert(outbox),
        {
            "chamber_id": session.chamber,
            "event_id": event_id,
            "topic": topic,
            "subject": subject,
            "payload": dict(payload),
        },
    )
    return event_id
