"""Asking a source what it holds: what differs is found and mended, and a sick source is spared."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
import stamina

from deploy.local.identity import LocalIssuer
from services.api.cli.simulator.pull import pull_app
from services.api.cli.simulator.truth import Held, Item, Key, Rates, Source, key_of
from services.api.reconciliations.running import Runner
from services.api.reconciliations.source import (
    Acquaintance,
    CircuitBreaker,
    PulledSource,
    SourceUnavailableError,
)
from shared.contracts.pull import HeldPage
from shared.runtime.outbound import GuardedTransport
from tests.api.system import Api
from tests.api.webhook_sender import Inside, Sender, create_integration, measure, measured_system

pytestmark = pytest.mark.asyncio(loop_scope="module")

BASE = "/v1/chambers/PI/integrations/integra"
START = datetime(2026, 1, 5, 8, tzinfo=UTC)
QUIET = Rates(0, 0, 0, 0, 0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(runtime_url: str, issuer: LocalIssuer) -> AsyncIterator[Api]:
    async with measured_system(runtime_url, issuer) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sender(api: Api) -> Sender:
    made = await create_integration(api, "PI", "integra")
    await change(api, pull_url="http://fonte.test", pull_token="segreto")
    return made


@pytest.fixture
def inside(owner_url: str) -> Inside:
    return Inside(owner_url, "PI")


@pytest.fixture(autouse=True)
def _no_pauses() -> Any:  # noqa: ANN401 - a generator
    with stamina.set_testing(True, attempts=5, cap=True):
        yield


async def change(api: Api, **values: object) -> httpx.Response:
    etag = (await api.call("GET", BASE)).headers["etag"]
    headers = {"If-Match": etag, "Content-Type": "application/merge-patch+json"}
    answer = await api.call("PATCH", BASE, content=json.dumps(values), headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


def runner(api: Api, handler: httpx.AsyncBaseTransport) -> Runner:
    return Runner(api.app.state.container, handler)


async def reconcile(
    api: Api, transport: httpx.AsyncBaseTransport, **asked: object
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    answer = await api.call("POST", f"{BASE}/reconciliations", json={"year": 2030} | asked)
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "queued"
    assert answer.headers["retry-after"]
    path = answer.headers["location"]
    assert await runner(api, transport).run_all() == 1
    job = (await api.call("GET", path)).json()
    found = (await api.call("GET", f"{path}/differences")).json()["items"]
    return job, found


async def test_events_follow_a_comparison_to_its_end(api: Api, sender: Sender) -> None:
    asked = {"year": 2030, "period": "M12", "repair": True}
    answer = await api.call("POST", f"{BASE}/reconciliations", json=asked)
    assert answer.json()["events"] == f"{answer.headers['location']}/events"
    following = asyncio.create_task(api.call("GET", answer.json()["events"]))
    held = held_by(measure("m1", "1", period="M12"))
    transport = httpx.ASGITransport(pull_app(lambda: held, "segreto"))
    assert await runner(api, transport).run_all() == 1
    stream = await asyncio.wait_for(following, 30)
    assert stream.headers["content-type"].startswith("text/event-stream")
    told = [json.loads(x[5:]) for x in stream.text.splitlines() if x.startswith("data:")]
    assert (told[-1]["state"], told[-1]["progress"]) == ("done", 100)
    assert told[-1]["counts"]["repaired"] == 1
    progress = [one["progress"] for one in told]
    assert progress == sorted(progress)
    over = await api.call("GET", answer.json()["events"])
    assert len([x for x in over.text.splitlines() if x.startswith("data:")]) == 1
    nobody = f"{BASE}/reconciliations/{'0' * 8}-0000-0000-0000-{'0' * 12}/events"
    assert (await api.call("GET", nobody)).status_code == 404


def held_by(*items: Item) -> dict[Key, Held]:
    return Source("s", items, QUIET, seed=1, start=START).held


async def test_what_differs_is_told_and_mended(api: Api, sender: Sender, inside: Inside) -> None:
    await sender.send(
        measure("m1", "1", period="Q1", source_version=1),
        measure("m2", "2", period="Q1", source_version=1),
        measure("m3", "3", period="Q1", source_version=1),
        measure("m4", "4", period="Q2", source_version=1),
        said=START,
    )
    held = held_by(
        measure("m1", "1", period="Q1"),
        measure("m2", "22", period="Q1"),
        measure("m5", "5", period="Q1"),
        measure("IGNOTA", "6", period="Q1"),
    )
    second = key_of(measure("m2", "22", period="Q1"))
    held[second] = replace(held[second], version=2)
    transport = httpx.ASGITransport(pull_app(lambda: held, "segreto"))
    before = await inside.everything()
    job, found = await reconcile(api, transport, period="Q1")
    assert (job["state"], job["progress"]) == ("done", 100)
    assert [(one["kind"], one["code"], one["repaired"]) for one in found] == [
        ("different", "m2", False),
        ("missing_here", "m5", False),
        ("not_applicable", "IGNOTA", False),
        ("unknown_there", "m3", False),
        ("unknown_there", "m3", False),
    ]
    assert (found[0]["ours"]["value"], found[0]["theirs"]["value"]) == ("2", "22")
    assert (await inside.everything())["measurements"] == before["measurements"]

    job, found = await reconcile(api, transport, period="Q1", repair=True)
    assert job["counts"] == {
        "held": 4,
        "missing_here": 1,
        "different": 1,
        "unknown_there": 2,
        "not_applicable": 1,
        "repaired": 4,
    }
    assert [one["repaired"] for one in found] == [True, True, False, True, True]
    rows = await inside.rows(
        "SELECT DISTINCT subject_code, value, status FROM measurements"
        " WHERE period = 'Q1' ORDER BY subject_code"
    )
    assert [(row["subject_code"], row["value"], row["status"]) for row in rows] == [
        ("m1", "1", "measured"),
        ("m2", "22", "measured"),
        ("m3", None, "withdrawn"),
        ("m5", "5", "measured"),
    ]
    # What nobody here can use waits, as if the source had sent it.
    waiting = (await api.call("GET", "/v1/chambers/PI/quarantine?state=waiting")).json()["items"]
    assert [item["item"]["measure"] for item in waiting] == ["IGNOTA"]
    # The other period was not asked about.
    assert await inside.rows("SELECT 1 FROM measurements WHERE period = 'Q2' AND value = '4'")
    _, left = await reconcile(api, transport, period="Q1")
    assert [(one["kind"], one["code"]) for one in left] == [("not_applicable", "IGNOTA")]


async def test_a_year_in_pages_by_etag(api: Api, sender: Sender) -> None:
    held = held_by(*(measure(f"m{n % 3 + 1}", str(n), period=f"M{n:02}") for n in range(1, 13)))
    asked: list[tuple[str, int]] = []
    inner = httpx.ASGITransport(pull_app(lambda: held, "segreto"))

    class Small(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            request.url = request.url.copy_set_param("limit", "5")
            answer = await inner.handle_async_request(request)
            asked.append((request.url.params.get("cursor", "0"), answer.status_code))
            return answer

    known = Acquaintance()
    for expected in (200, 304):
        asked.clear()
        source = PulledSource("http://fonte.test", "segreto", Small(), known)
        pages = [page async for page in source.pages(2030, None)]
        assert sum(len(page.items) for page in pages) == 12
        assert asked == [("0", expected), ("5", expected), ("10", expected)]


def answering(*answers: Callable[[], httpx.Response]) -> tuple[httpx.MockTransport, list[str]]:
    """Each answer once, the last one for ever; and the addresses that were asked."""
    turns = itertools.chain(answers, itertools.repeat(answers[-1]))
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return next(turns)()

    return httpx.MockTransport(handle), asked


def empty() -> httpx.Response:
    return httpx.Response(200, json={"items": []})


def broken() -> httpx.Response:
    raise httpx.ConnectError("nobody")


async def pages(
    transport: httpx.AsyncBaseTransport, known: Acquaintance | None = None
) -> list[HeldPage]:
    source = PulledSource("http://fonte.test/api", None, transport, known or Acquaintance())
    return [page async for page in source.pages(2030, "Q1")]


async def test_a_source_that_is_not_well_is_asked_again() -> None:
    transport, asked = answering(
        broken,
        lambda: httpx.Response(503),
        lambda: httpx.Response(429, headers={"Retry-After": "0"}),
        empty,
    )
    assert len(await pages(transport)) == 1
    assert asked == ["http://fonte.test/api/measurements?year=2030&limit=500&period=Q1"] * 4


@pytest.mark.parametrize(
    ("answer", "reason", "times"),
    [
        (lambda: httpx.Response(500), "no_answer", 5),
        (broken, "no_answer", 5),
        (lambda: httpx.Response(401), "refused", 1),
        (lambda: httpx.Response(302, headers={"Location": "http://127.0.0.1/"}), "refused", 1),
        (lambda: httpx.Response(200, text="<html>"), "page_refused", 1),
        (lambda: httpx.Response(200, json={"items": [{"measure": 1}]}), "page_refused", 1),
        (lambda: httpx.Response(200, json={"items": [], "next": "a"}), "cursor_repeated", 2),
        (lambda: httpx.Response(200, content=b" " * (17 * 1024**2)), "page_too_large", 1),
    ],
)
async def test_a_source_that_does_not_keep_the_contract(
    answer: Callable[[], httpx.Response], reason: str, times: int
) -> None:
    transport, asked = answering(answer)
    with pytest.raises(SourceUnavailableError) as failed:
        await pages(transport)
    assert failed.value.reason == reason
    assert len(asked) == times


async def test_a_source_that_fails_is_left_in_peace() -> None:
    breaker = CircuitBreaker(failures=2, pause=timedelta(seconds=10))
    breaker.failed(0)
    assert breaker.allows(0)
    breaker.failed(1)
    assert not breaker.allows(10.9)
    assert breaker.allows(11)
    breaker.failed(11)
    assert not breaker.allows(20)
    breaker.succeeded()
    assert breaker.allows(20)
    known = Acquaintance(CircuitBreaker(failures=1))
    transport, asked = answering(lambda: httpx.Response(500))
    reasons = []
    for _ in range(2):
        with pytest.raises(SourceUnavailableError) as failed:
            await pages(transport, known)
        reasons.append(failed.value.reason)
    assert (reasons, len(asked)) == (["no_answer", "circuit_open"], 5)


async def test_no_address_of_the_inside_is_asked() -> None:
    async def resolver(_host: str, _port: int) -> list[str]:
        return ["10.0.0.7"]

    with pytest.raises(SourceUnavailableError) as failed:
        await pages(GuardedTransport(resolver=resolver))
    assert failed.value.reason == "address_refused"


async def test_a_failure_is_told(api: Api, sender: Sender) -> None:
    transport, _ = answering(lambda: httpx.Response(403))
    job, found = await reconcile(api, transport)
    assert (job["state"], job["failure"], found) == ("failed", "refused", [])
    assert job["finished_at"]


async def test_the_token_is_sent_and_never_shown(api: Api, sender: Sender, inside: Inside) -> None:
    seen: list[Mapping[str, str]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(dict(request.headers))
        return empty()

    await reconcile(api, httpx.MockTransport(handle), period="Q3")
    assert seen[0]["authorization"] == "Bearer segreto"
    shown = await api.call("GET", BASE)
    assert "segreto" not in shown.text
    [row] = await inside.rows("SELECT settings FROM integrations WHERE integration_id = 'integra'")
    assert "segreto" not in row["settings"]


async def test_nobody_to_ask(api: Api) -> None:
    await create_integration(api, "PI", "muta")
    path = "/v1/chambers/PI/integrations/muta/reconciliations"
    answer = await api.call("POST", path, json={"year": 2030})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_pull_address")
    unknown = path.replace("muta", "nessuna")
    assert (await api.call("POST", unknown, json={"year": 2030})).status_code == 404
    assert (await api.call("GET", unknown)).status_code == 404
    reader = await api.call("POST", path, {"PI": ["reader"]}, json={"year": 2030})
    assert reader.status_code == 403
