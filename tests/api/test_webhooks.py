"""Signed messages of a measuring system: trusted, kept, applied once, and nothing lost."""

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import pytest_asyncio

from deploy.local.identity import LocalIssuer
from services.api.arrivals import service as arrivals
from services.api.container import Container
from services.api.integrations import receiving
from services.api.main import create_app
from shared.runtime.clock import FixedClock
from shared.runtime.secrets import new_key
from tests.api.system import Api, settings_for
from tests.api.webhook_sender import (
    Inside,
    Sender,
    batch,
    create_integration,
    measure,
    minutes_ago,
    plan,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOTHING = {"applied": 0, "unchanged": 0, "superseded": 0, "quarantined": 0}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(runtime_url: str, issuer: LocalIssuer) -> AsyncIterator[Api]:
    """An application that can seal secrets, with chambers PI and LU and two plans in PI."""
    settings = settings_for(runtime_url, issuer, secret_keys=new_key(), dispatch=False)
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://ciclo.test") as client,
    ):
        made = Api(app, client, issuer)
        await made.create_chambers("PI", "LU")
        for year in (2030, 2031):
            assert (await made.import_case("PI", plan("PI", year))).status_code == 201
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sender(api: Api) -> Sender:
    return await create_integration(api, "PI", "integra")


@pytest.fixture
def inside(owner_url: str) -> Inside:
    return Inside(owner_url, "PI")


def counts(answer: httpx.Response) -> dict[str, int]:
    assert answer.status_code == 200, answer.text
    return {name: answer.json()[name] for name in NOTHING}


async def revision(api: Api, year: int) -> int:
    answer = await api.call("GET", f"/v1/chambers/PI/plans/{year}")
    return int(answer.json()["revision"])


# --- the happy path --------------------------------------------------------------------------


async def test_measurements_become_results(api: Api, sender: Sender, inside: Inside) -> None:
    before = await revision(api, 2030)
    answer = await sender.send(
        measure("m1", "60"),
        measure("m2", "80"),
        measure("d1", "2030-06-30"),
        measure("b1", "true"),
        {"indicator": "I5", "year": 2030, "value": "3", "value_text": "n. 3 corsi"},
        {"objective": "A2", "year": 2030, "result": "95.5"},
        message_id="msg_happy",
    )
    assert answer.json() == NOTHING | {"message_id": "msg_happy", "repeated": False, "applied": 6}
    assert await revision(api, 2030) == before + 1
    results = (await api.call("GET", "/v1/chambers/PI/plans/2030/results")).json()
    rows = [*results["indicators"], *results["objectives"]]
    figures = {row["code"]: row["figure"]["recognised"] for row in rows}
    assert figures["I1"] == "93.75"
    assert figures["I3"] == figures["I4"] == "100"
    assert figures["A2"] == "95.5"
    # An indicator's measurement of the plan's own year is stored as a file would bring it.
    [row] = await inside.rows("SELECT * FROM measurements WHERE subject_code = 'I5'")
    assert (row["year"], row["value_text"], row["source"]) == (
        None,
        "n. 3 corsi",
        "webhook:integra",
    )


async def test_every_write_leaves_its_traces(sender: Sender, inside: Inside) -> None:
    await sender.send(measure("m6", "61.5", source_version=7), message_id="msg_traces")
    [message] = await inside.rows(
        "SELECT * FROM webhook_messages WHERE message_id = $1", "msg_traces"
    )
    assert (message["outcome"], message["event_type"]) == ("applied", "measurements.batch")
    assert json.loads(message["body"])["data"]["measurements"][0]["value"] == "61.5"
    assert json.loads(message["headers"])["webhook-id"] == "msg_traces"
    [version] = await inside.rows(
        "SELECT * FROM measurement_versions WHERE message_id = $1", "msg_traces"
    )
    assert (version["value"], version["source_version"], version["recorded_by"]) == (
        "61.5",
        7,
        "webhook:integra",
    )
    [line] = await inside.rows("SELECT * FROM audit_log WHERE subject LIKE '%msg_traces'")
    assert (line["action"], line["actor"]) == ("webhook.applied", "webhook:integra")
    [event] = await inside.rows(
        "SELECT * FROM outbox WHERE topic = 'results.changed' ORDER BY event_id DESC LIMIT 1"
    )
    assert json.loads(event["payload"])["year"] == 2030


