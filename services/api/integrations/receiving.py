"""The way of a message: its signature verified, stored as it came, then applied once.

Storing and applying are two transactions. What is stored survives everything that may
happen next; a message that was stored and not applied is applied when it comes again, or by
:func:`apply_pending`. Applying holds the message's row, so it happens once however many
copies arrive at the same time.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial

from services.api.arrivals import service as arrivals
from services.api.arrivals.service import Sender
from services.api.completions import service as completions
from services.api.container import Container
from services.api.db.session import Author, WriteSession
from services.api.db.trail import Facts, audit
from services.api.errors import Refusal
from services.api.integrations import repository
from services.api.integrations.credentials import opened_keys
from services.api.quarantine import service as quarantine
from services.api.quarantine.service import SetApart
from services.api.traffic import Pause, no_pause
from shared.contracts.issues import Issue
from shared.contracts.webhook_reading import EventRefusedError, ReadEvent, open_event
from shared.runtime.webhooks import (
    ADAPTERS,
    TOLERANCE,
    Delivery,
    SignatureRefusedError,
    VerifiedDelivery,
    verifier_for,
)

MAX_BODY_BYTES = 4 * 1024 * 1024
"""Largest message: 5,000 measurements with a short note each."""

_SHORT_BYTES = 8 * 1024
"""A message up to this size, of some fifty measurements, goes before longer ones."""

_READ_AT_ONCE = 500
"""Measurements that are read without a pause: some two milliseconds."""

PENDING_AGE = timedelta(seconds=30)
"""A request that is being served has stored its message moments ago and applies it itself."""

_PENDING_BATCH = 50

_log = logging.getLogger("ciclo.integrations")


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the measurements of a message."""

    applied: int = 0
    unchanged: int = 0
    superseded: int = 0
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class _Stored:
    """A message that is stored: its signature was verified, or we have made it ourselves."""

    message_id: str
    body: bytes
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a message. ``repeated``: it had been applied before."""

    message_id: str
    repeated: bool
    counts: Counts


@dataclass(frozen=True, slots=True)
class Address:
    """Where messages of one system go."""

    chamber: str
    integration: str

    @property
    def path(self) -> str:
        """Where its messages are posted."""
        return f"/v1/chambers/{self.chamber}/integrations/{self.integration}/webhooks"


async def receive(
    parts: Container, address: Address, delivery: Delivery, request_id: str | None
) -> Receipt:
    """Takes one message from outside.

    Raises:
        Refusal: ``signature_refused`` whenever the message cannot be trusted, and for an
            integration that is not there; ``integration_paused``, ``chamber_suspended``,
            ``message_id_reused``, ``event_refused``.
    """
    author = Author(f"webhook:{address.integration}", request_id)
    short = len(delivery.body) <= _SHORT_BYTES
    with parts.traffic.short(address.chamber) if short else nullcontext():
        async with parts.database.write([address.chamber], author) as session:
            verified = await _verified(parts, session, address, delivery)
            await _store(session, address, verified, delivery)
        stored = _Stored(verified.message_id, delivery.body, verified.sent_at)
        return await _apply(parts, address, stored, author)


async def receive_pulled(
    parts: Container, address: Address, message_id: str, body: bytes
) -> Receipt:
    """Takes a message that we made of what the system answered when it was asked.

    Stored and applied as one that it has sent: the id tells them apart.

    Raises:
        Refusal: ``message_id_reused``.
    """
    author = Author(f"webhook:{address.integration}")
    now = parts.clock.now()
    verified, delivery = VerifiedDelivery(message_id, now), Delivery({}, body)
    async with parts.database.write([address.chamber], author) as session:
        await _store(session, address, verified, delivery)
    return await _apply(parts, address, _Stored(message_id, body, now), author)


async def _verified(
    parts: Container, session: WriteSession, address: Address, delivery: Delivery
) -> VerifiedDelivery:
    """The message's identity, once somebody who holds a secret has vouched for it."""
    now = parts.clock.now()
    rows = await repository.credentials(session, address.integration, now)
    keys = opened_keys(parts.settings, address.chamber, address.integration, rows)
    adapter = rows[0].adapter if rows else ADAPTERS[0]
    audience = f"{parts.settings.public_url}{address.path}"
    try:
        verified = verifier_for(adapter, keys, audience).verify(delivery, now)
    except SignatureRefusedError as refused:
        _log.warning("message refused for %s: %s", address, refused)
        raise Refusal("signature_refused") from refused
    if not rows[0].active:
        raise Refusal("integration_paused")
    if rows[0].status == "suspended":
        raise Refusal("chamber_suspended")
    return verified


async def _store(
    session: WriteSession, address: Address, verified: VerifiedDelivery, delivery: Delivery
) -> None:
    """Stores the message, or makes sure that the one stored under its id is the same."""
    if await repository.store_message(session, address.integration, verified, delivery):
        return
    stored = await repository.find_message(session, address.integration, verified.message_id)
    if stored is not None and stored.body != delivery.body:
        raise Refusal("message_id_reused")


