"""A plan written over the API, element by element."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
import pytest_asyncio
from pydantic import BaseModel

from services.api.editing.kinds import KINDS
from services.api.editing.sent import PolicyChange
from shared.contracts.case import CasePolicy
from tests.api.plan_office import ACT, AMENDMENT, indicator, small
from tests.api.plan_writer import MERGE, Writer
from tests.api.system import JSON, MASSA, PISA, Api, codes

pytestmark = pytest.mark.asyncio(loop_scope="module")

Case = dict[str, Any]


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def chambers(api: Api) -> None:
    """The three chambers."""
    await api.create_chambers("PI", "MS", "LU")


@pytest.mark.parametrize(("chamber", "year", "raw"), [("PI", 2020, PISA), ("MS", 2021, MASSA)])
async def test_a_real_year_written_by_hand_is_the_file(
    api: Api, chamber: str, year: int, raw: bytes
) -> None:
    writer = Writer(api, chamber, year)
    case: Case = json.loads(raw)
    await writer.write_plan(case)
    await writer.write_year(case)
    assert (await writer.get("/export")).content == raw


@pytest_asyncio.fixture(loop_scope="module")
async def draft(api: Api, years: Iterator[int]) -> Writer:
    """A draft of one weighted objective, two measures and two indicators."""
    writer = Writer(api, "LU", next(years))
    await writer.write_plan(small(writer.year))
    return writer


@pytest.fixture(scope="module")
def years() -> Iterator[int]:
    """A year of its own for every plan of this module."""
    return iter(range(2030, 2100))


async def test_all_faults_are_answered_at_once_where_they_are(draft: Writer) -> None:
    answer = await draft.call(
        "POST",
        "/indicators",
        json={
            "code": "I1",
            "objective": "nowhere",
            "title": "",
            "formula": "[m1] +",
            "value_type": "number",
            "decimals": "2",
            "targets": {"2030": {"op": ">=", "value": "many"}},
            "position": -1,
            "colour": "red",
        },
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == "edit_refused"
    assert set(codes(answer)) == {
        ("/position", "out_of_range"),
        ("/colour", "unknown_field"),
        ("/title", "too_short"),
        ("/decimals", "wrong_type"),
        ("/code", "duplicate_code"),
        ("/objective", "unknown_objective"),
        ("/formula", "formula_syntax"),
        ("/targets/2030/value", "wrong_value"),
    }
    assert len((await draft.get("/indicators")).json()["items"]) == 2


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"code": "x", "code": "y"}', b'"\\ud800"'])
async def test_what_is_no_object_is_refused(draft: Writer, body: bytes) -> None:
    answer = await draft.call("POST", "/objectives", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "edit_refused")
    other = await draft.call("POST", "/objectives", content=b"x", headers={"Content-Type": "a/b"})
    assert other.status_code == 415


async def test_a_patch_changes_what_it_names(draft: Writer) -> None:
    before = (await draft.get("/indicators/I1")).json()
    year = str(draft.year)
    change = {
        "note": "Rivisto",
        "weight": None,
        "targets": {year: {"value": "90"}, str(draft.year + 1): {"op": "<=", "value": "5"}},
    }
    answer = await draft.patch("/indicators/I1", change)
    assert answer.status_code == 200
    assert (await draft.get("/indicators/I1")).headers["etag"] == answer.headers["etag"]
    after = (await draft.get("/indicators/I1")).json()
    assert after == before | {
        "note": "Rivisto",
        "weight": None,
        "targets": {
            year: {"op": ">=", "value": "90"},
            str(draft.year + 1): {"op": "<=", "value": "5"},
        },
    }
    answer = await draft.patch("/indicators/I1", {"targets": {year: None}, "title": None})
    assert codes(answer) == [("/title", "field_required")]
    answer = await draft.patch("/indicators/I1", {"targets": {year: None}})
    assert list(answer.json()["targets"]) == [str(draft.year + 1)]


async def test_the_same_again_changes_nothing(draft: Writer) -> None:
    before = (await draft.get()).json()
    answer = await draft.patch("/indicators/I1", {"weight": "60", "code": "I1"})
    assert answer.status_code == 200
    after = (await draft.get()).json()
    assert after["revision"] == before["revision"]
    await draft.patch("/indicators/I1", {"weight": "50"})
    assert (await draft.get()).json()["revision"] == before["revision"] + 1


async def test_warnings_tell_what_the_change_brings(draft: Writer) -> None:
    answer = await draft.patch("/indicators/I1", {"weight": "50"})
    assert answer.json()["warnings"] == [
        {"pointer": "", "code": "weights_off_100", "detail": "A1: i pesi sommano a 90, non a 100"}
    ]
    answer = await draft.patch("/indicators/I2", {"weight": "50", "title": "Indicatore I1"})
    assert [(w["pointer"], w["code"]) for w in answer.json()["warnings"]] == [
        ("/title", "repeated_title")
    ]
    answer = await draft.patch("/indicators/I2", {"formula": "[m9]"})
    assert ("/formula", "unknown_measure") in [
        (w["pointer"], w["code"]) for w in answer.json()["warnings"]
    ]


async def test_warnings_of_what_stands_above_and_of_what_reads_a_measure(draft: Writer) -> None:
    money = [{"type": "oneri", "year": draft.year, "budgeted": "900"}]
    below = {"code": "A1a", "kind": "action", "parent": "A1", "title": "Azione"}
    made = await draft.add("objectives", below | {"resources": money, "weight": "10"})
    assert [(w["code"], w["detail"]) for w in made["warnings"]] == [
        ("weights_off_100", "A1: i pesi sommano a 110, non a 100"),
        (
            "resource_sum_off",
            "A1 budgeted: 1000 non è la somma di quelli sottostanti, 900 (100)",
        ),
    ]
    await draft.patch("/indicators/I1", {"formula": "[m1] + [m2]", "unit": "EUR"})
    await draft.patch("/measures/m1", {"unit": "EUR"})
    answer = await draft.patch("/measures/m2", {"unit": "gg"})
    assert [(w["pointer"], w["code"]) for w in answer.json()["warnings"]] == [("", "sum_of_units")]


async def test_what_two_offices_may_edit_asks_for_what_they_read(draft: Writer) -> None:
    etag = (await draft.get("/indicators/I1")).headers["etag"]
    missing = await draft.call("PATCH", "/indicators/I1", json={"note": "x"}, headers=MERGE)
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    assert (await draft.call("DELETE", "/indicators/I1")).status_code == 428
    first = await draft.patch("/indicators/I1", {"note": "una"}, **{"If-Match": etag})
    assert first.status_code == 200
    second = await draft.patch("/indicators/I1", {"note": "due"}, **{"If-Match": etag})
    assert (second.status_code, second.json()["code"]) == (412, "stale_version")
    assert second.headers["etag"] == first.headers["etag"]
    assert (await draft.get("/indicators/I1")).json()["note"] == "una"


async def test_work_on_other_elements_is_no_hindrance(draft: Writer) -> None:
    element = (await draft.get("/indicators/I1")).headers["etag"]
    plan = (await draft.get()).headers["etag"]
    await draft.add("indicators", indicator(draft.year, "I0", "10", "1") | {"position": 0})
    moved = await draft.get("/indicators/I1")
    assert moved.json()["position"] == 1
    assert moved.headers["etag"] != element  # what is shown has changed
    answer = await draft.patch("/indicators/I1", {"note": "x"}, **{"If-Match": element})
    assert answer.status_code == 200
    answer = await draft.patch("", {"kind": "relazione"}, **{"If-Match": plan})
    assert answer.status_code == 200
    assert answer.json()["kind"] == "relazione"
    stale = await draft.patch("", {"kind": "piano"}, **{"If-Match": plan})
    assert stale.status_code == 412


async def test_approving_asks_for_the_whole_plan(draft: Writer) -> None:
    read = (await draft.get()).headers["etag"]
    await draft.patch("/indicators/I1", {"note": "x"})
    headers = {"If-Match": read}
    answer = await draft.call("POST", "/approval", json={"act": ACT}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (412, "stale_version")


async def order(writer: Writer, section: str) -> list[str]:
    items = (await writer.get(f"/{section}?fields=code,position")).json()["items"]
    assert [item["position"] for item in items] == list(range(len(items)))
    return [item["code"] for item in items]


async def test_elements_move(draft: Writer) -> None:
    for code in ("m3", "m4"):
        await draft.add("measures", {"code": code, "title": code})
    assert await order(draft, "measures") == ["m1", "m2", "m3", "m4"]
    assert (await draft.patch("/measures/m4", {"position": 0})).json()["position"] == 0
    assert await order(draft, "measures") == ["m4", "m1", "m2", "m3"]
    assert (await draft.patch("/measures/m1", {"position": 999})).json()["position"] == 3
    assert await order(draft, "measures") == ["m4", "m2", "m3", "m1"]
    assert (await draft.remove("/measures/m3")).status_code == 204
    assert await order(draft, "measures") == ["m4", "m2", "m1"]
    await draft.add("objectives", {"code": "B", "kind": "perspective", "title": "Processi"})
    moved = await draft.patch("/objectives/A1", {"parent": "B", "position": 2})
    assert moved.json()["parent"] == "B"
    assert await order(draft, "objectives") == ["A", "B", "A1"]


async def test_circles_are_refused_where_they_close(draft: Writer) -> None:
    for change in ({"parent": "A1"}, {"members": ["A1", "A"]}):
        answer = await draft.patch("/objectives/A", change)
        assert answer.status_code == 422
        assert {code for _, code in codes(answer)} == {"circular"}
        assert all(place.startswith(f"/{next(iter(change))}") for place, _ in codes(answer))
    derived = {"derived_from": {"objective": "A"}}
    answer = await draft.patch("/indicators/I1", derived)
    assert [code for _, code in codes(answer)] == ["circular"]


async def test_a_code_is_for_good(draft: Writer) -> None:
    answer = await draft.patch("/indicators/I1", {"code": "I9"})
    assert codes(answer) == [("/code", "code_fixed")]


async def test_what_others_need_is_not_removed(draft: Writer) -> None:
    for path, needed in (("/objectives/A", 1), ("/objectives/A1", 2), ("/measures/m1", 1)):
        answer = await draft.remove(path)
        assert (answer.status_code, answer.json()["code"]) == (409, "element_in_use")
        assert len(codes(answer)) == needed
    assert (await draft.remove("/indicators/I1")).status_code == 204
    assert (await draft.remove("/measures/m1")).status_code == 204
    gone = await draft.call("GET", "/measures/m1")
    assert (gone.status_code, gone.json()["code"]) == (404, "element_not_found")


async def test_what_was_measured_is_not_removed(draft: Writer) -> None:
    await draft.write_year(
        {
            "measurements": [{"indicator": "I1", "value": "3"}],
            "evaluations": [
                {"scope": "chamber", "indicator": "I2", "effect": "exclude", "reason": "Legge."}
            ],
            "narratives": [{"objective": "A1", "text": "Bene."}],
        }
    )
    for path in ("/indicators/I1", "/indicators/I2", "/objectives/A1"):
        answer = await draft.remove(path)
        assert (answer.status_code, answer.json()["code"]) == (409, "measured_element_removed")
    explained = {"cause": "exogenous", "explanation": "Sportelli chiusi per legge."}
    other = await draft.add("indicators", indicator(draft.year, "I3", "1", "1"))
    await draft.done("PUT", f"/deviations/indicator:{other['code']}", json=explained)
    answer = await draft.remove("/indicators/I3")
    assert (answer.status_code, answer.json()["code"]) == (409, "measured_element_removed")
    read = await draft.patch("/indicators/I1", {"value_type": "date", "targets": None})
    assert read.status_code == 422
    assert [place for place, _ in codes(read)] == [""]
    assert "I1" in read.json()["errors"][0]["detail"]


async def approved(writer: Writer) -> Writer:
    etag = (await writer.get()).headers["etag"]
    await writer.done("POST", "/approval", json={"act": ACT}, headers={"If-Match": etag})
    return writer


async def test_an_approved_plan_stays_until_it_is_amended(draft: Writer) -> None:
    await approved(draft)
    shown = (await draft.get("/indicators/I1")).json()
    assert shown["allowed_actions"] == ["plan.update"]
    changed = await draft.patch("/indicators/I1", {"targets": {str(draft.year): {"value": "1"}}})
    assert (changed.status_code, changed.json()["code"]) == (409, "plan_content_fixed")
    assert codes(changed) == [(f"/targets/{draft.year}", "approved_content_changed")]
    added = await draft.call("POST", "/measures", json={"code": "m9", "title": "Nuova"})
    assert codes(added) == [("", "approved_content_added")]
    assert codes(await draft.remove("/indicators/I2")) == [("", "approved_content_removed")]
    policy = await draft.patch("", {"policy": {"cap": "120"}})
    assert codes(policy) == [("/policy/cap", "approved_content_changed")]

    resources = [{"type": "oneri", "year": draft.year, "budgeted": "1000", "actual": "980"}]
    assert (await draft.patch("/objectives/A1", {"resources": resources})).status_code == 200
    named = await draft.patch("/measures/m1", {"external_ids": {"integra": "77"}})
    assert named.status_code == 200
    table = {"code": "T", "title": "Personale", "section": "2.2", "columns": ["a"], "rows": []}
    assert (await draft.add("tables", table))["allowed_actions"] == ["plan.update"]

    etag = (await draft.get()).headers["etag"]
    await draft.done("POST", "/amendments", json=AMENDMENT, headers={"If-Match": etag})
    changed = await draft.patch("/indicators/I1", {"targets": {str(draft.year): {"value": "90"}}})
    assert changed.status_code == 200
    assert changed.json()["allowed_actions"] == ["plan.edit", "plan.update"]
    difference = (await draft.get("/versions/1/differences/2")).json()
    assert [(row["code"], row["fields"][0]["name"]) for row in difference["changes"]] == [
        ("I1", f"targets/{draft.year}")
    ]


async def test_a_closed_plan_says_so(draft: Writer) -> None:
    await approved(draft)
    etag = (await draft.get()).headers["etag"]
    await draft.done("POST", "/closure", json={}, headers={"If-Match": etag})
    answer = await draft.patch("/indicators/I1", {"weight": "70"})
    assert (answer.status_code, answer.json()["code"]) == (409, "plan_closed")


async def test_acts_that_approved_a_version_stay(draft: Writer) -> None:
    await approved(draft)
    act = {"document": "Relazione", "organ": "Giunta", "number": "9", "date": "2030-06-30"}
    answer = await draft.patch("", {"acts": [act]})
    assert [act["document"] for act in answer.json()["acts"]] == [
        "Relazione",
        "Piano della performance",
    ]
    wrong = await draft.patch("", {"acts": [act | {"date": "2030-02-30"}], "policy": None})
    assert set(codes(wrong)) == {("/acts/0/date", "wrong_value"), ("/policy", "field_required")}


async def test_a_plan_begins_with_rules_and_once(api: Api, years: Iterator[int]) -> None:
    writer = Writer(api, "LU", next(years))
    key = {"Idempotency-Key": f"plan-{writer.year}"}
    body = {"year": writer.year}
    made = [await api.call("POST", writer.plans, json=body, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[1].headers["idempotency-replayed"] == "true"
    assert made[0].headers["location"] == f"{writer.plans}/{writer.year}"
    plan = made[0].json()
    assert (plan["state"], plan["kind"]) == ("draft", "piano")
    assert plan["policy"]["overall"] == {"kinds": ["perspective"]}
    assert set(plan["counts"].values()) == {0}
    again = await writer.begin()
    assert (again.status_code, again.json()["code"]) == (409, "plan_exists")
    wrong = await api.call(
        "POST", writer.plans, json={"year": "2050", "kind": "x", "policy": {}, "colour": 1}
    )
    assert set(codes(wrong)) == {
        ("/year", "wrong_type"),
        ("/kind", "not_allowed"),
        ("/policy/overall", "field_required"),
        ("/colour", "unknown_field"),
    }


async def test_a_plan_begins_with_the_rules_that_the_chamber_has_adopted(api: Api) -> None:
    await api.create_chambers("PO")
    plain: Case = small(2030)["policy"]
    path = "/v1/chambers/PO/configuration"
    headers = {**MERGE, "If-Match": (await api.call("GET", path)).headers["etag"]}
    body = {"policies": [{"from_year": 2031, "policy": plain | {"cap": "110"}}]}
    answer = await api.call("PATCH", path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    none_adopted = await Writer(api, "PO", 2030).begin()
    adopted = await Writer(api, "PO", 2031).begin(copy_from=2030)
    sent = await Writer(api, "PO", 2032).begin(policy=plain)
    plans = [none_adopted.json(), adopted.json(), sent.json()]
    assert [plan["policy"]["cap"] for plan in plans] == ["100", "110", "100"]


async def test_the_next_year_begins_with_the_structure_of_this_one(
    draft: Writer, years: Iterator[int]
) -> None:
    year, following = draft.year, Writer(draft.api, "LU", next(years))
    resources = [
        {"type": "oneri", "year": year, "budgeted": "1000", "actual": "7"},
        {"type": "oneri", "year": following.year, "budgeted": "1100", "actual": "0"},
    ]
    await draft.patch("/objectives/A1", {"resources": resources, "programme": "012 - 005"})
    targets = {str(following.year): {"op": ">=", "value": "70"}}
    await draft.patch("/indicators/I1", {"targets": targets, "baseline": "50"})
    await draft.write_year(
        {
            "measurements": [{"measure": "m1", "year": year, "value": "8"}],
            "evaluations": [],
            "narratives": [{"section": "1", "text": "x"}],
        }
    )
    answer = await following.begin(copy_from=year)
    assert answer.status_code == 201
    counts = answer.json()["counts"]
    assert counts == {
        "objectives": 2,
        "measures": 2,
        "indicators": 2,
        "measurements": 0,
        "evaluations": 0,
        "narratives": 0,
        "tables": 0,
    }
    case = (await following.get("/export")).json()
    assert case["objectives"][1]["resources"] == [
        {"type": "oneri", "year": following.year, "budgeted": "1100"}
    ]
    assert case["objectives"][1]["programme"] == "012 - 005"
    assert [row["targets"] for row in case["indicators"]] == [targets, {}]
    assert "baseline" not in case["indicators"][0]
    assert case["policy"] == (await draft.get("/export")).json()["policy"]
    lost = await Writer(draft.api, "LU", 2001).begin(copy_from=1999)
    assert (lost.status_code, lost.json()["code"]) == (404, "plan_not_found")
    same = await Writer(draft.api, "LU", 2001).begin(copy_from=2001)
    assert codes(same) == [("/copy_from", "wrong_value")]


async def test_six_offices_write_at_once_and_lose_nothing(draft: Writer) -> None:
    async def work(number: int) -> None:
        code = f"O{number}"
        await draft.add("measures", {"code": code, "title": f"Misura {number}"})
        for turn in range(3):
            answer = await draft.patch(f"/measures/{code}", {"unit": f"N. {turn}"})
            assert answer.status_code == 200, answer.text

    await asyncio.gather(*(work(number) for number in range(6)))
    measures = {row["code"]: row for row in (await draft.get("/measures")).json()["items"]}
    assert all(measures[f"O{number}"]["unit"] == "N. 2" for number in range(6))
    assert len(await order(draft, "measures")) == 8


async def test_of_two_who_change_the_same_element_one_is_told(draft: Writer) -> None:
    etag = {"If-Match": (await draft.get("/indicators/I1")).headers["etag"]}
    answers = await asyncio.gather(
        *(draft.patch("/indicators/I1", {"note": note}, **etag) for note in ("una", "due"))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    kept = next(answer for answer in answers if answer.status_code == 200).json()["note"]
    assert (await draft.get("/indicators/I1")).json()["note"] == kept


async def test_who_may_write(draft: Writer) -> None:
    body = {"code": "m7", "title": "Sette"}
    for role in ("reader", "contributor", "validator", "oiv", "signer"):
        roles = {"LU": [role]}
        path = f"{draft.plans}/{draft.year}/measures"
        assert (await draft.api.call("POST", path, roles, json=body)).status_code == 403
        shown = await draft.api.call("GET", f"{path}/m1", roles)
        assert shown.json()["allowed_actions"] == []
    foreign = await draft.api.call("POST", path, {"PI": ["controller"]}, json=body)
    assert foreign.status_code == 404
    controller = {"LU": ["controller"]}
    assert (await draft.api.call("POST", path, controller, json=body)).status_code == 201


async def test_texts_are_listed_and_taken_back(draft: Writer) -> None:
    texts = [{"section": "1", "text": "Uno"}, {"objective": "A1", "text": "Due"}]
    await draft.write_year({"measurements": [], "evaluations": [], "narratives": texts})
    first = (await draft.get("/narratives?limit=1")).json()
    assert [item["key"] for item in first["items"]] == ["section:1"]
    rest = (await draft.get(f"/narratives?cursor={first['next']}")).json()
    assert [(item["key"], item["text"]) for item in rest["items"]] == [("objective:A1", "Due")]
    assert (await draft.call("DELETE", "/narratives/objective:A1")).status_code == 428
    assert (await draft.remove("/narratives/objective:A1")).status_code == 204
    gone = await draft.call("GET", "/narratives/objective:A1")
    assert gone.json()["code"] == "subject_not_found"


async def test_a_code_may_hold_a_slash(draft: Writer) -> None:
    answer = await draft.call("POST", "/measures", json={"code": "n/a 1", "title": "Strano"})
    assert answer.headers["location"].endswith("/measures/n%2Fa%201")
    found = await draft.api.call("GET", answer.headers["location"])
    assert found.json()["title"] == "Strano"


@pytest.mark.parametrize(
    ("case_model", "change"),
    [(kind.section.model, kind.change) for kind in KINDS] + [(CasePolicy, PolicyChange)],
)
async def test_a_change_has_the_fields_of_the_element(
    case_model: type[BaseModel], change: type[BaseModel]
) -> None:
    assert set(change.model_fields) - {"position"} == set(case_model.model_fields)
