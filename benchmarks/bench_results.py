"""``GET .../results`` of 200 indicators beside a bare FastAPI route with the same bytes.

Sixteen clients, one server process each, one after the other: token checked, row-level
security on, ETag and limits included, against nothing at all.
"""

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks.load import Load, measure
from benchmarks.plans import YEAR, large_case
from benchmarks.rows import Row
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.system import running_system
from services.api.cli.chambers import ensure_chamber
from services.api.cli.client import ApiClient
from services.api.cli.paths import chamber_path, plan_path

_CLIENTS = 16
_SECONDS = 4.0
_ROUNDS = 3
_LEAST_SHARE = 1 / 8
_LONGEST_P99_MS = 50.0


def run() -> list[Row]:
    """Both servers are up all the time and take turns, so that both see the same machine."""
    root = Path(tempfile.mkdtemp(prefix="ciclo-bench-"))
    root.chmod(0o711)
    # Requests are still counted, but one caller asks for more than any office would.
    os.environ["CICLO_RATE_LIMIT_PER_MINUTE"] = "100000000"
    try:
        with running_system(root / "data", renderer=False) as system:
            token = system.token()
            with ApiClient(system.url, token) as api:
                ensure_chamber(api, "PI")
                api.create(f"{chamber_path('PI')}/imports", large_case())
                path = f"{plan_path('PI', YEAR)}/results"
                body = api.get(path).content
            with _bare(root, body) as bare_url:
                return _compare(f"{system.url}{path}", token, bare_url, body)
    finally:
        shutil.rmtree(root)


def _compare(url: str, token: str, bare_url: str, body: bytes) -> list[Row]:
    ours: list[Load] = []
    bare: list[Load] = []
    for _ in range(_ROUNDS):
        bare.append(_load(bare_url, None, body))
        ours.append(_load(url, token, body))
    rate, bare_rate = (
        statistics.median(load.requests_per_second for load in loads) for loads in (ours, bare)
    )
    # A tail shows whatever else the machine does: the least disturbed round of each counts.
    p99, bare_p99 = (min(load.p99_seconds for load in loads) * 1000 for loads in (ours, bare))
    return [
        Row(
            name=f"GET results, {_CLIENTS} clients",
            ours=rate,
            baseline=bare_rate,
            unit="requests/s",
            baseline_name="bare FastAPI, same bytes",
            target=">= 1/8",
            met=rate >= _LEAST_SHARE * bare_rate,
        ),
        Row(
            name=f"GET results, {_CLIENTS} clients, p99",
            ours=p99,
            baseline=bare_p99,
            unit="ms",
            baseline_name="bare FastAPI, same bytes",
            target=f"< {_LONGEST_P99_MS:g} ms",
            met=p99 < _LONGEST_P99_MS,
        ),
    ]


def _load(url: str, token: str | None, body: bytes) -> Load:
    return measure(url, token=token, clients=_CLIENTS, seconds=_SECONDS, expected=body)


@contextlib.contextmanager
def _bare(folder: Path, body: bytes) -> Iterator[str]:
    """The baseline's server while the block runs."""
    file, port = folder / "body.json", free_port()
    file.write_bytes(body)
    command = [
        sys.executable, "-m", "uvicorn", "benchmarks.bare:create_app", "--factory",
        "--no-server-header", "--no-access-log", "--log-level", "warning",
        "--host", LOOPBACK, "--port", str(port),
    ]  # fmt: skip
    server = subprocess.Popen(command, env=os.environ | {"BENCH_BODY": str(file)})
    url = f"http://{LOOPBACK}:{port}/results"
    try:
        _wait_for(url)
        yield url
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(url: str) -> None:
    for _ in range(200):
        with contextlib.suppress(httpx.TransportError):
            httpx.get(url)
            return
        time.sleep(0.05)
    raise TimeoutError(url)
