"""Periods: what is due and who owes it, closing with exceptions, and what comes too late."""

import asyncio
import json
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.api.system import Api, Roles, codes
from tests.api.webhook_sender import Inside, Sender, create_integration, measure

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHAMBER = "MS"
YEAR = 2021
BASE = f"/v1/chambers/{CHAMBER}/plans/{YEAR}"
RULES = f"/v1/chambers/{CHAMBER}/measurement-rules"

OFFICE = {CHAMBER: ["contributor"]}
MANAGER = {CHAMBER: ["validator"]}
CONTROLLER = {CHAMBER: ["controller"]}
ADMINISTRATOR = {CHAMBER: ["chamber_administrator"]}

Document = dict[str, Any]


def case(year: int) -> bytes:
    """A plan with a measure that is summed over periods, one of the year, and a direct value."""
    targets = {str(year): {"op": ">=", "value": "1"}}
    shared = {"objective": "A1", "value_type": "number", "targets": targets}
    document = {
        "format": "ciclo/case@1",
        "chamber": CHAMBER,
        "year": year,
        "kind": "piano",
        "policy": {"overall": {"kinds": ["perspective"]}},
        "objectives": [
            {
                "code": "A",
                "kind": "perspective",
                "parent": None,
                "title": "Imprese",
                "units": ["Promozione"],
            },
            {"code": "A1", "kind": "strategic_objective", "parent": "A", "title": "Uno"},
        ],
        "measures": [
            {"code": "visits", "title": "Visite", "aggregation": "sum"},
            {"code": "staff", "title": "Personale"},
        ],
        "indicators": [
            {
                "code": "I1",
                "title": "Visite per addetto",
                "formula": "[visits] / [staff]",
                "source_office": "Registro imprese",
                **shared,
            },
            {"code": "I2", "title": "Corsi", **shared},
        ],
    }
    return json.dumps(document).encode()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sender(api: Api) -> Sender:
    """Two plans without any value: of a year that is over, and of one to come."""
    await api.create_chambers(CHAMBER)
    for year in (YEAR, 2041):
        answer = await api.import_case(CHAMBER, case(year))
        assert answer.status_code == 201, answer.text
    return await create_integration(api, CHAMBER, "integra")


async def call(
    api: Api,
    method: str,
    path: str,
    roles: Roles,
    **more: Any,  # noqa: ANN401 - passed on to httpx
) -> httpx.Response:
    """A request by somebody who has just these roles: the same person every time."""
    subject = "-".join(role for held in roles.values() for role in held)
    bearer = {"Authorization": f"Bearer {api.issuer.mint(roles, subject=subject)}"}
    headers = bearer | dict(more.pop("headers", {}))
    return await api.call(method, path, roles, headers=headers, **more)


async def periods(api: Api) -> dict[str, Document]:
    """Every period of the year, by code, in the order given."""
    answer = await call(api, "GET", f"{BASE}/periods", OFFICE)
    assert answer.status_code == 200, answer.text
    return {row["period"]: row for row in answer.json()["items"]}


async def close(
    api: Api, period: str, *exceptions: Document, roles: Roles = CONTROLLER
) -> httpx.Response:
    """Asks to close a period."""
    path = f"{BASE}/periods/{period}/closure"
    return await call(api, "POST", path, roles, json={"exceptions": exceptions})


def exception(kind: str, code: str, **more: object) -> Document:
    """A datum without which a period may be closed."""
    return {
        "subject_kind": kind,
        "subject_code": code,
        "reason": "Sportello chiuso per lavori.",
        **more,
    }


async def enter(api: Api, value: str, period: str | None = "Q1") -> httpx.Response:
    """An office enters the visits of a period."""
    row = {"measure": "visits", "year": YEAR, "period": period, "value": value}
    return await call(api, "POST", f"{BASE}/measurements", OFFICE, json={"measurements": [row]})


