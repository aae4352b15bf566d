"""A year as a file: whole or not at all, the same twice, out again byte for byte."""

import json
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from services.api.db.tables import metadata
from tests.api.system import JSON, MASSA, PISA, Api, codes

pytestmark = pytest.mark.asyncio(loop_scope="module")

Case = dict[str, Any]

NOTHING = {"created": 0, "changed": 0, "removed": 0}


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def chambers(api: Api) -> None:
    """The three chambers."""
    await api.create_chambers("PI", "MS", "LU")


def case_of(raw: bytes, **changes: object) -> Case:
    """A case file as a document, changed at the top."""
    return json.loads(raw) | changes  # type: ignore[no-any-return]


def small(chamber: str = "LU", year: int = 2030, **changes: object) -> Case:
    """A plan of one perspective with two indicators over three measures."""
    case: Case = {
        "format": "ciclo/case@1",
        "chamber": chamber,
        "year": year,
        "kind": "piano",
        "policy": {"overall": {"kinds": ["perspective"]}},
        "objectives": [
            {"code": "A", "kind": "perspective", "parent": None, "title": "Imprese"},
            {"code": "A1", "kind": "strategic_objective", "parent": "A", "title": "Uno"},
        ],
        "measures": [{"code": code, "title": code} for code in ("m1", "m2", "m3")],
        "indicators": [
            {
                "code": "I1",
                "objective": "A1",
                "title": "Rapporto",
                "formula": "[m1] / [m2] * 100",
                "value_type": "percent",
                "targets": {str(year): {"op": ">=", "value": "80.00"}},
            },
            {
                "code": "I2",
                "objective": "A1",
                "title": "Conto",
                "formula": "[m3]",
                "value_type": "number",
                "targets": {str(year): {"op": ">=", "value": "10"}},
            },
        ],
    }
    return case | changes


async def send(api: Api, case: Case) -> httpx.Response:
    """Imports a document into its chamber."""
    content = json.dumps(case).encode()
    path = f"/v1/chambers/{case['chamber']}/imports"
    return await api.call("POST", path, content=content, headers=JSON)


async def contents(owner_url: str) -> dict[str, int]:
    """Rows of every table, as the owner counts them with all chambers in view."""
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute("SET ciclo.chambers = 'PI,MS,LU'")
        return {
            name: await connection.fetchval(f"SELECT count(*) FROM {name}")  # noqa: S608 - our own names
            for name in metadata.tables
        }
    finally:
        await connection.close()


async def test_massa_comes_out_byte_for_byte(api: Api) -> None:
    imported = await api.call("POST", "/v1/chambers/MS/imports", content=MASSA, headers=JSON)
    assert imported.status_code == 201
    exported = await api.call("GET", "/v1/chambers/MS/plans/2021/export")
    assert exported.content == MASSA
    assert exported.headers["content-disposition"] == 'attachment; filename="ms-2021.json"'


async def test_the_report_counts_what_was_created(api: Api) -> None:
    case = case_of(PISA)
    report = (await send(api, case)).json()
    assert report["sections"]["plan"]["created"] == 1
    for section in ("objectives", "measures", "indicators", "measurements", "evaluations"):
        assert report["sections"][section] == NOTHING | {
            "created": len(case[section]),
            "unchanged": 0,
        }
    assert report["revision"] == 1


async def test_the_same_file_twice_changes_nothing(api: Api) -> None:
    case = case_of(PISA)
    before = (await send(api, case)).json()
    results = await api.call("GET", "/v1/chambers/PI/plans/2020/results")
    exported = await api.call("GET", "/v1/chambers/PI/plans/2020/export")
    again = (await send(api, case)).json()
    for section, counts in again["sections"].items():
        assert {**counts, "unchanged": 0} == NOTHING | {"unchanged": 0}, section
    assert again["revision"] == before["revision"]
    after = await api.call("GET", "/v1/chambers/PI/plans/2020/results")
    assert after.content == results.content
    assert after.headers["etag"] == results.headers["etag"]
    assert (await api.call("GET", "/v1/chambers/PI/plans/2020/export")).content == exported.content


