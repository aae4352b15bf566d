"""Signed messages of a measuring system: trusted, kept, applied once, and nothing lost."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest

from services.api.container import Container
from shared.runtime.clock import FixedClock
from tests.api.system import Api
from tests.api.webhook_sender import (
    NOTHING,
    Inside,
    Sender,
    batch,
    counts,
    create_integration,
    measure,
    minutes_ago,
    revision,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
