"""Plays the measuring system: signed messages as a real one sends them, and the expected answers.

It knows an address and a secret, no token; it signs with the reference library of Standard
Webhooks, so it is also the example for integrators (``docs/integrations.md``).
"""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from services.api.cli.client import ApiClient
from services.api.cli.failures import CommandFailedError, RefusedError
from services.api.cli.paths import chamber_path
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.language import in_terminal_language
from shared.runtime.webhooks import new_secret

INTEGRATION = "integra"
"""Code of the integration that the simulator plays."""

UNKNOWN_MEASURE = "MISURA-SCONOSCIUTA"

_NOT_THERE = 0

Item = Mapping[str, Any]
Teller = Callable[["Exchange"], None]


@dataclass(frozen=True, slots=True)
class Script:
    """How many messages of which kind are sent beside the measurements themselves."""

    batch_size: int = 25
    duplicates: int = 2
    forged: int = 1
    unknown: int = 1


@dataclass(frozen=True, slots=True)
class Exchange:
    """A message that was sent and what was answered.

    ``kind`` is ``batch``, ``duplicate``, ``forged`` or ``unknown``; ``status`` the HTTP status
    and ``code`` the problem's, if it was refused.
    """

    kind: str
    message_id: str
    items: int
    status: int
    code: str | None
    repeated: bool
    applied: int
    unchanged: int
    quarantined: int

    @property
    def as_expected(self) -> bool:
        """Whether the answer is the one that this kind of message must get."""
        if self.kind == "forged":
            return (self.status, self.code) == (HTTPStatus.UNAUTHORIZED, "signature_refused")
        if self.status != HTTPStatus.OK or self.repeated != (self.kind == "duplicate"):
            return False
        used, apart = self.applied + self.unchanged, self.quarantined
        return (used, apart) == ((0, self.items) if self.kind == "unknown" else (self.items, 0))


@dataclass(frozen=True, slots=True)
class Played:
    """Everything that was sent, in order."""

    chamber: str
    year: int
    integration: str
    exchanges: tuple[Exchange, ...]

    @property
    def as_expected(self) -> bool:
        """Whether every answer was the right one."""
        return all(exchange.as_expected for exchange in self.exchanges)

    def of(self, *kinds: str) -> Iterator[Exchange]:
        """The exchanges of some kinds."""
        return (exchange for exchange in self.exchanges if exchange.kind in kinds)

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        first = list(self.of("batch", "unknown"))
        return {
            "chamber": self.chamber,
            "year": self.year,
            "integration": self.integration,
            "messages": len(self.exchanges),
            "measurements": sum(exchange.items for exchange in self.of("batch")),
            "applied": sum(exchange.applied for exchange in first),
            "unchanged": sum(exchange.unchanged for exchange in first),
            "quarantined": sum(exchange.quarantined for exchange in first),
            "repeated": sum(exchange.repeated for exchange in self.exchanges),
            "refused": sum(exchange.code is not None for exchange in self.exchanges),
            "as_expected": self.as_expected,
            "exchanges": [
                asdict(exchange) | {"as_expected": exchange.as_expected}
                for exchange in self.exchanges
            ],
        }


def play(
    url: str,
    secret: str,
    case: Mapping[str, Any],
    *,
    chamber: str,
    script: Script | None = None,
    integration: str = INTEGRATION,
    tell: Teller = lambda _exchange: None,
    clock: Clock | None = None,
) -> Played:
    """Send the measurements of a case file as the measuring system would.

    Args:
        url: address of the API.
        secret: ``whsec_...`` of the integration.
        case: a ``ciclo/case@1`` document; its ``measurements`` are what is sent.
        chamber: code of the chamber that they are sent to.
        script: what is sent beside them.
        integration: code of the integration.
        tell: gets every exchange as it happens.
        clock: what the messages are dated by.

    Raises:
        CommandFailedError: nobody answers.
    """
    script = script or Script()
    year = int(case["year"])
    with ApiClient(url, None) as api:
        sender = _Sender(api, chamber, integration, secret, clock or SystemClock())
        exchanges: list[Exchange] = []
        for exchange in _conversation(sender, items_of(case), year, script):
            tell(exchange)
            exchanges.append(exchange)
    return Played(chamber, year, integration, tuple(exchanges))


