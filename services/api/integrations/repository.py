"""SQL of integrations, their secrets and their messages."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.api.db.gaps import lacks_a_version
from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.integrations import (
    integration_secrets,
    integrations,
    quarantine,
    webhook_messages,
)
from services.api.db.tables.measurements import measurements
from services.api.db.tables.plans import plans
from services.api.paging import Order, Page, Rows, cut, sliced
from shared.runtime.webhooks import Delivery, VerifiedDelivery

ORDER = Order(
    {"code": integrations.c.integration_id, "title": integrations.c.title},
    integrations.c.integration_id,
    "code",
)

# More than a rotation or two at a time is a mistake, and every secret costs a check.
MOST_SECRETS = 5

# Storing a message need not wait for the disk: applying it, in the next transaction, does, and
# with it all that was written before. Until then nobody has been told that it arrived.
_CREDENTIALS = sa.text("""
    SELECT set_config('synchronous_commit', 'off', true), i.adapter, i.active, c.status, s.sealed,
        s.public_key
    FROM integrations AS i
    JOIN chambers AS c ON c.chamber_id = i.chamber_id
    LEFT JOIN integration_secrets AS s
        ON s.chamber_id = i.chamber_id AND s.integration_id = i.integration_id
        AND (s.expires_at IS NULL OR s.expires_at > :now)
    WHERE i.chamber_id = :chamber AND i.integration_id = :integration
    ORDER BY s.created_at DESC
    LIMIT :most
""")


MESSAGE_ORDER = Order(
    {"received_at": webhook_messages.c.received_at}, webhook_messages.c.message_id, "-received_at"
)

# What a later look at a message needs; nothing that identifies a person's device.
_KEPT_HEADERS = (
    "agid-jwt-signature",
    "content-type",
    "digest",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
)

_STORE = sa.text("""
    INSERT INTO webhook_messages
        (chamber_id, integration_id, message_id, sent_at, headers, body)
    VALUES (:chamber, :integration, :message, :sent_at, CAST(:headers AS json), :body)
    ON CONFLICT DO NOTHING
""")

_SETTLE = sa.text("""
    UPDATE webhook_messages
    SET event_type = :event_type, outcome = :outcome, detail = CAST(:detail AS json),
        applied_at = now()
    WHERE chamber_id = :chamber AND integration_id = :integration AND message_id = :message
""")

_WAITING = sa.text("""
    SELECT integration_id, message_id FROM webhook_messages
    WHERE chamber_id = :chamber AND outcome = 'received'
        AND received_at <= now() - make_interval(secs => :age)
        AND EXISTS (SELECT 1 FROM chambers
            WHERE chamber_id = :chamber AND status = 'active')
    ORDER BY received_at LIMIT :most
""")


async def credentials(
    session: ReadSession, integration: str, now: datetime
) -> Sequence[sa.Row[Any]]:
    """What a message is verified with, one row per secret that is valid now."""
    return await session.all(
        _CREDENTIALS,
        {
            "chamber": session.chamber,
            "integration": integration,
            "now": now,
            "most": MOST_SECRETS,
        },
    )


async def insert(session: WriteSession, integration: str, values: Mapping[str, Any]) -> bool:
    """Whether the integration was created; false when the code is taken."""
    statement = postgresql.insert(integrations).values(
        chamber_id=session.chamber, integration_id=integration, **values
    )
    return await session.execute(statement.on_conflict_do_nothing()) == 1


async def find(session: ReadSession, integration: str, *, lock: bool = False) -> sa.Row[Any] | None:
    """One integration."""
    statement = sa.select(integrations).where(
        integrations.c.chamber_id == session.chamber,
        integrations.c.integration_id == integration,
    )
    return await session.first(statement.with_for_update() if lock else statement)


async def list_integrations(session: ReadSession, asked: Page) -> Rows:
    """The chamber's integrations."""
    statement = sa.select(integrations).where(integrations.c.chamber_id == session.chamber)
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


async def update(session: WriteSession, integration: str, values: Mapping[str, Any]) -> None:
    """Changes an integration and raises its version."""
    await session.execute(
        sa.update(integrations)
        .where(
            integrations.c.chamber_id == session.chamber,
            integrations.c.integration_id == integration,
        )
        .values(**values, version=integrations.c.version + 1)
    )


async def secrets(session: ReadSession, integration: str, now: datetime) -> Sequence[sa.Row[Any]]:
    """Which keys are valid now, the newest first; of secrets not the secrets themselves."""
    table = integration_secrets
    return await session.all(
        sa.select(table.c.secret_id, table.c.public_key, table.c.created_at, table.c.expires_at)
        .where(_of(session, integration), sa.or_(table.c.expires_at.is_(None), _after(now)))
        .order_by(table.c.created_at.desc(), table.c.secret_id.desc())
        .limit(MOST_SECRETS)
    )


async def insert_key(
    session: WriteSession,
    integration: str,
    secret_id: str,
    now: datetime,
    *,
    sealed: str | None = None,
    public_key: str | None = None,
) -> None:
    """Adds a sealed secret or a public key, valid until it is replaced."""
    await session.execute(
        sa.insert(integration_secrets),
        {
            "chamber_id": session.chamber,
            "integration_id": integration,
            "secret_id": secret_id,
            "sealed": sealed,
            "public_key": public_key,
            "created_at": now,
        },
    )


