"""Decisions about many waiting items at once, and how many there are."""

import json
from typing import Any

import pytest

from services.api.metrics import repository as metrics
from tests.api.system import Api
from tests.api.webhook_sender import (
    Inside,
    Sender,
    batch,
    counts,
    measure,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/chambers/PI/quarantine"


async def decide(api: Api, which: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await api.call("POST", f"{PATH}/{which}", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def map_codes(api: Api, **codes: str) -> None:
    path = "/v1/chambers/PI/integrations/integra/mapping"
    etag = (await api.call("GET", path)).headers["etag"]
    entries = [{"external": name, "code": code} for name, code in codes.items()]
    answer = await api.call("PUT", path, json={"entries": entries}, headers={"If-Match": etag})
    assert answer.status_code == 200


async def test_many_are_tried_again(api: Api, sender: Sender, inside: Inside) -> None:
    for number in range(3):
        body = batch(
            measure("ESTERNA", str(number), source_version=number + 1),
            measure("NESSUNA", "1"),
            measure("m1", "molto"),
        )
        answer = await sender.post(body, sender.headers(body, f"msg_many_{number}"))
        assert counts(answer)["quarantined"] == 3
    assert await decide(api, "replay", {"code": "unknown_measure"}) == {
        "decided": 0,
        "refused": 6,
        "remaining": 0,
        "reasons": [{"integration": "integra", "code": "unknown_measure", "items": 6}],
    }
    await map_codes(api, ESTERNA="m2")
    one = await decide(api, "replay", {"message_id": "msg_many_2", "code": "unknown_measure"})
    assert (one["decided"], one["refused"]) == (1, 1)
    rest = await decide(api, "replay", {"integration": "integra"})
    assert (rest["decided"], rest["refused"], rest["remaining"]) == (2, 6, 0)
    assert {row["code"]: row["items"] for row in rest["reasons"]} == {
        "unknown_measure": 3,
        "wrong_value": 3,
    }
    # Replayed late and out of order, the highest version stands all the same.
    assert await inside.value("m2", 2030) == "2"


async def test_counts_for_a_dashboard(api: Api, sender: Sender) -> None:
    counted = (await api.call("GET", f"{PATH}/counts")).json()
    assert (counted["waiting"], counted["replayed"], counted["discarded"]) == (6, 3, 0)
    assert {(row["code"], row["items"]) for row in counted["reasons"]} == {
        ("unknown_measure", 3),
        ("wrong_value", 3),
    }
    sent = await sender.send(
        measure("m5", "1", source_version=1), measure("m5", "3", source_version=3)
    )
    assert counts(sent)["applied"] == 2
    counted = (await api.call("GET", f"{PATH}/counts")).json()
    assert counted["gaps"] == [{"integration": "integra", "items": 1}]


async def test_many_are_discarded_with_a_reason(api: Api, inside: Inside) -> None:
    reason = "Misura di un altro ente."
    done = await decide(api, "discard", {"code": "unknown_measure", "reason": reason})
    assert (done["decided"], done["remaining"]) == (3, 0)
    rows = await inside.rows(
        "SELECT DISTINCT decision_reason, decided_by FROM quarantine WHERE state = 'discarded'"
    )
    assert [row["decision_reason"] for row in rows] == [reason]
    [line] = await inside.rows("SELECT detail FROM audit_log WHERE action = 'quarantine.discarded'")
    assert json.loads(line["detail"])["items"] == 3
    left = (await api.call("GET", PATH, params={"state": "waiting"})).json()["items"]
    ids = [item["quarantine_id"] for item in left]
    assert len(ids) == 3
    one = await decide(api, "discard", {"ids": ids[:1], "reason": reason})
    assert one["decided"] == 1
    # What was decided is not decided again.
    again = await decide(api, "discard", {"ids": ids[:1], "reason": reason})
    assert again["decided"] == 0


@pytest.mark.parametrize(
    ("which", "body"),
    [
        ("replay", {}),
        ("discard", {"reason": "tutte"}),
        ("discard", {"code": "wrong_value"}),
        ("replay", {"ids": []}),
    ],
)
async def test_a_decision_says_about_what_and_why(
    api: Api, which: str, body: dict[str, Any]
) -> None:
    answer = await api.call("POST", f"{PATH}/{which}", json=body)
    assert answer.status_code == 422


async def test_a_reader_decides_nothing(api: Api) -> None:
    for which in ("replay", "discard"):
        body = {"code": "wrong_value", "reason": "x"} if which == "discard" else {"code": "x"}
        answer = await api.call("POST", f"{PATH}/{which}", {"PI": ["oiv"]}, json=body)
        assert answer.status_code == 403


async def test_of_a_batch_a_part_can_wait_on(api: Api, sender: Sender, inside: Inside) -> None:
    body = {
        "type": "measurement.validated",
        "timestamp": "2026-01-05T08:00:00Z",
        "data": measure("FUTURA", "9", source_version=1),
    }
    content = json.dumps(body).encode()
    await sender.post(content, sender.headers(content, "msg_single"))
    await map_codes(api, FUTURA="m6")
    assert (await decide(api, "replay", {"message_id": "msg_single"}))["decided"] == 1
    [row] = await inside.rows(
        "SELECT source_stage, source_message FROM measurements WHERE subject_code = 'm6'"
    )
    assert (row["source_stage"], row["source_message"]) == ("validated", "msg_single")


async def test_what_a_gauge_tells_of_gaps(api: Api) -> None:
    parts = api.app.state.container
    async with parts.database.read(["PI"]) as session:
        found = {one.what: one.number for one in await metrics.waiting(session)}
    assert found["version_gaps"] == 1
    assert found["quarantine"] >= 1
