"""The report of an entity: who may ask for it and read it, what it holds, what it leaves out."""

import json
from typing import Any

import httpx
import pytest
import pytest_asyncio

from shared.contracts.snapshot import ReportSnapshot
from tests.api.entity_office import BASE, Person, send, share, year_of
from tests.api.system import Api
from tests.api.webhook_sender import Inside

pytestmark = pytest.mark.asyncio(loop_scope="module")

REPORTS = "/v1/chambers/TNO/reports"
CONTROLLER = {"TNO": ["controller"]}


def with_sheet(case: dict[str, Any]) -> dict[str, Any]:
    """The year with an individual sheet in it."""
    case["objectives"].append(
        {"code": "SG", "kind": "individual", "parent": None, "title": "Segretario Generale"}
    )
    row = {**case["indicators"][0], "code": "SG.1", "objective": "SG", "title": "riservato"}
    case["indicators"].append({k: v for k, v in row.items() if k != "catalogue"})
    return case


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def office(api: Api) -> Api:
    await share(api, "LU", "MS", "PI", "TNO")
    lucca = year_of("LU", 2020, "30", "40", "quota", "addetti", staff=12)
    await send(api, with_sheet(lucca))
    await send(api, year_of("PI", 2020, "5", "60", "quota", "tempi", days=2))
    await send(api, year_of("LU", 2018, "20", "40"))
    return api


@pytest.fixture
def inside(owner_url: str) -> Inside:
    return Inside(owner_url, "TNO")


async def post(person: Person, year: int, **headers: str) -> httpx.Response:
    """Asks for the report of a year."""
    return await person.api.client.post(
        f"{BASE}/reports", json={"year": year}, headers=person.headers | headers
    )


async def asked(person: Person, year: int = 2020) -> dict[str, Any]:
    """The report that was asked for, as the caller sees it."""
    answer = await post(person, year)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"].startswith("/v1/chambers/TNO/render-jobs/")
    found = await person.api.client.get(answer.json()["report"], headers=person.headers)
    assert found.status_code == 200, found.text
    return dict(found.json())


async def frozen(inside: Inside, report_id: str) -> ReportSnapshot:
    (row,) = await inside.rows("SELECT snapshot FROM reports WHERE report_id = $1", report_id)
    return ReportSnapshot.model_validate_json(row["snapshot"])


async def test_it_holds_the_very_figures_of_the_views(office: Api, inside: Inside) -> None:
    person = Person(office, "writer", CONTROLLER)
    assert (await person.granted("LU", "MS", "PI")).status_code == 201
    report = await asked(person)
    assert (report["kind"], report["version"]) == ("relazione_ente", 1)
    assert (report["period"], report["chambers"]) == (None, ["LU", "MS", "PI"])
    snapshot = await frozen(inside, report["report_id"])
    entity = snapshot.entity
    assert entity is not None
    assert entity.own_plan is False
    assert entity.years == (2018, 2019, 2020)
    assert [card.code for card in entity.without_plan] == ["MS"]
    views = {
        "consolidated/2020": entity.consolidated,
        "benchmark/2020": entity.benchmark,
        "trend?from_year=2018&to_year=2020": entity.trend,
    }
    for path, rows in views.items():
        told = await office.client.get(f"{BASE}/{path}", headers=person.headers)
        assert told.json()["indicators"] == [row.model_dump(mode="json") for row in rows], path
    beside = await person.read("chambers", from_year=2018, to_year=2020)
    assert beside["chambers"] == [row.model_dump(mode="json") for row in entity.side_by_side]
    for chapter in entity.chapters:
        code = chapter.chamber.code
        own = (await office.call("GET", f"/v1/chambers/{code}/plans/2020/results")).json()
        assert chapter.overall.model_dump(mode="json") == own["overall"]


async def test_a_chapter_has_the_colours_of_its_chamber(office: Api, inside: Inside) -> None:
    path = "/v1/chambers/LU/configuration"
    head = await office.call("GET", path)
    wanted = {"colour": "#7a1f2b", "documents": {"accent_colour": "#204060"}}
    changed = await office.call(
        "PATCH",
        path,
        content=json.dumps(wanted).encode(),
        headers={
            "If-Match": head.headers["etag"],
            "Content-Type": "application/merge-patch+json",
        },
    )
    assert changed.status_code == 200, changed.text
    person = Person(office, "painter", CONTROLLER)
    await person.granted("LU", "MS", "PI")
    report = await asked(person)
    snapshot = await frozen(inside, report["report_id"])
    assert snapshot.entity is not None
    cards = {chapter.chamber.code: chapter.chamber for chapter in snapshot.entity.chapters}
    assert (cards["LU"].colour, cards["LU"].accent_colour) == ("#7a1f2b", "#204060")
    assert cards["PI"].accent_colour is None


