"""Use cases of subscriptions: who is told, the messages to them, and sending them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

import httpx
import sqlalchemy as sa

from services.api.container import Container
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit
from services.api.errors import Refusal
from services.api.ids import new_id
from services.api.signals import DELIVERIES
from services.api.subscriptions import repository, secrets
from services.api.subscriptions.repository import NewDelivery
from services.api.subscriptions.schemas import NewSubscription, SubscriptionChange
from shared.contracts.issues import Issue
from shared.contracts.outgoing_events import TEST, Happening
from shared.domain.deliveries import Standing
from shared.runtime.outbound import reachable


@dataclass(frozen=True, slots=True)
class Issued:
    """A secret in the clear, on its way to whoever asked for it."""

    secret_id: str
    secret: str
    previous_valid_until: datetime | None = None


async def subscription(
    session: ReadSession, subscription_id: str, *, lock: bool = False
) -> sa.Row[Any]:
    """One subscriber of the chamber.

    Raises:
        Refusal: ``not_found``.
    """
    found = await repository.find(session, subscription_id, lock=lock)
    if found is None:
        raise Refusal("not_found")
    return found


async def create(
    parts: Container, session: WriteSession, new: NewSubscription
) -> tuple[str, Issued]:
    """Adds a subscriber with its first secret; it is told what happens from now on.

    Raises:
        Refusal: ``validation_failed`` for an address that cannot be sent to.
    """
    _check_address(parts, new.url)
    subscription_id = new_id()
    values = {"title": new.title, "url": new.url, "events": list(new.events)}
    await repository.insert(session, subscription_id, values)
    made = await secrets.issue(parts.settings, session, subscription_id, parts.clock.now())
    await audit(session, "subscription.created", _subject(subscription_id), values)
    return subscription_id, Issued(*made)


async def change(
    parts: Container, session: WriteSession, subscription_id: str, change: SubscriptionChange
) -> sa.Row[Any]:
    """Changes what the caller sent. Resuming makes what waits due at once.

    Raises:
        Refusal: ``validation_failed`` for an address that cannot be sent to.
    """
    given = change.model_dump(mode="json", include=change.model_fields_set)
    values: dict[str, Any] = {name: given[name] for name in given if name != "paused"}
    if change.url is not None:
        _check_address(parts, change.url)
    if change.paused is not None:
        standing = Standing.PAUSED if change.paused else Standing.ACTIVE
        values |= {"standing": standing.value, "disabled_reason": None, "failing_since": None}
    if values:
        await repository.update(session, subscription_id, values)
        await audit(session, "subscription.changed", _subject(subscription_id), given)
    if change.paused is False:
        await repository.restart(session, subscription_id, parts.clock.now(), state="pending")
        _knock_after(parts, session)
    return await subscription(session, subscription_id)


async def remove(session: WriteSession, subscription_id: str) -> None:
    """Ends a subscription: what waits is not sent, and its log goes."""
    await repository.delete(session, subscription_id)
    await audit(session, "subscription.removed", _subject(subscription_id))


async def rotate(
    parts: Container, session: WriteSession, subscription_id: str, overlap: timedelta
) -> Issued:
    """Issues a new secret; messages carry signatures of the old ones too, for ``overlap``."""
    now = parts.clock.now()
    until = now + overlap
    await repository.end_secrets(session, subscription_id, now=now, until=until)
    secret_id, secret = await secrets.issue(parts.settings, session, subscription_id, now)
    detail = {"secret_id": secret_id, "previous_valid_until": until.isoformat()}
    await audit(session, "subscription.secret_rotated", _subject(subscription_id), detail)
    return Issued(secret_id, secret, until)


async def send_test(parts: Container, session: WriteSession, subscription_id: str) -> str:
    """Has a message sent that says nothing; answers the delivery's id."""
    now = parts.clock.now()
    subject = _subject(subscription_id)
    data = {"subscription_id": subscription_id}
    happening = Happening(TEST, session.chamber, subject, now, data)
    made = _delivery(subscription_id, new_id(), happening)
    await repository.add_deliveries(session, [made], now)
    await audit(session, "subscription.tested", subject)
    _knock_after(parts, session)
    return made.delivery_id


async def delivery(session: ReadSession, subscription_id: str, delivery_id: str) -> sa.Row[Any]:
    """One delivery.

    Raises:
        Refusal: ``not_found``.
    """
    found = await repository.find_delivery(session, subscription_id, delivery_id)
    if found is None:
        raise Refusal("not_found")
    return found


async def replay(
    parts: Container, session: WriteSession, subscription_id: str, delivery_id: str
) -> None:
    """Sends one event again, whatever became of it.

    Raises:
        Refusal: ``not_found``.
    """
    await delivery(session, subscription_id, delivery_id)
    now = parts.clock.now()
    await repository.restart(session, subscription_id, now, delivery_id=delivery_id)
    subject = f"{_subject(subscription_id)}/delivery/{delivery_id}"
    await audit(session, "delivery.replayed", subject)
    _knock_after(parts, session)


async def replay_failed(parts: Container, session: WriteSession, subscription_id: str) -> int:
    """Sends everything again that was given up; answers how many."""
    now = parts.clock.now()
    count = await repository.restart(session, subscription_id, now, state="failed")
    detail = {"deliveries": count}
    await audit(session, "subscription.replayed", _subject(subscription_id), detail)
    _knock_after(parts, session)
    return count


async def fan_out(
    session: WriteSession, happenings: Sequence[tuple[str, Happening]], now: datetime
) -> int:
    """Makes a delivery of every event (id, event) for each subscriber; answers how many.

    Who is paused or disabled gets them too: they wait.
    """
    subscribers = await repository.subscribed(session)
    made = [
        _delivery(row.subscription_id, event_id, happening)
        for event_id, happening in happenings
        for row in subscribers
        if happening.kind in row.events
    ]
    await repository.add_deliveries(session, made, now)
    return len(made)


def _delivery(subscription_id: str, event_id: str, happening: Happening) -> NewDelivery:
    return NewDelivery(
        delivery_id=new_id(),
        subscription_id=subscription_id,
        event_id=event_id,
        event=happening.kind,
        subject=happening.subject,
        body=happening.to_bytes(),
    )


def _subject(subscription_id: str) -> str:
    return f"subscription/{subscription_id}"


def _knock_after(parts: Container, session: WriteSession) -> None:
    session.on_commit(lambda: parts.signals.knock(DELIVERIES))


def _check_address(parts: Container, url: str) -> None:
    """Refuses an address that could never be sent to; names are resolved when sending."""
    schemes = {"https"} if parts.settings.production else {"https", "http"}
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise _bad_address("non è un indirizzo", "is no address") from None
    if parsed.scheme not in schemes or not parsed.host:
        raise _bad_address("serve un indirizzo https", "an https address is needed")
    if parsed.userinfo or parsed.fragment:
        raise _bad_address(
            "credenziali e frammenti non sono ammessi", "no credentials, no fragment"
        )
    try:
        literal = ip_address(parsed.host)
    except ValueError:
        return
    if not reachable(literal, parts.settings.outbound_networks):
        raise _bad_address("l'indirizzo non è pubblico", "the address is not a public one")


def _bad_address(italian: str, english: str) -> Refusal:
    issue = Issue(pointer="/url", code="address_not_allowed", it=italian, en=english)
    return Refusal("validation_failed", issues=[issue])
