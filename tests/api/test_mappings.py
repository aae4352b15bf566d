"""What a system's codes mean: versions, units, and a trial that stores nothing."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from deploy.local.identity import LocalIssuer
from tests.api.system import Api, codes
from tests.api.webhook_sender import (
    NOTHING,
    Inside,
    Sender,
    counts,
    create_integration,
    measure,
    measured_system,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/chambers/PI/integrations/fonte/mapping"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(runtime_url: str, issuer: LocalIssuer) -> AsyncIterator[Api]:
    async with measured_system(runtime_url, issuer) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sender(api: Api) -> Sender:
    return await create_integration(api, "PI", "fonte")


@pytest.fixture
def inside(owner_url: str) -> Inside:
    return Inside(owner_url, "PI")


def entry(external: str, code: str, **more: str) -> dict[str, str]:
    return {"external": external, "code": code, **more}


async def put(api: Api, *entries: dict[str, str], note: str | None = None) -> httpx.Response:
    etag = (await api.call("GET", PATH)).headers["etag"]
    body = {"entries": entries, "note": note}
    return await api.call("PUT", PATH, json=body, headers={"If-Match": etag})


async def attempt(api: Api, *items: object, **more: object) -> list[dict[str, Any]]:
    message = {
        "type": "measurements.batch",
        "timestamp": datetime.now(UTC).isoformat(),
        "data": {"measurements": items},
    }
    answer = await api.call("POST", f"{PATH}/test", json={"message": message} | more)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_codes_and_units_of_a_source(api: Api, sender: Sender, inside: Inside) -> None:
    made = await put(
        api,
        entry("ALFA", "m1", unit="migliaia di EUR", conversion="thousands_to_units"),
        entry("ALFA", "m1", unit="EUR"),
        entry("BETA", "I5", subject_kind="indicator", conversion="fraction_to_percent"),
        entry("GAMMA", "A2", subject_kind="objective"),
        note="Primo collegamento.",
    )
    assert made.status_code == 200, made.text
    answer = await sender.send(
        measure("ALFA", "12.5", unit="Migliaia di eur"),
        measure("BETA", "0.175"),
        {"objective": "GAMMA", "year": 2030, "result": "91"},
        measure("m3", "7"),
    )
    assert counts(answer) == NOTHING | {"applied": 4}
    assert await inside.value("m1", 2030) == "12500"
    rows = await inside.rows(
        "SELECT subject_kind, subject_code, coalesce(value, result) AS said FROM measurements"
        " WHERE subject_code IN ('I5', 'A2')"
    )
    assert {(row["subject_kind"], row["subject_code"], row["said"]) for row in rows} == {
        ("indicator", "I5", "17.5"),
        ("objective", "A2", "91"),
    }
    unclear = await sender.send(
        measure("ALFA", "1"), measure("ALFA", "1", unit="USD"), measure("BETA", "molto")
    )
    assert counts(unclear) == NOTHING | {"quarantined": 3}
    listed = await api.call("GET", "/v1/chambers/PI/quarantine?integration=fonte")
    assert sorted(item["code"] for item in listed.json()["items"]) == [
        "ambiguous_unit",
        "wrong_unit",
        "wrong_value",
    ]


async def test_a_unit_of_the_plan_itself(api: Api) -> None:
    case = {
        "format": "ciclo/case@1",
        "chamber": "PI",
        "year": 2036,
        "kind": "piano",
        "policy": {"overall": {"kinds": ["perspective"]}},
        "objectives": [{"code": "A", "kind": "perspective", "parent": None, "title": "Imprese"}],
        "measures": [{"code": "eur", "title": "Proventi", "unit": "EUR"}],
        "indicators": [
            {
                "code": "I",
                "objective": "A",
                "title": "I",
                "formula": "[eur]",
                "unit": "EUR",
                "value_type": "number",
                "targets": {"2036": {"op": ">=", "value": "1"}},
            }
        ],
    }

    assert (await api.import_case("PI", json.dumps(case).encode())).status_code == 201
    items = await attempt(
        api,
        measure("eur", "1", 2036, unit="eur"),
        measure("eur", "1", 2036),
        measure("eur", "1", 2036, unit="kEUR"),
    )
    assert [item["outcome"] for item in items] == ["applied", "unchanged", "quarantined"]
    assert [fault["code"] for fault in items[2]["errors"]] == ["wrong_unit"]


async def test_a_trial_tells_everything_and_stores_nothing(
    api: Api, sender: Sender, inside: Inside
) -> None:
    before = await inside.everything()
    items = await attempt(
        api,
        measure("m3", "3", 2030),
        measure("nessuna", "1"),
        measure("m2", "no"),
        {"measure": "m1"},
    )
    assert [(item["position"], item["outcome"]) for item in items] == [
        (0, "applied"),
        (1, "quarantined"),
        (2, "quarantined"),
        (3, "quarantined"),
    ]
    assert items[0]["plans"] == [2030, 2031]
    draft = [entry("nessuna", "m2", conversion="fraction_to_percent")]
    (item,) = await attempt(api, measure("nessuna", "0.5"), entries=draft)
    assert (item["code"], item["value"], item["outcome"]) == ("m2", "50", "applied")
    refused = await api.call("POST", f"{PATH}/test", json={"message": {"type": "x"}})
    assert (refused.status_code, refused.json()["code"]) == (422, "event_refused")
    assert ("/message/type", "not_allowed") in codes(refused)
    assert await inside.everything() == before


async def test_every_version_stays(api: Api, sender: Sender) -> None:
    version = (await api.call("GET", PATH)).json()["version"]
    made = (await put(api, entry("ALFA", "m2"), note="Cambiata la misura.")).json()
    assert made["version"] == version + 1
    versions = (await api.call("GET", f"{PATH}/versions")).json()["items"]
    assert [row["version"] for row in versions] == list(range(version + 1, 0, -1))
    assert versions[0]["note"] == "Cambiata la misura."
    assert versions[0]["entries"] == 1
    first = (await api.call("GET", f"{PATH}/versions/1")).json()
    assert len(first["entries"]) == 4
    assert (await api.call("GET", f"{PATH}/versions/99")).status_code == 404


async def test_two_offices_cannot_overwrite_each_other(api: Api, sender: Sender) -> None:
    etag = (await api.call("GET", PATH)).headers["etag"]
    body = {"entries": [entry("X", "m1")]}
    assert (await api.call("PUT", PATH, json=body)).status_code == 428
    assert (await api.call("PUT", PATH, json=body, headers={"If-Match": etag})).status_code == 200
    assert (await api.call("PUT", PATH, json=body, headers={"If-Match": etag})).status_code == 412


async def test_rows_that_contradict_each_other(api: Api, sender: Sender) -> None:
    answer = await put(
        api,
        entry("X", "m1", unit="EUR"),
        entry("X", "m2", unit=" eur "),
        entry("Y", "m1"),
        entry("Y", "m2"),
    )
    assert answer.status_code == 422
    assert codes(answer) == [("/entries/1", "repeated"), ("/entries/3", "repeated")]


async def test_what_waited_finds_its_code(api: Api, sender: Sender, inside: Inside) -> None:
    answer = await sender.send(measure("DELTA", "64"), message_id="msg_delta")
    assert counts(answer) == NOTHING | {"quarantined": 1}
    await put(api, entry("DELTA", "m4"))
    listed = await api.call("GET", "/v1/chambers/PI/quarantine?state=waiting&code=unknown_measure")
    (item,) = [one for one in listed.json()["items"] if one["message_id"] == "msg_delta"]
    path = f"/v1/chambers/PI/quarantine/{item['quarantine_id']}/replay"
    assert (await api.call("POST", path)).status_code == 200
    assert await inside.value("m4", 2030) == "64"


async def test_who_may_read_may_not_change(api: Api, sender: Sender) -> None:
    roles = {"PI": ["controller"]}
    read = await api.call("GET", PATH, roles)
    assert read.json()["allowed_actions"] == []
    changed = await api.call(
        "PUT", PATH, roles, json={"entries": []}, headers={"If-Match": read.headers["etag"]}
    )
    assert changed.status_code == 403
