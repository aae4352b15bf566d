"""API and renderer as processes of their own, on the session's PostgreSQL and Redis.

Tests kill them, stop them and start them again; everything that was started is ended.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
from cryptography.fernet import Fernet
from redis import Redis

from deploy.local.identity import LocalIssuer
from deploy.local.ports import free_port
from services.renderer.signing.development import ensure_authority
from shared.contracts.render_job import QUEUE_NAME
from shared.runtime.settings import LOCAL_ISSUER

PISA = Path(__file__).parents[1] / "cases" / "pisa-2020.json"
_ADMINISTRATOR = {"*": ["entity_administrator", "controller", "signer"]}
_TOKEN = "renderer-" + "e" * 40
_STARTED_SECONDS = 40.0

Found = TypeVar("Found")

QUICK = {
    "CICLO_LEASE_SECONDS": "5",
    "CICLO_SWEEP_SECONDS": "0.2",
    "CICLO_RESEND_SECONDS": "1",
    "CICLO_RETRY_SECONDS": "0",
}

SMALL: Mapping[str, Any] = {
    "format": "ciclo/case@1",
    "chamber": "PI",
    "year": 2019,
    "kind": "relazione",
    "policy": {"overall": {"kinds": ["perspective"]}},
    "objectives": [{"code": "A", "kind": "perspective", "parent": None, "title": "Imprese"}],
    "indicators": [
        {
            "code": "A.1",
            "objective": "A",
            "title": "Imprese assistite",
            "value_type": "number",
            "targets": {"2019": {"op": ">=", "value": "250"}},
        }
    ],
    "measurements": [{"indicator": "A.1", "value": "230"}],
}
"""A year with one figure in it: rendered in a moment."""


def until(look: Callable[[], Found | None], seconds: float) -> Found:
    """What ``look`` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None:
            return found
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.03)


