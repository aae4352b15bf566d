"""Reports from the request to the PDF, as callers and the renderer see them."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest_asyncio
from redis.asyncio import Redis

from shared.contracts.render_job import QUEUE_NAME, RENDER_FUNCTION, arq_job_id
from shared.contracts.snapshot import canonical_bytes
from tests.api.report_system import ReportSystem, eventually, running, settings_for

READER = {"PI": ["reader"]}
STRANGER = {"LU": ["controller"]}
_PATIENCE = 60
"""Seconds after which what is waited for never comes."""


@pytest_asyncio.fixture
async def system(runtime_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[ReportSystem]:
    async with running(settings_for(runtime_url, redis_url, tmp_path), tmp_path) as started:
        await started.prepare()
        yield started


async def _report(system: ReportSystem, job: dict[str, Any]) -> dict[str, Any]:
    answer = await system.request("GET", job["report"])
    assert answer.status_code == 200
    return dict(answer.json())


def _stored(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "blobs").rglob("*.pdf"))


async def test_a_report_from_request_to_pdf(
    system: ReportSystem, tmp_path: Path, redis_url: str
) -> None:
    answer = await system.request("POST", "/v1/chambers/PI/reports", json={"year": 2020})
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["location"] == f"/v1/chambers/PI/render-jobs/{job['job_id']}"
    assert answer.headers["retry-after"]
    assert (job["state"], job["stage"], job["progress"]) == ("queued", "queued", 0)
    assert (await system.request("GET", f"{job['report']}/pdf")).status_code == 409

    renderer = system.renderer(job["job_id"])
    assert (await renderer.take()).status_code == 200
    assert renderer.lease is not None
    frozen = renderer.lease.snapshot
    assert hashlib.sha256(canonical_bytes(frozen)).hexdigest() == renderer.lease.snapshot_sha256
    assert (frozen.overall.shown, frozen.overall.judgement) == ("94.9", "eccellente")
    assert frozen.development

    assert (await renderer.beat("pdf", 55)).status_code == 204
    seen = await system.job(job["job_id"])
    assert (seen["state"], seen["stage"], seen["progress"]) == ("leased", "pdf", 55)

    pdf = await renderer.pdf()
    assert (await renderer.deliver(pdf)).status_code == 204
    done = await system.job(job["job_id"])
    assert (done["state"], done["progress"], done["attempt"]) == ("done", 100, 1)
    report = await _report(system, job)
    assert report["state"] == "rendered"
    assert report["document"]["sha256"] == hashlib.sha256(pdf).hexdigest()
    assert report["document"]["pages"] == 1
    assert report["document"]["seal"]["level"] == "B-B"
    assert report["document"]["seal"]["signer"].startswith(frozen.chamber.name)

    given = await system.request("GET", done["document"])
    assert given.content == pdf
    assert given.headers["etag"] == f'"{hashlib.sha256(pdf).hexdigest()}"'
    assert "Relazione sulla performance 2020" in given.headers["content-disposition"]
    again = await system.request(
        "GET", done["document"], headers={"If-None-Match": given.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert len(_stored(tmp_path)) == 1


async def test_the_relay_queues_ids_only(system: ReportSystem, redis_url: str) -> None:
    job = await system.ask()
    name = arq_job_id("PI", job["job_id"], 1)
    async with Redis.from_url(redis_url) as redis:

        async def queued() -> bytes | None:
            found: bytes | None = await redis.get(f"arq:job:{name}")
            return found

        message = json.loads(await eventually(queued, 2))
        assert (message["f"], message["a"]) == (RENDER_FUNCTION, ["PI", job["job_id"]])
        assert message["k"] == {}
        assert await redis.zscore(QUEUE_NAME, name) is not None


async def test_the_same_key_asks_once(system: ReportSystem) -> None:
    first = await system.ask(**{"Idempotency-Key": "once-1"})
    second = await system.ask(**{"Idempotency-Key": "once-1"})
    assert first["job_id"] == second["job_id"]
    other = await system.request(
        "POST",
        "/v1/chambers/PI/reports",
        json={"year": 2021},
        headers={"Idempotency-Key": "once-1"},
    )
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_every_request_is_a_version_and_lists_go_by_cursor(system: ReportSystem) -> None:
    reports = [await _report(system, await system.ask()) for _ in range(3)]
    versions = [report["version"] for report in reports]
    assert versions == list(range(versions[0], versions[0] + 3))
    page = (await system.request("GET", "/v1/chambers/PI/reports?limit=2")).json()
    assert [item["version"] for item in page["items"]] == versions[:0:-1]
    following = (
        await system.request("GET", f"/v1/chambers/PI/reports?limit=2&cursor={page['next']}")
    ).json()
    assert following["items"][0]["version"] == versions[0]


async def test_at_once_requested_reports_get_different_versions(system: ReportSystem) -> None:
    jobs = await asyncio.gather(*(system.ask() for _ in range(4)))
    versions = {(await _report(system, job))["version"] for job in jobs}
    assert len(versions) == 4


async def test_a_snapshot_does_not_change_with_the_plan(system: ReportSystem) -> None:
    job = await system.ask()
    before = await _report(system, job)
    answer = await system.request(
        "POST",
        "/v1/chambers/PI/plans/2020/evaluations",
        json={"scope": "PI", "indicator": "A4.2", "effect": "exclude", "reason": "prova"},
    )
    assert answer.status_code == 201, answer.text
    after = await _report(system, await system.ask())
    assert after["plan_revision"] > before["plan_revision"]
    assert after["snapshot_sha256"] != before["snapshot_sha256"]
    assert (await _report(system, job))["snapshot_sha256"] == before["snapshot_sha256"]
    withdrawal = f"{answer.headers['location']}/withdrawal"
    removed = await system.request("POST", withdrawal, json={"reason": "prova"})
    assert removed.status_code == 204


async def test_other_chambers_see_nothing(system: ReportSystem) -> None:
    job = await system.ask()
    stranger = system.bearer(STRANGER)
    paths = [job["report"], f"{job['report']}/pdf", job["events"], job["events"][: -len("/events")]]
    for path in paths:
        for given in (path, path.replace("/PI/", "/LU/")):
            answer = await system.request("GET", given, headers=stranger)
            assert answer.status_code == 404, given
    listed = await system.request("GET", "/v1/chambers/LU/reports", headers=stranger)
    assert listed.json()["items"] == []
    cancelled = await system.request("DELETE", paths[-1], headers=stranger)
    assert cancelled.status_code == 404


async def test_readers_read(system: ReportSystem) -> None:
    job = await system.ask()
    reader = system.bearer(READER)
    assert (await system.request("GET", job["report"], headers=reader)).status_code == 200
    asked = await system.request(
        "POST", "/v1/chambers/PI/reports", json={"year": 2020}, headers=reader
    )
    assert asked.status_code == 403
    path = f"/v1/chambers/PI/render-jobs/{job['job_id']}"
    assert (await system.request("DELETE", path, headers=reader)).status_code == 403


async def test_an_unknown_year_is_refused(system: ReportSystem) -> None:
    answer = await system.request("POST", "/v1/chambers/PI/reports", json={"year": 2019})
    assert (answer.status_code, answer.json()["code"]) == (404, "plan_not_found")


class _Stream:
    """An answer that is read while it is written: the client waits until it has all of it."""

    def __init__(self, system: ReportSystem, path: str) -> None:
        self._said: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self._asked = False
        headers = {"host": "ciclo.test", **system.bearer()}
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "query_string": b"",
            "headers": [(name.lower().encode(), text.encode()) for name, text in headers.items()],
        }
        self.answering = asyncio.create_task(system.app(scope, self._receive, self._said.put))

    async def _receive(self) -> MutableMapping[str, Any]:
        """The request has no body, and its sender stays."""
        if self._asked:
            await asyncio.Event().wait()
        self._asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def event(self) -> dict[str, Any]:
        """The next event."""
        while True:
            async with asyncio.timeout(_PATIENCE):
                said = await self._said.get()
            for line in said.get("body", b"").decode().splitlines():
                if line.startswith("data:"):
                    found: dict[str, Any] = json.loads(line[5:])
                    return found


async def test_events_follow_the_job_to_its_end(system: ReportSystem) -> None:
    job = await system.ask()
    stream = _Stream(system, job["events"])
    assert (await stream.event())["state"] == "queued"
    renderer = system.renderer(job["job_id"])
    await renderer.take()
    assert (await stream.event())["state"] == "leased"
    await renderer.beat("document", 20)
    event = await stream.event()
    assert (event["state"], event["progress"]) == ("leased", 20)
    await renderer.deliver(await renderer.pdf())
    while event["state"] == "leased":
        event = await stream.event()
    assert (event["state"], event["progress"]) == ("done", 100)
    await asyncio.wait_for(stream.answering, _PATIENCE)  # the stream ends with its job


async def test_the_etag_of_a_job_spares_its_body(system: ReportSystem) -> None:
    job = await system.ask()
    path = f"/v1/chambers/PI/render-jobs/{job['job_id']}"
    first = await system.request("GET", path)
    assert first.headers["retry-after"]
    etag = {"If-None-Match": first.headers["etag"]}
    assert (await system.request("GET", path, headers=etag)).status_code == 304
    await system.renderer(job["job_id"]).take()
    assert (await system.request("GET", path, headers=etag)).status_code == 200


async def test_a_cancelled_job_is_dropped(system: ReportSystem, tmp_path: Path) -> None:
    job = await system.ask()
    path = f"/v1/chambers/PI/render-jobs/{job['job_id']}"
    renderer = system.renderer(job["job_id"])
    await renderer.take()
    assert (await system.request("DELETE", path)).status_code == 204
    assert (await system.request("DELETE", path)).status_code == 204
    for answer in (await renderer.beat(), await renderer.deliver(await renderer.pdf())):
        assert (answer.status_code, answer.json()["code"]) == (409, "lease_lost")
    assert (await system.job(job["job_id"]))["state"] == "cancelled"
    document = await system.request("GET", f"{job['report']}/pdf")
    assert (document.status_code, document.json()["code"]) == (404, "report_without_document")
    assert not _stored(tmp_path)


async def test_a_finished_job_cannot_be_cancelled(system: ReportSystem) -> None:
    job = await system.ask()
    await system.renderer(job["job_id"]).work()
    answer = await system.request("DELETE", f"/v1/chambers/PI/render-jobs/{job['job_id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "job_over")