async def validate(api: Api, code: str, period: str) -> None:
    """The office submits a value and the manager validates it."""
    query = f"subject_code={code}&period={period}"
    listed = await call(api, "GET", f"{BASE}/measurements?{query}", OFFICE)
    ids = [row["measurement_id"] for row in listed.json()["items"]]
    for move, roles in (("submit", OFFICE), ("validate", MANAGER)):
        body = {"move": move, "ids": ids}
        answer = await call(api, "POST", f"{BASE}/measurements/transitions", roles, json=body)
        assert answer.status_code == 200, answer.text


async def test_what_is_due_and_until_when(api: Api, sender: Sender) -> None:
    found = await periods(api)
    assert list(found) == ["Q1", "Q2", "Q3", "Y"]
    # 15 days after the end, moved over the week-end: 15 May 2021 and 15 January 2022 are
    # Saturdays, 15 September 2021 is a Wednesday.
    deadlines = [row["deadline"] for row in found.values()]
    assert deadlines == ["2021-05-17", "2021-09-15", "2022-01-17", "2022-01-17"]
    assert [(row["due"], row["missing"]) for row in found.values()] == [
        (1, 1),
        (1, 1),
        (1, 1),
        (2, 2),
    ]
    assert all(row["overdue"] and row["state"] == "open" for row in found.values())
    assert found["Q1"]["allowed_actions"] == []
    later = await call(api, "GET", f"/v1/chambers/{CHAMBER}/plans/2041/periods", CONTROLLER)
    assert [row["overdue"] for row in later.json()["items"]] == [False] * 4
    assert [row["allowed_actions"] for row in later.json()["items"]] == [[]] * 4


async def test_who_owes_what(api: Api, sender: Sender) -> None:
    year = (await call(api, "GET", f"{BASE}/periods/Y", OFFICE)).json()
    owed = {(row["subject_kind"], row["subject_code"]): row["owed_by"] for row in year["lacking"]}
    assert owed == {
        ("measure", "staff"): ["Registro imprese"],
        ("indicator", "I2"): ["Promozione"],
    }
    assert year["offices"] == [
        {"office": "Promozione", "missing": 1},
        {"office": "Registro imprese", "missing": 1},
    ]


async def test_lists_are_narrowed_to_what_an_office_owes(api: Api, sender: Sender) -> None:
    path = f"/v1/chambers/{CHAMBER}/plans/2041/measurements"
    rows: list[Document] = [
        {"measure": "staff", "year": 2041, "period": None, "value": "5"},
        {"indicator": "I2", "value": "3"},
    ]
    body = {"measurements": rows}
    assert (await call(api, "POST", path, OFFICE, json=body)).status_code == 201
    for office, owed in (("Registro imprese", "staff"), ("Promozione", "I2")):
        listed = await call(api, "GET", path, OFFICE, params={"office": office})
        assert [row["subject_code"] for row in listed.json()["items"]] == [owed]


async def test_a_period_is_not_closed_while_data_are_lacking(api: Api, sender: Sender) -> None:
    refused = await close(api, "Q1")
    assert (refused.status_code, refused.json()["code"]) == (409, "period_incomplete")
    (fault,) = refused.json()["errors"]
    assert fault["code"] == "datum_missing"
    assert "visits (Q1)" in fault["detail"]
    assert "Registro imprese" in fault["detail"]

    assert (await enter(api, "10")).status_code == 201
    assert codes(await close(api, "Q1")) == [("/exceptions", "datum_not_validated")]
    await validate(api, "visits", "Q1")
    assert (await close(api, "Q1", roles=OFFICE)).status_code == 403
    closed = await close(api, "Q1")
    assert closed.status_code == 200, closed.text
    assert (closed.json()["state"], closed.json()["closed_by"]) == ("closed", "controller")
    assert closed.json()["allowed_actions"] == ["period.reopen"]
    assert closed.json()["overdue"] is False
    # Entered in 2026 at the earliest, years after the deadline.
    assert closed.json()["timeliness"] == "0"
    assert (await close(api, "Q1")).json()["code"] == "period_already_closed"