async def end_secrets(
    session: WriteSession, integration: str, *, now: datetime, until: datetime
) -> None:
    """Lets every secret end at ``until``, unless it ends before; takes ended ones away."""
    table = integration_secrets
    await session.execute(
        sa.delete(table).where(_of(session, integration), table.c.expires_at <= now)
    )
    await session.execute(
        sa.update(table)
        .where(
            _of(session, integration),
            sa.or_(table.c.expires_at.is_(None), table.c.expires_at > until),
        )
        .values(expires_at=until)
    )


def _of(session: ReadSession, integration: str) -> sa.ColumnElement[bool]:
    table = integration_secrets
    return sa.and_(table.c.chamber_id == session.chamber, table.c.integration_id == integration)


def _after(now: datetime) -> sa.ColumnElement[bool]:
    return integration_secrets.c.expires_at > now


async def store_message(
    session: WriteSession, integration: str, verified: VerifiedDelivery, delivery: Delivery
) -> bool:
    """Stores a message as it came; false when one with its id is there already."""
    kept = {name: delivery.headers[name] for name in _KEPT_HEADERS if name in delivery.headers}
    stored = await session.execute(
        _STORE,
        {
            "chamber": session.chamber,
            "integration": integration,
            "message": verified.message_id,
            "sent_at": verified.sent_at,
            "headers": json.dumps(kept),
            "body": delivery.body,
        },
    )
    return stored == 1


async def find_message(
    session: ReadSession, integration: str, message: str, *, lock: bool = False
) -> sa.Row[Any] | None:
    """One message; ``lock`` keeps others from applying it meanwhile."""
    table = webhook_messages
    statement = sa.select(table).where(
        table.c.chamber_id == session.chamber,
        table.c.integration_id == integration,
        table.c.message_id == message,
    )
    return await session.first(statement.with_for_update() if lock else statement)


async def message_outcome(
    session: WriteSession, integration: str, message: str
) -> sa.Row[Any] | None:
    """Outcome and detail of a message, held until the transaction ends; without its body."""
    table = webhook_messages
    return await session.first(
        sa.select(table.c.outcome, table.c.detail)
        .where(
            table.c.chamber_id == session.chamber,
            table.c.integration_id == integration,
            table.c.message_id == message,
        )
        .with_for_update()
    )


async def settle_message(
    session: WriteSession,
    integration: str,
    message: str,
    *,
    event_type: str | None,
    outcome: str,
    detail: Mapping[str, Any],
) -> None:
    """Writes down what became of a message."""
    await session.execute(
        _SETTLE,
        {
            "chamber": session.chamber,
            "integration": integration,
            "message": message,
            "event_type": event_type,
            "outcome": outcome,
            "detail": json.dumps(detail),
        },
    )


async def waiting_messages(
    session: ReadSession, *, age_seconds: float, most: int
) -> list[tuple[str, str]]:
    """Messages stored that long ago and not applied: integration and id, the oldest first."""
    parameters = {"chamber": session.chamber, "age": age_seconds, "most": most}
    return [(row.integration_id, row.message_id) for row in await session.all(_WAITING, parameters)]


async def list_messages(session: ReadSession, integration: str, asked: Page) -> Rows:
    """Messages of an integration, without their bodies, the latest first."""
    table = webhook_messages
    columns = [column for column in table.c if column is not table.c.body]
    statement = sa.select(*columns, sa.func.octet_length(table.c.body).label("bytes")).where(
        table.c.chamber_id == session.chamber, table.c.integration_id == integration
    )
    return cut(await session.all(sliced(statement, MESSAGE_ORDER, asked)), MESSAGE_ORDER, asked)


GAP_ORDER = Order({"code": measurements.c.subject_code}, measurements.c.measurement_id, "code")


async def counts(session: ReadSession, integration: str) -> sa.Row[Any]:
    """How much of what a system sent waits in quarantine, and of how many data a version lacks."""
    waiting = sa.select(sa.func.count()).where(
        quarantine.c.chamber_id == session.chamber,
        quarantine.c.integration_id == integration,
        quarantine.c.state == "waiting",
    )
    gaps = sa.select(sa.func.count()).where(*_with_gaps(session, integration))
    found = await session.first(
        sa.select(waiting.scalar_subquery().label("waiting"), gaps.scalar_subquery().label("gaps"))
    )
    if found is None:
        raise LookupError(integration)
    return found


def _with_gaps(session: ReadSession, integration: str) -> tuple[sa.ColumnElement[bool], ...]:
    table = measurements
    return (
        table.c.chamber_id == session.chamber,
        table.c.versions_by == integration,
        lacks_a_version(),
    )


async def list_gaps(session: ReadSession, integration: str, asked: Page) -> Rows:
    """Data of which a version never came, with the year of their plan."""
    table = measurements
    statement = (
        sa.select(table, plans.c.year.label("plan_year"))
        .join(
            plans,
            sa.and_(plans.c.chamber_id == table.c.chamber_id, plans.c.plan_id == table.c.plan_id),
        )
        .where(*_with_gaps(session, integration))
    )
    return cut(await session.all(sliced(statement, GAP_ORDER, asked)), GAP_ORDER, asked)