async def _apply(parts: Container, address: Address, stored: _Stored, author: Author) -> Receipt:
    """Applies a stored message, unless that has been done; then tells how it went."""
    if len(stored.body) <= _SHORT_BYTES:
        return await _apply_once(parts, address, stored, author, no_pause)
    async with parts.traffic.long(address.chamber):
        return await _apply_once(parts, address, stored, author, parts.traffic.give_way)


async def _apply_once(
    parts: Container,
    address: Address,
    stored: _Stored,
    author: Author,
    give_way: Callable[[str | None], Awaitable[None]],
) -> Receipt:
    """As :func:`_apply`; between slices of a long message others pass by ``give_way``."""
    event: ReadEvent | None = None
    issues: tuple[Issue, ...] = ()
    try:
        event = await _read(stored.body, partial(give_way, None))
    except EventRefusedError as error:
        issues = error.issues
    async with parts.database.write([address.chamber], author) as session:
        settled = await repository.message_outcome(session, address.integration, stored.message_id)
        if settled is None:
            raise LookupError(stored.message_id)
        repeated = settled.outcome != "received"
        if event is None:
            if not repeated:
                await _refuse(session, address, stored.message_id, issues)
            counts = Counts()
        elif repeated:
            counts = Counts(**settled.detail)
        else:
            # What the chamber itself sends meanwhile waits for the plan that this one holds.
            pause = partial(give_way, address.chamber)
            counts = await _settle(session, address, stored, event, pause)
    if event is None:
        raise Refusal("event_refused", issues=issues)
    return Receipt(stored.message_id, repeated, counts)


async def _read(body: bytes, pause: Pause) -> ReadEvent:
    """The message, its measurements read in slices."""
    opened = open_event(body)
    parts = []
    for first in range(0, len(opened.raw), _READ_AT_ONCE):
        parts.append(opened.read(first, first + _READ_AT_ONCE))
        if first + _READ_AT_ONCE < len(opened.raw):
            await pause()
    return opened.closed(parts)


async def _refuse(
    session: WriteSession, address: Address, message: str, issues: tuple[Issue, ...]
) -> None:
    """Writes down that a signed message could not be read."""
    detail = {"issues": [issue.model_dump() for issue in issues]}
    await repository.settle_message(
        session, address.integration, message, event_type=None, outcome="refused", detail=detail
    )
    await _audit(session, "webhook.refused", address, message, {"issues": len(issues)})


async def _settle(
    session: WriteSession, address: Address, stored: _Stored, event: ReadEvent, pause: Pause
) -> Counts:
    """Applies what can be, sets the rest apart, and writes down what became of it all."""
    message = stored.message_id
    # An event dated in the future would stand before everything said until then.
    at = min(event.timestamp, stored.sent_at + TOLERANCE)
    sender = Sender(address.integration, message, at)
    outcome = await arrivals.record(session, event.items, sender, pause)
    apart = [SetApart(item.position, item.raw, item.issues) for item in event.faulty]
    apart += [SetApart(at, event.raw[at], issues) for at, issues in outcome.faults.items()]
    await quarantine.set_apart(session, sender, apart)
    counts = Counts(outcome.applied, outcome.unchanged, outcome.superseded, len(apart))
    if event.completion is not None:
        stands = await completions.record(session, event.completion, sender)
        counts = Counts(applied=1) if stands else Counts(unchanged=1, superseded=1)
    detail = asdict(counts)
    change = (outcome.before, outcome.after)
    await repository.settle_message(
        session,
        address.integration,
        message,
        event_type=event.type,
        outcome="applied",
        detail=detail,
    )
    await _audit(session, "webhook.applied", address, message, detail, change)
    return counts


async def _audit(
    session: WriteSession,
    action: str,
    address: Address,
    message: str,
    detail: Mapping[str, int],
    change: tuple[Facts, Facts] = ({}, {}),
) -> None:
    subject = f"integration/{address.integration}/message/{message}"
    before, after = change
    await audit(session, action, subject, detail, before=before or None, after=after or None)


async def apply_pending(parts: Container, chamber: str, *, age: timedelta = PENDING_AGE) -> int:
    """Applies messages of a chamber that a crash left stored; answers how many there were.

    A message that fails again stays for the next time, and does not hold up the others.
    """
    author = Author("sweeper")
    async with parts.database.read([chamber]) as session:
        found = await repository.waiting_messages(
            session, age_seconds=age.total_seconds(), most=_PENDING_BATCH
        )
    for integration, message in found:
        async with parts.database.read([chamber]) as session:
            row = await repository.find_message(session, integration, message)
        if row is None:
            continue
        try:
            address = Address(chamber, integration)
            await _apply(parts, address, _Stored(message, row.body, row.sent_at), author)
        except Refusal as refusal:
            _log.warning("stored message %s of %s refused: %s", message, integration, refusal)
        except Exception:  # noqa: BLE001 - the others must not wait for this one
            _log.exception("stored message %s of %s cannot be applied", message, integration)
    return len(found)
