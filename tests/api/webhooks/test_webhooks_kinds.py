"""Every kind of event: corrected, validated, withdrawn, completed; gaps; any order, one state."""

import itertools
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.system import Api, codes
from tests.api.webhook_sender import (
    NOTHING,
    Inside,
    Sender,
    batch,
    counts,
    create_integration,
    measure,
    plan,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

START = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def trusted(api: Api) -> Sender:
    made = await create_integration(api, "PI", "fidato")
    await change(api, "fidato", trusted_to_validate=True)
    return made


async def change(api: Api, integration: str, **values: object) -> None:
    path = f"/v1/chambers/PI/integrations/{integration}"
    etag = (await api.call("GET", path)).headers["etag"]
    headers = {"If-Match": etag, "Content-Type": "application/merge-patch+json"}
    answer = await api.call("PATCH", path, content=json.dumps(values), headers=headers)
    assert answer.status_code == 200, answer.text


async def event(
    sender: Sender, kind: str, data: object, said: datetime | None = None
) -> httpx.Response:
    moment = said or datetime.now(UTC)
    body = json.dumps({"type": kind, "timestamp": moment.isoformat(), "data": data}).encode()
    return await sender.post(body, sender.headers(body))


async def standing(api: Api, code: str, **filters: Any) -> dict[str, Any]:  # noqa: ANN401
    path = "/v1/chambers/PI/plans/2030/measurements"
    answer = await api.call("GET", path, params={"subject_code": code, **filters})
    (item,) = answer.json()["items"]
    return dict(item)


async def result(api: Api, code: str) -> str | None:
    rows = (await api.call("GET", "/v1/chambers/PI/plans/2030/results")).json()["indicators"]
    value: str | None = next(row["value"] for row in rows if row["code"] == code)
    return value


# --- what each kind does ---------------------------------------------------------------------


async def test_a_correction_needs_its_version(api: Api, sender: Sender, inside: Inside) -> None:
    first = await event(sender, "measurement.recorded", measure("m1", "1", source_version=1))
    right = await event(sender, "measurement.corrected", measure("m1", "2", source_version=2))
    assert counts(first) == counts(right) == NOTHING | {"applied": 1}
    assert await inside.value("m1", 2030) == "2"
    without = await event(sender, "measurement.corrected", measure("m1", "3"))
    assert counts(without) == NOTHING | {"quarantined": 1}
    [row] = await inside.rows("SELECT code FROM quarantine WHERE code = 'version_required'")
    assert row["code"] == "version_required"
    assert await inside.value("m1", 2030) == "2"


async def test_a_withdrawn_value_stands_no_more_and_is_remembered(
    api: Api, sender: Sender, inside: Inside
) -> None:
    await event(sender, "measurement.recorded", measure("m1", "40", source_version=7))
    await event(sender, "measurement.recorded", measure("m2", "80", source_version=1))
    assert await result(api, "I1") == "50"
    said = {"measure": "m2", "year": 2030, "source_version": 1, "note": "errore di invio"}
    gone = await event(sender, "measurement.withdrawn", said)
    assert counts(gone) == NOTHING | {"applied": 1}
    assert await result(api, "I1") is None
    item = await standing(api, "m2")
    assert (item["value"], item["status"], item["note"]) == (None, "withdrawn", "errore di invio")
    exported = (await api.call("GET", "/v1/chambers/PI/plans/2030/export")).json()
    assert not [row for row in exported["measurements"] if row.get("measure") == "m2"]
    history = await api.call(
        "GET", f"/v1/chambers/PI/plans/2030/measurements/{item['measurement_id']}/history"
    )
    assert [row["value"] for row in history.json()["items"]] == ["80", None]
    # What was withdrawn comes back with a higher version, and not before.
    again = await event(sender, "measurement.recorded", measure("m2", "80", source_version=1))
    assert counts(again) == NOTHING | {"unchanged": 1, "superseded": 1}
    back = await event(sender, "measurement.recorded", measure("m2", "81", source_version=2))
    assert counts(back) == NOTHING | {"applied": 1}
    assert (await standing(api, "m2"))["status"] == "measured"


async def test_nobody_moves_what_was_withdrawn(api: Api, sender: Sender) -> None:
    await event(sender, "measurement.withdrawn", {"measure": "m6", "year": 2030})
    item = await standing(api, "m6")
    path = f"/v1/chambers/PI/plans/2030/measurements/{item['measurement_id']}"
    etag = (await api.call("GET", path)).headers["etag"]
    answer = await api.call("POST", f"{path}/submission", headers={"If-Match": etag})
    assert (answer.status_code, answer.json()["code"]) == (409, "value_withdrawn")
    assert "measurement.submit" not in item["allowed_actions"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"measure": "m1", "year": 2030, "value": "1"}, "withdrawn_has_no_value"),
        ({"measure": "m1", "indicator": "I5", "year": 2030}, "one_subject"),
        ({"measure": "m1", "year": 2030, "event": "recorded"}, "not_allowed"),
    ],
)
async def test_a_withdrawal_that_contradicts_itself(
    sender: Sender, inside: Inside, data: dict[str, Any], reason: str
) -> None:
    answer = await event(sender, "measurement.withdrawn", data)
    assert counts(answer) == NOTHING | {"quarantined": 1}
    [row] = await inside.rows("SELECT code FROM quarantine ORDER BY created_at DESC LIMIT 1")
    assert row["code"] == reason


