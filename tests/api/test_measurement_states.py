"""Who entered, submitted and validated what; two offices at once; everything that is refused."""

import asyncio
import json
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.api.plan_office import ACT, Office, small
from tests.api.system import Api, Roles, codes
from tests.api.webhook_sender import Inside, Sender, create_integration, measure, plan

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHAMBER = "LU"
YEAR = 2031
BASE = f"/v1/chambers/{CHAMBER}/plans/{YEAR}/measurements"

OFFICE = {CHAMBER: ["contributor"]}
MANAGER = {CHAMBER: ["validator"]}
CONTROLLER = {CHAMBER: ["controller"]}
READER = {CHAMBER: ["reader"]}

Document = dict[str, Any]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sender(api: Api) -> Sender:
    """A plan without any value, and a system that may send some."""
    await api.create_chambers(CHAMBER)
    answer = await api.import_case(CHAMBER, plan(CHAMBER, YEAR))
    assert answer.status_code == 201, answer.text
    return await create_integration(api, CHAMBER, "integra")


async def call(
    api: Api,
    method: str,
    path: str,
    roles: Roles,
    **more: Any,  # noqa: ANN401 - passed on to httpx
) -> httpx.Response:
    """A request by somebody who has just these roles: the same person every time."""
    subject = "-".join(role for held in roles.values() for role in held)
    bearer = {"Authorization": f"Bearer {api.issuer.mint(roles, subject=subject)}"}
    headers = bearer | dict(more.pop("headers", {}))
    return await api.call(method, path, roles, headers=headers, **more)


async def enter(
    api: Api, code: str, value: str, roles: Roles = OFFICE, period: str | None = None
) -> Document:
    """An office enters a value of a measure; answers the measurement."""
    given = {"measure": code, "year": YEAR, "period": period, "value": value}
    answer = await call(api, "POST", BASE, roles, json={"measurements": [given]})
    assert answer.status_code == 201, answer.text
    query = f"subject_code={code}&period={period or 'Y'}"
    listed = await call(api, "GET", f"{BASE}?{query}", roles)
    (found,) = listed.json()["items"]
    assert isinstance(found, dict)
    return found


async def show(api: Api, found: Document, roles: Roles = MANAGER) -> httpx.Response:
    """One measurement, as somebody sees it."""
    return await call(api, "GET", f"{BASE}/{found['measurement_id']}", roles)


async def move(
    api: Api,
    found: Document,
    step: str,
    roles: Roles,
    *,
    reason: str | None = None,
    etag: str | None = None,
) -> httpx.Response:
    """A step of a measurement as it is now, or as it was at ``etag``."""
    headers = {"If-Match": etag or (await show(api, found)).headers["etag"]}
    more = {} if reason is None else {"json": {"reason": reason}}
    path = f"{BASE}/{found['measurement_id']}/{step}"
    return await call(api, "POST", path, roles, headers=headers, **more)


async def test_the_way_of_a_value(api: Api, sender: Sender) -> None:
    found = await enter(api, "m1", "10")
    assert found["state"] == "recorded"
    assert found["validated_by"] is None
    assert found["allowed_actions"] == ["measurement.record", "measurement.submit"]

    submitted = await move(api, found, "submission", OFFICE)
    assert submitted.json()["state"] == "submitted"
    seen = (await show(api, found, MANAGER)).json()
    assert {"measurement.validate", "measurement.reject"} <= set(seen["allowed_actions"])
    assert "measurement.validate" not in (await show(api, found, OFFICE)).json()["allowed_actions"]

    rejected = await move(api, found, "rejection", MANAGER, reason="Manca aprile.")
    assert rejected.json()["state"] == "rejected"
    assert rejected.json()["state_reason"] == "Manca aprile."

    corrected = await enter(api, "m1", "11")
    assert (corrected["state"], corrected["version"]) == ("recorded", 2)
    await move(api, found, "submission", OFFICE)
    validated = await move(api, found, "validation", MANAGER)
    assert validated.status_code == 200, validated.text
    assert validated.json()["state"] == "validated"
    assert validated.json()["validated_by"] == "validator"

    entries = (await api.call("GET", f"{BASE}/{found['measurement_id']}/history")).json()["items"]
    assert [(e["event"], e["version"], e["value"], e["reason"]) for e in entries] == [
        ("value", 1, "10", None),
        ("submitted", 1, None, None),
        ("rejected", 1, None, "Manca aprile."),
        ("value", 2, "11", None),
        ("submitted", 2, None, None),
        ("validated", 2, None, None),
    ]
    assert entries[-1]["by"] == "validator"
    assert entries[-1]["role"] == "validator"


