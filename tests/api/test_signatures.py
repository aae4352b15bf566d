"""The Segretario generale signs, then the President; nobody else, nothing twice, nothing half."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from services.api.container import Container
from services.api.db.tables.reports import render_jobs
from services.api.db.tables.requests import audit_log, idempotency_keys, outbox
from services.renderer.seal_field import SealField
from services.renderer.signing import SignatureOrder
from services.renderer.signing.identities import IdentityFolder
from services.renderer.signing.pades import PadesSigner
from shared.contracts.signing import ExpectedSigner
from shared.signatures import verify
from tests.api.report_system import OFFICES, ReportSystem, running, set_lease, settings_for
from tests.api.test_reports_approval import (
    ACT,
    CAUSES,
    CONTROLLER,
    JUDGED,
    OIV,
    PLAN,
    move,
    rendered,
)
from tests.renderer.snapshots import PISA

SECRETARY, PRESIDENT = OFFICES
PIN = "7391-segretissimo"
OTP = "OTP-860412"


@pytest_asyncio.fixture
async def system(runtime_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[ReportSystem]:
    async with running(settings_for(runtime_url, redis_url, tmp_path), tmp_path) as started:
        await started.prepare()
        await configure(started, None)
        yield started


async def validated(system: ReportSystem) -> str:
    """Address of a new version that the OIV has validated."""
    said = {f"deviations/objective:{code}": (body, CONTROLLER) for code, body in CAUSES.items()}
    for path, (body, roles) in {**said, "overall-judgement": (JUDGED, OIV)}.items():
        headers = system.bearer(roles)
        answer = await system.request("PUT", f"{PLAN}/{path}", json=body, headers=headers)
        assert answer.status_code in {200, 428}  # the second: another test has said it
    report, _ = await rendered(system, reason="Correzione di un refuso.")
    assert (await move(system, report, "approval", {"act": ACT})).status_code == 200
    done = await move(system, report, "validation", {"date": "2021-06-28"}, OIV)
    assert done.status_code == 200, done.text
    return report


async def ask(
    system: ReportSystem,
    report: str,
    office: str,
    headers: dict[str, str] | None = None,
    **body: str,
) -> httpx.Response:
    return await system.request(
        "POST",
        f"{report}/signatures",
        json={"office": office, **body},
        headers=headers or system.signer(office),
    )


async def shown(system: ReportSystem, report: str, **headers: str) -> dict[str, Any]:
    answer = await system.request("GET", f"{report}/signatures", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def stored(system: ReportSystem, report: str) -> bytes:
    return (await system.request("GET", f"{report}/pdf")).content


def database(system: ReportSystem) -> Any:  # noqa: ANN401 - the application's own
    container: Container = system.app.state.container
    return container.database


async def test_three_signatures_in_order_then_it_is_published(system: ReportSystem) -> None:
    report = await validated(system)
    before = await stored(system, report)
    early = await move(system, report, "publication", {})
    assert (early.status_code, early.json()["code"]) == (409, "report_not_signed")
    listed = await shown(system, report, **system.signer(SECRETARY))
    assert [item["state"] for item in listed["items"]] == ["made", "next", "waiting"]
    assert [item["allowed_actions"] for item in listed["items"]] == [[], ["report.sign"], []]
    assert (await shown(system, report, **system.signer(PRESIDENT)))["items"][1][
        "allowed_actions"
    ] == []

    stages = [before, *await system.sign(report)]
    for earlier, later in pairwise(stages):
        assert later.startswith(earlier)
    assert await stored(system, report) == stages[-1]
    listed = await shown(system, report)
    assert listed["complete"]
    made = [item["made"] for item in listed["items"]]
    assert [item["stage"]["sha256"] for item in made] == [
        hashlib.sha256(stage).hexdigest() for stage in stages
    ]
    assert [item["origin"] for item in made] == ["seal", "service", "service"]
    report_now = (await system.request("GET", report)).json()
    assert report_now["state"] == "signed"
    assert [item["move"] for item in report_now["moves"]] == ["approve", "validate", "sign"]
    verdict = verify(stages[-1], system.signing / "trust", chamber="PI")
    assert verdict.valid, verdict.problems
    assert [item.common_name for item in verdict.signers][1:] == [
        "Il Segretario generale (firma di prova)",
        "Il Presidente (firma di prova)",
    ]
    done = await move(system, report, "publication", {})
    assert (done.status_code, done.json()["state"]) == (200, "published")
    report_id = report.rsplit("/", 1)[1]
    public = await system.client.get(f"/v1/publications/PI/{report_id}/pdf")
    assert public.content == stages[-1]


async def test_out_of_turn_nobody_signs(system: ReportSystem) -> None:
    report, _ = await rendered(system, reason="Correzione di un refuso.")
    early = await ask(system, report, SECRETARY)
    assert (early.status_code, early.json()["code"]) == (409, "report_not_approved")
    report = await validated(system)
    refused = {
        "signature_not_next": await ask(system, report, PRESIDENT),
        "office_not_yours": await ask(system, report, SECRETARY, system.signer(PRESIDENT)),
        "office_not_expected": await ask(system, report, "tesoriere"),
        "forbidden": await ask(system, report, SECRETARY, system.bearer({"PI": ["controller"]})),
        "chamber_not_found": await ask(
            system, report, SECRETARY, system.bearer({"LU": ["signer"]})
        ),
    }
    assert {answer.json()["code"] for answer in refused.values()} == set(refused)

    job = (await ask(system, report, SECRETARY)).json()
    assert (job["kind"], job["office"]) == ("sign", SECRETARY)
    assert (await shown(system, report))["items"][1]["state"] == "under_way"
    again = await ask(system, report, SECRETARY)
    assert (again.status_code, again.json()["code"]) == (409, "signature_under_way")
    await system.renderer(job["job_id"]).sign()
    twice = await ask(system, report, SECRETARY)
    assert twice.json()["code"] == "signature_already_made"
    both = system.issuer.mint({"PI": ["signer"]}, subject=SECRETARY, units=list(OFFICES))
    same = await ask(system, report, PRESIDENT, {"Authorization": f"Bearer {both}"})
    assert (same.status_code, same.json()["code"]) == (409, "signer_signed_already")


async def test_a_request_repeated_makes_one_job(system: ReportSystem) -> None:
    report = await validated(system)
    key = {"Idempotency-Key": "firma-1"} | system.signer(SECRETARY)
    first, second = [await ask(system, report, SECRETARY, key, pin=PIN) for _ in range(2)]
    assert first.json()["job_id"] == second.json()["job_id"]


async def test_a_cancelled_or_failed_signature_leaves_the_document(system: ReportSystem) -> None:
    report = await validated(system)
    before = await stored(system, report)
    job_id = (await ask(system, report, SECRETARY)).json()["job_id"]
    path = f"/v1/chambers/PI/render-jobs/{job_id}"
    assert (await system.request("DELETE", path)).status_code == 204
    assert (await system.request("GET", report)).json()["state"] == "validated"

    job_id = (await ask(system, report, SECRETARY, pin=PIN)).json()["job_id"]
    renderer = system.renderer(job_id)
    lease = await renderer.take_signature()
    assert lease.pin is not None
    assert lease.pin.get_secret_value() == PIN
    failure = {"code": "wrong_pin", "detail": "PIN errato.", "detail_en": "Wrong PIN."}
    told = await renderer.client.post(
        f"{renderer.base}/failure",
        headers=renderer._headers(),
        json=failure | {"section": None, "retryable": False},
    )
    assert told.status_code == 204
    job = await system.job(job_id)
    assert (job["state"], job["failure"]["code"]) == ("failed", "wrong_pin")
    path = f"/v1/chambers/PI/render-jobs/{job_id}"
    english = await system.request("GET", path, headers={"Accept-Language": "en"})
    assert english.json()["failure"]["detail"] == "Wrong PIN."
    assert await stored(system, report) == before
    assert (await shown(system, report))["items"][1]["state"] == "next"
    await system.sign(report)


async def test_a_killed_worker_leaves_no_half_document(
    system: ReportSystem, owner_url: str
) -> None:
    report = await validated(system)
    before = await stored(system, report)
    job_id = (await ask(system, report, SECRETARY)).json()["job_id"]
    killed = system.renderer(job_id)
    await killed.take_signature()
    unheard = await killed.signed(await killed.fetch())
    await set_lease(owner_url, job_id, -1)
    await system.job_when(job_id, lambda job: job["state"] == "queued", seconds=30)
    late = await killed.deliver_signature(unheard)
    assert (late.status_code, late.json()["code"]) == (409, "lease_lost")
    assert await stored(system, report) == before
    signed = await system.renderer(job_id).sign()
    assert await stored(system, report) == signed
    assert (await system.job(job_id))["attempt"] == 2
    offices = [item["state"] for item in (await shown(system, report))["items"]]
    assert offices == ["made", "made", "next"]


async def test_a_delivery_repeated_changes_nothing(system: ReportSystem) -> None:
    report = await validated(system)
    job_id = (await ask(system, report, SECRETARY)).json()["job_id"]
    renderer = system.renderer(job_id)
    pdf = await renderer.sign()
    assert (await renderer.deliver_signature(pdf)).status_code == 204
    stranger = system.renderer(job_id)
    assert (await stranger.deliver_signature(pdf)).status_code == 409


async def test_what_the_renderer_brings_is_looked_at(system: ReportSystem) -> None:
    report = await validated(system)
    job_id = (await ask(system, report, SECRETARY)).json()["job_id"]
    renderer = system.renderer(job_id)
    await renderer.take_signature()
    base = await renderer.fetch()
    for wrong in (base, base + b" ", b"%PDF-1.7"):
        answer = await renderer.deliver_signature(wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "document_refused")
        assert "one_signature_expected" in {item["code"] for item in answer.json()["errors"]}
    elsewhere = await PadesSigner(folder(system)).sign(base, order("Altrove", "altro"))
    answer = await renderer.deliver_signature(elsewhere)
    assert [item["code"] for item in answer.json()["errors"]] == ["other_field"]


async def test_a_secret_is_nowhere_in_clear_and_gone_afterwards(
    system: ReportSystem, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    report = await validated(system)
    headers = system.signer(SECRETARY) | {"Idempotency-Key": "con-pin"}
    job_id = (await ask(system, report, SECRETARY, headers, pin=PIN, otp=OTP)).json()["job_id"]

    async def everything() -> str:
        async with database(system).read(["PI"]) as session:
            tables = (render_jobs, audit_log, outbox, idempotency_keys)
            rows = [await session.all(sa.select(table)) for table in tables]
            return str(rows)

    async def secret() -> bytes | None:
        async with database(system).read(["PI"]) as session:
            found: bytes | None = await session.scalar(
                sa.select(render_jobs.c.secret).where(render_jobs.c.job_id == job_id)
            )
            return found

    assert await secret() is not None
    seen = await everything()
    await system.renderer(job_id).sign()
    assert await secret() is None
    seen += await everything() + caplog.text
    for given in (PIN, OTP, hashlib.sha256(PIN.encode()).hexdigest()):
        assert given not in seen


async def test_a_document_may_wait_for_nobody_or_for_others(system: ReportSystem) -> None:
    await configure(system, {"signatures": []})
    report = await validated(system)
    alone = (await system.request("GET", report)).json()
    assert alone["state"] == "validated"
    assert "report.publish" in alone["allowed_actions"]
    assert "report.sign" not in alone["allowed_actions"]
    assert (await shown(system, report))["complete"]
    one = {"office": "commissario", "title": "Il Commissario straordinario"}
    await configure(system, {"signatures": [one], "level": "B-B"})
    report, snapshot = await rendered(system, reason="Con il Commissario.")
    assert [slot.office for slot in snapshot.signatures] == ["commissario"]
    wrong = await patched(system, {"signatures": [one, one, {"office": "sigillo", "title": "No"}]})
    assert wrong.status_code == 422
    assert [item["pointer"] for item in wrong.json()["errors"]] == [
        "/signing/signatures/1/office",
        "/signing/signatures/2/office",
    ]


async def test_a_copy_signed_elsewhere_is_taken_back(system: ReportSystem) -> None:
    report = await validated(system)
    issued = await stored(system, report)
    copy = await PadesSigner(folder(system)).sign(issued, order("Segretario", "fuori"))
    answer = await bring(system, report, SECRETARY, copy)
    assert answer.status_code == 200, answer.text
    made = answer.json()["items"][1]["made"]
    assert (made["origin"], made["level"]) == ("upload", "B-B")
    assert await stored(system, report) == copy
    await system.sign(report, [PRESIDENT])
    assert (await system.request("GET", report)).json()["state"] == "signed"


async def test_everything_wrong_with_a_copy_is_told_at_once(system: ReportSystem) -> None:
    expected = {"common_name": "Il Segretario generale (firma di prova)"}
    row = {"office": SECRETARY, "title": "Il Segretario generale", "signer": expected}
    report = await validated(system)
    await configure(system, {"signatures": [row], "level": "B-T"})
    issued = await stored(system, report)
    rewritten = issued[:7] + b"9" + issued[8:] + b"\n"
    for copy, found in (
        (issued, {"one_signature_expected"}),
        (rewritten, {"not_our_document", "one_signature_expected", "modified", "not_covered"}),
        (
            await PadesSigner(folder(system)).sign(issued, order("Chiunque", "altri")),
            {"level_too_low", "other_signer"},
        ),
        (
            await PadesSigner(folder(system)).sign(issued, order("Sigillo", "PI", office=None)),
            {"level_too_low", "other_signer", "same_signer"},
        ),
    ):
        answer = await bring(system, report, SECRETARY, copy)
        assert (answer.status_code, answer.json()["code"]) == (422, "signed_copy_refused")
        assert {item["code"] for item in answer.json()["errors"]} >= found
    assert await stored(system, report) == issued


async def test_a_copy_without_the_seal_is_refused(system: ReportSystem) -> None:
    report = await validated(system)
    issued = await stored(system, report)
    writer = IncrementalPdfFileWriter(BytesIO(issued))
    field = writer.root["/AcroForm"]["/Fields"][0]
    del field["/V"]
    writer.update_container(field)
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    copy = await PadesSigner(folder(system)).sign(out.getvalue(), order("Segretario", "fuori"))
    answer = await bring(system, report, SECRETARY, copy)
    assert [item["code"] for item in answer.json()["errors"]] == ["signature_removed"]


async def test_a_copy_of_another_state_is_refused(system: ReportSystem) -> None:
    report = await validated(system)
    issued = await stored(system, report)
    copy = await PadesSigner(folder(system)).sign(issued, order("Segretario", "fuori"))
    path = f"{report}/signatures/{SECRETARY}/pdf"
    headers = system.signer(SECRETARY) | {"Content-Type": "application/pdf"}
    missing = await system.request("PUT", path, content=copy, headers=headers)
    assert missing.status_code == 428
    stale = headers | {"If-Match": '"' + "0" * 64 + '"'}
    assert (await system.request("PUT", path, content=copy, headers=stale)).status_code == 412
    both = await asyncio.gather(*(bring(system, report, SECRETARY, copy) for _ in range(2)))
    assert sorted(answer.status_code for answer in both) in ([200, 409], [200, 412])
    assert await stored(system, report) == copy


def folder(system: ReportSystem) -> IdentityFolder:
    return IdentityFolder(system.signing, "", production=False, make_missing=True)


def order(name: str, identity: str, office: str | None = "office") -> SignatureOrder:
    """A signature that another program makes, in a field of its own."""
    return SignatureOrder(
        chamber=PISA,
        field=SealField(f"Signature_{name}", name),
        identity=identity,
        name=name,
        reason="prova",
        expected=None if office is None else ExpectedSigner(),
    )


async def bring(system: ReportSystem, report: str, office: str, pdf: bytes) -> httpx.Response:
    etag = (await system.request("GET", f"{report}/pdf")).headers["etag"]
    return await system.request(
        "PUT",
        f"{report}/signatures/{office}/pdf",
        content=pdf,
        headers=system.signer(office) | {"Content-Type": "application/pdf", "If-Match": etag},
    )


async def patched(system: ReportSystem, signing: dict[str, Any] | None) -> httpx.Response:
    path = "/v1/chambers/PI/configuration"
    etag = (await system.request("GET", path)).headers["etag"]
    return await system.request(
        "PATCH",
        path,
        json={"signing": signing},
        headers={"If-Match": etag, "Content-Type": "application/merge-patch+json"},
    )


async def configure(system: ReportSystem, signing: dict[str, Any] | None) -> None:
    answer = await patched(system, signing)
    assert answer.status_code == 200, answer.text
