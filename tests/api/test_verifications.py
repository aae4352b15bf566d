"""What can be said about a PDF that somebody holds."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.api.report_system import ReportSystem, plain_pdf, running, settings_for


@pytest_asyncio.fixture
async def system(runtime_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[ReportSystem]:
    async with running(settings_for(runtime_url, redis_url, tmp_path), tmp_path) as started:
        await started.prepare()
        yield started


async def _ask(system: ReportSystem, content: bytes, **headers: str) -> httpx.Response:
    return await system.request(
        "POST",
        "/v1/verifications",
        content=content,
        headers={"Content-Type": "application/pdf", **headers},
    )


async def _verdict(system: ReportSystem, content: bytes, **headers: str) -> dict[str, Any]:
    answer = await _ask(system, content, **headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_the_issued_original_is_recognised(system: ReportSystem) -> None:
    job = await system.ask()
    pdf = await system.renderer(job["job_id"]).work()
    verdict = await _verdict(system, pdf)
    assert (verdict["valid"], verdict["intact"], verdict["trusted"]) == (True, True, True)
    assert verdict["problems"] == []
    [seal] = verdict["signatures"]
    assert (seal["unit"], seal["level"], seal["development"]) == ("PI", "B-B", True)
    report_id = job["report"].rsplit("/", 1)[1]
    assert verdict["original"]["report_id"] == report_id
    assert verdict["original"]["version"] == verdict["original"]["latest_version"]

    page = await system.client.get(f"/verifica/PI/{report_id}")
    assert page.status_code == 200
    assert verdict["sha256"] in page.text
    assert "priva di valore legale" in page.text
    assert (await system.client.get(f"/verifica/LU/{report_id}")).status_code == 404


@pytest.mark.parametrize("place", [0.02, 0.3, 0.6, 0.97])
async def test_one_flipped_byte_is_noticed(system: ReportSystem, place: float) -> None:
    job = await system.ask()
    pdf = bytearray(await system.renderer(job["job_id"]).work())
    pdf[int(len(pdf) * place)] ^= 1
    verdict = await _verdict(system, bytes(pdf))
    assert not verdict["valid"]
    assert verdict["original"] is None
    [code, *_] = [problem["code"] for problem in verdict["problems"]]
    assert code
    english = await _verdict(system, bytes(pdf), **{"Accept-Language": "en"})
    assert english["problems"][0]["code"] == code
    assert english["problems"][0]["detail"] != verdict["problems"][0]["detail"]


async def test_a_sealed_document_that_was_not_issued_is_no_original(system: ReportSystem) -> None:
    job = await system.ask()
    renderer = system.renderer(job["job_id"])
    await renderer.take()
    verdict = await _verdict(system, await renderer.pdf())
    assert verdict["valid"]
    assert verdict["original"] is None
    page = await system.client.get(f"/verifica/PI/{job['report'].rsplit('/', 1)[1]}")
    assert page.status_code == 404


async def test_an_earlier_version_says_so(system: ReportSystem) -> None:
    first = await system.ask()
    pdf = await system.renderer(first["job_id"]).work()
    await system.renderer((await system.ask())["job_id"]).work()
    original = (await _verdict(system, pdf))["original"]
    assert original["latest_version"] == original["version"] + 1
    page = await system.client.get(f"/verifica/PI/{original['report_id']}")
    assert "Esiste una versione successiva" in page.text


async def test_what_is_not_signed_or_no_pdf(system: ReportSystem) -> None:
    renderer = system.renderer((await system.ask())["job_id"])
    await renderer.take()
    assert renderer.lease is not None
    unsigned = await _verdict(system, plain_pdf(renderer.lease.snapshot))
    assert [problem["code"] for problem in unsigned["problems"]] == ["unsigned"]
    text = await _verdict(system, b"Relazione")
    assert [problem["code"] for problem in text["problems"]] == ["not_a_pdf"]
    assert (await _ask(system, b"{}", **{"Content-Type": "application/json"})).status_code == 415


async def test_callers_say_who_they_are(system: ReportSystem) -> None:
    answer = await system.client.post(
        "/v1/verifications", content=b"%PDF-", headers={"Content-Type": "application/pdf"}
    )
    assert answer.status_code == 401