async def test_history_goes_on_with_a_cursor(api: Api, sender: Sender) -> None:
    (found,) = (await api.call("GET", f"{BASE}?subject_code=m1")).json()["items"]
    path = f"{BASE}/{found['measurement_id']}/history?limit=2"
    seen: list[str] = []
    cursor = ""
    while True:
        part = (await api.call("GET", path + cursor)).json()
        seen += [entry["event"] for entry in part["items"]]
        if part["next"] is None:
            break
        cursor = f"&cursor={part['next']}"
    assert seen == ["value", "submitted", "rejected", "value", "submitted", "validated"]


async def test_explanations_say_who_validated(api: Api, sender: Sender) -> None:
    await enter(api, "m2", "20")
    path = f"/v1/chambers/{CHAMBER}/plans/{YEAR}/results/I1"
    explained = (await api.call("GET", path)).json()
    used = {row["code"]: row for row in explained["measures"]}
    assert (used["m1"]["version"], used["m1"]["validated_by"]) == (2, "validator")
    assert (used["m2"]["version"], used["m2"]["validated_by"]) == (1, None)


async def test_a_validated_value_is_reopened_before_it_changes(api: Api, sender: Sender) -> None:
    (found,) = (await api.call("GET", f"{BASE}?subject_code=m1")).json()["items"]
    other = {"measure": "m1", "year": YEAR, "period": None, "value": "12"}
    fine = {"measure": "m3", "year": YEAR, "period": None, "value": "1"}
    refused = await call(api, "POST", BASE, OFFICE, json={"measurements": [fine, other]})
    assert refused.status_code == 409
    assert refused.json()["code"] == "measurements_held"
    assert codes(refused) == [("/measurements/1", "measurement_validated")]
    assert (await api.call("GET", f"{BASE}?subject_code=m3")).json()["items"] == []
    same = await call(api, "POST", BASE, OFFICE, json={"measurements": [{**other, "value": "11"}]})
    assert same.json()["unchanged"] == 1

    headers = {"If-Match": (await show(api, found)).headers["etag"]}
    path = f"{BASE}/{found['measurement_id']}"
    put = await call(api, "PUT", path, OFFICE, json={"value": "12"}, headers=headers)
    assert put.json()["code"] == "measurements_held"

    unexplained = await move(api, found, "reopening", MANAGER)
    assert unexplained.status_code == 422
    reopened = await move(api, found, "reopening", MANAGER, reason="Errore di somma.")
    assert reopened.json()["state"] == "reopened"
    headers = {"If-Match": reopened.headers["etag"]}
    put = await call(api, "PUT", path, OFFICE, json={"value": "12"}, headers=headers)
    assert (put.json()["value"], put.json()["state"]) == ("12", "recorded")


async def test_a_file_does_not_change_what_was_validated(api: Api, sender: Sender) -> None:
    found = await enter(api, "m5", "5")
    await move(api, found, "submission", OFFICE)
    assert (await move(api, found, "validation", MANAGER)).status_code == 200
    exported = await api.call("GET", f"/v1/chambers/{CHAMBER}/plans/{YEAR}/export")
    assert (await api.import_case(CHAMBER, exported.content)).status_code == 201
    case = json.loads(exported.content)
    at = next(n for n, row in enumerate(case["measurements"]) if row.get("measure") == "m5")
    case["measurements"][at]["value"] = "6"
    refused = await api.import_case(CHAMBER, json.dumps(case).encode())
    assert (refused.status_code, refused.json()["code"]) == (409, "measurements_held")
    assert codes(refused) == [(f"/measurements/{at}", "measurement_validated")]