async def test_a_single_measurement_needs_no_batch(sender: Sender, inside: Inside) -> None:
    event = {
        "type": "measurement.recorded",
        "timestamp": datetime.now(UTC).isoformat(),
        "data": measure("m2", "81"),
    }
    body = json.dumps(event).encode()
    answer = await sender.post(body, sender.headers(body))
    assert counts(answer) == NOTHING | {"applied": 1}
    assert await inside.value("m2", 2030) == "81"


async def test_a_measure_reaches_every_plan_that_reads_it(
    api: Api, sender: Sender, inside: Inside
) -> None:
    before = await revision(api, 2031)
    answer = await sender.send(measure("m3", "12", 2030), measure("m1", "9", 2030))
    assert counts(answer) == NOTHING | {"applied": 2}
    # The plan of 2031 looks back to m3, not to m1.
    assert await inside.value("m3", 2030) == await inside.value("m3", 2030, 2031) == "12"
    assert await inside.value("m1", 2030, 2031) is None
    assert await revision(api, 2031) == before + 1


async def test_the_senders_own_identifier_is_understood(sender: Sender, inside: Inside) -> None:
    assert counts(await sender.send(measure("K-4", "5"))) == NOTHING | {"applied": 1}
    assert await inside.value("m4", 2030) == "5"


# --- what is not trusted ---------------------------------------------------------------------