async def test_a_closed_period_holds_its_data(api: Api, sender: Sender, owner_url: str) -> None:
    refused = await enter(api, "11")
    assert (refused.status_code, refused.json()["code"]) == (409, "measurements_held")
    assert codes(refused) == [("/measurements/0", "period_closed")]
    # March lies in the first quadrimestre as well.
    assert codes(await enter(api, "4", "M03")) == [("/measurements/0", "period_closed")]
    query = "subject_code=visits&period=Q1"
    (found,) = (await call(api, "GET", f"{BASE}/measurements?{query}", MANAGER)).json()["items"]
    assert found["allowed_actions"] == []
    path = f"{BASE}/measurements/{found['measurement_id']}"
    headers = {"If-Match": (await call(api, "GET", path, MANAGER)).headers["etag"]}
    body = {"reason": "Errore."}
    reopening = await call(api, "POST", f"{path}/reopening", MANAGER, json=body, headers=headers)
    assert (reopening.status_code, reopening.json()["code"]) == (409, "period_closed")

    answer = await sender.send(
        measure("visits", "12", YEAR, period="Q1"), measure("visits", "20", YEAR, period="Q2")
    )
    assert answer.status_code in {200, 202}, answer.text
    (late,) = (await api.call("GET", f"/v1/chambers/{CHAMBER}/quarantine")).json()["items"]
    assert (late["code"], late["state"]) == ("period_closed", "waiting")
    rows = await Inside(owner_url, CHAMBER).rows(
        "SELECT period, value FROM measurements WHERE subject_code = 'visits' ORDER BY period"
    )
    assert [(row["period"], row["value"]) for row in rows] == [("Q1", "10"), ("Q2", "20")]


async def test_exceptions_have_a_reason_and_excuse_something(api: Api, sender: Sender) -> None:
    useless = exception("measure", "staff")
    fitting = exception("measure", "visits", period="Q2")
    assert (await close(api, "Q2", {**fitting, "reason": " "})).status_code == 422
    refused = await close(api, "Q2", useless, fitting)
    assert codes(refused) == [("/exceptions/0", "nothing_to_excuse")]
    closed = await close(api, "Q2", fitting)
    assert closed.status_code == 200, closed.text
    (made,) = closed.json()["history"][-1]["exceptions"]
    assert made == {**fitting, "lacking": "recorded"}


