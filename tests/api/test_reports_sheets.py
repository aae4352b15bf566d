"""Individual sheets in documents: who may read one that holds them, and how to do without."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from services.api.db.session import Author
from services.api.db.tables.reports import reports
from shared.contracts.snapshot import ReportSnapshot
from tests.api.report_system import ReportSystem, running, settings_for

SEES_NOT_ALL: list[dict[str, list[str]]] = [
    {"PI": [role]}
    for role in ("controller", "chamber_administrator", "reader", "contributor", "validator")
]
SEES_ALL: list[dict[str, list[str]]] = [{"PI": ["oiv"]}, {"PI": ["signer"]}]


@pytest_asyncio.fixture
async def system(runtime_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[ReportSystem]:
    async with running(settings_for(runtime_url, redis_url, tmp_path), tmp_path) as started:
        await started.prepare()
        yield started


async def rendered(system: ReportSystem, **body: str) -> tuple[str, ReportSnapshot]:
    """Address and frozen content of a document of 2020."""
    wanted = {"year": 2020, "reason": "Un'altra versione.", **body}
    asked = await system.request("POST", "/v1/chambers/PI/reports", json=wanted)
    assert asked.status_code == 202, asked.text
    renderer = system.renderer(asked.json()["job_id"])
    await renderer.work()
    assert renderer.lease is not None
    return str(asked.json()["report"]), renderer.lease.snapshot


async def statuses(
    system: ReportSystem, report: str, callers: list[dict[str, list[str]]]
) -> set[int]:
    """What these callers are answered when they ask for the PDF."""
    answers = [
        await system.request("GET", f"{report}/pdf", headers=system.bearer(roles))
        for roles in callers
    ]
    return {answer.status_code for answer in answers}


def sheets_in(snapshot: ReportSnapshot) -> set[str]:
    """Codes of the individual sheets that a document tells of, in any of its parts."""
    text = snapshot.model_dump_json()
    kinds = {row.code for row in snapshot.objectives if row.kind == "individual"}
    return kinds | {code for code in ("DARS", "DASTT") if f'"{code}"' in text}


async def _published(system: ReportSystem, report: str) -> None:
    database = system.app.state.container.database
    async with database.write(["PI"], Author("test")) as session:
        own = reports.c.report_id == report.rsplit("/", 1)[1]
        await session.execute(reports.update().where(own).values(state="published"))


async def test_a_document_with_sheets_is_read_by_who_sees_them_until_it_is_published(
    system: ReportSystem,
) -> None:
    report, snapshot = await rendered(system)
    assert sheets_in(snapshot) >= {"SG", "DARS", "DASTT"}
    shown = await system.request("GET", report)
    assert shown.json()["individual_sheets"] == "roles"
    assert await statuses(system, report, SEES_NOT_ALL) == {403}
    assert await statuses(system, report, SEES_ALL) == {200}
    # The person evaluated sees their own sheet, not everybody's.
    await _published(system, report)
    assert await statuses(system, report, [*SEES_NOT_ALL, *SEES_ALL]) == {200}


async def test_a_document_without_sheets_is_for_everybody(system: ReportSystem) -> None:
    report, snapshot = await rendered(system, individual_sheets="omitted")
    assert sheets_in(snapshot) == set()
    assert snapshot.overall.shown == "94.9"
    assert all(row.scope == "chamber" for row in snapshot.evaluations)
    assert await statuses(system, report, [*SEES_NOT_ALL, *SEES_ALL]) == {200}


async def test_the_chamber_decides_what_it_publishes(system: ReportSystem) -> None:
    path = "/v1/chambers/PI/configuration"
    etag = (await system.request("GET", path)).headers["etag"]
    change: dict[str, Any] = {"publication": {"individual_sheets": "omitted"}}
    headers = {"If-Match": etag, "Content-Type": "application/merge-patch+json"}
    answer = await system.request("PATCH", path, json=change, headers=headers)
    assert answer.status_code == 200, answer.text
    _, without = await rendered(system)
    assert sheets_in(without) == set()
    _, asked_for = await rendered(system, individual_sheets="roles")
    assert "SG" in sheets_in(asked_for)


async def test_a_monitoring_report_never_has_sheets(system: ReportSystem) -> None:
    report, snapshot = await rendered(system, kind="monitoraggio", period="Y")
    assert sheets_in(snapshot) == set()
    assert await statuses(system, report, SEES_NOT_ALL) == {200}


async def test_a_piano_has_the_sheets_and_nothing_of_what_came_of_them(
    system: ReportSystem,
) -> None:
    report, snapshot = await rendered(system, kind="piano", individual_sheets="roles")
    assert sheets_in(snapshot) >= {"SG", "DARS", "DASTT"}
    assert all(row.value is None and row.figure.shown is None for row in snapshot.indicators)
    assert (snapshot.evaluations, snapshot.explanations, snapshot.deviations) == ((), (), None)
    assert [act.document for act in snapshot.acts] == []
    runs_the_cycle: list[dict[str, list[str]]] = [
        {"PI": ["controller"]},
        {"PI": ["chamber_administrator"]},
    ]
    others: list[dict[str, list[str]]] = [{"PI": [r]} for r in ("reader", "contributor")]
    assert await statuses(system, report, [*runs_the_cycle, *SEES_ALL]) == {200}
    assert await statuses(system, report, others) == {403}
    _, without = await rendered(system, kind="piano", individual_sheets="omitted")
    assert sheets_in(without) == set()


async def test_a_piano_is_of_the_whole_year(system: ReportSystem) -> None:
    wanted = {"year": 2020, "kind": "piano", "period": "Q1"}
    answer = await system.request("POST", "/v1/chambers/PI/reports", json=wanted)
    assert answer.status_code == 422
