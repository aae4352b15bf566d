"""A year of Pisa from the first draft to the judgement, through the API alone.

Drafted, approved, amended in July, measured by quadrimestre, validated, closed, evaluated with
two neutralisations, judged: every figure that was published comes out. What an approval refuses
in the year as it was published is mended first; no figure changes by it.
"""

import json
from typing import Any

import pytest

from tests.api.plan_office import ACT
from tests.api.plan_writer import Writer
from tests.api.system import PISA, Api, codes

pytestmark = pytest.mark.asyncio(loop_scope="module")

Case = dict[str, Any]

YEAR = 2020
JANUARY = ACT | {"date": "2020-01-30"}
JULY = ACT | {"number": "58", "date": "2020-07-21"}

# The office of the Segretario generale and the Segretario generale, who see the sheets too.
OFFICE, MANAGER = "contributor+signer", "validator+signer"

# Weights of rows that the plan printed against nothing: they keep their proportions, and the
# groups that hold them go on weighing nothing in C2.
MENDED: dict[str, Case] = {
    "objectives/PTPCT-DIR": {"weight": "0"},
    "objectives/PTPCT-COM": {"weight": "0"},
    "objectives/PTPCT-FORM": {"weight": "0"},
    "indicators/PTPCT-C2.5": {"weight": "16.67"},
    "indicators/PTPCT-C2.6": {"weight": "83.33"},
    "indicators/PTPCT-C2.10": {"weight": "100"},
    "indicators/PTPCT-ORE": {"weight": "50"},
    "indicators/PTPCT-PERS": {"weight": "50"},
}

# Two measures are collected during the year; their sums are the published values.
BY_PERIOD = {
    "917": {"Q1": "4", "Q2": "5", "Q3": "7"},
    "607": {"Q1": "700000", "Q2": "638730", "Q3": "1000000"},
}


def draft_of(published: Case) -> Case:
    """The plan as January knew it: without the year, and with the rooms open."""
    case: Case = json.loads(json.dumps(published))
    case |= {"kind": "piano", "acts": []}
    for measure in case["measures"]:
        if measure["code"] in BY_PERIOD:
            measure["aggregation"] = "sum"
    (rooms,) = (row for row in case["indicators"] if row["code"] == "D2.2")
    rooms["targets"][str(YEAR)]["value"] = "40"
    return case


async def approve(controller: Writer) -> None:
    obstacles = (await controller.get("/remarks")).json()["obstacles"]
    refused = await controller.move("approval", act=JANUARY)
    assert (refused.status_code, refused.json()["code"]) == (422, "approval_refused")
    assert sorted(code for _, code in codes(refused)) == ["mixed_weights", *["weights_off_100"] * 3]
    assert codes(refused) == [(issue["pointer"], issue["code"]) for issue in obstacles]
    for path, change in MENDED.items():
        answer = await controller.patch(f"/{path}", change)
        assert answer.status_code == 200, answer.text
    assert (await controller.get("/remarks")).json()["obstacles"] == []
    approved = await controller.move("approval", act=JANUARY)
    assert approved.status_code == 201, approved.text
    assert approved.json()["version"] == 1


async def amend(controller: Writer) -> None:
    fixed = await controller.patch("/indicators/D2.2", {"targets": {str(YEAR): {"value": "20"}}})
    assert (fixed.status_code, fixed.json()["code"]) == (409, "plan_content_fixed")
    opened = await controller.move(
        "amendments",
        motivation="Le sale sono state chiuse per legge fino a giugno.",
        cause="exogenous",
        oiv_opinion="Parere favorevole.",
    )
    assert opened.status_code == 201, opened.text
    changed = await controller.patch("/indicators/D2.2", {"targets": {str(YEAR): {"value": "20"}}})
    assert changed.status_code == 200, changed.text
    approved = await controller.move("approval", act=JULY)
    assert approved.status_code == 201, approved.text
    difference = (await controller.get("/versions/1/differences/2")).json()
    (target,) = difference["targets"]
    assert (target["indicator"], target["old"]["value"], target["new"]["value"]) == (
        "D2.2",
        "40",
        "20",
    )
    (reason,) = difference["reasons"]
    assert (reason["cause"], reason["oiv_opinion"]) == ("exogenous", "Parere favorevole.")


