"""The PDF of an entity's report: for who was granted all its chambers, until it is published."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio

from services.api.db.session import Author
from services.api.db.tables.reports import reports
from tests.api.entity_office import BASE, year_of
from tests.api.report_system import ReportSystem, running, settings_for
from tests.api.webhook_sender import Inside

HOME = "/v1/chambers/TNO"


@pytest_asyncio.fixture
async def system(runtime_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[ReportSystem]:
    async with running(settings_for(runtime_url, redis_url, tmp_path), tmp_path) as started:
        await started.prepare()
        body = {"code": "TNO", "entity": "TNO", "title": "Toscana Nord-Ovest"}
        made = await started.request("POST", "/v1/chambers", json=body)
        assert made.status_code in {201, 409}
        case = year_of("LU", 2020, "1", "2")
        answer = await started.request("POST", "/v1/chambers/LU/imports", json=case)
        assert answer.status_code in {200, 201}, answer.text
        yield started


class Reader:
    """Somebody with a role in the entity's own chamber, and a name of their own."""

    def __init__(self, system: ReportSystem, name: str, role: str = "reader") -> None:
        self.system = system
        self.name = name
        token = system.issuer.mint({"TNO": [role]}, subject=name)
        self.headers = {"Authorization": f"Bearer {token}"}

    async def granted(self, *chambers: str) -> str:
        """A grant for these chambers; answers its id."""
        body = {
            "reader": self.name,
            "chambers": list(chambers),
            "reason": "Lettura della relazione",
            "expires_on": "2099-12-31",
        }
        answer = await self.system.request("POST", f"{BASE}/readers", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["grant_id"])

    async def pdf(self, report: str) -> httpx.Response:
        """The document, asked for by this reader."""
        return await self.system.client.get(f"{report}/pdf", headers=self.headers)


async def rendered(system: ReportSystem) -> str:
    """Address of the report of 2020, made."""
    writer = Reader(system, "writer", "controller")
    await writer.granted("LU", "PI")
    answer = await system.client.post(
        f"{BASE}/reports", json={"year": 2020, "reason": "Altra prova."}, headers=writer.headers
    )
    assert answer.status_code == 202, answer.text
    pdf = await system.renderer(answer.json()["job_id"], "TNO").work()
    report = str(answer.json()["report"])
    assert (await writer.pdf(report)).content == pdf
    return report


async def test_it_is_read_by_who_was_granted_all_its_chambers(
    system: ReportSystem, owner_url: str
) -> None:
    report = await rendered(system)
    reader = Reader(system, "lettrice")
    answer = await reader.pdf(report)
    assert (answer.status_code, answer.json()["code"]) == (403, "reading_not_granted")
    await reader.granted("LU")
    answer = await reader.pdf(report)
    assert (answer.status_code, answer.json()["code"]) == (404, "chamber_not_granted")
    grant = await reader.granted("PI")
    assert (await reader.pdf(report)).status_code == 200
    for code in ("LU", "PI"):
        rows = await Inside(owner_url, code).rows(
            "SELECT subject FROM audit_log WHERE actor = $1 AND action = 'chamber.read_together'",
            "lettrice",
        )
        assert [row["subject"] for row in rows] == [f"report/{report.rsplit('/', 1)[1]}"]
    await system.request("DELETE", f"{BASE}/readers/{grant}")
    assert (await reader.pdf(report)).status_code == 404


async def test_what_is_published_is_for_everybody(system: ReportSystem) -> None:
    report = await rendered(system)
    database = system.app.state.container.database
    async with database.write(["TNO"], Author("test")) as session:
        own = reports.c.report_id == report.rsplit("/", 1)[1]
        await session.execute(reports.update().where(own).values(state="published"))
    assert (await Reader(system, "chiunque").pdf(report)).status_code == 200


async def test_a_chamber_that_joins_later_is_not_asked_for(system: ReportSystem) -> None:
    report = await rendered(system)
    body = {"code": "GR", "entity": "TNO", "title": "Camera di commercio di Grosseto"}
    assert (await system.request("POST", "/v1/chambers", json=body)).status_code == 201
    reader = Reader(system, "lettore")
    await reader.granted("LU", "PI")
    assert (await reader.pdf(report)).status_code == 200
