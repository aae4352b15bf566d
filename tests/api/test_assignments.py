"""Texts given to offices, and who still owes what."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.api.plan_office import small
from tests.api.plan_writer import MERGE
from tests.api.system import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")

Case = dict[str, Any]

STUDIES, CED = "Ufficio Studi", "CED"


@dataclass
class Person:
    """Somebody of a chamber with units."""

    api: Api
    year: int
    role: str = "controller"
    units: tuple[str, ...] = ("*",)

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        subject = f"{self.role} {self.units}"
        who = self.api.token({"LU": [self.role]}, units=self.units, subject=subject)
        headers = who | more.pop("headers", {})
        address = f"/v1/chambers/LU/plans/{self.year}{path}"
        return await self.api.client.request(method, address, headers=headers, **more)

    async def done(self, method: str, path: str, **more: Any) -> Any:  # noqa: ANN401 - JSON is anything
        answer = await self.call(method, path, **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def assign(self, key: str, *offices: str, **more: object) -> httpx.Response:
        """Gives a text to offices, as it is assigned now."""
        path = f"/text-assignments/{key}"
        now = await self.call("GET", path)
        match = {"If-Match": now.headers["etag"]} if now.is_success else {}
        return await self.call("PUT", path, json={"offices": offices, **more}, headers=match)

    def as_(self, role: str, *units: str) -> "Person":
        return Person(self.api, self.year, role, units or ("*",))


@pytest.fixture(scope="module")
def years() -> Iterator[int]:
    return iter(range(2000, 2100))


@pytest_asyncio.fixture(loop_scope="module")
async def controller(api: Api, years: Iterator[int]) -> Person:
    """Whoever runs the cycle, in a year of its own: A1 is of Ufficio Studi, and fell short."""
    year = next(years)
    case = small(year)
    case["objectives"][1]["units"] = [STUDIES]
    case["objectives"].append(
        {"code": "SG", "kind": "individual", "parent": None, "title": "Segretario generale"}
    )
    case["policy"] |= {"explain_below": "90"}
    await api.create_chambers("LU")
    made = await api.import_case("LU", json.dumps(case).encode())
    assert made.status_code == 201, made.text
    return Person(api, year)


async def test_an_office_writes_what_was_assigned_to_it(controller: Person) -> None:
    studies, ced = (controller.as_("contributor", unit) for unit in (STUDIES, CED))
    path = "/narratives/section:2"
    assert (await studies.call("PUT", path, json={"text": "x"})).status_code == 403
    assert (await studies.call("PUT", f"{path}/draft", json=draft("x"))).status_code == 403
    assert (await controller.assign("section:2", " ufficio  studi".strip())).status_code == 200
    assert (await studies.call("PUT", f"{path}/draft", json=draft("x"))).status_code == 200
    written = await studies.call("PUT", path, json={"text": "Contesto."})
    assert written.status_code == 200, written.text
    assert "narrative.write" in written.json()["allowed_actions"]
    assert (await ced.call("PUT", path, json={"text": "x"})).status_code == 403
    # An objective of another unit: its words, not its figures.
    own = "/narratives/objective:A1"
    assert (await ced.call("PUT", own, json={"text": "x"})).status_code == 403
    await controller.assign("objective:A1", CED)
    assert (await ced.call("PUT", own, json={"text": "Impatto."})).status_code == 200
    cause = {"cause": "exogenous", "explanation": "x"}
    refused = await ced.call("PUT", "/deviations/objective:A1", json=cause)
    assert (refused.status_code, refused.json()["code"]) == (403, "outside_units")
    etag = (await controller.call("GET", "/text-assignments/section:2")).headers["etag"]
    await controller.done("DELETE", "/text-assignments/section:2", headers={"If-Match": etag})
    now = (await studies.call("GET", path)).headers["etag"]
    late = await studies.call("PUT", path, json={"text": "x"}, headers={"If-Match": now})
    assert (late.status_code, late.json()["code"]) == (403, "outside_units")
    kept = await studies.call("GET", f"{path}/draft")
    assert (kept.status_code, kept.json()["text"]) == (200, "x")


def draft(text: str) -> Case:
    return {"text": text, "base_version": 0}


async def test_two_who_assign_do_not_overwrite_each_other(controller: Person) -> None:
    path = "/text-assignments/section:3.1"
    first = await controller.assign("section:3.1", STUDIES, due_on="2999-04-30", note="Due pagine.")
    assert first.json()["due_on"] == "2999-04-30"
    body = {"offices": [CED]}
    assert (await controller.call("PUT", path, json=body)).status_code == 428
    etag = first.headers["etag"]
    second = await controller.call("PUT", path, json=body, headers={"If-Match": etag})
    assert (second.status_code, second.json()["note"]) == (200, None)
    for method in ("PUT", "DELETE"):
        given = body if method == "PUT" else None
        late = await controller.call(method, path, json=given, headers={"If-Match": etag})
        assert (late.status_code, late.json()["code"]) == (412, "stale_version"), method
    # That somebody writes the text meanwhile does not make the assignment stale.
    await controller.done("PUT", "/narratives/section:3.1", json={"text": "x"})
    third = await controller.call(
        "PUT", path, json={"offices": [STUDIES]}, headers={"If-Match": second.headers["etag"]}
    )
    assert (third.status_code, third.json()["written"]) == (200, True)


async def test_what_is_there_to_write(controller: Person) -> None:
    await controller.assign("section:2", STUDIES, due_on="2001-01-31")
    await controller.done("PUT", "/narratives/section:1", json={"text": "x"})
    await controller.done(
        "POST", "/comment-threads", json={"key": "section:1", "text": "Su quali dati?"}
    )
    office = controller.as_("contributor", STUDIES)
    await office.done("PUT", "/narratives/section:2/draft", json=draft("segreto"))
    listed = (await office.call("GET", "/sections?limit=100")).json()["items"]
    sections = {row["section"]: row for row in listed}
    assert [row["position"] for row in listed] == list(range(len(listed)))
    assert {"0", "1", "2", "3.0", "3.1", "3.2", "3.3", "3.4", "4", "5"} <= set(sections)
    assert (sections["1"]["version"], sections["1"]["open_threads"]) == (1, 1)
    two = sections["2"]
    assert (two["offices"], two["overdue"], two["drafts"]) == ([STUDIES], True, 1)
    assert two["allowed_actions"] == ["narrative.write"]
    assert sections["1"]["allowed_actions"] == []


async def test_a_chambers_own_sections_are_there_to_write(controller: Person) -> None:
    path = "/v1/chambers/LU/configuration"
    headers = {**MERGE, "If-Match": (await controller.api.call("GET", path)).headers["etag"]}
    own = [{"section": "qualita", "title": "La qualità dei servizi"}]
    answer = await controller.api.call(
        "PATCH", path, json={"documents": {"relazione": {"own": own}}}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    sections = (await controller.done("GET", "/sections?limit=100"))["items"]
    assert [(row["section"], row["title"]) for row in sections if row["own"]] == [
        ("qualita", "La qualità dei servizi")
    ]
    check = await controller.done("GET", "/report-check")
    assert "section_empty" in {row["code"] for row in check["obstacles"]}
    assert (await controller.assign("section:qualita", CED)).status_code == 200
    ced = controller.as_("contributor", CED)
    await ced.done("PUT", "/narratives/section:qualita", json={"text": "Alta."})
    check = await controller.done("GET", "/report-check")
    assert {"section_empty", "text_owed"}.isdisjoint(row["code"] for row in check["obstacles"])
    headers["If-Match"] = (await controller.api.call("GET", path)).headers["etag"]
    gone = await controller.api.call("PATCH", path, json={"documents": None}, headers=headers)
    assert gone.status_code == 200, gone.text


async def test_who_owes_what(controller: Person) -> None:
    await controller.assign("section:2", STUDIES, due_on="2001-01-31")
    await controller.assign("section:3.4", CED, "Personale", due_on="2999-01-31")
    thread = {"key": "objective:A1", "text": "Perché?"}
    await controller.as_("oiv").done("POST", "/comment-threads", json=thread)
    await controller.done("POST", "/comment-threads", json={"key": "section:1", "text": "x"})
    body = await controller.done("GET", "/outstanding")
    assert [(row["kind"], row["key"], row["offices"], row["overdue"]) for row in body["items"]] == [
        ("text", "section:2", [STUDIES], True),
        ("text", "section:3.4", [CED, "Personale"], False),
        ("comment", "objective:A1", [STUDIES], False),
        ("explanation", "objective:A1", [STUDIES], False),
        ("comment", "section:1", [], False),
    ]
    assert body["items"][0]["title"] == "Analisi del contesto e delle risorse"
    assert body["offices"] == [
        office(STUDIES, texts=1, explanations=1, comments=1, overdue=1),
        office(CED, texts=1),
        office("Personale", texts=1),
    ]
    assert body["unassigned"] == 1
    own = await controller.done("GET", "/outstanding?office=ced&kind=text")
    assert [row["key"] for row in own["items"]] == ["section:3.4"]
    assert [row["office"] for row in own["offices"]] == [CED]
    page = await controller.done("GET", "/outstanding?limit=2")
    rest = await controller.done("GET", f"/outstanding?cursor={page['next']}")
    assert page["items"] + rest["items"] == body["items"]
    await controller.done("PUT", "/narratives/section:2", json={"text": "Contesto."})
    left = await controller.done("GET", "/outstanding?kind=text")
    assert [row["key"] for row in left["items"]] == ["section:3.4"]
    listed = (await controller.done("GET", "/text-assignments"))["items"]
    assert [(row["key"], row["written"], row["overdue"]) for row in listed] == [
        ("section:2", True, False),
        ("section:3.4", False, False),
    ]


def office(name: str, **counts: int) -> Case:
    zero = dict.fromkeys(("texts", "explanations", "comments", "overdue"), 0)
    return {"office": name, **zero, **counts}


async def test_the_check_says_who_owes_it(controller: Person) -> None:
    await controller.assign("section:2", STUDIES, due_on="2021-04-30")
    await controller.assign("objective:A1", CED)
    await controller.done("POST", "/comment-threads", json={"key": "section:1", "text": "x"})
    ced = controller.as_("contributor", CED)
    await ced.done("PUT", "/narratives/objective:A1/draft", json=draft("parole segrete"))
    answer = await controller.call("GET", "/report-check")
    assert "parole segrete" not in answer.text
    check = answer.json()
    owed = [row["detail"] for row in check["obstacles"] if row["code"] == "text_owed"]
    assert len(owed) == 2
    assert "Ufficio Studi entro il 30/04/2021" in owed[0]
    assert "CED" in owed[1]
    assert {"comments_open", "draft_unsubmitted", "section_empty"} == {
        row["code"] for row in check["warnings"]
    }
    english = await controller.call("GET", "/report-check", headers={"Accept-Language": "en"})
    assert "owed by Ufficio Studi by 2021-04-30" in english.text


async def test_what_is_of_a_sheet_is_for_who_sees_it(controller: Person) -> None:
    refused = await controller.assign("objective:SG", "Segreteria riservata")
    assert (refused.status_code, refused.json()["code"]) == (404, "subject_not_found")
    oiv = controller.as_("oiv")
    await oiv.done(
        "POST", "/comment-threads", json={"key": "objective:SG", "text": "Sono dati riservati?"}
    )
    for person in (controller, controller.as_("contributor", "Segreteria")):
        for path in ("/outstanding", "/sections", "/text-assignments", "/report-check"):
            assert "objective:SG" not in (await person.call("GET", path)).text, path
        check = await person.done("GET", "/report-check")
        assert not [row for row in check["warnings"] if "SG" in row["detail"]]
    assert "objective:SG" in (await oiv.call("GET", "/outstanding?limit=100")).text


async def test_what_cannot_be_assigned(controller: Person) -> None:
    for key in ("section:99", "section:A", "objective:NESSUNO"):
        answer = await controller.assign(key, CED)
        assert (answer.status_code, answer.json()["code"]) == (404, "subject_not_found"), key
    empty = await controller.call("PUT", "/text-assignments/section:2", json={"offices": []})
    assert empty.status_code == 422
    missing = await controller.call("GET", "/text-assignments/section:2")
    assert (missing.status_code, missing.json()["code"]) == (404, "assignment_not_found")
    for role in ("contributor", "validator", "oiv", "signer", "reader"):
        refused = await controller.as_(role).assign("section:2", CED)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), role
