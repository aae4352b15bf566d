"""What cannot be applied waits with its reason; how integrations and secrets are looked after."""

import json
import random
from typing import Any

import pytest

from services.api.integrations.receiving import MAX_BODY_BYTES
from shared.contracts.webhook_events import MAX_ITEMS
from shared.runtime.webhooks import sign
from tests.api.system import Api
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

MANAGER = {"PI": ["chamber_administrator"]}
INTEGRATIONS = "/v1/chambers/PI/integrations"
QUARANTINE = "/v1/chambers/PI/quarantine"


ITEM_WITH_ALL = {
    "indicator": "I5",
    "year": 2030,
    "period": "Q1",
    "value": "3.50",
    "status": "measured",
    "value_text": "n. 3",
    "note": "nota",
    "source_version": 12,
}
FRAGMENTS = (
    b"", b"\x00", b"\xff", b"\\u0000", b"\\ud800", b'"', b"{", b"}", b"[", b"]", b",", b":",
    b"null", b"true", b"-1", b"1e999", b"9" * 40, "è".encode(), b" " * 50,
)  # fmt: skip


async def waiting(api: Api, message: str) -> list[dict[str, Any]]:
    answer = await api.call("GET", QUARANTINE, params={"state": "waiting", "limit": 500})
    return [item for item in answer.json()["items"] if item["message_id"] == message]


# --- quarantine ------------------------------------------------------------------------------


async def test_an_unknown_measure_waits_and_the_rest_is_applied(
    api: Api, sender: Sender, inside: Inside
) -> None:
    item = measure("SCONOSCIUTA", "5", note="di un altro ente")
    answer = await sender.send(
        measure("m1", "1"), item, measure("m2", "2"), message_id="msg_unknown"
    )
    assert answer.status_code == 200
    assert (answer.json()["applied"], answer.json()["quarantined"]) == (2, 1)
    assert await inside.value("m2", 2030) == "2"
    [found] = await waiting(api, "msg_unknown")
    assert (found["code"], found["position"], found["item"]) == ("unknown_measure", 1, item)
    assert found["errors"] == [
        {
            "pointer": "/measure",
            "code": "unknown_measure",
            "detail": "misura sconosciuta nel piano 2030: SCONOSCIUTA",
        }
    ]
    english = await api.call(
        "GET", f"{QUARANTINE}/{found['quarantine_id']}", headers={"Accept-Language": "en"}
    )
    assert english.json()["errors"][0]["detail"] == (
        "unknown measure in the plan of 2030: SCONOSCIUTA"
    )


@pytest.mark.parametrize(
    ("item", "pointer", "code"),
    [
        (measure("m1", "1", 2035), "/year", "no_plan"),
        (measure("m1", "1", 2029), "/year", "measure_not_read"),
        (measure("m1", "dodici"), "/value", "wrong_value"),
        (measure("m1", "1,5"), "/value", "wrong_value"),
        (measure("m1", "1e5"), "/value", "wrong_value"),
        (measure("m1", "1" + "0" * 20), "/value", "out_of_range"),
        (measure("m1", "0." + "1" * 20), "/value", "out_of_range"),
        (measure("m1", None), "/value", "value_required"),
        (measure("m1", "1", result="5"), "/result", "measure_has_no_result"),
        (measure("d1", "2030-02-30"), "/value", "wrong_value"),
        (measure("b1", "vero"), "/value", "wrong_value"),
        (measure("K-5", "1"), "/measure", "ambiguous_measure"),
        (measure("m1", 12), "/value", "wrong_type"),  # type: ignore[arg-type]
        (measure("m1", "1", unita="EUR"), "/unita", "unknown_field"),
        (measure("m1", "1", period="Q4"), "/period", "wrong_format"),
        (measure("m1", "1", source_version=-1), "/source_version", "out_of_range"),
        (measure("m1\x00", "1"), "/measure", "wrong_format"),
        ({"measure": "m1", "value": "1"}, "/year", "field_required"),
        ({"year": 2030, "value": "1"}, "", "one_subject"),
        ({"measure": "m1", "indicator": "I5", "year": 2030, "value": "1"}, "", "one_subject"),
        ({"indicator": "I9", "year": 2030, "value": "1"}, "/indicator", "unknown_indicator"),
        ({"indicator": "I5", "year": 2029, "value": "1"}, "/year", "no_plan"),
        ({"objective": "Z", "year": 2030, "result": "1"}, "/objective", "unknown_objective"),
        ({"objective": "A2", "year": 2030, "value": "1"}, "/value", "objective_has_no_value"),
        ("non una rilevazione", "", "wrong_type"),
        ([[[]]], "", "wrong_type"),
        (None, "", "wrong_type"),
        ({f"campo{n}": n for n in range(100)}, "", "unknown_field"),
    ],
)
async def test_every_fault_has_its_reason(
    api: Api, sender: Sender, inside: Inside, item: object, pointer: str, code: str
) -> None:
    before = await inside.rows("SELECT * FROM measurements ORDER BY measurement_id")
    answer = await sender.send(item)
    assert (answer.json()["applied"], answer.json()["quarantined"]) == (0, 1)
    [found] = await waiting(api, answer.json()["message_id"])
    assert (found["code"], found["item"]) == (code, item)
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in found["errors"]]
    assert await inside.rows("SELECT * FROM measurements ORDER BY measurement_id") == before


