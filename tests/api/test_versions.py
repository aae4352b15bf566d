"""The life of a plan: approved, amended, closed; never changed in place."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from tests.api.plan_office import (
    ACT,
    AMENDING_ACT,
    AMENDMENT,
    Case,
    Office,
    indicator,
    small,
    with_target,
)
from tests.api.system import JSON, PISA, Api, codes

pytestmark = pytest.mark.asyncio(loop_scope="module")

_years = iter(range(2031, 2095))


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def chambers(api: Api) -> None:
    """Two chambers."""
    await api.create_chambers("PI", "LU")


@pytest.fixture
def drafted(api: Api) -> Callable[..., Awaitable[Office]]:
    """Makes an office whose plan of a year of its own has been imported."""

    async def make(**changes: Any) -> Office:  # noqa: ANN401 - any part of a case
        office = Office(api, next(_years))
        answer = await office.send(small(office.year, **changes))
        assert answer.status_code == 201, answer.text
        return office

    return make


@pytest_asyncio.fixture(loop_scope="module")
async def approved(drafted: Callable[..., Awaitable[Office]]) -> Office:
    """An office whose plan is approved."""
    office = await drafted()
    await office.done("approval", {"act": ACT})
    return office


Drafted = Callable[..., Awaitable[Office]]


async def test_a_draft_is_what_it_was_and_says_so(drafted: Drafted) -> None:
    office = await drafted()
    plan = await office.document()
    assert (plan["state"], plan["version"]) == ("draft", 1)
    assert "plan.approve" in plan["allowed_actions"]
    assert not {"plan.amend", "plan.close"} & set(plan["allowed_actions"])
    results = await office.document("/results")
    assert (results["plan_version"], results["plan_state"]) == (1, "draft")
    assert (await office.document("/versions"))["items"] == []
    draft = await office.document("/versions/1")
    assert (draft["facts"]["state"], draft["facts"]["sha256"]) == ("draft", None)
    changed = await office.send(with_target(small(office.year), "I1", "90"))
    assert changed.status_code == 201


async def test_approval_makes_the_first_version(drafted: Drafted) -> None:
    office = await drafted()
    answer = await office.move("approval", {"act": ACT})
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{office.path}/versions/1"
    made = answer.json()
    assert made["act"] == {"document": "Piano della performance", **ACT}
    assert (made["version"], made["state"]) == (1, "approved")
    version = await office.document("/versions/1")
    assert version["facts"] == made
    canonical = json.dumps(version["content"], ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(canonical.encode()).hexdigest() == made["sha256"]
    plan = await office.document()
    assert (plan["state"], plan["version"]) == ("approved", 1)
    assert plan["acts"] == [{"document": "Piano della performance", **ACT}]
    assert {"plan.amend", "plan.close"} <= set(plan["allowed_actions"])
    assert "plan.approve" not in plan["allowed_actions"]
    results = await office.document("/results")
    assert (results["plan_version"], results["plan_state"]) == (1, "approved")


async def test_approval_is_refused_with_all_faults_at_once(api: Api) -> None:
    answer = await api.import_case("LU", PISA)
    assert answer.status_code == 201
    office = Office(api, 2020)
    refused = await office.move("approval", {"act": ACT | {"date": "2999-01-01"}})
    assert refused.status_code == 422
    assert refused.json()["code"] == "approval_refused"
    objectives = [row["code"] for row in json.loads(PISA)["objectives"]]
    named = {
        (objectives[int(place.split("/")[2])] if place.startswith("/objectives") else place, code)
        for place, code in codes(refused)
    }
    # The rows of Pisa that concern corruption weigh against nothing, as it published them.
    assert named == {
        ("C2", "mixed_weights"),
        ("PTPCT-DIR", "weights_off_100"),
        ("PTPCT-COM", "weights_off_100"),
        ("PTPCT-FORM", "weights_off_100"),
        ("/act/date", "date_in_future"),
    }
    assert (await office.document())["state"] == "draft"
    assert (await office.document("/versions"))["items"] == []


async def test_weights_within_the_tolerance_are_approved(drafted: Drafted) -> None:
    office = await drafted()
    year = office.year
    rows = [indicator(year, "I1", "33.33", "1"), indicator(year, "I2", "66.66", "1")]
    await office.send(small(year, indicators=rows))
    assert (await office.done("approval", {"act": ACT}))["version"] == 1
    other = await drafted()
    rows = [indicator(other.year, "I1", "33", "1"), indicator(other.year, "I2", "66", "1")]
    await other.send(small(other.year, indicators=rows))
    refused = await other.move("approval", {"act": ACT})
    assert codes(refused) == [("/objectives/1", "weights_off_100")]


async def test_moves_ask_for_what_the_caller_has_read(approved: Office) -> None:
    path = f"{approved.path}/amendments"
    missing = await approved.api.call("POST", path, json=AMENDMENT)
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    stale = await approved.move("amendments", AMENDMENT, headers={"If-Match": '"old"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert (await approved.document())["state"] == "approved"


@pytest.mark.parametrize("body", [{"cause": "exogenous"}, AMENDMENT | {"motivation": "  "}])
async def test_no_amendment_without_motivation(approved: Office, body: Case) -> None:
    refused = await approved.move("amendments", body)
    assert refused.status_code == 422
    assert [pointer for pointer, _ in codes(refused)] == ["/motivation"]
    assert (await approved.document())["state"] == "approved"


async def test_no_amendment_without_one_of_the_causes(approved: Office) -> None:
    refused = await approved.move("amendments", AMENDMENT | {"cause": "bad luck"})
    assert [pointer for pointer, _ in codes(refused)] == ["/cause"]


async def test_an_approved_plan_does_not_change_in_place(approved: Office) -> None:
    before = await approved.get("/export")
    case = with_target(small(approved.year), "I1", "90")
    case["indicators"][1]["weight"] = "41"
    case["measures"].append({"code": "m3", "title": "Nuova"})
    refused = await approved.send(case)
    assert refused.status_code == 409
    problem = refused.json()
    assert problem["code"] == "plan_content_fixed"
    assert "variazione" in problem["detail"]
    assert codes(refused) == [
        ("/measures/2", "approved_content_added"),
        (f"/indicators/0/targets/{approved.year}", "approved_content_changed"),
        ("/indicators/1/weight", "approved_content_changed"),
    ]
    assert "approvato >= 100, inviato >= 90" in problem["errors"][1]["detail"]
    assert (await approved.get("/export")).content == before.content
    english = await approved.api.call(
        "POST",
        "/v1/chambers/LU/imports",
        content=json.dumps(case).encode(),
        headers=JSON | {"Accept-Language": "en"},
    )
    assert "Open an amendment" in english.json()["detail"]


async def test_what_the_year_brings_is_imported_into_an_approved_plan(approved: Office) -> None:
    year = approved.year
    case = small(year, kind="relazione")
    case["objectives"][1]["resources"][0] |= {"actual": "950"}
    case["measures"][0]["external_ids"] = {"integra": "694"}
    case["measurements"].append({"measure": "m2", "year": year, "value": "9", "period": None})
    case["evaluations"] = [
        {"scope": "LU", "indicator": "I2", "effect": "exclude", "reason": "Sospeso per legge"}
    ]
    case["narratives"] = [{"objective": "A1", "text": "Impatto"}]
    answer = await approved.send(case)
    assert answer.status_code == 201, answer.text
    exported = await approved.document("/export")
    # The act of the approval stays although the file does not know it.
    assert exported["acts"] == [{"document": "Piano della performance", **ACT}]
    assert exported["objectives"][1]["resources"][0]["actual"] == "950"
    again = (await approved.send(exported)).json()["sections"]
    assert all(
        not (counts["created"] or counts["changed"] or counts["removed"])
        for counts in again.values()
    )
    assert (await approved.document())["version"] == 1


async def test_an_amendment_is_a_new_version_beside_the_old(approved: Office) -> None:
    year = approved.year
    opened = await approved.move("amendments", AMENDMENT | {"oiv_opinion": "Nulla osta."})
    assert opened.status_code == 201
    assert opened.headers["location"] == f"{approved.path}/versions/2"
    assert (opened.json()["state"], opened.json()["version"]) == ("draft", 2)
    assert (await approved.send(with_target(small(year), "I1", "80"))).status_code == 201
    working = await approved.document("/results")
    assert (working["plan_version"], working["plan_state"]) == (2, "amending")
    assert working["indicators"][0]["figure"]["recognised"] == "100"
    # What was approved stays as it was, and the difference can be read before the approval.
    first = await approved.document("/versions/1")
    assert first["content"]["indicators"][0]["targets"][str(year)]["value"] == "100"
    preview = await approved.document("/versions/1/differences/2")
    assert [row["version"] for row in preview["reasons"]] == [2]

    made = await approved.done("approval", {"act": AMENDING_ACT})
    assert (made["version"], made["cause"]) == (2, "exogenous")
    assert made["motivation"] == AMENDMENT["motivation"]
    assert made["oiv_opinion"] == "Nulla osta."
    versions = await approved.document("/versions")
    assert [(row["version"], row["state"]) for row in versions["items"]] == [
        (2, "approved"),
        (1, "superseded"),
    ]
    assert (await approved.document("/versions/1"))["content"] == first["content"]
    told = await approved.document("/versions/1/differences/2")
    old, new = {"op": ">=", "value": "100"}, {"op": ">=", "value": "80"}
    assert [(t["indicator"], t["year"], t["old"], t["new"]) for t in told["targets"]] == [
        ("I1", year, old, new)
    ]
    (reason,) = told["reasons"]
    assert (reason["act"]["number"], reason["motivation"]) == ("61", AMENDMENT["motivation"])
    (row,) = told["changes"]
    assert (row["section"], row["code"], row["change"]) == ("indicators", "I1", "changed")
    assert row["fields"] == [{"name": f"targets/{year}", "old": ">= 100", "new": ">= 80"}]
    back = await approved.document("/versions/2/differences/1")
    assert (back["targets"][0]["old"], back["targets"][0]["new"]) == (new, old)
    assert (await approved.document("/versions/2/differences/2"))["changes"] == []
    results = await approved.document("/results")
    assert (results["plan_version"], results["plan_state"]) == (2, "approved")
    assert [act["number"] for act in (await approved.document())["acts"]] == ["7", "61"]


async def test_an_amendment_that_changes_nothing_is_not_approved(approved: Office) -> None:
    await approved.done("amendments", AMENDMENT)
    refused = await approved.move("approval", {"act": AMENDING_ACT})
    assert (refused.status_code, refused.json()["code"]) == (409, "amendment_without_changes")
    too_early = await approved.move("approval", {"act": ACT | {"date": "2021-01-28"}})
    assert codes(too_early) == [("/act/date", "date_before_version")]


async def test_an_amendment_given_up_leaves_what_was_approved(approved: Office) -> None:
    year = approved.year
    before = await approved.document("/export")
    await approved.done("amendments", AMENDMENT)
    case = with_target(small(year), "I1", "80")
    case["policy"]["cap"] = "120"
    case["objectives"][1]["resources"][0] |= {"actual": "950"}
    case["measures"].append({"code": "m3", "title": "Nuova"})
    case["indicators"] = [case["indicators"][0], indicator(year, "I3", "40", "5")]
    assert (await approved.send(case)).status_code == 201
    plan = await approved.done("withdrawal", {"motivation": "La Giunta non l'ha approvata."})
    assert (plan["state"], plan["version"]) == ("approved", 1)
    after = await approved.document("/export")
    # What was spent meanwhile is no part of the plan, and stays.
    before["objectives"][1]["resources"][0]["actual"] = "950"
    assert after == before
    content = (await approved.document("/versions/1"))["content"]
    assert content["indicators"] == after["indicators"]


async def test_an_amendment_in_use_is_not_given_up(approved: Office) -> None:
    year = approved.year
    await approved.done("amendments", AMENDMENT)
    case = small(year)
    case["measures"].append({"code": "m3", "title": "Nuova"})
    case["measurements"] = [{"measure": "m3", "year": year, "value": "1", "period": None}]
    assert (await approved.send(case)).status_code == 201
    refused = await approved.move("withdrawal", {"motivation": "Ripensamento"})
    assert (refused.status_code, refused.json()["code"]) == (409, "measured_element_removed")
    assert (await approved.document())["state"] == "amending"


async def test_a_closed_plan_takes_no_value_and_no_amendment(approved: Office) -> None:
    year = approved.year
    plan = await approved.done("closure", {})
    assert plan["state"] == "closed"
    assert {"plan.reopen", "evaluation.decide"} <= set(plan["allowed_actions"])
    assert not {"plan.amend", "measurement.record"} & set(plan["allowed_actions"])
    value = {"measure": "m1", "year": year, "value": "81"}
    path = f"{approved.path}/measurements"
    measured = await approved.api.call("POST", path, json={"measurements": [value]})
    assert (measured.status_code, measured.json()["code"]) == (409, "plan_closed")
    case = small(year)
    case["measurements"] = [value | {"period": None}]
    assert (await approved.send(case)).json()["code"] == "plan_closed"
    changed = await approved.send(with_target(small(year), "I1", "1"))
    assert (changed.status_code, changed.json()["code"]) == (409, "plan_closed")
    assert (await approved.move("amendments", AMENDMENT)).json()["code"] == "plan_closed"
    assert (await approved.send(small(year))).status_code == 201  # the same file changes nothing
    decision = {"scope": "LU", "indicator": "I2", "effect": "exclude", "reason": "Non misurabile"}
    decided = await approved.api.call("POST", f"{approved.path}/evaluations", json=decision)
    assert decided.status_code == 201, decided.text
    reopened = await approved.done("reopening", {"motivation": "Dato tardivo certificato."})
    assert reopened["state"] == "approved"
    measured = await approved.api.call("POST", path, json={"measurements": [value]})
    assert measured.status_code == 201


@pytest.mark.parametrize(
    ("moves", "name", "body", "code"),
    [
        ((), "amendments", AMENDMENT, "plan_not_approved"),
        ((), "closure", {}, "plan_not_approved"),
        ((), "withdrawal", {"motivation": "x"}, "no_open_amendment"),
        (("approval",), "approval", {"act": ACT}, "plan_already_approved"),
        (("approval",), "reopening", {"motivation": "x"}, "plan_not_closed"),
        (("approval", "amendments"), "amendments", AMENDMENT, "amendment_open"),
        (("approval", "amendments"), "closure", {}, "amendment_open"),
        (("approval", "closure"), "approval", {"act": ACT}, "plan_closed"),
        (("approval", "closure"), "closure", {}, "plan_closed"),
    ],
)
async def test_illegal_moves_are_refused_and_say_what_to_do(
    drafted: Drafted, moves: tuple[str, ...], name: str, body: Case, code: str
) -> None:
    office = await drafted()
    bodies: dict[str, Case] = {"approval": {"act": ACT}, "amendments": AMENDMENT, "closure": {}}
    for move in moves:
        await office.done(move, bodies[move])
    before = await office.get()
    refused = await office.move(name, body)
    assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert len(refused.json()["detail"]) > 20
    assert (await office.get()).content == before.content


async def test_who_may_not_is_told_and_who_is_elsewhere_learns_nothing(approved: Office) -> None:
    for role in ("contributor", "reader", "oiv"):
        refused = await approved.move("amendments", AMENDMENT, roles={"LU": [role]})
        assert refused.status_code == 403
        plan = await approved.api.call("GET", approved.path, roles={"LU": [role]})
        assert not {a for a in plan.json()["allowed_actions"] if a in {"plan.amend", "plan.close"}}
    for path in ("/versions", "/versions/1", "/versions/1/differences/1"):
        hidden = await approved.api.call("GET", f"{approved.path}{path}", roles={"PI": ["reader"]})
        assert hidden.status_code == 404
        assert hidden.json()["code"] == "chamber_not_found"


async def test_versions_that_do_not_exist(approved: Office) -> None:
    for path in ("/versions/2", "/versions/1/differences/2", "/versions/9/differences/1"):
        answer = await approved.api.call("GET", f"{approved.path}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "version_not_found")


async def test_an_approval_sent_twice_with_its_key_is_one(drafted: Drafted) -> None:
    office = await drafted()
    etag = (await office.get()).headers["etag"]
    headers = {"If-Match": etag, "Idempotency-Key": f"approve-{office.year}"}
    first = await office.move("approval", {"act": ACT}, headers=headers)
    again = await office.move("approval", {"act": ACT}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"


async def test_every_move_leaves_its_trace(drafted: Drafted, owner_url: str) -> None:
    office = await drafted()
    await office.done("approval", {"act": ACT})
    await office.done("amendments", AMENDMENT)
    await office.send(with_target(small(office.year), "I1", "80"))
    await office.done("approval", {"act": AMENDING_ACT})
    await office.done("closure", {})
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute("SET ciclo.chambers = 'LU'")
        subject = f"plan/{office.year}"
        lines = await connection.fetch(
            "SELECT action, detail FROM audit_log WHERE subject = $1 AND action LIKE 'plan.%' "
            "ORDER BY audit_id",
            subject,
        )
        events = await connection.fetch(
            "SELECT topic FROM outbox WHERE subject = $1 AND topic LIKE 'plan.%' ORDER BY event_id",
            subject,
        )
    finally:
        await connection.close()
    moves = ["plan.approved", "plan.amendment_opened", "plan.amended", "plan.closed"]
    assert [row["action"] for row in lines if row["action"] != "plan.imported"] == moves
    assert [row["topic"] for row in events] == moves
    assert AMENDMENT["motivation"] not in str(lines)


async def test_what_was_approved_cannot_be_rewritten_or_deleted(
    approved: Office, runtime_url: str
) -> None:
    connection = await asyncpg.connect(runtime_url)
    try:
        for statement in (
            "UPDATE plan_versions SET content = ''",
            "DELETE FROM plan_versions",
            "UPDATE plan_moves SET motivation = ''",
            "DELETE FROM plan_moves",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()
    assert (await approved.document("/versions"))["items"]
