"""SQL of subscriptions, their secrets and their deliveries."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.subscriptions import (
    deliveries,
    delivery_attempts,
    subscription_secrets,
    subscriptions,
)
from services.api.paging import Order, Page, Rows, cut, sliced

_s = subscriptions.c
_d = deliveries.c

ORDER = Order({"created_at": _s.created_at, "title": _s.title}, _s.subscription_id, "created_at")
DELIVERY_ORDER = Order({"created_at": _d.created_at}, _d.delivery_id, "-created_at")

# More than a rotation or two at a time is a mistake, and every secret costs a signature.
MOST_SECRETS = 5

_CLAIM = sa.text(
    "SELECT chamber_id, delivery_id::text FROM ciclo_claim_deliveries(:at, :batch, :hold)"
).bindparams(sa.bindparam("at", type_=sa.DateTime(timezone=True)))


async def insert(session: WriteSession, subscription_id: str, values: Mapping[str, Any]) -> None:
    """Adds a subscriber."""
    await session.execute(
        sa.insert(subscriptions),
        {
            "chamber_id": session.chamber,
            "subscription_id": subscription_id,
            "created_by": session.author.actor,
            **values,
        },
    )


async def find(
    session: ReadSession, subscription_id: str, *, lock: bool = False
) -> sa.Row[Any] | None:
    """One subscriber."""
    statement = sa.select(subscriptions).where(
        _s.chamber_id == session.chamber, _s.subscription_id == subscription_id
    )
    return await session.first(statement.with_for_update() if lock else statement)


async def list_subscriptions(session: ReadSession, asked: Page) -> Rows:
    """The chamber's subscribers."""
    statement = sa.select(subscriptions).where(_s.chamber_id == session.chamber)
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


async def subscribed(session: ReadSession) -> Sequence[sa.Row[Any]]:
    """Every subscriber's id and the kinds of event it asked for."""
    return await session.all(
        sa.select(_s.subscription_id, _s.events).where(_s.chamber_id == session.chamber)
    )


async def update(session: WriteSession, subscription_id: str, values: Mapping[str, Any]) -> None:
    """Changes a subscriber as somebody asked: its version rises."""
    await note(session, subscription_id, {**values, "version": _s.version + 1})


async def note(session: WriteSession, subscription_id: str, values: Mapping[str, Any]) -> None:
    """Writes down how a subscriber does."""
    await session.execute(
        sa.update(subscriptions)
        .where(_s.chamber_id == session.chamber, _s.subscription_id == subscription_id)
        .values(**values)
    )


async def delete(session: WriteSession, subscription_id: str) -> None:
    """Takes a subscriber away, with its deliveries."""
    await session.execute(
        sa.delete(subscriptions).where(
            _s.chamber_id == session.chamber, _s.subscription_id == subscription_id
        )
    )


def _secrets_of(session: ReadSession, subscription_id: str) -> sa.ColumnElement[bool]:
    table = subscription_secrets.c
    return sa.and_(table.chamber_id == session.chamber, table.subscription_id == subscription_id)


async def secrets(
    session: ReadSession, subscription_id: str, now: datetime
) -> Sequence[sa.Row[Any]]:
    """The secrets that are valid now, sealed, the newest first."""
    table = subscription_secrets.c
    return await session.all(
        sa.select(table.secret_id, table.sealed, table.created_at, table.expires_at)
        .where(
            _secrets_of(session, subscription_id),
            sa.or_(table.expires_at.is_(None), table.expires_at > now),
        )
        .order_by(table.created_at.desc(), table.secret_id.desc())
        .limit(MOST_SECRETS)
    )


async def insert_secret(
    session: WriteSession, subscription_id: str, secret_id: str, sealed: str, now: datetime
) -> None:
    """Adds a secret, valid until it is replaced."""
    await session.execute(
        sa.insert(subscription_secrets),
        {
            "chamber_id": session.chamber,
            "subscription_id": subscription_id,
            "secret_id": secret_id,
            "sealed": sealed,
            "created_at": now,
        },
    )


async def end_secrets(
    session: WriteSession, subscription_id: str, *, now: datetime, until: datetime
) -> None:
    """Lets every secret end at ``until``, unless it ends before; takes ended ones away."""
    table = subscription_secrets
    own = _secrets_of(session, subscription_id)
    await session.execute(sa.delete(table).where(own, table.c.expires_at <= now))
    lasting = sa.or_(table.c.expires_at.is_(None), table.c.expires_at > until)
    await session.execute(sa.update(table).where(own, lasting).values(expires_at=until))


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """An event on its way to one subscriber."""

    delivery_id: str
    subscription_id: str
    event_id: str
    event: str
    subject: str
    body: bytes