async def test_all_faults_of_a_statement_at_once(sender: Sender, inside: Inside) -> None:
    data = {"objective": "A1", "measure": "m1", "year": 2030, "value": "1", "result": "2"}
    await event(sender, "measurement.corrected", data)
    [row] = await inside.rows("SELECT issues FROM quarantine ORDER BY created_at DESC LIMIT 1")
    assert [issue["code"] for issue in json.loads(row["issues"])] == [
        "one_subject",
        "objective_has_no_value",
        "measure_has_no_result",
        "version_required",
    ]


async def test_all_faults_of_a_message_at_once(sender: Sender) -> None:
    deep: object = "x"
    for _ in range(12):
        deep = [deep]
    document = {
        "type": "measurements.batch",
        "version": 2,
        "timestamp": "ieri",
        "data": {"measurements": {}, "altro": deep},
    }
    body = json.dumps(document).encode()
    answer = await sender.post(body, sender.headers(body))
    assert answer.status_code == 422
    assert codes(answer) == [
        ("/version", "not_allowed"),
        ("/timestamp", "wrong_format"),
        ("/data/measurements", "wrong_type"),
        ("/data/altro", "unknown_field"),
        ("/data", "too_deep"),
    ]


# --- validated in the source -----------------------------------------------------------------


async def test_a_trusted_system_validates(api: Api, trusted: Sender) -> None:
    await event(trusted, "measurement.recorded", measure("m1", "10", source_version=1, period="Q1"))
    item = await standing(api, "m1", period="Q1")
    assert (item["state"], item["value"]) == ("recorded", "10")
    said = measure("m1", "10", source_version=1, period="Q1")
    answer = await event(trusted, "measurement.validated", said)
    assert counts(answer) == NOTHING | {"unchanged": 1}
    item = await standing(api, "m1", period="Q1")
    assert (item["state"], item["validated_by"]) == ("validated", "integration")
    # The system that validated a value corrects it too; nobody has answered for the new one.
    higher = measure("m1", "11", source_version=2, period="Q1")
    assert counts(await event(trusted, "measurement.corrected", higher))["applied"] == 1
    item = await standing(api, "m1", period="Q1")
    assert (item["state"], item["value"]) == ("recorded", "11")


async def test_another_system_is_only_heard(api: Api, sender: Sender) -> None:
    await event(sender, "measurement.validated", measure("m1", "9", source_version=1, period="Q2"))
    item = await standing(api, "m1", period="Q2")
    assert (item["state"], item["value"]) == ("recorded", "9")