async def test_a_message_about_a_validated_value_waits(
    api: Api, sender: Sender, owner_url: str
) -> None:
    said_again = await sender.send(measure("m5", "5", YEAR))
    assert said_again.json()["quarantined"] == 0, said_again.text
    answer = await sender.send(measure("m5", "7", YEAR), measure("m3", "3", YEAR))
    assert answer.status_code in {200, 202}, answer.text
    (waiting,) = (await api.call("GET", f"/v1/chambers/{CHAMBER}/quarantine")).json()["items"]
    assert (waiting["code"], waiting["item"]["value"]) == ("measurement_validated", "7")
    assert "riaperta" in waiting["errors"][0]["detail"]
    inside = Inside(owner_url, CHAMBER)
    assert await inside.value("m5", YEAR) == "5"
    assert await inside.value("m3", YEAR) == "3"

    replay = f"/v1/chambers/{CHAMBER}/quarantine/{waiting['quarantine_id']}/replay"
    still = await api.call("POST", replay)
    assert still.json()["code"] == "still_quarantined"
    (found,) = (await api.call("GET", f"{BASE}?subject_code=m5")).json()["items"]
    await move(api, found, "reopening", MANAGER, reason="Dato tardivo accolto.")
    assert (await api.call("POST", replay)).status_code == 200
    assert await inside.value("m5", YEAR) == "7"