async def add_deliveries(
    session: WriteSession, made: Sequence[NewDelivery], next_at: datetime
) -> None:
    """Adds deliveries, due at ``next_at``; those that are there already stay as they are."""
    if not made:
        return
    insert = postgresql.insert(deliveries).on_conflict_do_nothing(
        index_elements=["chamber_id", "subscription_id", "event_id"]
    )
    await session.execute(
        insert,
        [
            {
                "chamber_id": session.chamber,
                "next_at": next_at,
                "delivery_id": one.delivery_id,
                "subscription_id": one.subscription_id,
                "event_id": one.event_id,
                "event": one.event,
                "subject": one.subject,
                "body": one.body,
            }
            for one in made
        ],
    )


async def claim(
    session: WriteSession, now: datetime, *, batch: int, hold_seconds: int
) -> Mapping[str, list[str]]:
    """Ids of deliveries that are due, by chamber; nobody else gets them for ``hold_seconds``."""
    rows = await session.all(_CLAIM, {"at": now, "batch": batch, "hold": hold_seconds})
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row.chamber_id].append(row.delivery_id)
    return found


async def find_deliveries(session: ReadSession, ids: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """Deliveries with the address they go to."""
    return await session.all(
        sa.select(deliveries, _s.url)
        .join(
            subscriptions,
            sa.and_(_s.chamber_id == _d.chamber_id, _s.subscription_id == _d.subscription_id),
        )
        .where(_d.chamber_id == session.chamber, _d.delivery_id.in_(ids))
        .order_by(_d.event_id)
    )


async def list_deliveries(
    session: ReadSession, subscription_id: str, asked: Page, filters: Mapping[str, str | None]
) -> Rows:
    """Deliveries to a subscriber, narrowed by columns that have a value in ``filters``."""
    columns = [column for column in deliveries.c if column is not _d.body]
    statement = sa.select(*columns).where(
        _d.chamber_id == session.chamber,
        _d.subscription_id == subscription_id,
        *(_d[name] == value for name, value in filters.items() if value is not None),
    )
    rows = await session.all(sliced(statement, DELIVERY_ORDER, asked))
    return cut(rows, DELIVERY_ORDER, asked)


async def find_delivery(
    session: ReadSession, subscription_id: str, delivery_id: str
) -> sa.Row[Any] | None:
    """One delivery, with its body."""
    return await session.first(
        sa.select(deliveries).where(
            _d.chamber_id == session.chamber,
            _d.subscription_id == subscription_id,
            _d.delivery_id == delivery_id,
        )
    )


async def attempts(session: ReadSession, delivery_id: str) -> Sequence[sa.Row[Any]]:
    """The attempts at a delivery, the first one first."""
    table = delivery_attempts.c
    return await session.all(
        sa.select(delivery_attempts)
        .where(table.chamber_id == session.chamber, table.delivery_id == delivery_id)
        .order_by(table.attempt)
    )


async def settle(
    session: WriteSession, delivery_id: str, attempts_before: int, values: Mapping[str, Any]
) -> bool:
    """Writes down what an attempt came to; false when another one was noted meanwhile."""
    touched = await session.execute(
        sa.update(deliveries)
        .where(
            _d.chamber_id == session.chamber,
            _d.delivery_id == delivery_id,
            _d.attempts == attempts_before,
        )
        .values(attempts=attempts_before + 1, tries=_d.tries + 1, **values)
    )
    return touched == 1


async def add_attempt(session: WriteSession, values: Mapping[str, Any]) -> None:
    """Adds an attempt to the log."""
    await session.execute(sa.insert(delivery_attempts), {"chamber_id": session.chamber, **values})


async def restart(
    session: WriteSession,
    subscription_id: str,
    now: datetime,
    *,
    delivery_id: str | None = None,
    state: str | None = None,
) -> int:
    """Makes deliveries due at once, with the whole schedule before them; answers how many."""
    statement = sa.update(deliveries).where(
        _d.chamber_id == session.chamber, _d.subscription_id == subscription_id
    )
    if delivery_id is not None:
        statement = statement.where(_d.delivery_id == delivery_id)
    if state is not None:
        statement = statement.where(_d.state == state)
    return await session.execute(
        statement.values(state="pending", tries=0, next_at=now, settled_at=None)
    )