async def test_individual_sheets_are_cut(office: Api, inside: Inside) -> None:
    person = Person(office, "cutter", CONTROLLER)
    await person.granted("LU", "MS", "PI")
    report = await asked(person)
    assert report["individual_sheets"] == "omitted"
    text = (await frozen(inside, report["report_id"])).model_dump_json()
    assert '"A.quota"' in text
    assert "riservato" not in text
    assert '"SG"' not in text


async def test_every_chamber_writes_down_that_it_was_read(office: Api, owner_url: str) -> None:
    person = Person(office, "audited", CONTROLLER)
    await person.granted("LU", "MS", "PI")
    await asked(person)
    for code in ("LU", "MS", "PI"):
        rows = await Inside(owner_url, code).rows(
            "SELECT subject FROM audit_log WHERE actor = $1 AND action = 'chamber.read_together'",
            "audited",
        )
        assert [row["subject"] for row in rows] == ["report/2020"]


async def test_it_takes_a_grant_for_every_chamber(office: Api) -> None:
    person = Person(office, "partial", CONTROLLER)
    answer = await post(person, 2020)
    assert (answer.status_code, answer.json()["code"]) == (403, "reading_not_granted")
    await person.granted("LU", "PI")
    answer = await post(person, 2020)
    assert (answer.status_code, answer.json()["code"]) == (404, "chamber_not_granted")
    assert "MS" in answer.json()["detail"]


@pytest.mark.parametrize("roles", [{"TNO": ["reader"]}, {"PI": ["controller"]}])
async def test_it_takes_the_right_to_request_in_the_entity_s_own_chamber(
    office: Api, roles: dict[str, list[str]]
) -> None:
    person = Person(office, f"other-{next(iter(roles))}", roles)
    await person.granted("LU", "MS", "PI")
    answer = await post(person, 2020)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_a_year_without_plans_is_refused(office: Api) -> None:
    person = Person(office, "early", CONTROLLER)
    await person.granted("LU", "MS", "PI")
    answer = await post(person, 2016)
    assert (answer.status_code, answer.json()["code"]) == (404, "plan_not_found")


async def test_the_same_key_asks_once(office: Api) -> None:
    person = Person(office, "once", CONTROLLER)
    await person.granted("LU", "MS", "PI")
    first = await post(person, 2020, **{"Idempotency-Key": "ente-1"})
    again = await post(person, 2020, **{"Idempotency-Key": "ente-1"})
    assert first.json()["job_id"] == again.json()["job_id"]


async def test_the_entity_s_own_plan_comes_first_where_there_is_one(
    office: Api, inside: Inside
) -> None:
    await send(office, year_of("TNO", 2018, "1000", "1000"))
    person = Person(office, "own", CONTROLLER)
    await person.granted("LU", "MS", "PI")
    snapshot = await frozen(inside, (await asked(person, 2018))["report_id"])
    assert snapshot.entity is not None
    assert snapshot.entity.own_plan is True
    assert [row.code for row in snapshot.objectives] == ["A"]
    assert [chapter.chamber.code for chapter in snapshot.entity.chapters] == ["LU"]
    # the entity is no part of itself
    (quota,) = snapshot.entity.consolidated
    assert quota.value == "50"


async def test_it_is_not_asked_for_as_a_chamber_s(office: Api) -> None:
    answer = await office.call("POST", REPORTS, json={"year": 2020, "kind": "relazione_ente"})
    assert answer.status_code == 422


async def test_it_is_not_approved_before_it_is_made(office: Api) -> None:
    person = Person(office, "approver", CONTROLLER)
    await person.granted("LU", "MS", "PI")
    path = f"{REPORTS}/{(await asked(person))['report_id']}"
    etag = (await office.client.get(path, headers=person.headers)).headers["etag"]
    act = {"organ": "Giunta", "number": "1", "date": "2021-06-16"}
    answer = await office.client.post(
        f"{path}/approval", json={"act": act}, headers=person.headers | {"If-Match": etag}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "report_not_ready")
