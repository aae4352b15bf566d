"""Thousands of bodies at the door of webhooks: refused or taken, never a fault of ours.

``make fuzz`` sends the full twenty thousand; the suite a part of them.
"""

import asyncio
import json
import logging
import os
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psutil
import pytest

from shared.runtime.webhooks import sign
from tests.api.system import Api
from tests.api.webhook_sender import Sender, create_integration

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow, pytest.mark.timeout(900)]

BODIES = int(os.environ.get("CICLO_FUZZ_BODIES", "5000"))
AT_ONCE = 8
WARM = BODIES // 5
MOST_GROWTH = 48 * 1024**2
"""Pools, caches and fragments of the allocator, not bodies: these come to some 20 MB, and what
they become in memory to many times that."""

SAID = "2026-01-05T08:00:00Z"


def corpus() -> list[dict[str, Any]]:
    """Events of every kind, right ones."""
    item = {"measure": "m1", "year": 2030, "period": "Q1", "value": "1.5", "source_version": 2}
    other = {"indicator": "I5", "year": 2030, "value": "3", "value_text": "n. 3 corsi"}
    said = {"timestamp": SAID, "version": 1}
    singles = [
        {"type": f"measurement.{kind}", **said, "data": item}
        for kind in ("recorded", "corrected", "validated")
    ]
    withdrawn = {"measure": "m2", "year": 2030, "source_version": 3}
    return [
        *singles,
        {"type": "measurement.withdrawn", **said, "data": withdrawn},
        {"type": "measurements.batch", **said, "data": {"measurements": [item, other] * 3}},
        {"type": "period.completed", **said, "data": {"year": 2030, "period": "Q1"}},
    ]


ODD: tuple[object, ...] = (
    None, True, 0, -1, 10**30, 1e308, "", "x", "\x00", "\u202e", "9" * 200, "1e3", "-0", "NaN",
    [], {}, [[]], {"": {}}, "2030", 2101, "M13", 2**63, 0.1, ["m1"], {"measure": "m1"},
)  # fmt: skip


def changed(chance: random.Random, value: object) -> object:  # noqa: PLR0911 - one per kind
    """The value with something in it replaced, taken away, repeated or buried."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        name = chance.choice(list(value))
        rest = {key: one for key, one in value.items() if key != name}
        turn = chance.randrange(5)
        if turn == 0:
            return rest
        if turn == 1:
            other = chance.choice(["", "é", "x" * 300, f"{name}\x00", name * 2])
            return rest | {other: value[name]}
        return {**value, name: changed(chance, value[name])}
    if isinstance(value, list) and value and chance.random() < 0.7:
        at = chance.randrange(len(value))
        if chance.randrange(3) == 0:
            return value * chance.randrange(4)
        return [*value[:at], changed(chance, value[at]), *value[at + 1 :]]
    if chance.random() < 0.02:
        for _ in range(chance.choice([5, 9, 60, 400])):
            value = [value]
        return value
    return chance.choice(ODD)


def mangled(chance: random.Random, body: bytes) -> bytes:
    """Bytes flipped, cut, doubled or put in."""
    if not body:
        return b"\xff"
    at = chance.randrange(len(body))
    turn = chance.randrange(5)
    if turn == 0:
        return body[:at]
    if turn == 1:
        return body[:at] + bytes([body[at] ^ 1 << chance.randrange(8)]) + body[at + 1 :]
    if turn == 2:
        return body + body
    if turn == 3:
        return body[:at] + chance.randbytes(chance.randrange(1, 40)) + body[at:]
    return chance.randbytes(chance.randrange(0, 200))


def one_body(chance: random.Random, events: list[dict[str, Any]]) -> bytes:
    event: object = chance.choice(events)
    for _ in range(chance.randrange(4)):
        event = changed(chance, event)
    body = json.dumps(event, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    return mangled(chance, body) if chance.random() < 0.3 else body


def one_header(chance: random.Random, sender: Sender, number: int, body: bytes) -> dict[str, str]:
    """A good signature for one in three, which is read and stored; else something is wrong."""
    now = datetime.now(UTC)
    name = f"fuzz-{number}" if chance.random() < 0.97 else f"fuzz-{chance.randrange(number + 1)}"
    headers = {
        "content-type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": sign(sender.secret, name, now, body),
    }
    if chance.random() < 0.65:
        broken = chance.choice(list(headers))
        wrong = chance.choice(["", "x", "v1,", "v1a," + "A" * 86 + "==", "-1", "9" * 40, "é"])
        headers[broken] = wrong.encode("utf-8").decode("latin-1")
    return headers


async def post(api: Api, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """A request handed to the application itself: what a client costs is not in question."""
    encoded = [(key.encode(), value.encode("latin-1")) for key, value in headers.items()]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [*encoded, (b"content-length", str(len(body)).encode())],
        "client": ("127.0.0.1", 1),
        "server": ("ciclo.test", 80),
    }
    answered: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:  # noqa: ANN401 - as ASGI has it
        answered.append(message)

    await api.app(scope, receive, send)
    return answered[0]["status"], b"".join(part.get("body", b"") for part in answered[1:])


@pytest.fixture
def _unheard() -> Iterator[None]:
    """Thousands of refusals are expected; pytest would keep every line of them in memory."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("_unheard")
async def test_only_taken_or_refused_and_memory_stays_flat(api: Api) -> None:
    sender = await create_integration(api, "PI", "integra")
    chance = random.Random(20_260_105)  # noqa: S311 - reproducible
    events = corpus()
    statuses: Counter[int] = Counter()
    process = psutil.Process()
    numbers = iter(range(BODIES))
    warm: list[int] = []

    async def client() -> None:
        for number in numbers:
            body = one_body(chance, events)
            headers = one_header(chance, sender, number, body)
            status, answer = await post(api, sender.path, headers, body)
            statuses[status] += 1
            assert status < 500, (answer, body[:400], headers)
            if number == WARM:
                warm.append(process.memory_info().rss)

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    assert sum(statuses.values()) == BODIES
    assert min(statuses[200], statuses[401], statuses[422]) > BODIES / 100, statuses
    assert process.memory_info().rss - warm[0] < MOST_GROWTH
    listed = await _all_readable(api, "/v1/chambers/PI/quarantine?limit=500")
    assert listed > 0


async def _all_readable(api: Api, path: str) -> int:
    """Everything that waits can be read, page by page, in both languages."""
    found, cursor = 0, ""
    for page in range(12):
        language = {"Accept-Language": "en" if page % 2 else "it"}
        answer = await api.call("GET", f"{path}{cursor}", headers=language)
        assert answer.status_code == 200, answer.text
        found += len(answer.json()["items"])
        if answer.json()["next"] is None:
            break
        cursor = f"&cursor={answer.json()['next']}"
    return found
