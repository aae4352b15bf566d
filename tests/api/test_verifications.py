"""What can be said about a PDF that somebody holds."""

import hashlib
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from services.renderer.signing.pades import PadesSigner
from tests.api.report_system import ReportSystem, plain_pdf, running, settings_for
from tests.api.test_reports_approval import move, rendered
from tests.api.test_signatures import folder, order, stored, validated


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
    assert verdict["after_last"] == "nothing"


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
    assert (verdict["original"], verdict["document"]) == (None, None)


async def test_an_earlier_version_says_so(system: ReportSystem) -> None:
    first = await system.ask()
    pdf = await system.renderer(first["job_id"]).work()
    await system.renderer((await system.ask())["job_id"]).work()
    original = (await _verdict(system, pdf))["original"]
    assert original["latest_version"] == original["version"] + 1
    latest = original["latest_version"]
    document = (await _verdict(system, pdf))["document"]
    assert document["summary"][-1] == f"Esiste una versione successiva: la {latest}."
    english = (await _verdict(system, pdf, **{"Accept-Language": "en"}))["document"]
    assert english["summary"][-1] == f"There is a later version: {latest}."


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


def _states(document: dict[str, Any]) -> list[str]:
    return [item["state"] for item in document["signatures"]]


async def test_every_stage_is_recognised_whatever_came_later(system: ReportSystem) -> None:
    report = await validated(system)
    sealed = await stored(system, report)
    both = [sealed, *await system.sign(report)]
    unsigned = sealed[: _first_state(sealed)]
    assert b"/ByteRange" not in unsigned
    stages = [unsigned, *both]
    digests = [hashlib.sha256(stage).hexdigest() for stage in stages]
    standing = [
        ["later", "later", "later"],
        ["in_copy", "later", "later"],
        ["in_copy", "in_copy", "later"],
        ["in_copy", "in_copy", "in_copy"],
    ]
    for at, stage in enumerate(stages):
        verdict = await _verdict(system, stage)
        document = verdict["document"]
        assert [item["sha256"] for item in document["stages"]] == digests
        assert [item["this"] for item in document["stages"]].index(True) == at
        assert (document["exact"], document["last"]) == (True, at == 3)
        assert (verdict["original"] is not None) == (at == 3)
        assert _states(document) == standing[at]
        said = " ".join(document["summary"])
        assert (digests[-1] in said) == (at < 3)
        assert ("non porta firme" in said) == (at == 0)


async def test_a_copy_with_something_after_it_is_told_from_the_original(
    system: ReportSystem,
) -> None:
    report = await validated(system)
    sealed = await stored(system, report)
    theirs = await PadesSigner(folder(system)).sign(sealed, order("Segretario", "fuori"))
    document = (await _verdict(system, theirs))["document"]
    assert (document["exact"], document["last"]) == (False, True)
    assert "firme non nostre: 1" in " ".join(document["summary"])
    assert "cambia il documento" not in " ".join(document["summary"])

    writer = IncrementalPdfFileWriter(BytesIO(sealed))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Rotate"] = generic.NumberObject(90)  # type: ignore[no-untyped-call]
    writer.update_container(page)
    turned = BytesIO()
    writer.write(turned)  # type: ignore[no-untyped-call]
    verdict = await _verdict(system, turned.getvalue())
    assert (verdict["valid"], verdict["original"]) == (False, None)
    assert verdict["after_last"] == "changes"
    assert "la pagina 1" in verdict["problems"][0]["detail"]
    assert "vale la copia originale" in " ".join(verdict["document"]["summary"])
    cut = await _verdict(system, sealed[:-9])
    assert [item["this"] for item in cut["document"]["stages"]] == [True, False]


async def test_strangers_learn_of_what_is_published_and_of_nothing_else(
    system: ReportSystem,
) -> None:
    report = await validated(system)
    report_id = report.rsplit("/", 1)[1]
    stages = [await stored(system, report), *await system.sign(report)]
    stages.insert(0, stages[0][: _first_state(stages[0])])
    elsewhere = system.bearer({"LU": ["controller"]})
    missing = await system.client.get(f"/verifica/PI/{_NOBODY}")
    for stage in stages:
        assert (await _verdict(system, stage, **elsewhere))["document"] is None
        unknown = await system.client.get(_address(stage))
        assert (unknown.status_code, unknown.json()["code"]) == (404, "document_not_recognised")
    page = await system.client.get(f"/verifica/PI/{report_id}")
    assert page.status_code == missing.status_code == 404
    assert page.text.replace(report_id, _NOBODY) == missing.text

    later, _ = await rendered(system, reason="Correzione di un refuso.")
    assert (await move(system, report, "publication", {})).status_code == 200
    for at, stage in enumerate(stages):
        theirs = (await _verdict(system, stage, **elsewhere))["document"]
        found = (await system.client.get(_address(stage))).json()["document"]
        assert theirs == found
        assert (found["report_id"], found["published"]) == (report_id, True)
        assert found["latest_version"] == found["version"]  # the later one is not for them
        assert [item["this"] for item in found["stages"]].index(True) == at
        assert (await _verdict(system, stage))["document"]["latest_version"] > found["version"]
    page = await system.client.get(f"/verifica/PI/{report_id}")
    assert page.status_code == 200
    for stage in stages:
        assert hashlib.sha256(stage).hexdigest() in page.text
    for words in ("Vai al contenuto", "Il Segretario generale", "priva di valore legale"):
        assert words in page.text
    assert "(firma di prova)" not in page.text  # the office, not the holder of the certificate
    head = await system.client.head(f"/verifica/PI/{report_id}")
    assert (head.status_code, head.headers["etag"]) == (200, page.headers["etag"])
    assert (await system.client.get(f"/verifica/LU/{report_id}")).status_code == 404
    assert (await system.client.get(f"/verifica/PI/{later.rsplit('/', 1)[1]}")).status_code == 404


_NOBODY = "018f0000-0000-7000-8000-000000000000"


def _address(stage: bytes) -> str:
    return f"/v1/verifications/{hashlib.sha256(stage).hexdigest()}"


def _first_state(pdf: bytes) -> int:
    return pdf.index(b"%%EOF") + len(b"%%EOF\n")