@dataclass
class RenderSystem:
    """Processes of one test and a client of the API."""

    folder: Path
    database_url: str
    redis_url: str
    port: int
    client: httpx.Client
    issuer: LocalIssuer
    _api: psutil.Popen | None = None
    _renderers: list[psutil.Popen] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self.port}"

    def start_api(self, **variables: str) -> psutil.Popen:
        """An API process that answers."""
        command = (
            *(sys.executable, "-m", "uvicorn", "--factory", "services.api.main:create_app"),
            *("--host", "127.0.0.1", "--port", str(self.port), "--no-access-log"),
        )
        process = self._spawn(command, "api", self._api_environment() | variables)
        self._api = process

        def alive() -> bool | None:
            assert process.poll() is None, (self.folder / "api.log").read_text()[-2000:]
            with contextlib.suppress(httpx.TransportError):
                return self.client.get("/status").is_success or None
            return None

        until(alive, _STARTED_SECONDS)
        return process

    def ensure_api(self) -> None:
        """Starts the API unless it runs."""
        if self._api is None:
            self.start_api()

    def kill_api(self) -> None:
        """The API is gone from one moment to the next."""
        if self._api is not None:
            kill(self._api)
        self._api = None

    def start_renderer(self, log: str = "renderer", **variables: str) -> psutil.Popen:
        """A renderer process; it may still be on its way to the queue."""
        environment = {
            "CICLO_MODE": "development",
            "CICLO_URL": self.url,
            "CICLO_RENDERER_TOKEN": _TOKEN,
            "CICLO_SIGNER": "development",
            "CICLO_SIGNING_DIR": str(self.folder / "signing"),
            "REDIS_URL": self.redis_url,
        }
        command = (sys.executable, "-m", "services.renderer.worker")
        process = self._spawn(command, log, environment | variables)
        self._renderers.append(process)
        return process

    def kill_renderers(self) -> None:
        """Ends every renderer with its children."""
        for process in self._renderers:
            kill(process)
        self._renderers.clear()

    def _api_environment(self) -> dict[str, str]:
        return QUICK | {
            "CICLO_MODE": "development",
            "CICLO_PUBLIC_URL": self.url,
            "CICLO_RENDERER_TOKEN": _TOKEN,
            "CICLO_SECRET_KEYS": Fernet.generate_key().decode(),
            "CICLO_OIDC_ISSUER": LOCAL_ISSUER,
            "CICLO_OIDC_JWKS_FILE": str(self.issuer.key_set_file),
            "CICLO_BLOB_URL": f"file://{self.folder / 'blobs'}",
            "CICLO_TRUST_ANCHORS": str(self.folder / "signing" / "trust"),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
        }

    def _spawn(
        self, command: tuple[str, ...], name: str, variables: Mapping[str, str]
    ) -> psutil.Popen:
        foreign = ("CICLO_", "DATABASE_", "REDIS_")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
        with (self.folder / f"{name}.log").open("ab") as log:
            return psutil.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, env=kept | dict(variables)
            )

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        """A request of the administrator, unless ``headers`` name somebody else."""
        headers = {"Authorization": f"Bearer {self.issuer.mint(_ADMINISTRATOR)}"}
        headers |= more.pop("headers", {})
        return self.client.request(method, path, headers=headers, **more)

    def prepare(self) -> None:
        """The chamber of Pisa with a long year and a short one."""
        for path, body in (
            ("/v1/entities", {"code": "TNO", "title": "Toscana Nord-Ovest"}),
            ("/v1/chambers", {"code": "PI", "entity": "TNO", "title": "Camera di Pisa"}),
            ("/v1/chambers/PI/imports", json.loads(PISA.read_text(encoding="utf-8"))),
            ("/v1/chambers/PI/imports", SMALL),
        ):
            answer = self.request("POST", path, json=body)
            assert answer.status_code in {200, 201, 409}, answer.text

    def ask(self, year: int = 2019) -> str:
        """Path of the job of a newly requested report."""
        answer = self.request("POST", "/v1/chambers/PI/reports", json={"year": year})
        assert answer.status_code == 202, answer.text
        return answer.headers["location"]

    def job(self, path: str) -> dict[str, Any]:
        """The job as it is now."""
        answer = self.request("GET", path)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def job_when(
        self, path: str, condition: Callable[[dict[str, Any]], bool], seconds: float = 60
    ) -> dict[str, Any]:
        """The job as soon as it fulfils a condition."""

        def look() -> dict[str, Any] | None:
            found = self.job(path)
            if condition(found):
                return found
            assert found["state"] != "failed", found["failure"]
            return None

        return until(look, seconds)

    def in_mid_render(self, path: str) -> dict[str, Any]:
        """The job while its pages are being made."""
        return self.job_when(
            path, lambda job: job["stage"] in {"document", "pdf"} and job["progress"] > 1
        )

    def arrived(self, *paths: str, seconds: float = 90) -> list[dict[str, Any]]:
        """The jobs, done, each with exactly one PDF that the verifier finds good."""
        jobs = [self.job_when(path, lambda job: job["state"] == "done", seconds) for path in paths]
        for job in jobs:
            pdf = self.request("GET", job["document"]).content
            verdict = self.verify(pdf)
            assert verdict["valid"], verdict
            assert verdict["original"] is not None
            report_id = job["report"].rsplit("/", 1)[1]
            [stored] = (self.folder / "blobs" / "PI" / "reports" / report_id).iterdir()
            assert stored.read_bytes() == pdf
        return jobs

    def verify(self, pdf: bytes) -> dict[str, Any]:
        """The verdict of the API on a PDF."""
        headers = {
            "Authorization": f"Bearer {self.issuer.mint(_ADMINISTRATOR)}",
            "Content-Type": "application/pdf",
        }
        answer = self.client.post("/v1/verifications", headers=headers, content=pdf)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def messages(self) -> int:
        """How many messages wait in the queue."""
        with Redis.from_url(self.redis_url) as redis:
            return int(redis.zcard(QUEUE_NAME))

    def empty_redis(self) -> None:
        """Everything that Redis knows is gone."""
        with Redis.from_url(self.redis_url) as redis:
            redis.flushall()


def kill(process: psutil.Popen) -> None:
    """SIGKILL to a process and all its children, which get no chance to say anything."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for member in (*process.children(recursive=True), process):
            with contextlib.suppress(psutil.NoSuchProcess):
                member.send_signal(signal.SIGKILL)
    process.wait(20)


@contextmanager
def render_system(folder: Path, database_url: str, redis_url: str) -> Iterator[RenderSystem]:
    """A system of which nothing runs yet."""
    issuer = LocalIssuer(folder / "identity")
    issuer.ensure_keys()
    ensure_authority(folder / "signing")
    port = free_port()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        system = RenderSystem(folder, database_url, redis_url, port, client, issuer)
        try:
            yield system
        finally:
            system.kill_renderers()
            system.kill_api()
