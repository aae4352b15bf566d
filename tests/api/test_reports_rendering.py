"""The renderer's routes: who holds the lease, what is accepted, what is tried again."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from arq.constants import in_progress_key_prefix
from redis.asyncio import Redis

from deploy.local.ports import free_port
from shared.contracts.render_job import QUEUE_NAME, arq_job_id
from shared.contracts.snapshot import ChamberCard
from tests.api.report_system import (
    ReportSystem,
    ScriptedRenderer,
    eventually,
    running,
    set_lease,
    settings_for,
)
from tests.api.webhook_sender import Inside


@pytest_asyncio.fixture
async def system(runtime_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[ReportSystem]:
    async with running(settings_for(runtime_url, redis_url, tmp_path), tmp_path) as started:
        await started.prepare()
        yield started


def _stored(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "blobs").rglob("*.pdf"))


async def _messages(redis_url: str) -> list[str]:
    async with Redis.from_url(redis_url) as redis:
        return [name.decode() for name in await redis.zrange(QUEUE_NAME, 0, -1)]


async def _queued(redis_url: str, name: str) -> None:
    async def look() -> bool | None:
        return name in await _messages(redis_url) or None

    await eventually(look, 60)


async def _leased(system: ReportSystem) -> ScriptedRenderer:
    job = await system.ask()
    renderer = system.renderer(job["job_id"])
    assert (await renderer.take()).status_code == 200
    return renderer


async def test_only_the_service_token_opens_the_routes(system: ReportSystem) -> None:
    job = await system.ask()
    path = f"/internal/v1/chambers/PI/render-jobs/{job['job_id']}/lease"
    administrator = await system.request("POST", path)
    nobody = await system.client.post(path)
    wrong = system.renderer(job["job_id"])
    wrong.token = "x" * 49
    assert [administrator.status_code, nobody.status_code] == [401, 401]
    assert (await wrong.take()).status_code == 401
    service = await system.request(
        "GET", job["report"], headers={"Authorization": f"Bearer {system.renderer('').token}"}
    )
    assert service.status_code == 401


async def test_internal_routes_are_not_published(system: ReportSystem) -> None:
    document = (await system.client.get("/openapi.json")).json()
    assert not [path for path in document["paths"] if path.startswith("/internal")]


async def test_the_lease_names_the_identity_that_the_chamber_is_set_to(
    system: ReportSystem,
) -> None:
    path = "/v1/chambers/PI/configuration"
    for identity in ("pisa-2026", None):
        etag = (await system.request("GET", path)).headers["etag"]
        set_to = await system.request(
            "PATCH",
            path,
            json={"signing": None if identity is None else {"identity": identity}},
            headers={"If-Match": etag, "Content-Type": "application/merge-patch+json"},
        )
        assert set_to.status_code == 200, set_to.text
        job = await system.ask()
        lease = await system.renderer(job["job_id"]).take()
        assert lease.json()["signing_identity"] == identity


async def test_one_worker_at_a_time(system: ReportSystem) -> None:
    first = await _leased(system)
    second = ScriptedRenderer(system.client, system.signing, first.base)
    refused = await second.take()
    assert (refused.status_code, refused.json()["code"]) == (409, "not_leasable")


async def test_of_many_workers_one_gets_the_lease(system: ReportSystem) -> None:
    job = await system.ask()
    workers = [system.renderer(job["job_id"]) for _ in range(6)]
    answers = await asyncio.gather(*(worker.take() for worker in workers))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 5]


async def test_a_job_of_another_chamber_is_unknown(system: ReportSystem) -> None:
    job = await system.ask()
    answer = await system.renderer(job["job_id"], "LU").take()
    assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")


async def test_the_jobs_of_a_suspended_chamber_wait(
    system: ReportSystem, owner_url: str, tmp_path: Path
) -> None:
    held = await _leased(system)
    pdf = await held.pdf()
    waiting = await system.ask()
    suspended = await system.request(
        "POST", "/v1/chambers/PI/suspension", json={"reason": "trasloco"}
    )
    assert suspended.status_code == 200
    refused = (
        await held.beat(),
        await held.fail(retryable=True),
        await held.deliver(pdf),
        await system.renderer(waiting["job_id"]).take(),
    )
    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (409, "chamber_suspended")
    assert _stored(tmp_path) == []
    assert held.lease is not None
    await set_lease(owner_url, held.lease.job_id, -1)
    resumed = await system.request("POST", "/v1/chambers/PI/resumption", json={})
    assert resumed.status_code == 200
    # The lease that ended meanwhile is found by the sweeper, as after the death of a renderer.
    lost = await system.job_when(held.lease.job_id, lambda job: job["state"] == "queued")
    assert lost["attempt"] == 1
    again = await system.job(waiting["job_id"])
    assert (again["state"], again["attempt"]) == ("queued", 0)
    await system.renderer(waiting["job_id"]).work()
    assert len(_stored(tmp_path)) == 1


async def test_a_repeated_upload_is_the_same_upload(system: ReportSystem, tmp_path: Path) -> None:
    renderer = await _leased(system)
    pdf = await renderer.pdf()
    assert [(await renderer.deliver(pdf)).status_code for _ in range(3)] == [204] * 3
    assert len(_stored(tmp_path)) == 1
    another = await renderer.pdf()
    assert another != pdf
    assert (await renderer.deliver(another)).status_code == 409
    assert len(_stored(tmp_path)) == 1


async def test_two_uploads_at_once_are_one_document(system: ReportSystem, tmp_path: Path) -> None:
    renderer = await _leased(system)
    pdf = await renderer.pdf()
    answers = await asyncio.gather(*(renderer.deliver(pdf) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [204] * 4
    assert len(_stored(tmp_path)) == 1


async def test_what_a_killed_process_left_in_the_store_goes(
    system: ReportSystem, tmp_path: Path
) -> None:
    renderer = await _leased(system)
    assert renderer.lease is not None
    folder = tmp_path / "blobs" / "PI" / "reports" / renderer.lease.snapshot.report_id
    folder.mkdir(parents=True)
    (folder / f"{'0' * 64}.pdf").write_bytes(b"stored, but its job was never closed")
    pdf = await renderer.pdf()
    assert (await renderer.deliver(pdf)).status_code == 204
    [stored] = _stored(tmp_path)
    assert stored.read_bytes() == pdf


async def test_heartbeats_keep_the_lease(system: ReportSystem, owner_url: str) -> None:
    renderer = await _leased(system)
    assert renderer.lease is not None
    for progress in range(0, 60, 10):
        await set_lease(owner_url, renderer.lease.job_id, 5)
        assert (await renderer.beat("pdf", progress)).status_code == 204
        [left] = await Inside(owner_url, "PI").rows(
            "SELECT lease_expires_at > now() + interval '15 seconds' AS prolonged "
            "FROM render_jobs WHERE job_id = $1",
            renderer.lease.job_id,
        )
        assert left["prolonged"]
    assert (await renderer.deliver(await renderer.pdf())).status_code == 204


async def test_a_silent_worker_loses_the_job_and_comes_too_late(
    system: ReportSystem, owner_url: str, tmp_path: Path, redis_url: str
) -> None:
    late = await _leased(system)
    assert late.lease is not None
    job_id = late.lease.job_id
    pdf = await late.pdf()
    await set_lease(owner_url, job_id, -1)
    again = await system.job_when(job_id, lambda job: job["state"] == "queued")
    assert (again["attempt"], again["progress"]) == (1, 0)
    await _queued(redis_url, arq_job_id("PI", job_id, 2))

    for answer in (await late.beat(), await late.deliver(pdf), await late.fail(retryable=True)):
        assert (answer.status_code, answer.json()["code"]) == (409, "lease_lost")
    second = system.renderer(job_id)
    kept = await second.work()
    assert second.lease is not None
    assert second.lease.attempt == 2
    assert (await late.deliver(pdf)).status_code == 409
    [stored] = _stored(tmp_path)
    assert stored.read_bytes() == kept


async def test_an_ended_lease_is_refused_even_before_the_sweeper_comes(
    runtime_url: str, owner_url: str, redis_url: str, tmp_path: Path
) -> None:
    settings = settings_for(runtime_url, redis_url, tmp_path, sweep_seconds=600)
    async with running(settings, tmp_path) as system:
        await system.prepare()
        late = await _leased(system)
        pdf = await late.pdf()
        assert late.lease is not None
        await set_lease(owner_url, late.lease.job_id, -1)
        assert (await late.deliver(pdf)).status_code == 409
        await system.renderer(late.lease.job_id).work()
        assert len(_stored(tmp_path)) == 1


async def test_a_job_whose_workers_all_vanish_fails_with_a_reason(
    system: ReportSystem, owner_url: str
) -> None:
    job = await system.ask()
    for attempt in (1, 2, 3):
        await system.job_when(job["job_id"], lambda found: found["state"] == "queued")
        renderer = system.renderer(job["job_id"])
        assert (await renderer.take()).status_code == 200
        assert renderer.lease is not None
        assert renderer.lease.attempt == attempt
        await set_lease(owner_url, job["job_id"], -1)
    failed = await system.job_when(job["job_id"], lambda found: found["state"] == "failed")
    assert failed["failure"]["code"] == "attempts_exhausted"
    assert "richiederlo di nuovo" in failed["failure"]["detail"]
    english = await system.request(
        "GET",
        f"/v1/chambers/PI/render-jobs/{job['job_id']}",
        headers={"Accept-Language": "en"},
    )
    assert "request it again" in english.json()["failure"]["detail"]
    report = await system.request("GET", job["report"])
    assert report.json()["state"] == "failed"


async def test_a_passing_failure_is_tried_again(system: ReportSystem) -> None:
    renderer = await _leased(system)
    assert renderer.lease is not None
    assert (await renderer.fail(retryable=True)).status_code == 204
    assert (await renderer.beat()).status_code == 409
    second = system.renderer(renderer.lease.job_id)
    await second.work()
    assert second.lease is not None
    assert second.lease.attempt == 2


async def test_a_lasting_failure_names_the_section(system: ReportSystem) -> None:
    renderer = await _leased(system)
    assert renderer.lease is not None
    await renderer.fail(retryable=False, section="3.1 Obiettivo A4")
    job = await system.job(renderer.lease.job_id)
    assert job["state"] == "failed"
    assert job["failure"] == {
        "code": "layout_failed",
        "detail": "La sezione non si compone.",
        "section": "3.1 Obiettivo A4",
    }
    assert (await system.renderer(renderer.lease.job_id).take()).status_code == 409


def _refusal(answer: httpx.Response) -> str:
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "document_refused"
    return str(problem["errors"][0]["code"])


async def test_what_is_not_the_sealed_document_is_refused(
    system: ReportSystem, tmp_path: Path
) -> None:
    renderer = await _leased(system)
    assert renderer.lease is not None
    pdf, snapshot = await renderer.pdf(), renderer.lease.snapshot
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    assert _refusal(await renderer.deliver(pdf, wrong)) == "digest_mismatch"

    flipped = bytearray(pdf)
    flipped[len(flipped) // 3] ^= 1
    refusal = _refusal(await renderer.deliver(bytes(flipped)))
    assert refusal in {"modified", "unreadable", "signature_malformed"}
    assert _refusal(await renderer.deliver(b"%PDF-1.7 no")) in {"unreadable", "unsigned"}

    of_lucca = ChamberCard(
        code="LU", name="Camera di commercio di Lucca", entity_code="TNO", entity_name="TNO"
    )
    foreign = await renderer.pdf(snapshot.model_copy(update={"chamber": of_lucca}))
    assert _refusal(await renderer.deliver(foreign)) == "other_chamber"
    changed = await renderer.pdf(snapshot.model_copy(update={"version": 99}))
    assert _refusal(await renderer.deliver(changed)) == "other_content"
    assert not _stored(tmp_path)
    assert (await renderer.deliver(pdf)).status_code == 204


async def test_a_seal_that_nobody_trusts_is_refused(system: ReportSystem, tmp_path: Path) -> None:
    renderer = await _leased(system)
    stranger = ScriptedRenderer(
        system.client, tmp_path / "elsewhere", renderer.base, renderer.lease
    )
    assert _refusal(await stranger.deliver(await stranger.pdf())) == "untrusted"


async def test_an_emptied_redis_is_filled_again(system: ReportSystem, redis_url: str) -> None:
    jobs = [await system.ask() for _ in range(3)]
    names = [arq_job_id("PI", job["job_id"], 1) for job in jobs]
    for name in names:
        await _queued(redis_url, name)
    async with Redis.from_url(redis_url) as redis:
        await redis.flushall()
    for name in names:
        await _queued(redis_url, name)


async def test_a_message_blocked_by_a_dead_worker_is_sent_under_another_id(
    system: ReportSystem, redis_url: str
) -> None:
    job = await system.ask()
    name = arq_job_id("PI", job["job_id"], 1)
    await _queued(redis_url, name)
    async with Redis.from_url(redis_url) as redis:
        # What arq leaves behind when a worker is killed just after taking a message.
        await redis.set(in_progress_key_prefix + name, b"1")
    await _queued(redis_url, f"{name}:1")
    assert len([found for found in await _messages(redis_url) if job["job_id"] in found]) == 2


async def test_reports_are_accepted_while_redis_is_away(
    runtime_url: str, redis_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def tried() -> bool | None:
        return "dispatch waits" in caplog.text or None

    nowhere = f"redis://127.0.0.1:{free_port()}"
    async with running(settings_for(runtime_url, nowhere, tmp_path), tmp_path) as system:
        await system.prepare()
        caplog.clear()
        job = await system.ask()
        await eventually(tried, 60)
        assert (await system.job(job["job_id"]))["state"] == "queued"
    async with running(settings_for(runtime_url, redis_url, tmp_path), tmp_path):
        await _queued(redis_url, arq_job_id("PI", job["job_id"], 1))


async def test_what_was_committed_is_sent_by_the_next_process(
    runtime_url: str, redis_url: str, tmp_path: Path
) -> None:
    silent = settings_for(runtime_url, redis_url, tmp_path, dispatch=False)
    async with running(silent, tmp_path) as system:
        await system.prepare()
        job = await system.ask()
        assert not [name for name in await _messages(redis_url) if job["job_id"] in name]
    async with running(settings_for(runtime_url, redis_url, tmp_path), tmp_path):
        await _queued(redis_url, arq_job_id("PI", job["job_id"], 1))


@pytest.mark.parametrize("stage", ["nonsense", "queue"])
async def test_a_malformed_heartbeat_is_a_problem(system: ReportSystem, stage: str) -> None:
    renderer = await _leased(system)
    answer = await renderer.beat(stage, 101)
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/stage", "/progress"}
