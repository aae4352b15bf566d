"""The web page of a document: delivered under the lease, kept beside the PDF, never another's."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.api.report_system import ReportSystem, ScriptedRenderer, running, settings_for


@pytest_asyncio.fixture
async def system(runtime_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[ReportSystem]:
    async with running(settings_for(runtime_url, redis_url, tmp_path), tmp_path) as started:
        await started.prepare()
        yield started


def pages(tmp_path: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((tmp_path / "blobs").rglob("*.html"))]


async def leased(system: ReportSystem) -> ScriptedRenderer:
    renderer = system.renderer((await system.ask())["job_id"])
    assert (await renderer.take()).status_code == 200
    return renderer


async def test_the_page_is_kept_with_the_document(system: ReportSystem, tmp_path: Path) -> None:
    renderer = await leased(system)
    assert pages(tmp_path) == []
    for _ in range(2):  # the answer to the first was not heard
        assert (await renderer.deliver_page(renderer.page())).status_code == 204
    assert (await renderer.deliver(await renderer.pdf())).status_code == 204
    assert pages(tmp_path) == [renderer.page()]


async def test_the_page_is_read_before_it_is_published(system: ReportSystem) -> None:
    job = await system.ask()
    path = f"{job['report']}/html"
    early = await system.request("GET", path)
    assert (early.status_code, early.json()["code"]) == (409, "report_not_ready")
    renderer = system.renderer(job["job_id"])
    await renderer.work()
    oiv = system.bearer({"PI": ["oiv"]})
    read = await system.request("GET", path, headers=oiv)
    assert (read.status_code, read.content) == (200, renderer.page())
    assert read.headers["content-security-policy"].startswith("default-src 'none'")
    known = await system.request("GET", path, headers=oiv | {"If-None-Match": read.headers["etag"]})
    assert known.status_code == 304
    # It holds individual sheets, which a reader does not see.
    reader = await system.request("GET", path, headers=system.bearer({"PI": ["reader"]}))
    assert (reader.status_code, reader.json()["code"]) == (403, "sheet_not_visible")
    assert (await system.client.get(path)).status_code == 401
    of_before = await leased(system)
    assert (await of_before.deliver(await of_before.pdf())).status_code == 204
    finished = await system.job(of_before.base.rsplit("/", 1)[1])
    none = await system.request("GET", f"{finished['report']}/html", headers=oiv)
    assert (none.status_code, none.json()["code"]) == (404, "web_page_missing")


async def test_only_the_page_of_the_last_attempt_stays(
    system: ReportSystem, tmp_path: Path
) -> None:
    renderer = await leased(system)
    earlier = renderer.page().replace(b"Torna all'indice", b"Torna su")
    assert (await renderer.deliver_page(earlier)).status_code == 204
    assert (await renderer.fail(retryable=True)).status_code == 204
    assert (await renderer.deliver_page(earlier)).json()["code"] == "lease_lost"
    assert (await renderer.take()).status_code == 200
    assert (await renderer.deliver_page(renderer.page())).status_code == 204
    assert len(pages(tmp_path)) == 2
    assert (await renderer.deliver(await renderer.pdf())).status_code == 204
    assert pages(tmp_path) == [renderer.page()]
    late = await renderer.deliver_page(earlier)
    assert (late.status_code, late.json()["code"]) == (409, "lease_lost")


async def test_foreign_pages_are_refused(system: ReportSystem, tmp_path: Path) -> None:
    renderer = await leased(system)
    page = renderer.page()
    foreign = (
        page.replace(b"<main", b"<script>alert(1)</script><main"),
        page.replace(b"ciclo.snapshot", b"ciclo.other"),
        page.replace(b"<!--ciclo:avvisi-->", b""),
        b"",
    )
    for content in foreign:
        answer = await renderer.deliver_page(content)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["code"] == "web_page_foreign"
    assert (await renderer.deliver_page(page, digest="A" * 43 + "=")).status_code == 422
    nobody = system.renderer(renderer.base.rsplit("/", 1)[1])
    assert (await nobody.deliver_page(page)).json()["code"] == "lease_lost"
    assert pages(tmp_path) == []
