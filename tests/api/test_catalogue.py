"""Catalogues: shared by an entity, or a chamber's own; checked as a whole; never rewritten."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa

from services.api.db.session import Author, Database
from services.api.db.tables.requests import audit_log, entity_audit_log
from services.api.db.tables.tenants import chambers, entities
from tests.api.plan_office import small
from tests.api.system import JSON, Api, codes

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHARED = "/v1/entities/TNO/catalogue"
OURS = "/v1/chambers/PI/catalogue"

MEASURES: list[dict[str, Any]] = [
    {
        "kind": "measure",
        "source": "dfp",
        "code": code,
        "title": f"Misura {code}",
        "value_type": "number",
        "aggregation": aggregation,
    }
    for code, aggregation in (("Dip-Form", "sum"), ("Unit_Stab", "last"), ("N_Dir", "last"))
]
INDICATOR: dict[str, Any] = {
    "kind": "indicator",
    "source": "dfp",
    "code": "DFP 1.3",
    "title": "Copertura formativa del personale",
    "value_type": "percent",
    "unit": "%",
    "decimals": 1,
    "typology": "Indicatori DFP",
    "formula": "[Dip-Form] / ([Unit_Stab] + [N_Dir]) * 100",
    "direction": "up",
    "source_office": "Personale",
    "source_class": "self_declared",
    "entered_by": "Ufficio personale",
    "validated_by": "Dirigente",
}
FILE = {
    "format": "ciclo/catalogue@1",
    "measures": MEASURES,
    "indicators": [INDICATOR],
}


def name(entry: dict[str, Any]) -> str:
    return f"{entry['kind']}:{entry['source']}:{entry['code']}"


def at(base: str, entry: dict[str, Any]) -> str:
    return f"{base}/{quote(name(entry))}"


async def imported(api: Api, file: dict[str, Any], base: str = SHARED) -> httpx.Response:
    content = json.dumps(file).encode()
    return await api.call("POST", f"{base}/import", content=content, headers=JSON)


async def prepared(api: Api) -> None:
    await api.create_chambers("PI", "LU")
    answer = await imported(api, FILE)
    assert answer.status_code == 200, answer.text


async def test_a_file_is_imported_once_and_comes_back(api: Api) -> None:
    await prepared(api)
    again = await imported(api, FILE)
    assert again.json() == {"created": 0, "changed": 0, "unchanged": 4}
    exported = await api.call("GET", f"{SHARED}/export")
    document = exported.json()
    assert document["format"] == "ciclo/catalogue@1"
    assert {name(row) for row in document["measures"]} == {name(row) for row in MEASURES}
    assert document["indicators"] == [INDICATOR | {"kind": "indicator"}]
    same = await imported(api, document)
    assert same.json()["unchanged"] == 4
    assert (await api.call("GET", f"{SHARED}/export")).content == exported.content


async def test_an_entry_says_where_its_data_come_from(api: Api) -> None:
    await prepared(api)
    entry = (await api.call("GET", at(SHARED, INDICATOR))).json()
    assert entry["name"] == "indicator:dfp:DFP 1.3"
    assert (entry["owner"], entry["discouraged"]) == ("TNO", True)
    assert entry["entry"]["entered_by"] == "Ufficio personale"
    assert entry["allowed_actions"] == ["catalogue.read", "catalogue.manage"]
    reader = {"PI": ["reader"]}
    seen = (await api.call("GET", at(SHARED, INDICATOR), roles=reader)).json()
    assert seen["allowed_actions"] == ["catalogue.read"]
    measure = (await api.call("GET", at(OURS, MEASURES[0]), roles=reader)).json()
    assert (measure["owner"], measure["discouraged"]) == ("TNO", False)


async def test_every_fault_of_a_file_is_told_at_its_place(api: Api) -> None:
    await prepared(api)
    wrong = {
        "format": "ciclo/catalogue@1",
        "measures": [
            MEASURES[0] | {"code": "a", "formula": "[b]"},
            MEASURES[0] | {"code": "b", "formula": "[a] + 1"},
            MEASURES[0] | {"code": "N_Dir", "value_type": "date"},
        ],
        "indicators": [
            INDICATOR | {"code": "i", "formula": "[nessuna] * 2"},
            INDICATOR | {"code": "j", "source": "own"},
        ],
    }
    answer = await imported(api, wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "catalogue_refused")
    assert set(codes(answer)) == {
        ("/measures/0/formula", "circular"),
        ("/measures/1/formula", "circular"),
        ("/indicators/0/formula", "unknown_measure"),
        ("/indicators/1/source", "other_source"),
        # measures of «dfp», which «own» does not have
        ("/indicators/1/formula", "unknown_measure"),
        # an entry that is not in the file, broken by one that is
        ("", "not_a_number"),
    }
    shape = await imported(api, {"format": "ciclo/catalogue@1", "indicators": [{"code": 1}]})
    assert {"/indicators/0/title", "/indicators/0/formula", "/indicators/0/code"} <= {
        place for place, _ in codes(shape)
    }
    twice = await imported(api, FILE | {"indicators": [INDICATOR, INDICATOR]})
    assert codes(twice) == [("/indicators/1/code", "duplicate_code")]
    assert (await imported(api, FILE)).json()["unchanged"] == 4


async def test_an_entry_lives_through_versions(api: Api) -> None:
    await prepared(api)
    new = INDICATOR | {"code": "DFP 9"}
    key = {"Idempotency-Key": "dfp-9"}
    made = await api.call("POST", SHARED, json=new, headers=key)
    again = await api.call("POST", SHARED, json=new, headers=key)
    assert (made.status_code, again.status_code) == (201, 201)
    assert made.content == again.content
    assert made.headers["location"] == at(SHARED, new)
    twice = await api.call("POST", SHARED, json=new)
    assert (twice.status_code, twice.json()["code"]) == (409, "catalogue_entry_exists")
    etag = {"If-Match": made.headers["etag"]}
    path = at(SHARED, new)
    later = new | {"title": "Altro titolo", "valid_from": 2022}
    assert (await api.call("PUT", path, json=later)).status_code == 428
    changed = await api.call("PUT", path, json=later, headers=etag)
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert (await api.call("PUT", path, json=later, headers=etag)).status_code == 412
    now = {"If-Match": changed.headers["etag"]}
    other = await api.call("PUT", path, json=later | {"code": "x"}, headers=now)
    assert codes(other) == [("/code", "other_entry")]
    backwards = later | {"valid_to": 2021}
    assert (await api.call("PUT", path, json=backwards, headers=now)).status_code == 422
    versions = (await api.call("GET", f"{path}/versions")).json()["items"]
    assert [(row["version"], row["entry"]["title"]) for row in versions] == [
        (2, "Altro titolo"),
        (1, INDICATOR["title"]),
    ]
    assert (await api.call("DELETE", path)).status_code == 428
    assert (await api.call("DELETE", path, headers=now)).status_code == 204
    assert (await api.call("GET", path)).json()["code"] == "catalogue_entry_not_found"
    back = await api.call("POST", SHARED, json=new)
    assert (back.status_code, back.json()["version"]) == (201, 4)


async def test_a_measure_that_others_read_stays(api: Api) -> None:
    await prepared(api)
    path = at(SHARED, MEASURES[1])
    etag = {"If-Match": (await api.call("GET", path)).headers["etag"]}
    refused = await api.call("DELETE", path, headers=etag)
    assert (refused.status_code, refused.json()["code"]) == (409, "catalogue_entry_in_use")
    assert "dfp:DFP 1.3" in refused.json()["errors"][0]["detail"]


async def test_two_offices_at_once_make_no_circle(api: Api) -> None:
    """Each change alone is fine; both together would never end."""
    await prepared(api)
    rows = [MEASURES[0] | {"source": "x", "code": code} for code in ("a", "b")]
    assert (
        await imported(api, {"format": "ciclo/catalogue@1", "measures": rows})
    ).status_code == 200
    answers = await asyncio.gather(
        *(
            api.call(
                "PUT",
                at(SHARED, row),
                json=row | {"formula": f"[{other['code']}] + 1"},
                headers={"If-Match": '"v1"'},
            )
            for row, other in (rows, rows[::-1])
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_a_chamber_has_entries_of_its_own(api: Api) -> None:
    await prepared(api)
    measure = MEASURES[0] | {"source": "own", "code": "sportello"}
    own = INDICATOR | {"source": "own", "code": "I1", "formula": "[sportello] / [dfp:N_Dir]"}
    controller = {"PI": ["controller"]}
    wrong = await api.call("POST", OURS, json=own | {"source": "dfp"}, roles=controller)
    assert ("/source", "other_source") in codes(wrong)
    for entry in (measure, own):
        made = await api.call("POST", OURS, json=entry, roles=controller)
        assert (made.status_code, made.json()["owner"]) == (201, "PI"), made.text
    listed = (await api.call("GET", f"{OURS}?limit=500", roles=controller)).json()["items"]
    owners = {row["name"]: row["owner"] for row in listed}
    assert owners["indicator:own:I1"] == "PI"
    assert owners["indicator:dfp:DFP 1.3"] == "TNO"
    only = (await api.call("GET", f"{OURS}?kind=indicator&source=own")).json()["items"]
    assert [row["name"] for row in only] == ["indicator:own:I1"]
    shared = await api.call(
        "PUT", at(OURS, INDICATOR), json=INDICATOR, headers={"If-Match": '"v1"'}
    )
    assert (shared.status_code, shared.json()["code"]) == (409, "catalogue_entry_shared")
    # nobody else has it
    assert (await api.call("GET", at(SHARED, own))).status_code == 404
    neighbours = (await api.call("GET", "/v1/chambers/LU/catalogue?limit=500")).json()["items"]
    assert not [row for row in neighbours if row["owner"] == "PI"]
    assert (await api.call("GET", f"{OURS}/export")).json()["indicators"][0]["code"] == "I1"


async def test_who_may(api: Api) -> None:
    await prepared(api)
    reader, controller = {"PI": ["reader"]}, {"PI": ["controller"]}
    # a chamber's controller runs its own catalogue, not that of the entity
    new = INDICATOR | {"code": "n"}
    assert (await api.call("POST", SHARED, json=new, roles=controller)).status_code == 403
    assert (await api.call("POST", OURS, json=new, roles=reader)).status_code == 403
    everywhere = await api.call("POST", SHARED, json=new, roles={"*": ["controller"]})
    assert everywhere.status_code == 201
    # somebody of another entity, or of none of the chambers, sees none
    for header in (
        api.token(reader, entity="ABC"),
        api.token({"XX": ["reader"]}),
        api.token({}),
    ):
        for path in (SHARED, f"{SHARED}/export", at(SHARED, INDICATOR)):
            answer = await api.client.get(path, headers=header)
            assert (answer.status_code, answer.json()["code"]) == (404, "entity_unknown")
    # a role that nobody knows opens nothing either
    stranger = await api.call("GET", OURS, roles={"LU": ["reader"]})
    assert stranger.status_code == 404


async def test_another_entity_has_another_catalogue(api: Api, runtime_url: str) -> None:
    await prepared(api)
    database = Database(runtime_url, pool_size=1)
    async with database.write(["FI"], Author("test")) as session:
        await session.execute(sa.insert(entities), {"entity_id": "ABC", "name": "Altro ente"})
        row = {"chamber_id": "FI", "entity_id": "ABC", "name": "Altra camera"}
        await session.execute(sa.insert(chambers), row)
    header = api.token({"*": ["controller"]}, entity="ABC")
    listed = await api.client.get("/v1/entities/ABC/catalogue", headers=header)
    assert listed.json()["items"] == []
    assert (await api.client.get(SHARED, headers=header)).status_code == 404
    await database.close()


async def test_changes_leave_a_line(api: Api, runtime_url: str) -> None:
    await prepared(api)
    await api.call("POST", OURS, json=MEASURES[0] | {"source": "own", "code": "traccia"})
    database = Database(runtime_url, pool_size=1)
    async with database.read(["PI"]) as session:
        ours = await session.all(sa.select(audit_log.c.action, audit_log.c.subject))
        shared = await session.all(sa.select(entity_audit_log.c.action))
    await database.close()
    assert ("catalogue.entry_created", "catalogue/measure:own:traccia") in {
        tuple(row) for row in ours
    }
    assert {"catalogue.imported", "catalogue.entry_withdrawn"} <= {row.action for row in shared}


async def test_an_entry_is_adopted_with_the_measures_it_lacks(api: Api) -> None:
    await prepared(api)
    case = small(2023)
    case["chamber"] = "PI"
    case["measures"].append({"code": "personale", "title": "P", "external_ids": {"dfp": "N_Dir"}})
    assert (await api.import_case("PI", json.dumps(case).encode())).status_code == 201
    path = "/v1/chambers/PI/plans/2023"
    body = {
        "entry": "dfp:DFP 1.3",
        "objective": "A1",
        "code": "A1.9",
        "target": {"op": ">=", "value": "80"},
        "target_year": 2023,
    }
    made = await api.call("POST", f"{path}/adoptions", json=body)
    assert made.status_code == 201, made.text
    assert made.json() == {
        "indicator": "A1.9",
        "formula": "[Dip-Form] / ([Unit_Stab] + [personale]) * 100",
        "measures": ["Dip-Form", "Unit_Stab"],
    }
    row = (await api.call("GET", made.headers["location"])).json()
    assert (row["catalogue"], row["source_class"]) == ("dfp:DFP 1.3", "self_declared")
    assert row["targets"]["2023"]["value"] == "80"
    measure = (await api.call("GET", f"{path}/measures/Unit_Stab")).json()
    assert (measure["aggregation"], measure["external_ids"]) == ("last", {"dfp": "Unit_Stab"})
    twice = await api.call("POST", f"{path}/adoptions", json=body)
    assert (twice.status_code, twice.json()["code"]) == (422, "edit_refused")
    wrong = await api.call("POST", f"{path}/adoptions", json=body | {"entry": "dfp:nessuna"})
    assert wrong.json()["code"] == "catalogue_entry_not_found"
    reader = await api.call("POST", f"{path}/adoptions", json=body, roles={"PI": ["reader"]})
    assert reader.status_code == 403
    exported = await api.call("GET", f"{path}/export")
    assert exported.json()["indicators"][-1]["catalogue"] == "dfp:DFP 1.3"
    again = await api.import_case("PI", exported.content)
    assert again.json()["sections"]["indicators"]["unchanged"] == 3
    assert (await api.call("GET", f"{path}/export")).content == exported.content