async def _refused(sender: Sender, inside: Inside, body: bytes, headers: dict[str, str]) -> None:
    before = await inside.everything()
    answer = await sender.post(body, headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Standard-Webhooks"
    problem = answer.json()
    assert (problem["code"], problem["errors"]) == ("signature_refused", [])
    assert await inside.everything() == before


async def test_a_wrong_signature(sender: Sender, inside: Inside) -> None:
    body = batch(measure("m1", "1"))
    stranger = dataclasses.replace(sender, secret="whsec_" + "A" * 43 + "=")
    await _refused(sender, inside, body, stranger.headers(body))


async def test_every_changed_byte_of_the_body(sender: Sender, inside: Inside) -> None:
    body = batch(measure("m1", "1"))
    headers = sender.headers(body)
    for place in (0, len(body) // 2, len(body) - 1):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        await _refused(sender, inside, changed, headers)
    await _refused(sender, inside, body + b" ", headers)


@pytest.mark.parametrize("minutes", [5.1, 60, -5.2])
async def test_a_message_of_another_time(sender: Sender, inside: Inside, minutes: float) -> None:
    body = batch(measure("m1", "1"))
    await _refused(sender, inside, body, sender.headers(body, at=minutes_ago(minutes)))


@pytest.mark.parametrize("minutes", [4.9, -4.8])
async def test_clocks_may_differ_a_little(sender: Sender, minutes: float) -> None:
    assert (await sender.send(at=minutes_ago(minutes))).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-id": ""},
        {"webhook-id": "msg_other"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "1.5e9"},
        {"webhook-timestamp": "99999999999"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,%%%"},
        {"webhook-signature": "v2,AAAA v1a,AAAA"},
        {"webhook-signature": "v1"},
    ],
)
async def test_headers_that_are_no_signature(
    sender: Sender, inside: Inside, changes: dict[str, str]
) -> None:
    body = batch(measure("m1", "1"))
    await _refused(sender, inside, body, sender.headers(body) | changes)


async def test_an_unknown_integration_looks_like_a_wrong_signature(
    api: Api, sender: Sender, inside: Inside
) -> None:
    body = batch(measure("m1", "1"))
    for chamber, integration in (("PI", "nessuno"), ("ZZ", "integra"), ("LU", "integra")):
        elsewhere = Sender(api, chamber, integration, sender.secret)
        await _refused(elsewhere, inside, body, sender.headers(body))


async def test_a_secret_opens_its_own_chamber_only(api: Api, sender: Sender) -> None:
    theirs = await create_integration(api, "LU", "altro")
    body = batch(measure("m1", "1"))
    answer = await sender.post(body, theirs.headers(body))
    assert answer.status_code == 401
    # And what arrives in LU finds no plan of PI.
    assert counts(await theirs.send(measure("m1", "1"))) == NOTHING | {"quarantined": 1}


# --- once, whatever happens ------------------------------------------------------------------


async def test_the_same_message_again_changes_nothing(sender: Sender, inside: Inside) -> None:
    body = batch(measure("m1", "70"), measure("nessuna", "1"))
    headers = sender.headers(body, "msg_again")
    first = await sender.post(body, headers)
    assert first.json()["repeated"] is False
    before = await inside.everything()
    for _ in range(2):
        again = await sender.post(body, headers)
        assert again.status_code == 200
        assert again.json() == first.json() | {"repeated": True}
    # A retry of a real sender is signed anew, at another moment.
    later = await sender.post(body, sender.headers(body, "msg_again", minutes_ago(-1)))
    assert later.json()["repeated"] is True
    assert await inside.everything() == before


async def test_copies_at_the_same_time_are_applied_once(sender: Sender, inside: Inside) -> None:
    body = batch(*(measure(code, "33") for code in ("m1", "m2", "m3")))
    headers = sender.headers(body, "msg_crowd")
    answers = await asyncio.gather(*(sender.post(body, headers) for _ in range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert sorted(answer.json()["repeated"] for answer in answers) == [False] + [True] * 7
    written = await inside.rows(
        "SELECT 1 FROM measurement_versions WHERE message_id = $1", "msg_crowd"
    )
    assert len(written) == 4  # m3 also in the plan of the next year


async def test_different_messages_at_the_same_time_all_count(
    api: Api, sender: Sender, inside: Inside
) -> None:
    before = await revision(api, 2030)
    now = datetime.now(UTC)
    answers = await asyncio.gather(
        *(
            sender.send(measure("m2", str(900 + step)), said=now + timedelta(seconds=step))
            for step in range(8)
        )
    )
    assert [answer.status_code for answer in answers] == [200] * 8
    assert await inside.value("m2", 2030) == "907"
    winners = sum(answer.json()["applied"] for answer in answers)
    assert await revision(api, 2030) == before + winners


async def test_an_id_is_not_used_for_something_else(sender: Sender, inside: Inside) -> None:
    await sender.send(measure("m1", "71"), message_id="msg_twice")
    answer = await sender.send(measure("m1", "72"), message_id="msg_twice")
    assert (answer.status_code, answer.json()["code"]) == (409, "message_id_reused")
    assert await inside.value("m1", 2030) == "71"


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends between storing a message and applying it."""

    async def record(*_: object) -> None:
        raise RuntimeError("crash")

    monkeypatch.setattr(arrivals, "record", record)


async def test_what_was_stored_is_applied_when_it_comes_again(
    sender: Sender, inside: Inside, crash: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = batch(measure("m1", "73"))
    headers = sender.headers(body, "msg_crashed")
    assert (await sender.post(body, headers)).status_code == 500
    stored = "SELECT outcome FROM webhook_messages WHERE message_id = 'msg_crashed'"
    assert await inside.rows(stored) == [{"outcome": "received"}]
    monkeypatch.undo()
    answer = await sender.post(body, headers)
    assert answer.json()["repeated"] is False
    assert counts(answer) == NOTHING | {"applied": 1}
    assert await inside.value("m1", 2030) == "73"


async def test_what_was_stored_is_applied_by_the_sweeper(
    api: Api, sender: Sender, inside: Inside, crash: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sender.send(measure("m1", "74"), message_id="msg_swept")
    monkeypatch.undo()
    parts: Container = api.app.state.container
    assert await receiving.apply_pending(parts, "PI") == 0  # too fresh: its request may live
    assert await receiving.apply_pending(parts, "PI", age=timedelta(0)) == 1
    assert await inside.value("m1", 2030) == "74"
    assert await receiving.apply_pending(parts, "PI", age=timedelta(0)) == 0


# --- order -----------------------------------------------------------------------------------


async def test_a_later_message_wins_in_whatever_order(sender: Sender, inside: Inside) -> None:
    said = minutes_ago(30)
    assert counts(await sender.send(measure("m2", "2"), said=said)) == NOTHING | {
        "unchanged": 1,
        "superseded": 1,
    }
    now = datetime.now(UTC) + timedelta(minutes=2)
    assert counts(await sender.send(measure("m2", "500"), said=now)) == NOTHING | {"applied": 1}
    assert await inside.value("m2", 2030) == "500"


async def test_source_versions_decide(sender: Sender, inside: Inside) -> None:
    old = minutes_ago(40)
    steps = [
        (measure("m4", "20", source_version=2), old, {"applied": 1}),
        (measure("m4", "10", source_version=1), None, {"unchanged": 1, "superseded": 1}),
        (measure("m4", "20", source_version=2), None, {"unchanged": 1}),
        (measure("m4", "30", source_version=3), old, {"applied": 1}),
        (measure("m4", "40"), None, {"unchanged": 1, "superseded": 1}),
    ]
    for item, said, expected in steps:
        assert counts(await sender.send(item, said=said)) == NOTHING | expected, item
    assert await inside.value("m4", 2030) == "30"
    history = await inside.rows(
        "SELECT v.value, v.version FROM measurement_versions v"
        " JOIN measurements m USING (chamber_id, plan_id, measurement_id)"
        " WHERE m.subject_code = 'm4' AND v.source_version IS NOT NULL ORDER BY v.version_id"
    )
    values = [(row["value"], row["version"] is not None) for row in history]
    assert values == [("20", True), ("10", False), ("30", True)]


async def test_the_same_value_again_changes_no_figure(
    api: Api, sender: Sender, inside: Inside
) -> None:
    await sender.send(measure("m1", "75"))
    before = await revision(api, 2030)
    history = await inside.rows("SELECT version_id FROM measurement_versions")
    assert counts(await sender.send(measure("m1", "75"))) == NOTHING | {"unchanged": 1}
    assert await revision(api, 2030) == before
    assert await inside.rows("SELECT version_id FROM measurement_versions") == history


async def test_a_message_stands_before_an_imported_file(
    api: Api, sender: Sender, inside: Inside
) -> None:
    case = json.loads(plan("PI", 2030))
    case["measurements"] = [{"measure": "m2", "year": 2030, "period": None, "value": "1"}]
    assert (await api.import_case("PI", json.dumps(case).encode())).status_code == 201
    assert await inside.value("m2", 2030) == "1"
    answer = await sender.send(measure("m2", "2"), said=minutes_ago(600))
    assert counts(answer) == NOTHING | {"applied": 1}
    assert await inside.value("m2", 2030) == "2"


async def test_an_event_from_the_future_does_not_stand_for_ever(
    sender: Sender, inside: Inside
) -> None:
    await sender.send(measure("b1", "false"), said=datetime(2190, 1, 1, tzinfo=UTC))
    [row] = await inside.rows("SELECT source_at FROM measurements WHERE subject_code = 'b1'")
    assert row["source_at"] <= datetime.now(UTC) + timedelta(minutes=6)


# --- clocks ----------------------------------------------------------------------------------


async def test_time_is_the_systems_own(api: Api, sender: Sender) -> None:
    parts: Container = api.app.state.container
    body = batch(measure("m1", "76"))
    headers = sender.headers(body)
    try:
        api.app.state.container = dataclasses.replace(
            parts, clock=FixedClock(datetime.now(UTC) + timedelta(seconds=302))
        )
        assert (await sender.post(body, headers)).status_code == 401
    finally:
        api.app.state.container = parts
    assert (await sender.post(body, headers)).status_code == 200