async def test_what_a_person_has_validated_holds(api: Api, trusted: Sender) -> None:
    said = measure("m1", "5", source_version=1, period="Q3")
    await event(trusted, "measurement.recorded", said)
    item = await standing(api, "m1", period="Q3")
    path = f"/v1/chambers/PI/plans/2030/measurements/{item['measurement_id']}"
    for step in ("submission", "validation"):
        etag = (await api.call("GET", path)).headers["etag"]
        roles = {"PI": ["controller", "validator"]}
        done = await api.call("POST", f"{path}/{step}", roles, headers={"If-Match": etag})
        assert done.status_code == 200, done.text
    # The source says the same: there is nothing to wait for.
    assert counts(await event(trusted, "measurement.validated", said))["unchanged"] == 1
    higher = measure("m1", "6", source_version=2, period="Q3")
    assert counts(await event(trusted, "measurement.validated", higher))["quarantined"] == 1
    assert (await standing(api, "m1", period="Q3"))["validated_by"] == "validator"


# --- a period that is complete ---------------------------------------------------------------


async def test_a_source_says_that_a_period_is_complete(
    api: Api, sender: Sender, inside: Inside
) -> None:
    await sender.send(measure("m1", "7", period="Q1"))
    data = {"year": 2030, "period": "Q1", "measurements": 12}
    answer = await event(sender, "period.completed", data, START)
    assert counts(answer) == NOTHING | {"applied": 1}
    older = await event(
        sender, "period.completed", data | {"measurements": 3}, START - timedelta(1)
    )
    assert counts(older) == NOTHING | {"unchanged": 1, "superseded": 1}
    period = (await api.call("GET", "/v1/chambers/PI/plans/2030/periods/Q1")).json()
    (told,) = period["completions"]
    assert (told["integration"], told["announced"]) == ("integra", 12)
    assert told["held"] >= 1
    year = {"year": 2030}
    await event(sender, "period.completed", year)
    whole = (await api.call("GET", "/v1/chambers/PI/plans/2030/periods/Y")).json()
    assert [row["announced"] for row in whole["completions"]] == [None]


async def test_missing_data_of_a_source_that_has_sent_all(api: Api) -> None:
    case = {
        "format": "ciclo/case@1",
        "chamber": "PI",
        "year": 2035,
        "kind": "piano",
        "policy": {"overall": {"kinds": ["perspective"]}},
        "objectives": [{"code": "A", "kind": "perspective", "parent": None, "title": "Imprese"}],
        "measures": [
            {"code": "a", "title": "a", "external_ids": {"integra": "EXT-A"}},
            {"code": "b", "title": "b"},
        ],
        "indicators": [
            {
                "code": "I",
                "objective": "A",
                "title": "I",
                "value_type": "number",
                "formula": "[a] + [b]",
                "targets": {"2035": {"op": ">=", "value": "1"}},
            }
        ],
    }
    assert (await api.import_case("PI", json.dumps(case).encode())).status_code == 201
    sender = await create_integration(api, "PI", "quattro")
    path = "/v1/chambers/PI/plans/2035/periods/Y"
    before = (await api.call("GET", path)).json()["lacking"]
    assert {row["subject_code"]: row["not_sent_by"] for row in before} == {"a": [], "b": []}
    integra = Sender(api, "PI", "integra", await rotated(api, "integra"))
    for one in (integra, sender):
        await event(one, "period.completed", {"year": 2035})
    after = (await api.call("GET", path)).json()["lacking"]
    assert {row["subject_code"]: row["not_sent_by"] for row in after} == {"a": ["integra"], "b": []}


async def rotated(api: Api, integration: str) -> str:
    path = f"/v1/chambers/PI/integrations/{integration}/secrets"
    return str((await api.call("POST", path, json={"overlap_hours": 24})).json()["secret"])


