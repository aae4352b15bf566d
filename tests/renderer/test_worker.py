"""The worker as a process: queue, API, child and seals, and what may go wrong with each."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from shared.signatures import verify
from tests.renderer import snapshots
from tests.renderer.queue import OwnRedis
from tests.renderer.standin import TOKEN, Job, StandIn

PROJECT = Path(__file__).resolve().parents[2]
JOB_SECONDS = 60


@pytest.fixture
def api() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[OwnRedis]:
    folder = tmp_path / "redis"
    folder.mkdir()
    own = OwnRedis(folder)
    own.start()
    yield own
    own.kill()


class Running:
    """The worker process of a test."""

    def __init__(self, api: StandIn, queue: OwnRedis, folder: Path, **settings: str) -> None:
        self.signing = folder / "signing"
        self.log = folder / "worker.log"
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT),
            "CICLO_MODE": "development",
            "CICLO_SIGNER": "development",
            "CICLO_URL": api.url,
            "CICLO_RENDERER_TOKEN": TOKEN,
            "REDIS_URL": queue.url,
            "CICLO_SIGNING_DIR": str(self.signing),
        } | settings
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.renderer.worker"],
                env=environment,
                cwd=folder,
                stderr=log,
            )

    def children(self) -> list[psutil.Process]:
        """Children at work: those that presses have forked."""
        everybody = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in everybody if _forked(child, self.process.pid)]

    def wait_for_child(self) -> psutil.Process:
        """Wait until a rendering child works."""
        for _ in range(400):
            if found := self.children():
                return found[0]
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def wait_for_presses(self) -> list[psutil.Process]:
        """Wait until there are presses."""
        for _ in range(400):
            if found := psutil.Process(self.process.pid).children():
                return found
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def end(self) -> int:
        """Stop politely; answers the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


def _forked(child: psutil.Process, worker: int) -> bool:
    """Not a press, and not a program that one starts while it loads libraries."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return child.ppid() != worker and "services.renderer.press" in child.cmdline()
    return False


@pytest.fixture
def worker(api: StandIn, queue: OwnRedis, tmp_path: Path) -> Iterator[Running]:
    running = Running(api, queue, tmp_path)
    yield running
    running.end()


def test_a_job_becomes_one_sealed_document(api: StandIn, queue: OwnRedis, worker: Running) -> None:
    api.jobs["j1"] = Job(snapshots.small())
    queue.send("PI", "j1")
    queue.send("PI", "j1", attempt=2)
    job = api.wait_for("j1", "done", JOB_SECONDS)
    assert job.document is not None
    report = verify(job.document, worker.signing / "trust", chamber="PI")
    assert report.valid, report.problems
    assert report.signers[0].level == "B-B"
    steps = [beat["progress"] for beat in job.beats]
    assert steps == sorted(steps)
    assert {"pdf"} <= {beat["stage"] for beat in job.beats}
    assert worker.end() == 0
    puts = [call.split()[1] for call in api.calls if call.startswith("PUT")]
    assert puts == ["web-page", "document"]
    assert job.web_page is not None
    assert job.web_page.startswith(b"<!DOCTYPE html>")


def test_redis_may_be_killed_and_emptied_while_a_job_is_rendered(
    api: StandIn, queue: OwnRedis, worker: Running
) -> None:
    api.jobs["j1"], api.jobs["j2"] = Job(snapshots.small()), Job(snapshots.small())
    queue.send("PI", "j1")
    worker.wait_for_child()
    queue.kill()
    api.wait_for("j1", "done", JOB_SECONDS)
    assert worker.process.poll() is None
    queue.start()
    queue.send("PI", "j2")
    api.wait_for("j2", "done", JOB_SECONDS)


def test_work_goes_on_while_the_api_is_away(api: StandIn, queue: OwnRedis, worker: Running) -> None:
    api.jobs["j1"] = Job(snapshots.small())
    queue.send("PI", "j1")
    api.wait_for("j1", "leased", JOB_SECONDS)
    api.away = True
    worker.wait_for_child()
    api.wait_for_call("PUT", JOB_SECONDS)
    api.away = False
    api.wait_for("j1", "done", JOB_SECONDS)


def test_a_lost_lease_kills_the_press(api: StandIn, queue: OwnRedis, worker: Running) -> None:
    press, *_ = worker.wait_for_presses()  # the one of documents is the first
    api.jobs["j1"] = Job(snapshots.long(), cancelled_after=1)
    queue.send("PI", "j1")
    api.wait_for("j1", "cancelled", JOB_SECONDS)
    assert psutil.wait_procs([press], timeout=5)[0] == [press]
    assert not worker.children()
    api.jobs["j2"] = Job(snapshots.small())
    queue.send("PI", "j2")
    api.wait_for("j2", "done", JOB_SECONDS)
    assert not any(call.startswith("PUT document j1") for call in api.calls)


def test_a_stopped_worker_gives_its_job_back(
    api: StandIn, queue: OwnRedis, worker: Running
) -> None:
    api.jobs["j1"] = Job(snapshots.long())
    queue.send("PI", "j1")
    child = worker.wait_for_child()
    assert worker.end() == 0
    # Dead, whether or not who inherits it has taken note yet.
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    assert api.jobs["j1"].failures[0]["code"] == "worker_stopped"
    assert api.jobs["j1"].failures[0]["retryable"]


def test_a_killed_worker_takes_its_child_along(
    api: StandIn, queue: OwnRedis, worker: Running
) -> None:
    api.jobs["j1"] = Job(snapshots.long())
    queue.send("PI", "j1")
    worker.wait_for_child()  # which a press has forked
    children = psutil.Process(worker.process.pid).children(recursive=True)
    assert len(children) >= 2
    worker.process.kill()
    worker.process.wait()
    assert not psutil.wait_procs(children, timeout=5)[1]


def test_a_job_that_takes_too_much_memory_fails_in_words(
    api: StandIn, queue: OwnRedis, tmp_path: Path
) -> None:
    running = Running(api, queue, tmp_path, CICLO_RENDER_MEMORY_BYTES=str(256 * 1024 * 1024))
    try:
        api.jobs["j1"] = Job(snapshots.long(40))
        queue.send("PI", "j1")
        job = api.wait_for("j1", "failed", JOB_SECONDS)
        assert job.failures[0]["code"] == "out_of_memory", running.log.read_text()
        assert "256 MiB" in job.failures[0]["detail"]
    finally:
        running.end()


def test_production_refuses_development_seals(
    api: StandIn, queue: OwnRedis, tmp_path: Path
) -> None:
    running = Running(api, queue, tmp_path, CICLO_MODE="production")
    assert running.process.wait(20) == 2
