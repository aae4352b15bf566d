"""What the measuring system sends in the demo, and what the API must answer to it."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from services.api.cli.client import ApiClient
from services.api.cli.failures import CommandFailedError, RefusedError
from services.api.cli.paths import chamber_path
from shared.runtime.language import in_terminal_language
from shared.runtime.webhooks import new_secret, sign

_INTEGRATION = "integra"
_BATCHES = 4
_SENT_TWICE = 2
"""How many of the batches come again, as when an answer was lost on its way."""
_UNKNOWN = "MISURA-SCONOSCIUTA"

Item = Mapping[str, Any]


@dataclass
class Sent:
    """What was sent, and what became of it."""

    messages: int = 0
    measurements: int = 0
    applied: int = 0
    unchanged: int = 0
    repeated: int = 0
    forged_status: int = 0
    quarantined: int = 0
    quarantine_code: str = ""

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    def check(self) -> None:
        """Make sure that everything was answered as it must be.

        Raises:
            CommandFailedError: it was not; with what came instead.
        """
        as_it_must = (
            self.applied + self.unchanged == self.measurements
            and self.repeated == _SENT_TWICE
            and (self.forged_status, self.quarantined) == (401, 1)
            and self.quarantine_code == "unknown_measure"
        )
        if not as_it_must:
            raise CommandFailedError(
                in_terminal_language(
                    f"Le rilevazioni non sono andate come atteso: {self.facts()}",
                    f"The measurements did not go as expected: {self.facts()}",
                )
            )


@dataclass(frozen=True, slots=True)
class _Message:
    """One batch as it travels; delivered again it is the same to the byte."""

    id: str
    body: bytes
    sent_at: datetime


class _Sender:
    """The measuring system of one chamber: it knows an address and a secret, no token."""

    def __init__(self, api: ApiClient, chamber: str) -> None:
        self._base = f"{chamber_path(chamber)}/integrations"
        self._secret = _issued_secret(api, self._base)
        self._api = ApiClient(api.url, None)
        # Each run of the demo is a new conversation: ids never come again by accident.
        self._run = secrets.token_hex(4)

    def message(self, name: str, items: Sequence[Item]) -> _Message:
        """A batch of measurements."""
        now = datetime.now(UTC)
        event = {
            "type": "measurements.batch",
            "timestamp": now.isoformat(),
            "data": {"measurements": items},
        }
        body = json.dumps(event, ensure_ascii=False).encode()
        return _Message(f"demo-{self._run}-{name}", body, now)

    def deliver(self, message: _Message, secret: str | None = None) -> dict[str, Any]:
        """Send a message, signed with the right secret or with another one."""
        headers = {
            "webhook-id": message.id,
            "webhook-timestamp": str(int(message.sent_at.timestamp())),
            "webhook-signature": sign(
                secret or self._secret, message.id, message.sent_at, message.body
            ),
        }
        path = f"{self._base}/{_INTEGRATION}/webhooks"
        answer: dict[str, Any] = self._api.post(path, message.body, more_headers=headers).json()
        return answer


def _issued_secret(api: ApiClient, base: str) -> str:
    """A secret that is shown once: of a new integration, or the next one of an old."""
    try:
        new = {"code": _INTEGRATION, "title": "Integra (simulatore)"}
        issued = api.create(base, new)["issued"]
    except RefusedError as refused:
        if refused.code != "integration_exists":
            raise
        issued = api.create(f"{base}/{_INTEGRATION}/secrets", {"overlap_hours": 0})
    return str(issued["secret"])


def send(api: ApiClient, chamber: str, case: Mapping[str, Any]) -> Sent:
    """Send a year's measurements by signed webhooks, with what goes wrong in real life.

    A few messages come twice, one has a wrong signature, one measure is unknown.
    """
    sender, sent = _Sender(api, chamber), Sent()
    batches = list(_batches(_items(case)))
    for number, items in enumerate(batches):
        message = sender.message(f"batch-{number}", items)
        deliveries = 2 if number < _SENT_TWICE else 1
        for _ in range(deliveries):
            _count(sent, sender.deliver(message))
        sent.measurements += len(items)
    sent.forged_status = _forged(sender, batches[0])
    unknown = {"measure": _UNKNOWN, "year": case["year"], "value": "1"}
    message = sender.message("unknown", [unknown])
    _count(sent, sender.deliver(message))
    sent.quarantine_code = _quarantine_code(api, chamber, message.id)
    return sent


def _items(case: Mapping[str, Any]) -> list[Item]:
    """The measurements of a case file, each with its year, as events carry them."""
    return [
        {"year": case["year"]} | {name: value for name, value in row.items() if value is not None}
        for row in case["measurements"]
    ]


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    size = -(-len(items) // _BATCHES)
    for begin in range(0, len(items), size):
        yield items[begin : begin + size]


def _count(sent: Sent, receipt: Mapping[str, Any]) -> None:
    sent.messages += 1
    if receipt["repeated"]:
        sent.repeated += 1
        return
    sent.applied += receipt["applied"]
    sent.unchanged += receipt["unchanged"]
    sent.quarantined += receipt["quarantined"]


def _forged(sender: _Sender, items: Sequence[Item]) -> int:
    """The status that a message gets whose signature is another secret's; 0 when accepted."""
    try:
        sender.deliver(sender.message("forged", items), new_secret())
    except RefusedError as refused:
        return refused.status
    return 0


def _quarantine_code(api: ApiClient, chamber: str, message_id: str) -> str:
    """Why a measurement of the message waits in quarantine; empty when none does."""
    path = f"{chamber_path(chamber)}/quarantine"
    found = api.read(path, state="waiting", limit=500)["items"]
    return next((str(row["code"]) for row in found if row["message_id"] == message_id), "")
