"""What the OIV has validated is published for anyone; nothing else ever is."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio

from services.api.auth.directory import ChamberDirectory
from services.api.db.session import Database
from tests.api.report_system import ADMINISTRATOR, ReportSystem, running, settings_for
from tests.api.test_reports_approval import ACT, CAUSES, JUDGED, OIV, move, rendered, say

LIST = "/v1/publications?chamber=PI"
PAGE = "/amministrazione-trasparente/PI/performance"


@pytest_asyncio.fixture
async def system(runtime_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[ReportSystem]:
    async with running(settings_for(runtime_url, redis_url, tmp_path), tmp_path) as started:
        await started.prepare()
        yield started


async def anyone(system: ReportSystem, path: str, **headers: str) -> httpx.Response:
    """A request without any account."""
    return await system.client.get(path, headers=headers)


async def published(system: ReportSystem) -> list[dict[str, Any]]:
    answer = await anyone(system, LIST)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_a_report_is_published_once_it_is_validated(system: ReportSystem) -> None:
    for code, body in CAUSES.items():
        await say(system, f"deviations/objective:{code}", body)
    await say(system, "overall-judgement", JUDGED, OIV)
    report, _ = await rendered(system)
    report_id = report.rsplit("/", 1)[1]
    pdf = f"/v1/publications/PI/{report_id}/pdf"

    early = await move(system, report, "publication", {})
    assert (early.status_code, early.json()["code"]) == (409, "report_not_approved")
    assert (await move(system, report, "approval", {"act": ACT})).status_code == 200
    early = await move(system, report, "publication", {})
    assert (early.status_code, early.json()["code"]) == (409, "report_not_validated")
    validated = await move(system, report, "validation", {"date": "2021-06-28"}, OIV)
    assert "report.publish" not in validated.json()["allowed_actions"]  # the OIV's own
    early = await move(system, report, "publication", {})
    assert (early.status_code, early.json()["code"]) == (409, "report_not_signed")
    await system.sign(report)
    assert await published(system) == []
    assert (await anyone(system, pdf)).status_code == 404
    assert "Nessun documento" in (await anyone(system, PAGE)).text

    assert (await move(system, report, "publication", {}, OIV)).status_code == 403
    done = await move(system, report, "publication", {})
    assert (done.status_code, done.json()["state"]) == (200, "published")
    again = await move(system, report, "publication", {})
    assert again.json()["code"] == "report_already_published"

    (row,) = await published(system)
    assert (row["year"], row["kind"], row["pdf"]) == (2020, "relazione", pdf)
    given = await anyone(system, pdf)
    assert given.status_code == 200
    own = await system.request("GET", f"{report}/pdf")
    assert given.content == own.content
    cached = await anyone(system, pdf, **{"If-None-Match": given.headers["etag"]})
    assert cached.status_code == 304
    page = await anyone(system, PAGE)
    assert pdf in page.text
    assert "noindex" not in page.text + str(page.headers)
    assert (await anyone(system, f"{LIST}&year=2019")).json()["items"] == []
    assert (await anyone(system, "/v1/publications?chamber=LU")).json()["items"] == []


async def test_another_chamber_publishes_nothing_of_ours(system: ReportSystem) -> None:
    report, _ = await rendered(system, reason="Correzione di un refuso.")
    report_id = report.rsplit("/", 1)[1]
    assert (await anyone(system, f"/v1/publications/LU/{report_id}/pdf")).status_code == 404
    assert (await anyone(system, f"/v1/publications/PI/{report_id}/pdf")).status_code == 404


async def test_who_has_published_nothing_is_told_from_who_does_not_exist(
    system: ReportSystem,
) -> None:
    site = "/amministrazione-trasparente"
    for template, known in (
        (f"{site}/{{}}/performance", "LU"),
        (f"{site}/enti/{{}}/performance", "TNO"),
        ("/v1/publications?chamber={}", "LU"),
        ("/v1/publications?entity={}", "TNO"),
    ):
        found = await anyone(system, template.format(known))
        assert found.status_code == 200, template
        missing = await anyone(system, template.format("ZZ"))
        assert (missing.status_code, missing.json()["code"]) == (404, "publisher_unknown"), template
        assert missing.headers["cache-control"] == "no-store"
    shown = await anyone(system, f"{site}/LU/performance")
    assert "Camera di commercio di Lucca" in shown.text
    assert "Nessun documento" in shown.text
    # A catalogue without a dataset is none in DCAT-AP_IT: there is nothing to tell them apart by.
    for code in ("LU", "ZZ"):
        empty = await anyone(system, f"/v1/publications/{code}/catalogue/catalogo.ttl")
        assert (empty.status_code, empty.json()["code"]) == (404, "not_found")


async def test_entities_that_are_not_there_are_not_remembered(
    system: ReportSystem, runtime_url: str
) -> None:
    """Anybody may ask for an entity, and another process may make it in the next moment."""
    database = Database(runtime_url, pool_size=1)
    directory = ChamberDirectory(database, now=lambda: 0.0)
    assert await directory.chambers("NEU") == frozenset()
    token = system.issuer.mint(ADMINISTRATOR, entity="NEU")
    administrator = {"Authorization": f"Bearer {token}"}
    for path, body in (
        ("/v1/entities", {"code": "NEU", "title": "Un ente nuovo"}),
        ("/v1/chambers", {"code": "NEUA", "entity": "NEU", "title": "Una camera nuova"}),
    ):
        made = await system.request("POST", path, json=body, headers=administrator)
        assert made.status_code == 201, made.text
    assert await directory.chambers("NEU") == {"NEUA"}
    await database.close()