def items_of(case: Mapping[str, Any]) -> list[Item]:
    """The measurements of a case file as events carry them: each with its year."""
    return [
        {"year": case["year"]} | {name: value for name, value in row.items() if value is not None}
        for row in case.get("measurements", ())
    ]


def issued_secret(api: ApiClient, chamber: str, integration: str = INTEGRATION) -> str:
    """A secret for the simulator: of a new integration, or the next one of an existing one.

    Raises:
        RefusedError: the caller may not manage the chamber's integrations.
    """
    base = f"{chamber_path(chamber)}/integrations"
    try:
        new = {"code": integration, "title": "Integra (simulatore)"}
        issued = api.create(base, new)["issued"]
    except RefusedError as refused:
        if refused.code != "integration_exists":
            raise
        issued = api.create(f"{base}/{integration}/secrets", {"overlap_hours": 1})
    return str(issued["secret"])


def _conversation(
    sender: "_Sender", items: Sequence[Item], year: int, script: Script
) -> Iterator[Exchange]:
    """The messages one after the other; the first batches come twice, the odd ones follow."""
    batches = [items[at : at + script.batch_size] for at in range(0, len(items), script.batch_size)]
    for number, batch in enumerate(batches):
        message = sender.message(f"batch-{number}", batch)
        yield sender.deliver("batch", message)
        if number < script.duplicates:
            yield sender.deliver("duplicate", message)
    for number in range(script.forged):
        stolen = batches[number % len(batches)] if batches else ()
        message = sender.message(f"forged-{number}", stolen)
        yield sender.deliver("forged", message, secret=new_secret())
    for number in range(script.unknown):
        unknown = {"measure": f"{UNKNOWN_MEASURE}-{number}", "year": year, "value": "1"}
        yield sender.deliver("unknown", sender.message(f"unknown-{number}", [unknown]))


@dataclass(frozen=True, slots=True)
class _Message:
    """A batch as it travels; delivered again it is the same to the byte."""

    message_id: str
    body: str
    items: int


class _Sender:
    """One measuring system, talking to one chamber."""

    def __init__(
        self, api: ApiClient, chamber: str, integration: str, secret: str, clock: Clock
    ) -> None:
        self._api = api
        self._path = f"{chamber_path(chamber)}/integrations/{integration}/webhooks"
        self._secret = secret
        self._clock = clock
        # Each run is a new conversation: ids never come again by accident.
        self._run = secrets.token_hex(4)

    def message(self, name: str, items: Iterable[Item]) -> _Message:
        """A batch of measurements, said now."""
        measurements = list(items)
        event = {
            "type": "measurements.batch",
            "timestamp": self._clock.now().isoformat(),
            "data": {"measurements": measurements},
        }
        body = json.dumps(event, ensure_ascii=False)
        return _Message(f"sim-{self._run}-{name}", body, len(measurements))

    def deliver(self, kind: str, message: _Message, *, secret: str | None = None) -> Exchange:
        """Send a message, signed with the right secret or with another one."""
        now = self._clock.now()
        signature = _signer(secret or self._secret).sign(message.message_id, now, message.body)
        headers = {
            "webhook-id": message.message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
        try:
            answer = self._api.post(self._path, message.body.encode(), more_headers=headers)
        except RefusedError as refused:
            return _exchange(kind, message, refused.status, refused.code, {})
        return _exchange(kind, message, answer.status_code, None, answer.json())


def _signer(secret: str) -> Webhook:
    try:
        return Webhook(secret)
    except (ValueError, EmptyWebhookSecretError) as error:
        raise CommandFailedError(
            in_terminal_language(
                "Il segreto (--secret) deve essere whsec_ e base64.",
                "The secret (--secret) must be whsec_ and base64.",
            )
        ) from error


def _exchange(
    kind: str, message: _Message, status: int, code: str | None, receipt: Mapping[str, Any]
) -> Exchange:
    counts = {
        name: int(receipt.get(name, _NOT_THERE)) for name in ("applied", "unchanged", "quarantined")
    }
    repeated = bool(receipt.get("repeated", False))
    return Exchange(kind, message.message_id, message.items, int(status), code, repeated, **counts)
