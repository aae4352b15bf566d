"""A message is applied once, whatever happens, and the order of messages does not matter."""

import asyncio
import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest

from services.api.arrivals import service as arrivals
from services.api.container import Container
from services.api.integrations import receiving
from services.api.integrations.background import repair_all
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
    plan,
    revision,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


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


async def test_the_sweeper_looks_into_every_chamber(
    api: Api, sender: Sender, inside: Inside, crash: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = await create_integration(api, "LU", "spazzata")
    await sender.send(measure("m1", "74.5"), message_id="msg_swept_here")
    await theirs.send(measure("m1", "1"), message_id="msg_swept_there")
    monkeypatch.undo()
    parts: Container = api.app.state.container
    assert await repair_all(parts) == 0
    assert await repair_all(parts, age=timedelta(0)) == 2
    assert await inside.value("m1", 2030) == "74.5"
    [item] = (await api.call("GET", "/v1/chambers/LU/quarantine")).json()["items"]
    assert (item["message_id"], item["code"]) == ("msg_swept_there", "no_plan")


async def test_messages_of_a_suspended_chamber_are_refused_and_stored_ones_wait(
    api: Api, sender: Sender, inside: Inside, crash: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sender.send(measure("m1", "74.7"), message_id="msg_before_suspension")
    monkeypatch.undo()
    suspension = await api.call("POST", "/v1/chambers/PI/suspension", json={"reason": "trasloco"})
    assert suspension.status_code == 200
    refused = await sender.send(measure("m1", "75"), message_id="msg_while_suspended")
    assert (refused.status_code, refused.json()["code"]) == (409, "chamber_suspended")
    parts: Container = api.app.state.container
    assert await receiving.apply_pending(parts, "PI", age=timedelta(0)) == 0
    assert (await api.call("POST", "/v1/chambers/PI/resumption", json={})).status_code == 200
    assert await receiving.apply_pending(parts, "PI", age=timedelta(0)) == 1
    assert await inside.value("m1", 2030) == "74.7"


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


async def test_any_order_of_messages_ends_in_the_same_state(sender: Sender, inside: Inside) -> None:
    said = [minutes_ago(30 - step) for step in range(4)]
    told: list[tuple[datetime, dict[str, object]]] = [
        (said[0], {"value": "1", "source_version": 1}),
        (said[3], {"value": "2", "source_version": 2}),
        (said[1], {"value": "3", "source_version": 3, "note": "corretto"}),
        (said[2], {"value": "4"}),
    ]
    periods = [f"M{month:02d}" for month in range(1, 13)]
    # Twelve of the twenty-four orders, each in a month of its own, with one message sent twice.
    orders = list(itertools.permutations(told))[::2]
    for period, order in zip(periods, orders, strict=True):
        for at, content in (*order, order[0]):
            item = {"measure": "m6", "year": 2031, "period": period, **content}
            assert (await sender.send(item, said=at)).status_code == 200
    rows = await inside.rows(
        "SELECT value, note, source_version FROM measurements"
        " WHERE subject_code = 'm6' AND year = 2031"
    )
    assert rows == [{"value": "3", "note": "corretto", "source_version": 3}] * 12


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
