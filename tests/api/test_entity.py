"""An entity's chambers together: only by grant, always written down, sums before formulas."""

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.api.db.session import Database
from services.api.db.tables.requests import audit_log
from tests.api.entity_office import Person, send, share, year_of
from tests.api.system import Api, codes

pytestmark = pytest.mark.asyncio(loop_scope="module")

VIEWS: list[tuple[str, dict[str, str | int]]] = [
    ("chambers", {"from_year": 2020, "to_year": 2021}),
    ("consolidated/2020", {}),
    ("benchmark/2020", {}),
    ("plans/2020/consolidated", {}),
    ("trend", {"from_year": 2020, "to_year": 2021}),
]


async def prepared(api: Api) -> None:
    await share(api, "LU", "MS", "PI", "TNO")
    await send(api, year_of("LU", 2020, "30", "40", "quota", "addetti", "tempi", staff=12, days=9))
    await send(api, year_of("PI", 2020, "5", "60", "quota", "tempi", days=2))
    await send(api, year_of("LU", 2021, "20", "40"))
    await send(api, year_of("PI", 2021, "30", "60"))
    await send(api, year_of("TNO", 2020, "1000", "1000"))


def indicator(document: Any, entry: str) -> Any:  # noqa: ANN401 - JSON
    rows = [row for row in document["indicators"] if row["facts"]["entry"] == entry]
    assert len(rows) == 1
    return rows[0]


async def test_a_ratio_of_sums_explained(api: Api) -> None:
    await prepared(api)
    person = Person(api, "ratio", {"PI": ["reader"]})
    assert (await person.granted("LU", "MS", "PI")).status_code == 201
    document = await person.read("consolidated/2020")
    assert document["chambers"] == ["LU", "MS", "PI"]
    row = indicator(document, "c:quota")
    assert (row["value"], row["shown"]) == ("35", "35.0")
    assert row["formula"] == "[c:n] / [c:d] * 100"
    assert row["facts"]["discouraged"] is True
    assert [(c["chamber"], c["shown"]) for c in row["chambers"]] == [("LU", "75.0"), ("PI", "8.3")]
    assert row["left_out"] == [{"chamber": "MS", "reason": "no_plan", "subject": None}]
    top, bottom = row["measures"]
    assert (top["joining"], top["value"]) == ("sum", "35")
    assert [(p["chamber"], p["value"]) for p in bottom["parts"]] == [("LU", "40"), ("PI", "60")]
    # staff: only Lucca has adopted it; at the end of the year
    staff = indicator(document, "c:addetti")
    assert (staff["value"], staff["measures"][0]["on"]) == ("12", "2020-12-31")
    assert {(c["chamber"], c["reason"]) for c in staff["left_out"]} == {
        ("MS", "no_plan"),
        ("PI", "not_adopted"),
    }
    # days on average, by the number of cases: (9 x 30 + 2 x 5) / 35
    times = indicator(document, "c:tempi")
    assert (times["value"], times["measures"][0]["joining"]) == ("8", "weighted_mean")
    only = await person.read("consolidated/2020", entry="c:quota", chambers="PI")
    assert len(only["indicators"]) == 1
    assert only["indicators"][0]["shown"] == "8.3"


async def test_a_chambers_figures_are_those_of_its_own_results(api: Api) -> None:
    await prepared(api)
    person = Person(api, "same", {"PI": ["reader"]})
    await person.granted("LU", "PI")
    document = await person.read("consolidated/2020")
    columns = (await person.read("chambers", from_year=2020, to_year=2021))["chambers"]
    assert [column["chamber"] for column in columns] == ["LU", "PI"]
    for column in columns:
        code = column["chamber"]
        for year in column["years"]:
            path = f"/v1/chambers/{code}/plans/{year['year']}/results"
            own = (await api.call("GET", path)).json()
            assert own["overall"] == year["overall"]
            if year["year"] == 2020:
                values = {row["code"]: row["value"] for row in own["indicators"]}
                for row in document["indicators"]:
                    name = f"A.{row['facts']['entry'].removeprefix('c:')}"
                    told = {c["chamber"]: c["value"] for c in row["chambers"]}
                    assert told.get(code) == values.get(name)


async def test_benchmark_and_trend(api: Api) -> None:
    await prepared(api)
    person = Person(api, "bench", {"PI": ["reader"]})
    await person.granted("LU", "PI")
    row = indicator(await person.read("benchmark/2020"), "c:quota")
    assert [(c["chamber"], c["rank"]) for c in row["chambers"]] == [("LU", 1), ("PI", 2)]
    assert row["chambers"][0]["difference"] == "40"
    assert (row["shown"], row["median"]["shown"]) == ("35.0", "41.7")
    times = indicator(await person.read("benchmark/2020"), "c:tempi")
    assert [(c["chamber"], c["rank"]) for c in times["chambers"]] == [("LU", 2), ("PI", 1)]
    trend = indicator(await person.read("trend", from_year=2019, to_year=2021), "c:quota")
    assert [(p["year"], p["shown"]) for p in trend["points"]] == [(2020, "35.0"), (2021, "50.0")]