async def test_two_who_close_at_once_close_once(api: Api, sender: Sender) -> None:
    given = exception("measure", "visits")
    answers = await asyncio.gather(*(close(api, "Q3", given) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


async def test_the_year_closes_over_everything(api: Api, sender: Sender) -> None:
    refused = await close(api, "Y", exception("measure", "staff"))
    assert codes(refused) == [("/exceptions", "datum_missing")]
    closed = await close(api, "Y", exception("measure", "staff"), exception("indicator", "I2"))
    assert closed.status_code == 200, closed.text
    assert codes(await enter(api, "99", None)) == [("/measurements/0", "period_closed")]
    path = f"{BASE}/periods/Q1/reopening"
    refused = await call(api, "POST", path, CONTROLLER, json={"reason": "Errore."})
    assert (refused.status_code, refused.json()["code"]) == (409, "year_closed")


async def test_late_data_are_taken_in_once_somebody_decided(
    api: Api, sender: Sender, owner_url: str
) -> None:
    (late,) = (await api.call("GET", f"/v1/chambers/{CHAMBER}/quarantine")).json()["items"]
    replay = f"/v1/chambers/{CHAMBER}/quarantine/{late['quarantine_id']}/replay"
    still = await api.call("POST", replay)
    assert codes(still) == [("", "period_closed")]
    for period in ("Y", "Q1"):
        path = f"{BASE}/periods/{period}/reopening"
        assert (await call(api, "POST", path, OFFICE, json={"reason": "x"})).status_code == 403
        assert (await call(api, "POST", path, CONTROLLER, json={})).status_code == 422
        body = {"reason": "Dato comunicato in ritardo."}
        assert (await call(api, "POST", path, CONTROLLER, json=body)).status_code == 200
        again = await call(api, "POST", path, CONTROLLER, json=body)
        assert again.json()["code"] == "period_not_closed"
    # The period is open, the value still validated: that is decided by whoever answers for it.
    assert codes(await api.call("POST", replay)) == [("", "measurement_validated")]
    query = "subject_code=visits&period=Q1"
    (found,) = (await call(api, "GET", f"{BASE}/measurements?{query}", MANAGER)).json()["items"]
    step = {"move": "reopen", "ids": [found["measurement_id"]], "reason": "Dato tardivo."}
    moved = await call(api, "POST", f"{BASE}/measurements/transitions", MANAGER, json=step)
    assert moved.status_code == 200, moved.text
    assert (await api.call("POST", replay)).status_code == 200
    rows = await Inside(owner_url, CHAMBER).rows(
        "SELECT value FROM measurements WHERE subject_code = 'visits' AND period = 'Q1'"
    )
    assert [row["value"] for row in rows] == ["12"]
    history = (await call(api, "GET", f"{BASE}/periods/Q1", OFFICE)).json()["history"]
    assert [(row["state"], row["reason"]) for row in history] == [
        ("closed", None),
        ("reopened", "Dato comunicato in ritardo."),
    ]


async def test_no_period_is_closed_before_it_is_over(api: Api, sender: Sender) -> None:
    path = f"/v1/chambers/{CHAMBER}/plans/2041/periods/Q1/closure"
    refused = await call(api, "POST", path, CONTROLLER, json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "period_not_over")
    assert "2041-04-30" in refused.json()["detail"]
    other = await call(api, "GET", f"{BASE}/periods/S1", OFFICE)
    assert (other.status_code, other.json()["code"]) == (404, "period_not_found")
    elsewhere = await call(api, "GET", f"{BASE}/periods", {"PI": ["controller"]})
    assert elsewhere.status_code == 404


async def test_a_chamber_sets_its_own_rules(api: Api, sender: Sender) -> None:
    headers = {"If-Match": (await call(api, "GET", RULES, ADMINISTRATOR)).headers["etag"]}
    rules = {
        "frequency": "semester",
        "deadline_days": 20,
        "requirement": "entered",
        "local_holidays": ["07-20"],
    }
    wrong = {**rules, "local_holidays": ["02-30"]}
    refused = await call(api, "PUT", RULES, ADMINISTRATOR, json=wrong, headers=headers)
    assert refused.status_code == 422
    changed = await call(api, "PUT", RULES, ADMINISTRATOR, json=rules, headers=headers)
    assert changed.status_code == 200, changed.text
    found = await periods(api)
    # Periods that were closed or reopened before stay in sight.
    assert list(found) == ["Q1", "Q2", "Q3", "S1", "S2", "Y"]
    # 20 July 2021 is a Tuesday, and here a holiday.
    assert found["S1"]["deadline"] == "2021-07-21"
    # Visits are entered by quadrimestre: the first one ends in the first semester.
    assert [(p, found[p]["due"], found[p]["missing"]) for p in ("S1", "S2")] == [
        ("S1", 1, 0),
        ("S2", 2, 1),
    ]
    assert (await close(api, "S1")).status_code == 200


async def test_closings_are_on_record(api: Api, sender: Sender, owner_url: str) -> None:
    rows = await Inside(owner_url, CHAMBER).rows(
        "SELECT subject, actor FROM audit_log WHERE action = 'period.closed' ORDER BY audit_id"
    )
    assert [row["subject"] for row in rows] == [
        f"plan/{YEAR}/{period}" for period in ("Q1", "Q2", "Q3", "Y", "S1")
    ]
    assert {row["actor"] for row in rows} == {"controller"}