async def test_an_infinite_number_is_kept_readable(api: Api, sender: Sender) -> None:
    body = batch(measure("m1", "MILLE")).replace(b'"MILLE"', b"1e999")
    answer = await sender.post(body, sender.headers(body, "msg_infinite"))
    assert answer.json()["quarantined"] == 1
    [found] = await waiting(api, "msg_infinite")
    assert found["item"]["value"] == "inf"


async def test_replay_applies_what_has_become_applicable(
    api: Api, sender: Sender, inside: Inside
) -> None:
    await sender.send(measure("m9", "99"), message_id="msg_replay", said=minutes_ago(10))
    [item] = await waiting(api, "msg_replay")
    path = f"{QUARANTINE}/{item['quarantine_id']}"
    refused = await api.call("POST", f"{path}/replay")
    assert (refused.status_code, refused.json()["code"]) == (409, "still_quarantined")
    assert refused.json()["errors"][0]["code"] == "unknown_measure"
    case = json.loads(plan("PI", 2030))
    case["measures"].append({"code": "m9", "title": "Nuova"})
    assert (await api.import_case("PI", json.dumps(case).encode())).status_code == 201
    replayed = await api.call("POST", f"{path}/replay")
    assert (replayed.status_code, replayed.json()["state"]) == (200, "replayed")
    assert replayed.json()["allowed_actions"] == []
    assert await inside.value("m9", 2030) == "99"
    again = await api.call("POST", f"{path}/replay")
    assert (again.status_code, again.json()["code"]) == (409, "quarantine_decided")
    # It counts as said when it was said: a later statement stands.
    await sender.send(measure("m9", "98"), said=minutes_ago(11))
    assert await inside.value("m9", 2030) == "99"


async def test_discard_needs_a_reason_and_keeps_the_item(api: Api, sender: Sender) -> None:
    await sender.send(measure("m10", "1"), message_id="msg_discard")
    [item] = await waiting(api, "msg_discard")
    path = f"{QUARANTINE}/{item['quarantine_id']}/discard"
    assert (await api.call("POST", path, json={})).status_code == 422
    assert (await api.call("POST", path, json={"reason": "  "})).status_code == 422
    answer = await api.call("POST", path, json={"reason": "misura di prova"})
    body = answer.json()
    assert (body["state"], body["decision_reason"]) == ("discarded", "misura di prova")
    assert body["decided_by"] == "amministratore-locale"
    assert body["item"] == measure("m10", "1")
    listed = await api.call("GET", QUARANTINE, params={"state": "discarded"})
    assert [found["quarantine_id"] for found in listed.json()["items"]] == [item["quarantine_id"]]


# --- messages that are no events -------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        (b"", "", "invalid_json"),
        (b"{", "", "invalid_json"),
        (b"\xff\xfe", "", "invalid_json"),
        (b"[" * 1000 + b"]" * 1000, "", "invalid_json"),
        (b"[]", "", "wrong_type"),
        (b'{"type":"measurement.removed"}', "/type", "not_allowed"),
        (batch().replace(b'"measurements":', b'"misure":'), "/data/measurements", "field_required"),
        (batch(*[0] * (MAX_ITEMS + 1)), "/data/measurements", "too_many"),
        (batch({"value": [[[[[[[[[]]]]]]]]]}), "/data", "too_deep"),
        (batch().replace(b"2026", b"0026"), "/timestamp", "out_of_range"),
    ],
)
async def test_an_unreadable_message_is_kept_and_told_why(
    sender: Sender, inside: Inside, body: bytes, pointer: str, code: str
) -> None:
    before = await inside.rows("SELECT * FROM measurements")
    headers = sender.headers(b"{}")
    identity = headers["webhook-id"]
    headers = _headers(sender, body, identity)
    answer = await sender.post(body, headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "event_refused")
    found = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert (pointer, code) in found
    kept = await inside.rows(
        "SELECT outcome, body FROM webhook_messages WHERE message_id = $1", identity
    )
    assert kept == [{"outcome": "refused", "body": body}]
    assert (await sender.post(body, headers)).status_code == 422
    assert await inside.rows("SELECT * FROM measurements") == before


