"""Whatever is killed, emptied or stopped: every report arrives, with exactly one PDF.

Real PostgreSQL, Redis, API and renderer; leases last five seconds instead of thirty.
"""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.e2e.commands import ciclo
from tests.e2e.render_system import RenderSystem, kill, render_system, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def prepared(
    runtime_url: str, redis_server_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RenderSystem]:
    """A system with a chamber in it; its API runs, until a test kills it."""
    folder = tmp_path_factory.mktemp("render-system")
    with render_system(folder, runtime_url, redis_server_url) as made:
        made.start_api()
        made.prepare()
        yield made


@pytest.fixture
def system(prepared: RenderSystem) -> Iterator[RenderSystem]:
    """The system with an API, an empty Redis and no renderer."""
    prepared.empty_redis()
    prepared.ensure_api()
    yield prepared
    prepared.kill_renderers()


def test_a_renderer_killed_in_mid_render(system: RenderSystem) -> None:
    first = system.start_renderer()
    job = system.ask(2020)
    system.in_mid_render(job)
    kill(first)
    assert system.job(job)["state"] == "leased"  # nobody knows yet

    system.start_renderer()
    [done] = system.arrived(job)
    assert done["attempt"] == 2


def test_redis_emptied_while_jobs_wait(system: RenderSystem) -> None:
    jobs = [system.ask() for _ in range(3)]
    until(lambda: system.messages() >= 3 or None, 10)
    system.empty_redis()
    system.start_renderer()
    assert [done["attempt"] for done in system.arrived(*jobs)] == [1, 1, 1]


def _missed(system: RenderSystem) -> int:
    """How often renderers have said that the API does not answer."""
    log = (system.folder / "renderer.log").read_text()
    return len(re.findall("the API is away|heartbeat of job", log))


def test_redis_emptied_and_the_api_killed_in_mid_render(system: RenderSystem) -> None:
    system.start_renderer()
    working, waiting = system.ask(2020), system.ask()
    system.in_mid_render(working)
    before = _missed(system)
    system.empty_redis()
    system.kill_api()
    until(lambda: _missed(system) > before or None, 30)
    system.ensure_api()
    system.arrived(working, waiting)


def test_the_api_killed_between_commit_and_enqueue(system: RenderSystem) -> None:
    system.kill_api()
    system.start_api(CICLO_DISPATCH="false")
    jobs = [system.ask() for _ in range(2)]
    system.kill_api()
    assert system.messages() == 0

    system.ensure_api()
    jobs.append(system.ask())
    system.kill_api()  # at the answer: the relay may have got to it, or not
    system.start_renderer()
    system.ensure_api()
    assert [done["attempt"] for done in system.arrived(*jobs)] == [1, 1, 1]


def test_two_renderers_share_the_jobs(system: RenderSystem) -> None:
    system.start_renderer()
    system.start_renderer()
    jobs = [system.ask() for _ in range(4)]
    assert [done["attempt"] for done in system.arrived(*jobs)] == [1, 1, 1, 1]


def test_a_renderer_that_comes_back_too_late(system: RenderSystem) -> None:
    late = system.start_renderer("late")
    job = system.ask(2020)
    system.in_mid_render(job)
    late.send_signal(signal.SIGSTOP)
    system.job_when(job, lambda found: found["state"] == "queued", 15)

    second = system.start_renderer()
    [done] = system.arrived(job)
    assert done["attempt"] == 2
    kill(second)
    # Its lease is another's by now: what it has made is not wanted any more.
    late.send_signal(signal.SIGCONT)
    until(lambda: "lost" in (system.folder / "late.log").read_text() or None, 30)
    assert system.job(job) == done
    system.arrived(job)


def _at_work(renderer: psutil.Popen) -> list[psutil.Process]:
    """What lays out documents: children of the presses, which themselves wait for the next."""
    presses = renderer.children()
    return [child for press in presses for child in _children(press)]


def _children(press: psutil.Process) -> list[psutil.Process]:
    try:
        found: list[psutil.Process] = press.children(recursive=True)
    except psutil.NoSuchProcess:  # ended since it was listed
        return []
    return found


def test_a_cancelled_job_frees_its_renderer(system: RenderSystem) -> None:
    renderer = system.start_renderer()
    job = system.ask(2020)
    system.in_mid_render(job)
    assert _at_work(renderer)
    assert system.request("DELETE", job).status_code == 204
    until(lambda: not _at_work(renderer) or None, 10)
    report = system.job(job)["report"]
    assert system.request("GET", f"{report}/pdf").status_code == 404
    system.arrived(system.ask())


def test_a_cancelled_document_is_made_again_from_the_command_line(
    system: RenderSystem, tmp_path: Path
) -> None:
    job = system.ask()
    assert system.request("DELETE", job).status_code == 204
    report = system.job(job)["report"]
    frozen = system.request("GET", report).json()
    system.start_renderer()
    out = tmp_path / "relazione.pdf"
    words = ("report", "again", "PI", "2019", "--version", str(frozen["version"]), "--out", out)
    bearer = {"CICLO_URL": system.url, "CICLO_TOKEN": system.issuer.mint({"PI": ["controller"]})}
    made = ciclo(*words, "--json", **bearer)
    assert made.status == 0, made.errors
    same = ("report_id", "version", "snapshot_sha256")
    assert {name: made.document[name] for name in same} == {name: frozen[name] for name in same}
    [done] = system.arrived(made.document["job"])
    assert system.request("GET", done["document"]).content == out.read_bytes()
    refused = ciclo(*words, "--json", **bearer)
    assert (refused.status, refused.document["code"]) == (1, "report_already_rendered")
