"""Time stamps that are renewed before their proof ends: a stage more, and nothing else."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.api.report_system import (
    ReportSystem,
    ScriptedRenderer,
    plain_pdf,
    running,
    settings_for,
)
from tests.renderer.pki import Pki
from tests.renderer.signing import Office


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    with Pki() as started:
        yield started


@pytest.fixture
def office(pki: Pki, tmp_path: Path) -> Office:
    return Office(pki, tmp_path / "office")


@pytest_asyncio.fixture
async def system(
    runtime_url: str, redis_url: str, tmp_path: Path, office: Office
) -> AsyncIterator[ReportSystem]:
    settings = settings_for(runtime_url, redis_url, tmp_path, trust_anchors=office.trust)
    async with running(settings, tmp_path) as started:
        await started.prepare()
        yield started


async def _sealed(system: ReportSystem, office: Office, level: str) -> tuple[str, bytes]:
    """Address and bytes of a document with a seal of this level."""
    job = await system.ask()
    renderer = system.renderer(job["job_id"])
    await renderer.take()
    assert renderer.lease is not None
    plain = plain_pdf(renderer.lease.snapshot)
    pdf = await asyncio.to_thread(office.seal, plain, level)  # type: ignore[arg-type]
    answer = await renderer.deliver(pdf)
    assert answer.status_code == 204, answer.text
    return job["report"], pdf


async def _asked(system: ReportSystem, report: str) -> ScriptedRenderer:
    answer = await system.request("POST", f"{report}/signatures/renewal")
    assert answer.status_code == 202, answer.text
    renderer = system.renderer(answer.json()["job_id"])
    lease = await renderer.take_signature()
    assert lease.office == "marca_temporale"
    return renderer


async def test_a_renewal_is_one_more_stage(system: ReportSystem, office: Office) -> None:
    report, pdf = await _sealed(system, office, "B-LTA")
    before = (await system.request("GET", f"{report}/signatures")).json()
    assert before["renew_before"] is not None
    assert before["allowed_actions"] == ["report.renew"]
    state = (await system.request("GET", report)).json()["state"]

    stages = [pdf]
    for _ in range(2):
        renderer = await _asked(system, report)
        busy = await system.request("POST", f"{report}/signatures/renewal")
        assert busy.json()["code"] == "signature_under_way"
        renewed = await office.signer("B-LTA").renew(await renderer.fetch())
        answer = await renderer.deliver_signature(renewed)
        assert answer.status_code == 204, answer.text
        again = await renderer.deliver_signature(renewed)
        assert again.status_code == 204
        stages.append(renewed)
    now = (await system.request("GET", f"{report}/pdf")).content
    assert now == stages[-1]
    after = (await system.request("GET", f"{report}/signatures")).json()
    assert after["items"] == before["items"]
    assert (await system.request("GET", report)).json()["state"] == state
    for at, stage in enumerate(stages):
        verdict = await system.request(
            "POST",
            "/v1/verifications",
            content=stage,
            headers={"Content-Type": "application/pdf"},
        )
        document = verdict.json()["document"]
        assert [item["after"] for item in document["stages"]] == [
            *(None, "sigillo", "marca_temporale", "marca_temporale")
        ]
        assert document["stages"][at + 1]["this"]
        assert document["stages"][at + 1]["sha256"] == hashlib.sha256(stage).hexdigest()
        assert len(verdict.json()["stamps"]) == at + 1
        assert verdict.json()["valid"]


async def test_what_is_no_renewal_is_not_kept(system: ReportSystem, office: Office) -> None:
    report, pdf = await _sealed(system, office, "B-LTA")
    renderer = await _asked(system, report)
    base = await renderer.fetch()
    renewed = await office.signer("B-LTA").renew(base)
    twice = await office.signer("B-LTA").renew(renewed)
    for wrong in (base, twice, renewed + b"\n", base[:9] + renewed[9:-40] + renewed[-41:]):
        answer = await renderer.deliver_signature(wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "document_refused")
    assert (await system.request("GET", f"{report}/pdf")).content == pdf


async def test_who_renews_and_what_cannot_be(system: ReportSystem, office: Office) -> None:
    report, _ = await _sealed(system, office, "B-B")
    answer = await system.request("POST", f"{report}/signatures/renewal")
    assert (answer.status_code, answer.json()["code"]) == (409, "stamps_not_renewable")
    for roles, status in (({"PI": ["reader"]}, 403), ({"LU": ["controller"]}, 404)):
        refused = await system.request(
            "POST", f"{report}/signatures/renewal", headers=system.bearer(roles)
        )
        assert refused.status_code == status