async def test_the_plan_of_the_entity_with_the_sheets_of_its_chambers(api: Api) -> None:
    await prepared(api)
    person = Person(api, "plan", {"PI": ["reader"]})
    await person.granted("LU", "MS", "PI")
    document = await person.read("plans/2020/consolidated")
    assert [sheet["chamber"] for sheet in document["sheets"]] == ["LU", "PI"]
    assert document["without_plan"] == ["MS"]
    for sheet in document["sheets"]:
        path = f"/v1/chambers/{sheet['chamber']}/plans/2020/results"
        assert sheet["results"] == (await api.call("GET", path)).json()
    assert document["indicators"] == (await person.read("consolidated/2020"))["indicators"]
    # the entity's own plan is for who has a role there
    assert document["own"] is None
    own = Person(api, "own-plan", {"TNO": ["reader"]})
    await own.granted("LU")
    document = await own.read("plans/2020/consolidated")
    assert (document["own"]["chamber"], document["own"]["year"]) == ("TNO", 2020)
    assert (await own.read("plans/2021/consolidated"))["own"] is None


async def test_without_a_grant_nothing_is_seen(api: Api) -> None:
    """Not with a role in one chamber, nor in all of them."""
    await prepared(api)
    for name, roles in (
        ("ms-only", {"MS": ["chamber_administrator"]}),
        ("everywhere", {"*": ["entity_administrator", "controller"]}),
    ):
        person = Person(api, name, roles)
        for path, parameters in VIEWS:
            answer = await person.get(path, **parameters)
            assert (answer.status_code, answer.json()["code"]) == (403, "reading_not_granted")
    stranger = Person(api, "stranger", {})
    for path, parameters in VIEWS:
        assert (await stranger.get(path, **parameters)).status_code == 404


async def test_a_grant_opens_its_chambers_only(api: Api) -> None:
    await prepared(api)
    person = Person(api, "pisa", {"PI": ["reader"]})
    await person.granted("PI")
    for path, parameters in VIEWS:
        answer = await person.get(path, **parameters)
        assert answer.status_code == 200
        assert "LU" not in answer.text
        assert "Lucca" not in answer.text
        asked = await person.get(path, **parameters, chambers="LU,PI")
        assert (asked.status_code, asked.json()["code"]) == (404, "chamber_not_granted")
    assert indicator(await person.read("consolidated/2020"), "c:quota")["shown"] == "8.3"
    # and no door of the chamber itself
    path = "/v1/chambers/LU/plans/2020/results"
    assert (await api.client.get(path, headers=person.headers)).status_code == 404


async def test_grants_end(api: Api) -> None:
    await prepared(api)
    person = Person(api, "ending", {"PI": ["reader"]})
    made = await person.granted("LU", "PI")
    assert made.json()["in_force"] is True
    location = made.headers["location"]
    assert (await person.get("consolidated/2020")).status_code == 200
    assert (await api.call("DELETE", location)).status_code == 204
    assert (await api.call("DELETE", location)).status_code == 204
    assert (await person.get("consolidated/2020")).status_code == 403
    ended = (await api.call("GET", location)).json()
    assert ended["revoked_at"] is not None
    assert (ended["in_force"], ended["allowed_actions"]) == (False, [])
    container = api.app.state.container
    today = container.clock.now().date()
    last_day = await person.granted("LU", until=today.isoformat())
    assert last_day.status_code == 201
    assert (await person.get("consolidated/2020")).status_code == 200
    past = await person.granted("LU", "XX", until=(today - timedelta(days=1)).isoformat())
    assert (past.status_code, past.json()["code"]) == (422, "grant_refused")
    assert codes(past) == [("/chambers/1", "unknown_chamber"), ("/expires_on", "in_the_past")]


async def test_who_grants_and_who_is_told(api: Api) -> None:
    await prepared(api)
    person = Person(api, "told", {"PI": ["reader"]})
    body = {
        "reader": "told",
        "chambers": ["LU", "PI"],
        "reason": "Relazione dell'ente",
        "expires_on": "2099-12-31",
    }
    path = "/v1/entities/TNO/readers"
    for roles in ({"PI": ["entity_administrator"]}, {"*": ["controller"]}):
        assert (await api.call("POST", path, roles=roles, json=body)).status_code == 403
        assert (await api.call("GET", path, roles=roles)).status_code == 403
    key = {"Idempotency-Key": "told-once"}
    first = await api.call("POST", path, json=body, headers=key)
    second = await api.call("POST", path, json=body, headers=key)
    assert first.content == second.content
    listed = (await api.call("GET", f"{path}?reader=told")).json()["items"]
    assert [row["chambers"] for row in listed] == [["LU", "PI"]]
    # Lucca sees who reads it, and nothing of Pisa
    own = await api.call(
        "GET", "/v1/chambers/LU/readers?reader=told", roles={"LU": ["chamber_administrator"]}
    )
    assert [row["chambers"] for row in own.json()["items"]] == [["LU"]]
    reader = await api.call("GET", "/v1/chambers/LU/readers", roles={"LU": ["reader"]})
    assert reader.status_code == 403
    assert (await person.get("readers")).status_code == 403


