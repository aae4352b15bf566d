"""What is frozen around a year: earlier years, steps, documents, and the chamber's own layout."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from services.api.db.session import Author
from services.api.db.tables.reports import reports
from shared.contracts.snapshot import ReportSnapshot
from tests.api.report_system import PISA, ReportSystem, running, settings_for

OWN = {"section": "qualita", "title": "La qualità dei servizi"}


@pytest_asyncio.fixture
async def system(runtime_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[ReportSystem]:
    async with running(settings_for(runtime_url, redis_url, tmp_path), tmp_path) as started:
        await started.prepare()
        yield started


def year_before() -> dict[str, Any]:
    """Pisa a year earlier: the same rows, one of them in another unit."""
    text = PISA.read_text(encoding="utf-8").replace("2019", "2018").replace("2020", "2019")
    case: dict[str, Any] = json.loads(text)
    del case["published"]
    row = next(row for row in case["indicators"] if row["code"] == "A1.2")
    row["unit"] = "ore"
    return case


async def imported(system: ReportSystem, case: dict[str, Any]) -> None:
    """A year more for Pisa."""
    answer = await system.request("POST", "/v1/chambers/PI/imports", json=case)
    assert answer.status_code == 201, answer.text


async def frozen(system: ReportSystem, **body: str) -> ReportSnapshot:
    """What is frozen of 2020."""
    wanted = {"year": 2020, "reason": "Un'altra versione.", **body}
    asked = await system.request("POST", "/v1/chambers/PI/reports", json=wanted)
    assert asked.status_code == 202, asked.text
    renderer = system.renderer(asked.json()["job_id"])
    await renderer.work()
    assert renderer.lease is not None
    return renderer.lease.snapshot


async def test_earlier_years_stand_beside_each_row(system: ReportSystem) -> None:
    assert (await frozen(system)).trends == ()
    await imported(system, year_before())
    snapshot = await frozen(system)
    trends = {(trend.subject, trend.code): trend.past for trend in snapshot.trends}
    known = {row.code for row in snapshot.indicators} | {row.code for row in snapshot.objectives}
    assert {code for _, code in trends} <= known | {"overall"}
    (before,) = trends["overall", "overall"]
    assert (before.year, before.shown, before.light) == (2019, "94.9", "green")
    (row,) = trends["indicator", "A1.1"]
    now = next(row for row in snapshot.indicators if row.code == "A1.1")
    assert (row.value, row.shown) == (now.value, now.figure.shown)
    # Hours are no longer what they were: another indicator, under the code of the old one.
    assert ("indicator", "A1.2") not in trends


async def test_sheets_that_a_document_leaves_out_are_left_out_of_earlier_years_too(
    system: ReportSystem,
) -> None:
    await imported(system, year_before())
    without = await frozen(system, individual_sheets="omitted")
    kinds = {code for subject, code in ((t.subject, t.code) for t in without.trends)}
    assert "A1" in kinds
    assert not {"SG", "DARS", "DASTT"} & kinds


async def test_steps_and_documents_of_the_cycle(system: ReportSystem) -> None:
    first = await frozen(system)
    steps = {(step.step, step.period): step for step in first.steps}
    assert [step.step for step in first.steps] == [
        "plan_approved",
        *["period_collected"] * 4,
        "report_approved",
        "report_validated",
    ]
    assert steps["period_collected", "Q1"].due == "2020-05-15"
    assert steps["report_approved", None].done == "2021-06-16"
    assert steps["report_approved", None].due == "2021-06-30"
    assert [row.document for row in first.cycle_documents] == ["relazione"]
    database = system.app.state.container.database
    async with database.write(["PI"], Author("test")) as session:
        own = reports.c.report_id == first.report_id
        await session.execute(reports.update().where(own).values(state="approved"))
    second = await frozen(system)
    issued = second.cycle_documents[-1]
    assert (issued.document, issued.version) == ("relazione", first.version)
    assert issued.sha256 is not None
    assert issued.url == first.verification_url


async def test_a_chamber_s_layout_is_frozen(system: ReportSystem) -> None:
    assert (await frozen(system)).layout is None
    path = "/v1/chambers/PI/configuration"
    head = await system.request("GET", path)
    layout = {"titles": {"2": "Il contesto"}, "own": [OWN]}
    changed = await system.request(
        "PATCH",
        path,
        json={"documents": {"accent_colour": "#204060", "relazione": layout}},
        headers={
            "If-Match": head.headers["etag"],
            "Content-Type": "application/merge-patch+json",
        },
    )
    assert changed.status_code == 200, changed.text
    snapshot = await frozen(system)
    assert snapshot.layout is not None
    assert snapshot.layout.accent_colour == "#204060"
    assert snapshot.layout.titles == {"2": "Il contesto"}
    assert [own.section for own in snapshot.layout.own] == ["qualita"]


async def test_every_kind_is_frozen_with_its_own_layout(system: ReportSystem) -> None:
    path = "/v1/chambers/PI/configuration"
    head = await system.request("GET", path)
    fair = {"section": "P-fiere", "title": "Le fiere"}
    wanted = {
        "accent_colour": None,
        "relazione": None,
        "piano": {"titles": {"P1": "Chi siamo"}, "own": [fair]},
        "monitoraggio": {"titles": {"3": "I dati"}},
    }
    changed = await system.request(
        "PATCH",
        path,
        json={"documents": wanted},
        headers={
            "If-Match": head.headers["etag"],
            "Content-Type": "application/merge-patch+json",
        },
    )
    assert changed.status_code == 200, changed.text
    plan = await frozen(system, kind="piano")
    assert plan.layout is not None
    assert plan.layout.titles == {"P1": "Chi siamo"}
    assert [own.section for own in plan.layout.own] == ["P-fiere"]
    period = await frozen(system, kind="monitoraggio", period="Q1")
    assert period.layout is not None
    assert (period.layout.titles, period.layout.own) == ({"3": "I dati"}, ())
    assert (await frozen(system)).layout is None


async def test_an_arrangement_that_cannot_be_is_refused_with_every_fault(
    system: ReportSystem,
) -> None:
    path = "/v1/chambers/PI/configuration"
    head = await system.request("GET", path)
    refused = await system.request(
        "PATCH",
        path,
        json={"documents": {"piano": {"own": [OWN]}, "scheda": {"order": ["1", "A"]}}},
        headers={
            "If-Match": head.headers["etag"],
            "Content-Type": "application/merge-patch+json",
        },
    )
    assert refused.status_code == 422
    assert {row["pointer"] for row in refused.json()["errors"]} == {
        "/documents/piano/own/0/section",
        "/documents/scheda/order",
    }