def _headers(sender: Sender, body: bytes, identity: str) -> dict[str, str]:
    """Signs bytes that the reference library, which wants text, would not take."""
    moment = minutes_ago(0)
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": sign(sender.secret, identity, moment, body),
    }


async def test_no_signed_body_breaks_the_service(sender: Sender) -> None:
    """Random damage to a good message, signed as it is: 200 or 422, never a 5xx."""
    chance = random.Random(2020)  # noqa: S311 - the same damage every time
    good = batch(measure("m1", "1"), measure("d1", "2030-06-30", note="è così"), ITEM_WITH_ALL)
    for number in range(300):
        damaged = bytearray(good)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(damaged))
            damaged[place : place + chance.randint(0, 2)] = chance.choice(FRAGMENTS)
        body = bytes(damaged)
        answer = await sender.post(body, _headers(sender, body, f"msg_fuzz_{number}"))
        assert answer.status_code in {200, 422}, (body, answer.text)


async def test_a_message_that_is_too_large_is_not_read(sender: Sender) -> None:
    body = b" " * (MAX_BODY_BYTES + 1)
    answer = await sender.post(body, sender.headers(body))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_the_largest_batch_is_taken(sender: Sender) -> None:
    items = [measure("m1", str(n), note="x" * 300) for n in range(MAX_ITEMS)]
    answer = await sender.send(*items)
    assert answer.status_code == 200
    assert answer.json()["applied"] + answer.json()["unchanged"] == MAX_ITEMS


# --- integrations and secrets ----------------------------------------------------------------


async def test_the_secret_is_seen_once_and_sealed_at_rest(api: Api, inside: Inside) -> None:
    body = {"code": "una-volta", "title": "Sistema"}
    key = {"Idempotency-Key": "prima"}
    first = await api.call("POST", INTEGRATIONS, json=body, headers=key)
    secret = first.json()["issued"]["secret"]
    assert secret.startswith("whsec_")
    assert first.headers["cache-control"] == "no-store"
    again = await api.call("POST", INTEGRATIONS, json=body, headers=key)
    assert (again.status_code, again.json()["issued"]["secret"]) == (201, None)
    assert again.json()["integration"] == first.json()["integration"]
    shown = await api.call("GET", f"{INTEGRATIONS}/una-volta")
    assert shown.json()["code"] == "una-volta"
    assert len(shown.json()["secrets"]) == 1
    for answer in (shown, await api.call("GET", INTEGRATIONS)):
        assert secret not in answer.text
    for table in ("integration_secrets", "idempotency_keys", "audit_log", "outbox"):
        assert secret not in str(await inside.rows(f"SELECT * FROM {table}"))  # noqa: S608
    taken = await api.call("POST", INTEGRATIONS, json=body)
    assert (taken.status_code, taken.json()["code"]) == (409, "integration_exists")


async def test_rotation_overlaps_as_long_as_stated(api: Api) -> None:
    old = await create_integration(api, "PI", "ruota")
    path = f"{INTEGRATIONS}/ruota/secrets"
    answer = await api.call("POST", path, json={"overlap_hours": 1})
    assert answer.status_code == 201
    assert answer.json()["previous_valid_until"] is not None
    new = Sender(api, "PI", "ruota", answer.json()["secret"])
    for sender in (old, new):
        assert (await sender.send(measure("m1", "1"))).status_code == 200
    # Both signatures side by side, as a sender does while it rotates.
    body = batch(measure("m1", "2"))
    headers = old.headers(body, "msg_both")
    headers["webhook-signature"] = (
        f"v1,{'A' * 43}= {headers['webhook-signature']} "
        f"{new.headers(body, 'msg_both')['webhook-signature']}"
    )
    assert (await new.post(body, headers)).status_code == 200
    await api.call("POST", path, json={"overlap_hours": 0})
    for sender in (old, new):
        assert (await sender.send(measure("m1", "1"))).status_code == 401