async def test_every_reading_is_written_down_in_each_chamber(api: Api, runtime_url: str) -> None:
    await prepared(api)
    person = Person(api, "watched", {"PI": ["reader"]})
    grant = (await person.granted("LU", "PI")).json()["grant_id"]
    for path, parameters in VIEWS:
        await person.get(path, **parameters)
    await person.get("consolidated/2020", chambers="PI")
    await person.get("consolidated/2020", chambers="LU,MS")  # refused: nobody was read
    database = Database(runtime_url, pool_size=1)
    found: dict[str, list[str]] = {}
    for chamber in ("LU", "MS", "PI"):
        async with database.read([chamber]) as session:
            rows = await session.all(
                sa.select(audit_log.c.subject, audit_log.c.detail)
                .where(
                    audit_log.c.action == "chamber.read_together", audit_log.c.actor == "watched"
                )
                .order_by(audit_log.c.audit_id)
            )
        assert {row.detail["grant_id"] for row in rows} <= {grant}
        found[chamber] = [row.subject for row in rows]
    await database.close()
    told = [
        "results/2020-2021",
        "consolidated/2020",
        "benchmark/2020",
        "plan/2020",
        "trend/2020-2021",
    ]
    assert found == {"LU": told, "MS": [], "PI": [*told, "consolidated/2020"]}


async def test_a_name_that_the_catalogue_has_not_is_told(api: Api) -> None:
    """A typing error in a plan must not make an indicator vanish unseen."""
    await prepared(api)
    case = year_of("MS", 2023, "1", "2", "quota", "tempi")
    case["indicators"][0]["catalogue"] = "c:quta"
    case["indicators"][1]["catalogue"] = "own:tempi"
    await send(api, case)
    person = Person(api, "typing", {"MS": ["reader"]})
    await person.granted("LU", "MS")
    document = await person.read("consolidated/2023")
    assert document["indicators"] == []
    assert document["unknown"] == [{"entry": "c:quta", "chambers": ["MS"]}]


async def test_individual_sheets_are_seen_in_their_chamber_only(api: Api) -> None:
    await prepared(api)
    case = year_of("MS", 2024, "1", "2", "quota", "tempi", days=3)
    case["objectives"].append(
        {"code": "SG", "kind": "individual", "parent": None, "title": "Scheda personale"}
    )
    case["indicators"][1]["objective"] = "SG"
    await send(api, case)
    person = Person(api, "sheets", {"MS": ["reader"]})
    await person.granted("MS")
    document = await person.read("plans/2024/consolidated")
    assert "Scheda personale" not in json.dumps(document)
    assert [row["facts"]["entry"] for row in document["indicators"]] == ["c:quota"]
    (sheet,) = document["sheets"]
    assert [row["code"] for row in sheet["results"]["indicators"]] == ["A.quota"]
    assert len((await person.read("benchmark/2024"))["indicators"]) == 1


async def test_years_are_bounded(api: Api) -> None:
    await prepared(api)
    person = Person(api, "years", {"PI": ["reader"]})
    await person.granted("PI")
    for first, last in ((2021, 2020), (1990, 2020)):
        answer = await person.get("trend", from_year=first, to_year=last)
        assert codes(answer) == [("/query/to_year", "out_of_range")]


async def test_each_year_is_read_by_the_catalogue_of_that_year(api: Api) -> None:
    await prepared(api)
    person = Person(api, "versions", {"PI": ["reader"]})
    await person.granted("LU", "PI")
    path = "/v1/entities/TNO/catalogue/indicator:c:quota"
    held = await api.call("GET", path)
    entry = held.json()["entry"] | {"formula": "[n] / [d] * 1000", "valid_from": 2021}
    changed = await api.call("PUT", path, json=entry, headers={"If-Match": held.headers["etag"]})
    assert changed.status_code == 200, changed.text
    points = indicator(await person.read("trend", from_year=2020, to_year=2021), "c:quota")
    assert [p["shown"] for p in points["points"]] == ["35.0", "500.0"]
    assert points["facts"]["version"] == 2
    back = {"If-Match": changed.headers["etag"]}
    assert (await api.call("PUT", path, json=held.json()["entry"], headers=back)).is_success
