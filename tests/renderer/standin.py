"""A stand-in for the API's internal endpoints, faithful to ``ciclo/render-job@1``."""

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from shared.contracts.render_job import RenderLease
from shared.contracts.snapshot import ReportSnapshot, canonical_bytes
from tests.renderer.loopback import Loopback

TOKEN = "t" * 40
LEASE = "lease-token"


@dataclass
class Job:
    """One job as the stand-in's database knows it."""

    snapshot: ReportSnapshot
    state: str = "queued"
    attempts: int = 0
    beats: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    document: bytes | None = None
    web_page: bytes | None = None
    cancelled_after: int | None = None
    """Heartbeats after which the lease is lost."""


class StandIn(Loopback):
    """An HTTP server with jobs; ``away`` makes every call answer 503."""

    def __init__(self, lease_seconds: int = 3) -> None:
        self.jobs: dict[str, Job] = {}
        self.away = False
        self.calls: list[str] = []
        self.lease_seconds = lease_seconds
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                stand_in._answer(self)

            def do_PUT(self) -> None:
                stand_in._answer(self)

            def log_message(self, *_: object) -> None:
                """Silent."""

        super().__init__(Handler)

    def wait_for(self, job_id: str, state: str, seconds: float) -> Job:
        """Wait until a job has a state."""
        until = time.monotonic() + seconds
        while self.jobs[job_id].state != state:
            assert time.monotonic() < until, f"{job_id} is {self.jobs[job_id]!r:.600}"
            time.sleep(0.05)
        return self.jobs[job_id]

    def wait_for_call(self, method: str, seconds: float) -> None:
        """Wait until somebody has called by a method, also in vain."""
        until = time.monotonic() + seconds
        while not any(call.startswith(method) for call in self.calls):
            assert time.monotonic() < until, self.calls
            time.sleep(0.05)

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        parts = request.path.strip("/").split("/")
        call, job_id = parts[-1], parts[-2]
        self.calls.append(f"{request.command} {call} {job_id}")
        status, answer = self._decide(request, call, self.jobs.get(job_id), job_id, body)
        request.send_response(status)
        kind = "application/json" if status == 200 else "application/problem+json"
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(answer)))
        request.end_headers()
        request.wfile.write(answer)

    def _decide(  # noqa: PLR0911 - refusals, one by one
        self, request: BaseHTTPRequestHandler, call: str, job: Job | None, job_id: str, body: bytes
    ) -> tuple[int, bytes]:
        if self.away:
            return _problem(503, "unavailable")
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            return _problem(401, "unauthenticated")
        if job is None:
            return _problem(404, "job_not_found")
        if call == "lease":
            return self._lease(job, job_id)
        if request.headers["Ciclo-Lease-Token"] != LEASE or job.state != "leased":
            return _problem(409, "lease_lost")
        if call in {"document", "web-page"}:
            return self._file(job, call, body, request.headers["Content-Digest"])
        return self._news(job, call, json.loads(body))

    @staticmethod
    def _news(job: Job, call: str, news: dict[str, Any]) -> tuple[int, bytes]:
        if call == "failure":
            job.failures.append(news)
            job.state = "failed"
            return 204, b""
        job.beats.append(news)
        if job.cancelled_after is not None and len(job.beats) > job.cancelled_after:
            job.state = "cancelled"
            return _problem(409, "lease_lost")
        return 204, b""

    @staticmethod
    def _file(job: Job, call: str, body: bytes, given: str) -> tuple[int, bytes]:
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        if given != f"sha-256=:{digest}:":
            return _problem(422, "document_refused")
        if call == "web-page":
            job.web_page = body
            return 204, b""
        job.document = body
        job.state = "done"
        return 204, b""

    def _lease(self, job: Job, job_id: str) -> tuple[int, bytes]:
        if job.state != "queued":
            return _problem(409, "not_leasable")
        job.state, job.attempts = "leased", job.attempts + 1
        lease = RenderLease(
            job_id=job_id,
            attempt=job.attempts,
            lease_token=LEASE,
            expires_at="2026-11-21T10:00:00Z",
            lease_seconds=self.lease_seconds,
            snapshot_sha256=hashlib.sha256(canonical_bytes(job.snapshot)).hexdigest(),
            snapshot=job.snapshot,
        )
        return 200, lease.model_dump_json().encode()


def _problem(status: int, code: str) -> tuple[int, bytes]:
    return status, json.dumps({"code": code, "status": status, "title": code}).encode()