async def test_a_completion_that_cannot_be_read_waits(sender: Sender, inside: Inside) -> None:
    answer = await event(sender, "period.completed", {"year": 1, "period": "Q9", "altro": 1})
    assert counts(answer) == NOTHING | {"quarantined": 1}


# --- gaps ------------------------------------------------------------------------------------


async def test_a_gap_is_listed_until_it_is_filled(api: Api) -> None:
    sender = await create_integration(api, "PI", "lacune")
    path = "/v1/chambers/PI/integrations/lacune"

    async def gaps() -> list[tuple[str, list[dict[str, int]]]]:
        listed = (await api.call("GET", f"{path}/gaps")).json()["items"]
        counted = (await api.call("GET", path)).json()["gaps"]
        assert counted == len(listed)
        return [(row["subject_code"], row["missing"]) for row in listed]

    # The source had long been counting when it was connected.
    await change(api, "lacune", versions_from_start=False)
    await sender.send(measure("m5", "1", source_version=1), measure("m6", "1", source_version=5))
    assert await gaps() == []
    await sender.send(measure("m5", "3", source_version=3), measure("m6", "1", source_version=9))
    assert await gaps() == [
        ("m5", [{"first": 2, "last": 2}]),
        ("m6", [{"first": 6, "last": 8}]),
    ]
    # Older than what stands: it goes into the history, and the gap is closed.
    late = await sender.send(measure("m5", "3", source_version=2))
    assert counts(late) == NOTHING | {"unchanged": 1, "superseded": 1}
    assert await gaps() == [("m6", [{"first": 6, "last": 8}])]
    versions = [measure("m6", str(n), source_version=n) for n in (8, 6, 7)]
    await sender.send(*versions)
    assert await gaps() == []
    await sender.send(measure("m6", "1", source_version=30))
    await change(api, "lacune", consecutive_versions=False)
    assert await gaps() == []


async def test_a_lost_first_version_is_a_gap_until_it_comes(api: Api) -> None:
    sender = await create_integration(api, "PI", "prima")
    path = "/v1/chambers/PI/integrations/prima"

    async def missing() -> list[tuple[str, list[dict[str, int]]]]:
        listed = (await api.call("GET", f"{path}/gaps")).json()["items"]
        counted = (await api.call("GET", path)).json()["gaps"]
        assert counted == len(listed)
        return [(row["subject_code"], row["missing"]) for row in listed]

    await sender.send(
        measure("m1", "3", source_version=3, period="M01"),
        measure("m2", "0", source_version=0, period="M01"),
    )
    assert await missing() == [("m1", [{"first": 1, "last": 2}])]
    await sender.send(measure("m1", "2", source_version=2, period="M01"))
    assert await missing() == [("m1", [{"first": 1, "last": 1}])]
    await sender.send(measure("m1", "1", source_version=1, period="M01"))
    assert await missing() == []


async def test_a_gap_outlives_what_a_person_enters(api: Api, inside: Inside) -> None:
    sender = await create_integration(api, "PI", "modulo")
    await sender.send(measure("m4", "1", source_version=1))
    body = {"measurements": [{"measure": "m4", "year": 2030, "value": "8"}]}
    path = "/v1/chambers/PI/plans/2030/measurements"
    assert (await api.call("POST", path, json=body)).status_code == 201
    await sender.send(measure("m4", "3", source_version=3))
    [row] = await inside.rows("SELECT * FROM measurements WHERE subject_code = 'm4'")
    assert (row["versions_seen"], row["versions_by"]) == ("1,3", "modulo")


# --- any order, any repetition: one state ----------------------------------------------------

Message = tuple[str, str, object]
"""When it is said, its type, its data."""

_KINDS = ("recorded", "corrected", "validated", "withdrawn")


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(_KINDS))
    item: dict[str, Any] = {"measure": draw(st.sampled_from(["m1", "m2"])), "year": 2030}
    version = draw(st.none() | st.integers(1, 4))
    if kind == "corrected":
        version = version or 1
    if version is not None:
        item["source_version"] = version
    if kind != "withdrawn":
        item["value"] = draw(st.sampled_from(["1", "2", "3"]))
    return item | {"event": kind}


