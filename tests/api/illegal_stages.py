"""How a plan comes to where an illegal move is tried on it."""

import json
from typing import Any

from tests.api.plan_office import ACT, AMENDMENT, small
from tests.api.plan_writer import Writer
from tests.api.system import JSON

Case = dict[str, Any]

OFFICE, MANAGER = "contributor", "validator"
REASON = {"reason": "Errore."}


async def draft(writer: Writer) -> None:
    """A plan of one objective with two indicators; in 2021, so that its periods are over."""
    case = small(writer.year, measurements=[])
    case["measures"][0]["aggregation"] = "sum"
    content = json.dumps(case | {"chamber": writer.chamber}).encode()
    path = f"/v1/chambers/{writer.chamber}/imports"
    answer = await writer.api.call("POST", path, content=content, headers=JSON)
    assert answer.status_code == 201, answer.text


async def empty(writer: Writer) -> None:
    assert (await writer.begin()).status_code == 201


async def unbalanced(writer: Writer) -> None:
    await draft(writer)
    await writer.patch("/indicators/I1", {"weight": "50"})
    await writer.patch("/indicators/I2", {"weight": None})


async def approved(writer: Writer) -> None:
    await draft(writer)
    assert (await writer.move("approval", act=ACT)).status_code == 201


async def amending(writer: Writer) -> None:
    await approved(writer)
    assert (await writer.move("amendments", **AMENDMENT)).status_code == 201


async def amended(writer: Writer) -> None:
    await amending(writer)
    await writer.patch("/indicators/I1", {"weight": "70"})
    await writer.patch("/indicators/I2", {"weight": "30"})


async def closed(writer: Writer) -> None:
    await approved(writer)
    assert (await writer.move("closure")).status_code == 200


async def measured(writer: Writer) -> None:
    await draft(writer)
    office = writer.colleague(OFFICE)
    rows = [value("m1", "5", "Q1"), {"indicator": "I2", "value": "3"}]
    await office.done("POST", "/measurements", json={"measurements": rows})


async def submitted(writer: Writer) -> None:
    await measured(writer)
    await pass_on(writer.colleague(OFFICE), "submit")


async def validated(writer: Writer) -> None:
    await submitted(writer)
    await pass_on(writer.colleague(MANAGER), "validate")


async def entered_by_the_manager(writer: Writer) -> None:
    await draft(writer)
    manager = writer.colleague(MANAGER)
    await manager.done("POST", "/measurements", json={"measurements": [value("m1", "5", "Q1")]})
    await pass_on(manager, "submit")


async def first_period_closed(writer: Writer) -> None:
    await validated(writer)
    await writer.done("POST", "/periods/Q1/closure", json={})


async def year_closed(writer: Writer) -> None:
    await first_period_closed(writer)
    year = (await writer.get("/periods/Y")).json()
    names = ("subject_kind", "subject_code")
    given = [{name: row[name] for name in names} | REASON for row in year["lacking"]]
    for period in ("Q2", "Q3"):
        only = {"subject_kind": "measure", "subject_code": "m1", **REASON}
        await writer.done("POST", f"/periods/{period}/closure", json={"exceptions": [only]})
    year = (await writer.get("/periods/Y")).json()
    given = [{name: row[name] for name in names} | REASON for row in year["lacking"]]
    unique = list({row["subject_code"]: row for row in given}.values())
    await writer.done("POST", "/periods/Y/closure", json={"exceptions": unique})


async def commented(writer: Writer) -> None:
    await draft(writer)
    await writer.done("PUT", "/narratives/objective:A1", json={"text": "Impatto."})


async def neutralised(writer: Writer) -> None:
    await draft(writer)
    await writer.done("POST", "/evaluations", json=NEUTRALISED)


async def pass_on(writer: Writer, step: str) -> None:
    rows = (await writer.get("/measurements?limit=500")).json()["items"]
    body = {"move": step, "ids": [row["measurement_id"] for row in rows]}
    await writer.done("POST", "/measurements/transitions", json=body)


def value(code: str, text: str, period: str | None = None) -> Case:
    return {"measure": code, "year": 2021, "period": period, "value": text}


NEUTRALISED = {"scope": "chamber", "indicator": "I1", "effect": "exclude", "reason": "Legge."}
