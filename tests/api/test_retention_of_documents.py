"""The documents of individual sheets go with the sheets; no other document goes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from services.api.retention import leftovers
from tests.api.report_system import ReportSystem, running, settings_for
from tests.api.webhook_sender import Inside

pytestmark = pytest.mark.asyncio(loop_scope="module")

OIV = {"PI": ["oiv"]}
SHEET = "/v1/chambers/PI/plans/2020/sheets/SG/report"
RUNS = "/v1/chambers/PI/retention-runs"
SOON = timedelta(0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(
    runtime_url: str, redis_server_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ReportSystem]:
    folder = Path(tmp_path_factory.mktemp("retired"))
    async with running(settings_for(runtime_url, redis_server_url, folder), folder) as started:
        await started.prepare()
        yield started


@pytest.fixture
def inside(owner_url: str) -> Inside:
    return Inside(owner_url, "PI")


async def made(system: ReportSystem, path: str, body: dict[str, object] | None = None) -> str:
    """Address of a document, rendered; asked for by who sees all sheets and runs the cycle."""
    who = system.bearer({"PI": ["oiv", "controller"]})
    asked = await system.client.post(path, json=body, headers=who)
    assert asked.status_code == 202, asked.text
    await system.renderer(asked.json()["job_id"]).work()
    return str(asked.json()["report"])


async def retired(system: ReportSystem) -> int:
    """How many documents of sheets a run removed."""
    who = system.bearer({"PI": ["chamber_administrator"]})
    answer = await system.client.post(RUNS, headers=who)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["removed"]["sheet_documents"]["rows"])


async def stored(system: ReportSystem) -> set[str]:
    """Files of documents and pages that the store has."""
    blobs = system.app.state.container.blobs.of_chamber("PI")
    return {key for key in await blobs.all_keys() if "/reports/" in key or "/web/" in key}


async def test_the_document_of_a_sheet_goes_with_its_files(
    system: ReportSystem, inside: Inside
) -> None:
    report = await made(system, "/v1/chambers/PI/reports", {"year": 2020})
    kept = await stored(system)
    sheet = await made(system, SHEET)
    sheet_id = sheet.rsplit("/", 1)[1]
    assert len(await stored(system) - kept) == 2  # PDF and page
    parts = system.app.state.container
    assert await leftovers.sweep(parts, "PI", age=SOON) == 0

    assert await retired(system) == 1
    for path in (sheet, f"{sheet}/pdf", f"{sheet}/html"):
        answer = await system.client.get(path, headers=system.bearer(OIV))
        assert (answer.status_code, answer.json()["code"]) == (404, "report_not_found"), path
    for table in ("reports", "render_jobs", "report_signatures"):
        rows = await inside.rows(f"SELECT report_id FROM {table}")  # noqa: S608 - named above
        found = {str(row["report_id"]) for row in rows}
        assert sheet_id not in found, table
        assert report.rsplit("/", 1)[1] in found, table

    assert await leftovers.sweep(parts, "PI") == 0  # may still be being written down
    assert await leftovers.sweep(parts, "PI", age=SOON) == 2
    assert await stored(system) == kept
    pdf = await system.client.get(f"{report}/pdf", headers=system.bearer(OIV))
    assert pdf.status_code == 200
    assert await retired(system) == 0


async def test_what_was_never_rendered_goes_too(system: ReportSystem, inside: Inside) -> None:
    who = system.bearer({"PI": ["oiv"]})
    await system.prepare()  # the sheets are there again
    asked = await system.client.post(SHEET, headers=who)
    assert asked.status_code == 202, asked.text
    assert await retired(system) == 1
    assert not await inside.rows("SELECT FROM reports WHERE kind = 'scheda'")
    lost = await system.renderer(asked.json()["job_id"]).take()
    assert lost.status_code in {404, 409}


@pytest.mark.parametrize(
    ("chamber", "age"), [("PI", timedelta(days=300)), ("LU", timedelta(days=4000))]
)
async def test_the_database_refuses_what_no_rule_asks_for(
    runtime_url: str, chamber: str, age: timedelta
) -> None:
    connection = await asyncpg.connect(runtime_url)
    try:
        await connection.execute("SELECT set_config('ciclo.chambers', 'PI', false)")
        with pytest.raises(asyncpg.RaiseError, match="retention_refused"):
            await connection.fetchval(
                "SELECT ciclo_retire_sheet_documents($1, $2)", chamber, datetime.now(UTC) - age
            )
    finally:
        await connection.close()