async def measure(controller: Writer, rows: list[Case], period: str) -> None:
    """The office enters and submits, the manager validates, the controller closes."""
    office, manager = controller.colleague(OFFICE), controller.colleague(MANAGER)
    await office.done("POST", "/measurements", json={"measurements": rows})
    listed = (await office.get("/measurements?state=recorded&limit=500")).json()["items"]
    body = {"ids": [row["measurement_id"] for row in listed]}
    await office.done("POST", "/measurements/transitions", json={"move": "submit", **body})
    await manager.done("POST", "/measurements/transitions", json={"move": "validate", **body})
    closed = await controller.call("POST", f"/periods/{period}/closure", json={"exceptions": []})
    assert closed.status_code == 200, closed.text


async def measure_the_year(controller: Writer, case: Case) -> None:
    last = [row for row in case["measurements"] if row.get("measure") not in BY_PERIOD]
    await measure(controller, quadrimestre("Q2"), "Q2")
    await measure(controller, quadrimestre("Q3"), "Q3")
    await measure(controller, last, "Y")
    held = await controller.colleague("contributor").call(
        "POST", "/measurements", json={"measurements": quadrimestre("Q1", "9")}
    )
    assert (held.status_code, held.json()["code"]) == (409, "measurements_held")


def quadrimestre(period: str, value: str | None = None) -> list[Case]:
    return [
        {"measure": code, "year": YEAR, "period": period, "value": value or values[period]}
        for code, values in BY_PERIOD.items()
    ]


async def evaluate(controller: Writer, case: Case) -> None:
    """The OIV neutralises and judges; offices say why what fell short did."""
    oiv, office = controller.colleague("oiv"), controller.colleague("contributor")
    for decision in case["evaluations"]:
        await oiv.done("POST", "/evaluations", json=decision)
    owed = (await office.get("/deviations?state=owed")).json()
    assert owed["missing"] == len(owed["items"]) > 0
    for item in owed["items"]:
        cause = {"cause": "exogenous", "explanation": "Attività sospese per legge nel 2020."}
        await office.done("PUT", f"/deviations/{item['key']}", json=cause)
    assert (await office.get("/deviations")).json()["missing"] == 0
    judgement = {
        "label": case["published"]["judgement"],
        "text": "La camera ha realizzato quasi per intero ciò che aveva programmato.",
        "final": True,
    }
    written = await oiv.done("PUT", "/overall-judgement", json=judgement)
    assert (written["proposed"], written["label"]) == ("eccellente", "eccellente")


async def compare(controller: Writer, case: Case) -> None:
    """What was published is entered, and is what is computed."""
    own = {"kind": "relazione", "published": case["published"], "acts": case["acts"]}
    answer = await controller.patch("", own)
    assert answer.status_code == 200, answer.text
    assert [act["date"] for act in answer.json()["acts"]] == [
        case["acts"][0]["date"],
        JANUARY["date"],
        JULY["date"],
    ]
    manager = controller.colleague(MANAGER)
    compared = (await manager.get("/reconciliation")).json()
    assert (compared["compared"], compared["differences"]) == (130, [])
    results = (await controller.get("/results")).json()
    assert results["overall"]["shown"] == "94.9"
    assert results["plan_version"] == 2
    for scope, shown in (("chamber", 67.6), ("SG", 90.1)):
        festival = (await manager.get(f"/results/A4?scope={scope}")).json()
        assert round(float(festival["recognised"]), 1) == shown, scope


async def test_a_year_of_pisa(api: Api) -> None:
    await api.create_chambers("PI")
    case: Case = json.loads(PISA)
    controller = Writer(api, "PI", YEAR, "controller")
    await controller.write_plan(draft_of(case))
    await approve(controller)
    await measure(controller, quadrimestre("Q1"), "Q1")
    await amend(controller)
    await measure_the_year(controller, case)
    await evaluate(controller, case)
    await compare(controller, case)
    closed = await controller.move("closure")
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
