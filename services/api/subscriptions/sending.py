"""The sender: signs what is due, sends it, and writes down what came of it.

Three steps for every delivery, and no transaction stays open while a receiver is waited for:
claim, send, note. A process that dies in between leaves a delivery that is claimed again when
its hold is over, so a receiver may see an event twice; it knows by ``webhook-id``.
"""

import asyncio
import logging
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from fractions import Fraction
from typing import Any

import httpx
import sqlalchemy as sa

from services.api.container import Container
from services.api.db.session import Author, WriteSession
from services.api.db.trail import audit, emit
from services.api.subscriptions import repository, secrets
from shared.domain.deliveries import Answer, Standing, Verdict, after, given_up
from shared.runtime.logging import bind
from shared.runtime.outbound import AddressRefusedError, GuardedTransport
from shared.runtime.webhooks import sign

SENDER = Author("sender")

_BATCH = 20

# How long a receiver may take in all: to be found, to answer, to end its answer.
ANSWER_SECONDS = 15.0

# Longer than the slowest attempt, or the same delivery would be under way twice.
_HOLD_SECONDS = 30

# Of an answer only the status counts; whoever sends more is not listened to any further.
_MOST_ANSWER_BYTES = 64 * 1024

_log = logging.getLogger("ciclo.subscriptions")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: the answer, or what went wrong, and how long it took."""

    answer: Answer
    failure: str | None
    milliseconds: int


class Sender:
    """Sends what is due. Holds the connections; close it at the end."""

    def __init__(self, parts: Container, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._parts = parts
        self._http = httpx.AsyncClient(
            transport=transport or GuardedTransport(parts.settings.outbound_networks),
            timeout=ANSWER_SECONDS,
            follow_redirects=False,
            headers={"User-Agent": "ciclo-webhooks"},
        )

    async def run_once(self) -> bool:
        """Sends one batch; true when more may be waiting."""
        database = self._parts.database
        async with database.write((), SENDER) as session:
            claimed = await repository.claim(
                session, self._parts.clock.now(), batch=_BATCH, hold_seconds=_HOLD_SECONDS
            )
        async with asyncio.TaskGroup() as group:
            for chamber, ids in claimed.items():
                # A task takes along what is bound where it is made.
                with bind(chamber=chamber):
                    async with database.read([chamber]) as session:
                        rows = await repository.find_deliveries(session, ids)
                    for row in rows:
                        group.create_task(self._deliver(chamber, row))
        return bool(claimed)

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def _deliver(self, chamber: str, row: sa.Row[Any]) -> None:
        """One delivery; a fault of ours leaves it due again and does not touch the others."""
        try:
            async with self._parts.database.read([chamber]) as session:
                now = self._parts.clock.now()
                keys = await secrets.opened(self._parts.settings, session, row.subscription_id, now)
            attempt = await self._send(row, keys, now)
            async with self._parts.database.write([chamber], SENDER) as session:
                await _note(session, row, attempt, self._parts.clock.now())
        except Exception:  # noqa: BLE001 - see above
            _log.exception("delivery %s failed", row.delivery_id, extra={"chamber": chamber})

    async def _send(self, row: sa.Row[Any], keys: Sequence[str], now: datetime) -> Attempt:
        headers = {
            "Content-Type": "application/json",
            "webhook-id": row.event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(sign(key, row.event_id, now, row.body) for key in keys),
        }
        started = time.monotonic()
        failure: str | None = None
        answer = Answer(None)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._post(row.url, row.body, headers)
        except AddressRefusedError:
            failure = "address_refused"
        except (TimeoutError, httpx.TimeoutException):
            failure = "timeout"
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            failure = "unreachable"
        return Attempt(answer, failure, int((time.monotonic() - started) * 1000))

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        async with self._http.stream("POST", url, content=body, headers=headers) as answer:
            heard = 0
            async for part in answer.aiter_raw():
                heard += len(part)
                if heard > _MOST_ANSWER_BYTES:
                    break
            return Answer(answer.status_code, _asked_to_wait(answer, self._parts.clock.now()))


def _asked_to_wait(answer: httpx.Response, now: datetime) -> timedelta | None:
    """``Retry-After`` (RFC 9110): seconds, or a date."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isdecimal():
        return timedelta(seconds=min(int(said), 10**6))
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return None
    return max(until.astimezone(UTC) - now, timedelta())


async def _note(session: WriteSession, row: sa.Row[Any], attempt: Attempt, now: datetime) -> None:
    """Writes down an attempt, and what follows for the delivery and its subscriber."""
    chance = Fraction(random.random())  # noqa: S311 - it spreads retries, it guards nothing
    following = after(attempt.answer, row.tries + 1, now, chance)
    if following.verdict is Verdict.RETRY:
        values: dict[str, Any] = {"next_at": following.at}
    else:
        values = {"state": following.verdict.value, "settled_at": now}
    if not await repository.settle(session, row.delivery_id, row.attempts, values):
        return
    await repository.add_attempt(
        session,
        {
            "delivery_id": row.delivery_id,
            "attempt": row.attempts + 1,
            "at": now,
            "status": attempt.answer.status,
            "failure": attempt.failure,
            "milliseconds": attempt.milliseconds,
        },
    )
    await _note_health(session, row.subscription_id, attempt.answer, now)


async def _note_health(
    session: WriteSession, subscription_id: str, answer: Answer, now: datetime
) -> None:
    """A subscriber that is gone, or takes nothing for days, is not asked any more."""
    found = await repository.find(session, subscription_id, lock=True)
    if found is None:
        return
    if answer.accepted:
        if found.failing_since is not None:
            await repository.note(session, subscription_id, {"failing_since": None})
        return
    values: dict[str, Any] = {"failing_since": found.failing_since or now}
    reason = given_up(answer, found.failing_since, now)
    if reason is not None and found.standing == Standing.ACTIVE:
        values |= {"standing": Standing.DISABLED.value, "disabled_reason": reason}
        values["version"] = found.version + 1
        subject = f"subscription/{subscription_id}"
        await audit(session, "subscription.disabled", subject, {"reason": reason})
        payload = {"subscription_id": subscription_id, "reason": reason}
        await emit(session, "subscription.disabled", subject, payload)
        _log.warning(
            "subscription disabled: %s", reason, extra={"chamber": session.chamber, **payload}
        )
    await repository.note(session, subscription_id, values)
