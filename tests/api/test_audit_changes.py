"""What became of what: values and texts before and after, sheets kept from who reads the audit."""

import json
from typing import Any

import pytest
import pytest_asyncio

from tests.api.plan_office import Office, small
from tests.api.system import Api
from tests.api.test_sheets import FIGURE, SHEET, WORDS, case, person
from tests.api.webhook_sender import create_integration, measure

pytestmark = pytest.mark.asyncio(loop_scope="module")

YEAR = 2020
PLAN = f"/v1/chambers/LU/plans/{YEAR}"
LOG = "/v1/chambers/LU/audit-log"
READERS = ["chamber_administrator", "entity_administrator"]


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="module")
async def _year(api: Api) -> None:
    await api.create_chambers("LU")
    made = await api.import_case("LU", json.dumps(case()).encode())
    assert made.status_code == 201, made.text


async def line(api: Api, action: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """The last line of an action, its facts as JSON."""
    answer = await api.client.get(
        LOG, params={"action": action, "limit": 1}, headers=headers or api.token({"LU": ["oiv"]})
    )
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["items"]
    facts = {name: json.loads(found[name] or "null") for name in ("detail", "before", "after")}
    return {**found, **facts}


async def test_a_value_that_a_person_enters(api: Api) -> None:
    office = Office(api, YEAR)
    rows = [{"measure": "m1", "year": YEAR, "value": "81", "note": "corretto"}]
    sent = await api.call("POST", f"{office.path}/measurements", json={"measurements": rows})
    assert sent.status_code == 201, sent.text
    found = await line(api, "measurement.recorded")
    assert found["before"] == {f"measure/m1/{YEAR}/Y": {"value": "80"}}
    written = {"value": "81", "status": "measured", "note": "corretto"}
    assert found["after"] == {f"measure/m1/{YEAR}/Y": written}
    again = await api.call("POST", f"{office.path}/measurements", json={"measurements": rows})
    assert again.is_success
    assert (await line(api, "measurement.recorded"))["audit_id"] == found["audit_id"]


async def test_a_value_that_a_system_sends(api: Api) -> None:
    sender = await create_integration(api, "LU", "integra")
    await sender.send(measure("m2", "5", YEAR))
    await sender.send(measure("m2", "6", YEAR), measure("ignota", "1", YEAR))
    found = await line(api, "webhook.applied")
    name = f"measure/m2/{YEAR}/Y"
    assert found["before"] == {f"plan/{YEAR}": {name: {"value": "5", "status": "measured"}}}
    assert found["after"] == {f"plan/{YEAR}": {name: {"value": "6", "status": "measured"}}}
    assert not found["withheld"]
    await sender.send(measure("m2", "6", YEAR))
    repeated = await line(api, "webhook.applied")
    assert (repeated["before"], repeated["after"]) == (None, None)


async def test_values_that_a_file_brings_are_told_in_pieces(api: Api) -> None:
    codes = [f"n{at}" for at in range(501)]
    measures = [{"code": code, "title": code} for code in codes]
    values = [{"measure": code, "year": 2021, "value": "1", "period": None} for code in codes]
    whole = small(2021)
    whole["measures"] += measures
    whole["measurements"] = values
    made = await api.import_case("LU", json.dumps(whole).encode())
    assert made.status_code == 201, made.text
    answer = await api.call("GET", LOG, params={"action": "measurement.recorded", "limit": 2})
    told = [json.loads(row["after"]) for row in answer.json()["items"]]
    assert sorted(map(len, told)) == [1, 500]
    assert {name.split("/")[1] for part in told for name in part} == set(codes)


async def test_a_text_written_changed_and_taken_back(api: Api) -> None:
    path = f"{PLAN}/narratives/objective:A"
    first = await api.call("PUT", path, json={"text": "prima"})
    assert first.status_code == 200, first.text
    assert (await line(api, "narrative.written"))["before"] is None
    second = await api.call(
        "PUT", path, json={"text": "poi"}, headers={"If-Match": first.headers["etag"]}
    )
    found = await line(api, "narrative.written")
    assert (found["before"], found["after"]) == ({"text": "prima"}, {"text": "poi"})
    await api.call("DELETE", path, headers={"If-Match": second.headers["etag"]})
    removed = await line(api, "narrative.removed")
    assert (removed["before"], removed["after"]) == ({"text": "poi"}, None)


async def test_what_the_evaluation_says(api: Api) -> None:
    path = f"{PLAN}/deviations/objective:A1"
    said = {"cause": "exogenous", "explanation": "Legge"}
    first = await api.call("PUT", path, json=said)
    other = said | {"explanation": "Altra legge", "reason": "corretta"}
    await api.call("PUT", path, json=other, headers={"If-Match": first.headers["etag"]})
    found = await line(api, "deviation.written")
    assert found["before"] == said
    assert found["after"] == said | {"explanation": "Altra legge"}
    assert found["detail"]["reason"] == "corretta"


async def change_the_sheet(api: Api) -> None:
    """Everything that can be said of a sheet, by who sees it."""
    signer = {"LU": ["signer", "validator", "controller", "oiv"]}
    listed = await api.call("GET", f"{PLAN}/measurements?subject_code={SHEET}m", signer)
    path = f"{PLAN}/measurements/{listed.json()['items'][0]['measurement_id']}"
    etag = (await api.call("GET", path, signer)).headers["etag"]
    body = {"value": f"{FIGURE}.5", "status": "measured", "note": WORDS}
    put = await api.call("PUT", path, signer, json=body, headers={"If-Match": etag})
    assert put.status_code == 200, put.text
    sent = await api.call(
        "POST", f"{path}/submission", signer, headers={"If-Match": put.headers["etag"]}
    )
    assert sent.status_code == 200, sent.text
    back = await api.call(
        "POST",
        f"{path}/rejection",
        signer,
        json={"reason": WORDS},
        headers={"If-Match": sent.headers["etag"]},
    )
    assert back.status_code == 200, back.text
    decisions = (await api.call("GET", f"{PLAN}/evaluations", signer)).json()["items"]
    withdrawn = await api.call(
        "POST",
        f"{PLAN}/evaluations/{decisions[0]['evaluation_id']}/withdrawal",
        signer,
        json={"reason": WORDS},
    )
    assert withdrawn.status_code == 204, withdrawn.text
    text = f"{PLAN}/narratives/objective:{SHEET}-1"
    etag = (await api.call("GET", text, signer)).headers["etag"]
    put = await api.call(
        "PUT", text, signer, json={"text": f"{WORDS} ancora"}, headers={"If-Match": etag}
    )
    assert put.status_code == 200, put.text


async def test_sheets_are_cut_for_who_does_not_see_them_and_the_chain_holds(api: Api) -> None:
    await change_the_sheet(api)
    whole = (await api.call("GET", f"{LOG}?limit=500", {"LU": ["oiv"]})).text
    assert whole.count(WORDS) > 10
    assert f"{FIGURE}.5" in whole
    assert '"withheld":true' not in whole
    for role in READERS:
        read = await api.client.get(f"{LOG}?limit=500", headers=person(api, role))
        assert read.status_code == 200
        assert WORDS not in read.text
        assert FIGURE not in read.text
        cut = [row for row in read.json()["items"] if row["withheld"]]
        assert {row["action"] for row in cut} >= {
            "measurement.recorded",
            "measurement.rejected",
            "narrative.written",
            "neutralisation.withdrawn",
            "deviation.written",
            "judgement.written",
        }
        verified = await api.client.get(f"{LOG}/verification", headers=person(api, role))
        assert verified.json()["valid"]
    theirs = await api.client.get(
        f"{LOG}?limit=500", headers=person(api, "chamber_administrator", sheets=[SHEET])
    )
    assert theirs.text.count(WORDS) == whole.count(WORDS)


async def test_what_was_a_sheet_stays_cut_when_the_plan_has_it_no_more(api: Api) -> None:
    """The line itself says whose it is: the plan of today does not matter."""
    after = (await line(api, "narrative.written"))["after"]
    assert after["sheets"] == [SHEET]


async def test_a_machine_is_not_even_told_which_row_it_was(api: Api) -> None:
    body = {"title": "Registro", "scopes": ["audit.read"]}
    made = await api.call("POST", "/v1/chambers/LU/clients", json=body)
    key = {"Authorization": f"Bearer {made.json()['issued']['key']}"}
    read = await api.client.get(f"{LOG}?limit=500", headers=key)
    assert read.status_code == 200
    assert SHEET not in read.text
    assert WORDS not in read.text


async def test_nobody_enters_figures_into_a_sheet_blindly(api: Api) -> None:
    before = await api.call("GET", f"{PLAN}/export", {"LU": ["signer"]})
    for kind, code in (("measure", f"{SHEET}m"), ("indicator", f"{SHEET}i"), ("objective", SHEET)):
        value = {"result": "100"} if kind == "objective" else {"value": "1"}
        when: dict[str, Any] = {"year": YEAR} if kind == "measure" else {}
        rows: list[dict[str, Any]] = [
            {"measure": "m1", "year": YEAR, "value": "1"},
            {kind: code, **when, **value},
        ]
        for role in ("controller", "chamber_administrator"):
            answer = await api.client.post(
                f"{PLAN}/measurements", json={"measurements": rows}, headers=person(api, role)
            )
            assert answer.status_code == 403, answer.text
            assert answer.json()["code"] == "sheet_not_visible"
            assert [error["pointer"] for error in answer.json()["errors"]] == ["/measurements/1"]
        everywhere = person(api, "contributor", units=["*"])
        answer = await api.client.post(
            f"{PLAN}/measurements", json={"measurements": rows}, headers=everywhere
        )
        unknown = [{**row, kind: "NESSUNO"} if kind in row and row[kind] == code else row
                   for row in rows]  # fmt: skip
        other = await api.client.post(
            f"{PLAN}/measurements", json={"measurements": unknown}, headers=everywhere
        )
        assert answer.status_code == other.status_code == 422
        assert [e["code"] for e in answer.json()["errors"]] == [
            e["code"] for e in other.json()["errors"]
        ]
    after = await api.call("GET", f"{PLAN}/export", {"LU": ["signer"]})
    assert after.content == before.content