async def test_export_and_import_elsewhere_is_the_identity(api: Api) -> None:
    await send(api, case_of(PISA))
    exported = await api.call("GET", "/v1/chambers/PI/plans/2020/export")
    moved = exported.content.replace(b'"chamber": "PI"', b'"chamber": "LU"')
    answer = await api.call("POST", "/v1/chambers/LU/imports", content=moved, headers=JSON)
    assert answer.status_code == 201
    again = await api.call("GET", "/v1/chambers/LU/plans/2020/export")
    assert again.content == moved
    ours = (await api.call("GET", "/v1/chambers/PI/plans/2020/results")).json()
    theirs = (await api.call("GET", "/v1/chambers/LU/plans/2020/results")).json()
    assert theirs["overall"] == ours["overall"]
    assert theirs["indicators"] == ours["indicators"]


async def test_ten_faults_are_ten_pointers_and_nothing_is_written(api: Api, owner_url: str) -> None:
    case = small(year=2031)
    case["kind"] = "programma"
    case["surprise"] = True
    case["policy"]["cap"] = "cento"
    case["objectives"][1]["parent"] = "Z"
    case["objectives"].append(dict(case["objectives"][0]))
    case["indicators"][0]["formula"] = "[m1] / ("
    case["indicators"][0]["targets"]["2031"]["op"] = "~"
    case["indicators"][1]["targets"]["2031"]["value"] = "dieci"
    case["indicators"][1]["objective"] = "Z9"
    case["measurements"] = [{"measure": "m9", "year": 2031, "period": None, "value": "1"}]
    before = await contents(owner_url)
    answer = await send(api, case)
    assert answer.status_code == 422
    body = answer.json()
    assert body["code"] == "case_refused"
    assert {pointer for pointer, _ in codes(answer)} == {
        "/kind",
        "/surprise",
        "/policy/cap",
        "/objectives/1/parent",
        "/objectives/2/code",
        "/indicators/0/formula",
        "/indicators/0/targets/2031/op",
        "/indicators/1/targets/2031/value",
        "/indicators/1/objective",
        "/measurements/0/measure",
    }
    assert all(error["detail"] for error in body["errors"])
    assert await contents(owner_url) == before


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"a": 1, "a": 2}', b"\xff\xfe"])
async def test_what_is_no_case_file_is_refused(api: Api, body: bytes) -> None:
    answer = await api.call("POST", "/v1/chambers/PI/imports", content=body, headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_only_json_is_read(api: Api) -> None:
    for kind in ("text/plain", "application/xml"):
        header = {"Content-Type": kind}
        answer = await api.call("POST", "/v1/chambers/PI/imports", content=PISA, headers=header)
        assert answer.status_code == 415


async def test_a_file_of_another_chamber_is_refused(api: Api) -> None:
    answer = await api.call("POST", "/v1/chambers/LU/imports", content=PISA, headers=JSON)
    assert answer.status_code == 422
    assert codes(answer) == [("/chamber", "other_chamber")]


async def test_changed_removed_and_reordered_rows(api: Api) -> None:
    await send(api, small(year=2032))
    case = small(year=2032)
    case["indicators"][0]["title"] = "Rapporto, in percentuale"
    case["indicators"].reverse()
    case["measures"].append({"code": "m4", "title": "m4"})
    case["tables"] = [{"code": "T", "title": "T", "section": "2", "columns": ["a"], "rows": []}]
    sections = (await send(api, case)).json()["sections"]
    assert sections["indicators"] == NOTHING | {"changed": 1, "unchanged": 1}
    assert sections["measures"] == NOTHING | {"created": 1, "unchanged": 3}
    assert sections["tables"]["created"] == 1
    exported = (await api.call("GET", "/v1/chambers/LU/plans/2032/export")).json()
    assert [row["code"] for row in exported["indicators"]] == ["I2", "I1"]
    del case["tables"], case["measures"][3], case["indicators"][1]
    case["measures"] = case["measures"][2:]
    sections = (await send(api, case)).json()["sections"]
    assert sections["indicators"]["removed"] == 1
    assert sections["measures"]["removed"] == 3
    assert sections["tables"]["removed"] == 1


async def test_what_was_measured_is_not_lost(api: Api) -> None:
    year = 2033
    await send(api, small(year=year))
    path = f"/v1/chambers/LU/plans/{year}/measurements"
    body = {
        "measurements": [
            {"measure": "m3", "year": year, "value": "12"},
            {"indicator": "I1", "value": "90"},
        ]
    }
    assert (await api.call("POST", path, json=body)).status_code == 201
    kept = (await send(api, small(year=year))).json()
    assert kept["sections"]["measurements"] == NOTHING | {"unchanged": 0}
    case = small(year=year)
    case["indicators"] = []
    case["measures"] = case["measures"][:2]
    refused = await send(api, case)
    assert refused.status_code == 409
    assert refused.json()["code"] == "measured_element_removed"
    assert len(refused.json()["errors"]) == 2
    exported = (await api.call("GET", f"/v1/chambers/LU/plans/{year}/export")).json()
    assert len(exported["indicators"]) == 2
    assert len(exported["measurements"]) == 2


async def test_a_measured_element_cannot_change_its_kind(api: Api) -> None:
    year = 2034
    await send(api, small(year=year))
    body = {"measurements": [{"indicator": "I2", "value": "12"}]}
    await api.call("POST", f"/v1/chambers/LU/plans/{year}/measurements", json=body)
    case = small(year=year)
    case["indicators"][1] |= {
        "value_type": "date",
        "targets": {str(year): {"op": "<=", "value": f"{year}-03-31"}},
    }
    refused = await send(api, case)
    assert refused.status_code == 409
    assert codes(refused)[0][0] == "/measurements"


async def test_a_measurement_in_a_file_is_a_version(api: Api, owner_url: str) -> None:
    year = 2035
    row = {"measure": "m3", "year": year, "period": None, "value": "12"}
    await send(api, small(year=year, measurements=[row]))
    await send(api, small(year=year, measurements=[row | {"value": "13"}]))
    path = f"/v1/chambers/LU/plans/{year}/measurements"
    (item,) = (await api.call("GET", path)).json()["items"]
    assert (item["value"], item["version"], item["source"]) == ("13", 2, "file")
    connection = await asyncpg.connect(owner_url)
    await connection.execute("SET ciclo.chambers = 'LU'")
    versions = await connection.fetch(
        "SELECT value, version FROM measurement_versions WHERE measurement_id = $1 "
        "ORDER BY version",
        item["measurement_id"],
    )
    await connection.close()
    assert [tuple(version) for version in versions] == [("12", 1), ("13", 2)]


async def test_warnings_come_with_their_place(api: Api) -> None:
    case = small(year=2036)
    case["indicators"][0]["weight"] = "30"
    case["indicators"][1]["weight"] = "30"
    report = (await send(api, case)).json()
    assert report["warnings"]
    assert all(warning["pointer"].startswith("/") for warning in report["warnings"])
    english = await api.call(
        "GET",
        f"/v1/chambers/LU/imports/{report['import_id']}",
        headers={"Accept-Language": "en"},
    )
    assert english.json()["warnings"][0]["detail"] != report["warnings"][0]["detail"]


async def test_every_import_leaves_an_audit_line_and_an_event(api: Api, owner_url: str) -> None:
    year = 2037
    await send(api, small(year=year))
    connection = await asyncpg.connect(owner_url)
    await connection.execute("SET ciclo.chambers = 'LU'")
    audit = await connection.fetch(
        "SELECT actor, action FROM audit_log WHERE subject = $1", f"plan/{year}"
    )
    events = await connection.fetch(
        "SELECT topic, payload FROM outbox WHERE subject = $1", f"plan/{year}"
    )
    await connection.close()
    assert [tuple(line) for line in audit] == [("amministratore-locale", "plan.imported")]
    assert [event["topic"] for event in events] == ["results.changed"]
    assert json.loads(events[0]["payload"])["year"] == year
