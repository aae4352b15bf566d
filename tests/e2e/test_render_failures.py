"""Whatever is killed, emptied or stopped: every report arrives, with exactly one PDF.

Real PostgreSQL, Redis, API and renderer; leases last three seconds instead of thirty.
"""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.render_system import RenderSystem, kill, render_system, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def system(runtime_url: str, redis_url: str, tmp_path: Path) -> Iterator[RenderSystem]:
    with render_system(tmp_path, runtime_url, redis_url) as made:
        yield made


def test_a_renderer_killed_in_mid_render(system: RenderSystem) -> None:
    system.start_api()
    system.prepare()
    first = system.start_renderer()
    job = system.ask(2020)
    system.in_mid_render(job)
    kill(first)
    assert system.job(job)["state"] == "leased"  # nobody knows yet

    system.start_renderer()
    [done] = system.arrived(job)
    assert done["attempt"] == 2


def test_redis_emptied_while_jobs_wait(system: RenderSystem) -> None:
    system.start_api()
    system.prepare()
    jobs = [system.ask() for _ in range(3)]
    until(lambda: system.messages() >= 3 or None, 10)
    system.empty_redis()
    system.start_renderer()
    for done in system.arrived(*jobs):
        assert done["attempt"] == 1


def test_redis_emptied_in_mid_render(system: RenderSystem) -> None:
    system.start_api()
    system.prepare()
    system.start_renderer()
    long, short = system.ask(2020), system.ask()
    system.in_mid_render(long)
    system.empty_redis()
    assert [done["attempt"] for done in system.arrived(long, short)] == [1, 1]


def test_the_api_killed_between_commit_and_enqueue(system: RenderSystem) -> None:
    silent = system.start_api(CICLO_DISPATCH="false")
    system.prepare()
    system.start_renderer()
    jobs = [system.ask() for _ in range(2)]
    time.sleep(0.5)
    assert system.messages() == 0
    kill(silent)

    system.start_api()
    for done in system.arrived(*jobs):
        assert done["attempt"] == 1


def test_the_api_killed_at_the_answer(system: RenderSystem) -> None:
    api = system.start_api()
    system.prepare()
    job = system.ask()
    kill(api)  # the relay may or may not have got to it
    system.start_renderer()
    system.start_api()
    system.arrived(job)


def test_the_api_killed_while_a_renderer_works(system: RenderSystem) -> None:
    api = system.start_api()
    system.prepare()
    system.start_renderer()
    job = system.ask(2020)
    system.in_mid_render(job)
    kill(api)
    time.sleep(1)
    system.start_api()
    system.arrived(job)


def test_two_renderers_share_the_jobs(system: RenderSystem) -> None:
    system.start_api()
    system.prepare()
    system.start_renderer()
    system.start_renderer()
    jobs = [system.ask() for _ in range(5)]
    for done in system.arrived(*jobs):
        assert done["attempt"] == 1


def test_a_renderer_that_comes_back_too_late(system: RenderSystem) -> None:
    system.start_api()
    system.prepare()
    late = system.start_renderer()
    job = system.ask(2020)
    system.in_mid_render(job)
    late.send_signal(signal.SIGSTOP)
    system.job_when(job, lambda found: found["state"] == "queued", 15)

    second = system.start_renderer()
    [done] = system.arrived(job)
    assert done["attempt"] == 2
    kill(second)
    # Its child went on meanwhile; what it signs and offers now is not wanted any more.
    late.send_signal(signal.SIGCONT)
    time.sleep(6)
    assert system.job(job) == done
    system.arrived(job)