async def test_own_entries_are_validated_only_where_the_rules_let_them(
    api: Api, sender: Sender
) -> None:
    roles = {CHAMBER: ["contributor", "validator", "chamber_administrator"]}
    path = f"/v1/chambers/{CHAMBER}/measurement-rules"
    found = await enter(api, "m6", "6", roles)
    assert (await move(api, found, "submission", roles)).status_code == 200
    seen = (await show(api, found, roles)).json()
    assert "measurement.validate" not in seen["allowed_actions"]
    refused = await move(api, found, "validation", roles)
    assert (refused.status_code, refused.json()["code"]) == (403, "own_entry")

    rules = await call(api, "GET", path, roles)
    assert rules.json()["own_validation"] is False
    missing = await call(api, "PUT", path, roles, json={"own_validation": True})
    assert missing.status_code == 428
    headers = {"If-Match": rules.headers["etag"]}
    changed = await call(api, "PUT", path, roles, json={"own_validation": True}, headers=headers)
    assert changed.json()["own_validation"] is True
    stale = await call(api, "PUT", path, roles, json={}, headers=headers)
    assert stale.status_code == 412
    assert (await call(api, "PUT", path, OFFICE, json={}, headers=headers)).status_code == 403
    assert (await move(api, found, "validation", roles)).status_code == 200
    headers = {"If-Match": changed.headers["etag"]}
    assert (await call(api, "PUT", path, roles, json={}, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("step", "roles", "status", "code"),
    [
        ("validation", MANAGER, 409, "move_not_allowed"),
        ("rejection", MANAGER, 409, "move_not_allowed"),
        ("reopening", CONTROLLER, 409, "move_not_allowed"),
        ("validation", CONTROLLER, 403, "forbidden"),
        ("rejection", OFFICE, 403, "forbidden"),
        ("submission", READER, 403, "forbidden"),
        ("submission", {"PI": ["validator"]}, 404, "chamber_not_found"),
    ],
)
async def test_illegal_moves(
    api: Api, sender: Sender, step: str, roles: Roles, status: int, code: str
) -> None:
    found = await enter(api, "m4", "4")
    reason = "Perché sì." if step in {"rejection", "reopening"} else None
    refused = await move(api, found, step, roles, reason=reason)
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text


async def test_two_offices_at_once_never_lose_a_value(api: Api, sender: Sender) -> None:
    found = await enter(api, "m4", "40")
    path = f"{BASE}/{found['measurement_id']}"
    read = (await show(api, found)).headers["etag"]
    assert (await call(api, "PUT", path, OFFICE, json={"value": "41"})).status_code == 428
    headers = {"If-Match": read}
    first = await call(api, "PUT", path, OFFICE, json={"value": "41"}, headers=headers)
    assert first.status_code == 200
    second = await call(api, "PUT", path, OFFICE, json={"value": "42"}, headers=headers)
    assert (second.status_code, second.json()["code"]) == (412, "stale_version")
    assert second.headers["etag"] == first.headers["etag"]
    assert (await show(api, found)).json()["value"] == "41"
    # Nor does anybody submit or validate a value that they have not seen.
    assert (await move(api, found, "submission", OFFICE, etag=read)).status_code == 412
    assert (await move(api, found, "submission", OFFICE)).status_code == 200
    seen = (await show(api, found)).headers["etag"]
    await enter(api, "m4", "43")
    assert (await move(api, found, "validation", MANAGER, etag=seen)).status_code == 412


async def test_of_many_at_the_same_instant_one_wins(api: Api, sender: Sender) -> None:
    found = await enter(api, "b1", "true")
    path = f"{BASE}/{found['measurement_id']}"
    headers = {"If-Match": (await show(api, found)).headers["etag"]}
    notes = [f"ufficio {number}" for number in range(6)]
    answers = await asyncio.gather(
        *(
            call(api, "PUT", path, OFFICE, json={"value": "true", "note": note}, headers=headers)
            for note in notes
        )
    )
    won = [answer for answer in answers if answer.status_code == 200]
    assert [answer.status_code for answer in answers].count(412) == len(notes) - 1
    now = (await show(api, found)).json()
    assert (now["version"], now["note"]) == (2, won[0].json()["note"])


async def test_wrong_contents_are_refused_with_their_place(api: Api, sender: Sender) -> None:
    found = await enter(api, "m4", "44")
    headers = {"If-Match": (await show(api, found)).headers["etag"]}
    path = f"{BASE}/{found['measurement_id']}"
    refused = await call(api, "PUT", path, OFFICE, json={"value": "tanti"}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "measurements_refused")
    assert [pointer for pointer, _ in codes(refused)] == ["/value"]
    unknown = f"{BASE}/{'0' * 8}-0000-7000-8000-{'0' * 12}"
    assert (await api.call("GET", unknown)).status_code == 404


async def test_many_move_together_or_not_at_all(api: Api, sender: Sender) -> None:
    periods = ["Q1", "Q2", "Q3"]
    found = [await enter(api, "d1", "2031-06-30", period=period) for period in periods]
    ids = [row["measurement_id"] for row in found]
    path = f"{BASE}/transitions"
    unknown = f"{'0' * 8}-0000-7000-8000-{'0' * 12}"

    body = {"move": "submit", "ids": ids}
    done = await call(api, "POST", path, OFFICE, json=body, headers={"Idempotency-Key": "k-1"})
    assert done.json() == {"moved": 3, "state": "submitted"}
    again = await call(api, "POST", path, OFFICE, json=body, headers={"Idempotency-Key": "k-1"})
    assert again.json() == done.json()
    (other,) = (await api.call("GET", f"{BASE}?subject_code=m2")).json()["items"]

    body = {"move": "validate", "ids": [ids[0], other["measurement_id"], unknown, ids[0]]}
    refused = await call(api, "POST", path, MANAGER, json=body)
    assert refused.json()["code"] == "transitions_refused"
    assert codes(refused) == [
        ("/ids/1", "move_not_allowed"),
        ("/ids/2", "not_found"),
        ("/ids/3", "repeated"),
    ]
    assert (await show(api, found[0])).json()["state"] == "submitted"

    body = {"move": "validate", "ids": ids}
    assert (await call(api, "POST", path, OFFICE, json=body)).json()["code"] == "forbidden"
    stale = {**body, "revision": 1}
    answer = await call(api, "POST", path, MANAGER, json=stale)
    assert answer.status_code == 412
    assert (await call(api, "POST", path, MANAGER, json=body)).json()["moved"] == 3
    explained = f"/v1/chambers/{CHAMBER}/plans/{YEAR}/results/I3"
    (used,) = (await api.call("GET", explained)).json()["measures"]
    assert (used["period"], used["validated_by"]) == ("Q3", "validator")

    body = {"move": "reopen", "ids": ids}
    unexplained = await call(api, "POST", path, MANAGER, json=body)
    assert codes(unexplained) == [("/reason", "missing")]
    body = {"move": "reopen", "ids": ids[:1], "reason": "Data da verificare."}
    assert (await call(api, "POST", path, MANAGER, json=body)).json()["moved"] == 1
    # A figure made of several periods is validated only when all of them are.
    (used,) = (await api.call("GET", explained)).json()["measures"]
    assert (used["period"], used["validated_by"]) == ("Q3", None)


async def test_lists_are_narrowed(api: Api, sender: Sender) -> None:
    async def listed(query: str) -> set[tuple[str, str | None]]:
        answer = await call(api, "GET", f"{BASE}?limit=500&{query}", READER)
        assert answer.status_code == 200, answer.text
        return {(row["subject_code"], row["period"]) for row in answer.json()["items"]}

    assert ("d1", "Q2") in await listed("state=validated")
    assert ("m2", None) not in await listed("state=validated")
    assert ("m2", None) in await listed("state=recorded")
    assert await listed("period=Q2") == {("d1", "Q2")}
    assert ("d1", "Q2") not in await listed("period=Y")
    assert await listed("office=Nessuno") == set()
    everything = await call(api, "GET", f"{BASE}?limit=500", READER)
    assert all(row["allowed_actions"] == [] for row in everything.json()["items"])


async def test_what_was_done_is_on_record(api: Api, sender: Sender, owner_url: str) -> None:
    rows = await Inside(owner_url, CHAMBER).rows(
        "SELECT action, subject FROM audit_log WHERE action LIKE 'measurement.%'"
    )
    actions = {row["action"] for row in rows}
    assert {
        "measurement.recorded",
        "measurement.submitted",
        "measurement.validated",
        "measurement.rejected",
        "measurement.reopened",
    } <= actions


async def test_a_closed_plan_takes_no_move(api: Api, sender: Sender) -> None:
    office = Office(api, 2019)
    assert (await office.send(small(2019))).status_code == 201
    await office.done("approval", {"act": ACT})
    (found,) = (await office.document("/measurements"))["items"]
    path = f"{office.path}/measurements/{found['measurement_id']}"
    headers = {"If-Match": (await call(api, "GET", path, OFFICE)).headers["etag"]}
    await office.done("closure", {})
    seen = await call(api, "GET", path, MANAGER)
    assert seen.json()["allowed_actions"] == []
    assert all(not row["allowed_actions"] for row in (await office.document("/periods"))["items"])
    moves = {"move": "submit", "ids": [found["measurement_id"]]}
    for answer in (
        await call(api, "POST", f"{path}/submission", OFFICE, headers=headers),
        await call(api, "POST", f"{office.path}/measurements/transitions", OFFICE, json=moves),
        await call(api, "PUT", path, OFFICE, json={"value": "1"}, headers=headers),
        await call(api, "POST", f"{office.path}/periods/Q1/closure", CONTROLLER, json={}),
        await call(
            api, "POST", f"{office.path}/periods/Q1/reopening", CONTROLLER, json={"reason": "x"}
        ),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "plan_closed"), answer.text
