"""Sends messages until they are taken, as a patient source does, and counts the answers."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus

import httpx

from services.api.cli.failures import CommandFailedError
from services.api.cli.simulator.truth import Message
from shared.runtime.language import in_terminal_language
from shared.runtime.webhooks import new_secret, sign

_WORTH_ANOTHER_TRY = frozenset({409, 429, 500, 502, 503, 504})
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 2.0
_TIMEOUT = httpx.Timeout(40.0, connect=5.0)


@dataclass(slots=True)
class Tally:
    """What was answered. ``lost`` has the messages that were neither taken nor rightly refused."""

    answers: Counter[int] = field(default_factory=Counter)
    quarantined: dict[str, int] = field(default_factory=dict)
    """By message: a copy is answered as the first time."""
    repeated: int = 0
    retried: int = 0
    refused: int = 0
    lost: list[str] = field(default_factory=list)

    @property
    def taken(self) -> int:
        """Messages that were taken, copies included."""
        return self.answers[HTTPStatus.OK]


async def deliver(
    url: str,
    secret: str,
    messages: Sequence[Message],
    *,
    clients: int = 2,
    patience_seconds: float = 120.0,
    unheard: float = 0.0,
    tell: Callable[[], None] = lambda: None,
) -> Tally:
    """Sends every message to the address of an integration's webhooks.

    Args:
        url: address of the webhooks.
        secret: ``whsec_...`` of the integration.
        messages: in the order in which they are begun; each client takes the next one.
        clients: how many are under way at a time.
        patience_seconds: how long one message is tried again while nobody takes it.
        unheard: share of answers that get lost on the way, so that the message is sent again.
        tell: called after every message.

    Returns:
        What was answered.
    """
    tally = Tally()
    following = iter(messages)
    stranger = new_secret()
    line = _Line(unheard)
    async with httpx.AsyncClient(timeout=_TIMEOUT) as http:

        async def client(source: Iterator[Message]) -> None:
            for message in source:
                key = stranger if message.forged else secret
                await _until_taken(http, url, key, message, tally, patience_seconds, line)
                tell()

        await asyncio.gather(*(client(following) for _ in range(clients)))
    return tally


class _Line:
    """Loses some answers: what the receiver has done, the sender then does not know."""

    def __init__(self, unheard: float) -> None:
        self._unheard = unheard
        # Reproducible on purpose.
        self._chance = random.Random(1)  # noqa: S311 - no secret is made of it

    def heard(self, answer: httpx.Response | None) -> httpx.Response | None:
        """The answer, unless it was lost."""
        return None if self._chance.random() < self._unheard else answer


async def _until_taken(
    http: httpx.AsyncClient,
    url: str,
    secret: str,
    message: Message,
    tally: Tally,
    patience: float,
    line: "_Line",
) -> None:
    pause = _FIRST_PAUSE_SECONDS
    deadline = asyncio.get_running_loop().time() + patience
    while True:
        answer = line.heard(await _once(http, url, secret, message))
        if answer is not None:
            tally.answers[answer.status_code] += 1
            if answer.status_code not in _WORTH_ANOTHER_TRY:
                _settle(message, answer, tally)
                return
        if asyncio.get_running_loop().time() > deadline:
            tally.lost.append(message.message_id)
            return
        tally.retried += 1
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


async def _once(
    http: httpx.AsyncClient, url: str, secret: str, message: Message
) -> httpx.Response | None:
    """One attempt, signed anew; ``None`` when nobody answered."""
    now = datetime.now(UTC)
    try:
        signature = sign(secret, message.message_id, now, message.body)
    except ValueError as error:
        raise CommandFailedError(
            in_terminal_language(
                "Il segreto deve essere whsec_ e base64.", "The secret must be whsec_ and base64."
            )
        ) from error
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    try:
        return await http.post(url, content=message.body, headers=headers)
    except httpx.TransportError:
        return None


def _settle(message: Message, answer: httpx.Response, tally: Tally) -> None:
    """Counts a final answer, and whether it is the one that the message had to get."""
    if message.forged:
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            tally.refused += 1
        else:
            tally.lost.append(message.message_id)
        return
    if answer.status_code != HTTPStatus.OK:
        tally.lost.append(message.message_id)
        return
    receipt = answer.json()
    tally.repeated += receipt["repeated"]
    tally.quarantined[message.message_id] = receipt["quarantined"]
