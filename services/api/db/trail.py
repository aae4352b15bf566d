"""What a write leaves behind in its own transaction: an audit line, and events to send."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from services.api.db.session import WriteSession
from services.api.db.tables.requests import audit_log, entity_audit_log, outbox
from services.api.ids import new_id


async def audit(
    session: WriteSession,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    *,
    chamber: str | None = None,
) -> None:
    """Writes down who did what to what. ``detail`` must hold no secret and no personal datum.

    In a session for several chambers, ``chamber`` says in whose register.
    """
    await session.execute(
        sa.insert(audit_log),
        {
            "chamber_id": chamber or session.chamber,
            "audit_id": new_id(),
            "actor": session.author.actor,
            "action": action,
            "subject": subject,
            "request_id": session.author.request_id,
            "detail": dict(detail) if detail is not None else None,
        },
    )


async def audit_entity(
    session: WriteSession,
    entity: str,
    action: str,
    subject: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """As :func:`audit`, for an act on the entity itself, or on ``subject`` that belongs to it."""
    await session.execute(
        sa.insert(entity_audit_log),
        {
            "entity_id": entity,
            "audit_id": new_id(),
            "actor": session.author.actor,
            "action": action,
            "subject": subject or entity,
            "request_id": session.author.request_id,
            "detail": dict(detail) if detail is not None else None,
        },
    )


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
