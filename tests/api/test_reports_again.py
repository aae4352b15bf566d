"""A document that could not be made is made again as it was frozen; one that is there never."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.api.problem_table import PROBLEMS
from tests.api.report_system import ReportSystem, running, settings_for
from tests.api.test_reports_approval import (
    ACT,
    CAUSES,
    CONTROLLER,
    JUDGED,
    OIV,
    move,
    rendered,
    say,
)
from tests.api.webhook_sender import Inside

pytestmark = pytest.mark.asyncio(loop_scope="module")

REPORTS = "/v1/chambers/PI/reports"
Report = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(
    runtime_url: str, redis_server_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ReportSystem]:
    folder = Path(tmp_path_factory.mktemp("again"))
    async with running(settings_for(runtime_url, redis_server_url, folder), folder) as started:
        await started.prepare()
        for code, body in CAUSES.items():
            await say(started, f"deviations/objective:{code}", body)
        await say(started, "overall-judgement", JUDGED, OIV)
        yield started


async def decision(system: ReportSystem) -> Report:
    """The document of a decision that the OIV has just made, which waits for the renderer."""
    report, _ = await rendered(system, reason="Altra prova.")
    assert (await move(system, report, "approval", {"act": ACT})).status_code == 200
    decided = await move(system, report, "validation", {"date": "2021-06-28"}, OIV)
    assert decided.status_code == 200, decided.text
    listed = await system.request("GET", f"{REPORTS}?kind=validazione")
    (made,) = [row for row in listed.json()["items"] if row["about"] == report]
    return dict(made)


async def asked(system: ReportSystem) -> Report:
    """A Relazione that waits for the renderer."""
    job = await system.request("POST", REPORTS, json={"year": 2020, "reason": "Altra prova."})
    return await now(system, {"report_id": job.json()["report"].rsplit("/", 1)[1]})


async def now(system: ReportSystem, report: Report) -> Report:
    """The document as a controller sees it."""
    bearer = system.bearer(CONTROLLER)
    answer = await system.request("GET", f"{REPORTS}/{report['report_id']}", headers=bearer)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def job_of(report: Report) -> str:
    return str(report["job"].rsplit("/", 1)[1])


async def failed(system: ReportSystem, report: Report) -> None:
    """The renderer gives the document up."""
    renderer = system.renderer(job_of(report))
    await renderer.take()
    assert (await renderer.fail(retryable=False)).status_code == 204


async def cancelled(system: ReportSystem, report: Report) -> None:
    """Somebody cancels the document."""
    assert (await system.request("DELETE", report["job"])).status_code == 204


async def again(system: ReportSystem, report: Report, **headers: str) -> httpx.Response:
    """Asks for the document again."""
    bearer = system.bearer(CONTROLLER)
    path = f"{REPORTS}/{report['report_id']}/rendering"
    return await system.request("POST", path, headers=bearer | headers)


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def jobs(owner_url: str, report: Report) -> list[str]:
    """Ids of everything that was to render the document, in order."""
    rows = await Inside(owner_url, "PI").rows(
        "SELECT job_id::text FROM render_jobs WHERE report_id = $1::text::uuid ORDER BY job_id",
        report["report_id"],
    )
    return [row["job_id"] for row in rows]


@pytest.mark.parametrize("ends", [failed, cancelled])
async def test_the_document_of_a_decision_is_made_in_the_end(
    system: ReportSystem,
    owner_url: str,
    ends: Any,  # noqa: ANN401 - one of the two above
) -> None:
    before = await decision(system)
    await ends(system, before)
    lost = await now(system, before)
    assert (lost["state"], lost["allowed_actions"][:3]) == (
        ends.__name__,
        ["report.read", "report.request", "report.render"],
    )
    answer = await again(system, before)
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert answer.headers["location"] == f"/v1/chambers/PI/render-jobs/{job['job_id']}"
    assert (job["state"], job["report"]) == ("queued", f"{REPORTS}/{before['report_id']}")
    waiting = await now(system, before)
    assert waiting["state"] == "requested"
    assert "report.render" not in waiting["allowed_actions"]
    assert job_of(waiting) == job["job_id"] != job_of(before)

    renderer = system.renderer(job["job_id"])
    await renderer.work()
    made = await now(system, before)
    assert made["state"] == "rendered"
    assert made["document"]["sha256"]
    same = ("version", "snapshot_sha256", "title", "mark", "about", "created_at", "plan_revision")
    assert {name: made[name] for name in same} == {name: before[name] for name in same}
    assert renderer.lease is not None
    assert renderer.lease.snapshot_sha256 == before["snapshot_sha256"]
    first = await system.job(job_of(before))
    assert first["state"] == ends.__name__
    listed = (await system.request("GET", f"{REPORTS}?kind=validazione&limit=500")).json()["items"]
    assert [row["job"] for row in listed if row["report_id"] == before["report_id"]] == [
        made["job"]
    ]
    published = await move(system, f"{REPORTS}/{before['report_id']}", "publication", {})
    assert published.json()["state"] == "published"
    assert await jobs(owner_url, before) == [job_of(before), job["job_id"]]
    (line,) = await Inside(owner_url, "PI").rows(
        "SELECT detail->>'job_id' AS job_id, detail->>'sha256' AS sha256 FROM audit_log "
        "WHERE action = 'report.requested_again' AND subject = $1",
        before["report_id"],
    )
    assert line == {"job_id": job["job_id"], "sha256": before["snapshot_sha256"]}
    sent = await Inside(owner_url, "PI").rows(
        "SELECT 1 FROM outbox WHERE topic = 'render.requested' AND payload->>'job_id' = $1",
        job["job_id"],
    )
    assert len(sent) == 1


async def test_it_may_fail_again_and_be_asked_for_again(system: ReportSystem) -> None:
    report = await asked(system)
    for _ in range(2):
        await failed(system, await now(system, report))
        assert (await again(system, report)).status_code == 202
    await system.renderer(job_of(await now(system, report))).work()
    assert (await now(system, report))["state"] == "rendered"


async def test_the_renderer_of_before_has_no_say_any_more(system: ReportSystem) -> None:
    report = await asked(system)
    old = system.renderer(job_of(report))
    await old.take()
    pdf = await old.pdf()
    await cancelled(system, report)
    assert (await again(system, report)).status_code == 202
    for answer in (await old.beat(), await old.fail(retryable=False), await old.deliver(pdf)):
        assert told(answer) == (409, "lease_lost")
    await cancelled(system, report)  # the old job, a second time: the new one goes on
    assert (await now(system, report))["state"] == "requested"
    await system.renderer(job_of(await now(system, report))).work()


async def test_what_is_being_made_or_is_there_is_refused(system: ReportSystem) -> None:
    report = await asked(system)
    waiting = await again(system, report)
    assert told(waiting) == (409, "report_not_ready")
    assert report["job"] in waiting.json()["detail"]
    await system.renderer(job_of(report)).work()
    there = await again(system, report)
    assert told(there) == (409, "report_already_rendered")
    assert f"La versione {report['version']} ha già" in there.json()["detail"]
    english = await again(system, report, **{"Accept-Language": "en"})
    assert english.json()["title"] == PROBLEMS["report_already_rendered"].title("en")
    assert (await now(system, report))["job"] == report["job"]


async def test_the_same_key_makes_one_job(system: ReportSystem, owner_url: str) -> None:
    report = await asked(system)
    await failed(system, report)
    answers = [await again(system, report, **{"Idempotency-Key": "again"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert len(await jobs(owner_url, report)) == 2


async def test_two_at_once_make_one_job(system: ReportSystem, owner_url: str) -> None:
    report = await asked(system)
    await failed(system, report)
    answers = await asyncio.gather(*(again(system, report) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    refusals = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert refusals == {"report_not_ready"}
    assert len(await jobs(owner_url, report)) == 2


async def test_who_may_not_ask_for_documents_is_refused(system: ReportSystem) -> None:
    report = await asked(system)
    await failed(system, report)
    for roles, status, code in (
        ({"LU": ["controller"]}, 404, "chamber_not_found"),
        ({"PI": ["reader"]}, 403, "forbidden"),
        (OIV, 403, "forbidden"),
    ):
        assert told(await again(system, report, **system.bearer(roles))) == (status, code)
    shown = await system.request(
        "GET", f"{REPORTS}/{report['report_id']}", headers=system.bearer(OIV)
    )
    assert "report.render" not in shown.json()["allowed_actions"]
    foreign = f"/v1/chambers/LU/reports/{report['report_id']}/rendering"
    answer = await system.request("POST", foreign, headers=system.bearer({"LU": ["controller"]}))
    assert told(answer) == (404, "report_not_found")
    assert (await now(system, report))["state"] == "failed"


async def test_a_sheet_is_made_again_for_who_sees_it(system: ReportSystem) -> None:
    token = system.issuer.mint({"PI": ["controller"]}, subject="valutata", sheets=["SG"])
    sees = {"Authorization": f"Bearer {token}"}
    answer = await system.request(
        "POST", "/v1/chambers/PI/plans/2020/sheets/SG/report", headers=sees
    )
    sheet = {"report_id": answer.json()["report"].rsplit("/", 1)[1]}
    assert (await system.request("DELETE", answer.headers["location"])).status_code == 204
    assert told(await again(system, sheet)) == (404, "report_not_found")
    assert (await again(system, sheet, **sees)).status_code == 202


async def test_nothing_is_made_again_in_a_suspended_chamber(system: ReportSystem) -> None:
    report = await asked(system)
    await failed(system, report)
    suspended = await system.request(
        "POST", "/v1/chambers/PI/suspension", json={"reason": "trasloco"}
    )
    assert suspended.status_code == 200
    refused = await again(system, report)
    resumed = await system.request("POST", "/v1/chambers/PI/resumption", json={})
    assert resumed.status_code == 200
    assert told(refused) == (409, "chamber_suspended")
    assert (await now(system, report))["state"] == "failed"