@st.composite
def messages(draw: st.DrawFn) -> list[Message]:
    """Messages of every kind."""
    found: list[Message] = []
    for _ in range(draw(st.integers(1, 6))):
        said = (START + timedelta(minutes=draw(st.integers(0, 3)))).isoformat()
        shape = draw(st.sampled_from(["batch", "single", "completed"]))
        if shape == "batch":
            items = draw(st.lists(statements(), min_size=1, max_size=4))
            found.append((said, "measurements.batch", {"measurements": items}))
        elif shape == "single":
            item = draw(statements())
            found.append((said, f"measurement.{item.pop('event')}", item))
        else:
            data = {"year": 2030, "period": "Q1", "measurements": draw(st.integers(0, 3))}
            found.append((said, "period.completed", data))
    return found


async def _state(
    api: Api, inside: Inside, name: str, sent: Sequence[tuple[int, Message]]
) -> object:
    """What stands after these messages, sent by a system of which nothing is known yet."""
    sender = await create_integration(api, "LU", name)
    path = f"/v1/chambers/LU/integrations/{name}"
    etag = (await api.call("GET", path)).headers["etag"]
    headers = {"If-Match": etag, "Content-Type": "application/merge-patch+json"}
    body = json.dumps({"trusted_to_validate": True})
    await api.call("PATCH", path, content=body, headers=headers)
    for number, (said, kind, data) in sent:
        content = json.dumps({"type": kind, "timestamp": said, "data": data}).encode()
        answer = await sender.post(content, sender.headers(content, f"msg_{number}"))
        assert answer.status_code == 200, answer.text
        assert answer.json()["quarantined"] == 0
    rows = await inside.rows(
        "SELECT m.subject_code, m.value, m.status, m.source_version, m.source_at, m.source_message,"
        " m.source_position, m.source_stage, m.versions_seen, (SELECT c.state FROM"
        " measurement_state_changes c WHERE c.measurement_id = m.measurement_id"
        " AND c.version = m.version ORDER BY c.number DESC LIMIT 1) AS state"
        " FROM measurements m WHERE m.source = $1 ORDER BY m.subject_code",
        f"webhook:{name}",
    )
    told = await inside.rows(
        "SELECT period, completed_at, message_id, announced FROM period_completions"
        " WHERE integration_id = $1",
        name,
    )
    await inside.rows("DELETE FROM measurement_state_changes")
    await inside.rows("DELETE FROM measurement_versions")
    await inside.rows("DELETE FROM measurements")
    return rows, told


_numbers = itertools.count()


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(sent=messages(), data=st.data())
async def test_any_order_and_any_repetition_of_messages_of_every_kind(
    api: Api, owner_url: str, sent: list[Message], data: st.DataObject
) -> None:
    await api.import_case("LU", plan("LU", 2030))
    inside = Inside(owner_url, "LU")
    numbered = list(enumerate(sent))
    again = data.draw(st.lists(st.sampled_from(numbered), max_size=3))
    shuffled = data.draw(st.permutations([*numbered, *again]))
    first = await _state(api, inside, f"s{next(_numbers)}x", numbered)
    assert await _state(api, inside, f"s{next(_numbers)}x", shuffled) == first


async def test_a_batch_may_mix_kinds(sender: Sender, inside: Inside) -> None:
    body = batch(
        measure("m5", "4", source_version=50),
        {"measure": "m5", "year": 2030, "source_version": 51, "event": "withdrawn"},
        measure("m5", "5", source_version=52, event="corrected"),
    )
    answer = await sender.post(body, sender.headers(body))
    assert counts(answer) == NOTHING | {"applied": 3}
    assert await inside.value("m5", 2030) == "5"