async def test_a_paused_integration_takes_nothing(api: Api, inside: Inside) -> None:
    sender = await create_integration(api, "PI", "pausa")
    path = f"{INTEGRATIONS}/pausa"
    etag = (await api.call("GET", path)).headers["etag"]
    patch = {"Content-Type": "application/merge-patch+json"}
    body = json.dumps({"active": False})
    missing = await api.call("PATCH", path, content=body, headers=patch)
    assert missing.status_code == 428
    changed = await api.call("PATCH", path, content=body, headers=patch | {"If-Match": etag})
    assert changed.json()["active"] is False
    stale = await api.call("PATCH", path, content=body, headers=patch | {"If-Match": etag})
    assert stale.status_code == 412
    answer = await sender.send(measure("m1", "5"), message_id="msg_paused")
    assert (answer.status_code, answer.json()["code"]) == (409, "integration_paused")
    assert not await inside.rows("SELECT 1 FROM webhook_messages WHERE message_id = 'msg_paused'")
    await api.call(
        "PATCH",
        path,
        content=json.dumps({"active": True, "title": "Altro nome"}),
        headers=patch | {"If-Match": changed.headers["etag"]},
    )
    assert (await sender.send(measure("m1", "5"), message_id="msg_paused")).status_code == 200


async def test_messages_are_listed(api: Api) -> None:
    sender = await create_integration(api, "PI", "elenco")
    for number in range(3):
        await sender.send(measure("m1", str(number)), message_id=f"msg_list_{number}")
    path = f"{INTEGRATIONS}/elenco/messages"
    page = (await api.call("GET", path, params={"limit": 2})).json()
    assert [item["message_id"] for item in page["items"]] == ["msg_list_2", "msg_list_1"]
    assert page["items"][0]["counts"]["applied"] == 1
    rest = (await api.call("GET", path, params={"limit": 2, "cursor": page["next"]})).json()
    assert [item["message_id"] for item in rest["items"]] == ["msg_list_0"]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("roles", "method", "path", "status"),
    [
        ({"PI": ["reader"]}, "GET", INTEGRATIONS, 403),
        ({"PI": ["controller"]}, "GET", INTEGRATIONS, 200),
        ({"PI": ["controller"]}, "POST", INTEGRATIONS, 403),
        ({"PI": ["controller"]}, "GET", QUARANTINE, 200),
        ({"PI": ["contributor"]}, "GET", QUARANTINE, 403),
        ({"LU": ["chamber_administrator"]}, "GET", INTEGRATIONS, 404),
        ({"LU": ["chamber_administrator"]}, "GET", f"{INTEGRATIONS}/integra", 404),
        ({"LU": ["chamber_administrator"]}, "POST", f"{INTEGRATIONS}/integra/secrets", 404),
        ({"LU": ["chamber_administrator"]}, "GET", QUARANTINE, 404),
        (MANAGER, "GET", f"{INTEGRATIONS}/nessuno", 404),
        (MANAGER, "POST", f"{INTEGRATIONS}/nessuno/secrets", 404),
        (MANAGER, "GET", f"{INTEGRATIONS}/nessuno/messages", 404),
        (MANAGER, "GET", f"{INTEGRATIONS}/integra", 200),
    ],
)
async def test_who_may_do_what(
    api: Api, sender: Sender, roles: dict[str, list[str]], method: str, path: str, status: int
) -> None:
    bodies = {"/secrets": {}, "/integrations": {"code": "altra", "title": "Altra"}}
    body = next((body for end, body in bodies.items() if path.endswith(end)), None)
    answer = await api.call(method, path, roles, json=body if method == "POST" else None)
    assert answer.status_code == status


async def test_anothers_quarantine_is_not_there(api: Api, sender: Sender) -> None:
    await sender.send(measure("m11", "1"), message_id="msg_private")
    [item] = await waiting(api, "msg_private")
    path = f"/v1/chambers/LU/quarantine/{item['quarantine_id']}"
    assert (await api.call("GET", path)).status_code == 404
    assert (await api.call("POST", f"{path}/replay")).status_code == 404
    assert (await api.call("POST", f"{path}/discard", json={"reason": "x"})).status_code == 404
