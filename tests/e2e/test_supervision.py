"""How ``ciclo up`` looks after processes: real PostgreSQL and Redis, stand-in services."""

import asyncio
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from redis import Redis

from deploy.local.layout import DataDirectory
from deploy.local.ports import free_port
from deploy.local.processes import ProcessIdentity
from deploy.local.secrets import load_or_create
from deploy.local.state import SystemState, read_state
from deploy.local.supervisor import stop_running

_STANDIN = Path(__file__).with_name("standin.py")


@dataclass
class Up:
    process: "subprocess.Popen[str]"
    facts: dict[str, Any]
    data: Path

    @property
    def state(self) -> SystemState:
        state = read_state(DataDirectory.at(self.data))
        assert state is not None
        return state

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(60)


def _spawn_up(data: Path, port: int, **variables: str) -> "subprocess.Popen[str]":
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL", "CICLO_MODE"}
    }
    return subprocess.Popen(
        [sys.executable, str(_STANDIN), "up", str(data), str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment | {"LANG": "it_IT.UTF-8", "LC_ALL": ""} | variables,
    )


@pytest.fixture
def up() -> Iterator[Callable[[Path], Up]]:
    """Starts the system of a data directory; everything started is stopped at the end."""
    started: list[Up] = []

    def start(data: Path) -> Up:
        process = _spawn_up(data, free_port())
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        started.append(Up(process, json.loads(line), data))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.stop()
        each.process.communicate()


def _environment_of_api(up: Up) -> dict[str, str]:
    connection = http.client.HTTPConnection(up.facts["url"].removeprefix("http://"), timeout=5)
    connection.request("GET", "/env")
    found: dict[str, str] = json.load(connection.getresponse())
    connection.close()
    return found


async def _sql(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def _owner_url(up: Up) -> str:
    secrets = load_or_create(DataDirectory.at(up.data).secrets_file)
    return (
        f"postgresql://ciclo_owner:{secrets.database_owner}@127.0.0.1:{up.facts['postgres']}/ciclo"
    )


def _eventually(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def _answers(up: Up) -> bool:
    try:
        _environment_of_api(up)
    except OSError:
        return False
    return True


def _replaced(up: Up, name: str, before: ProcessIdentity) -> bool:
    return up.state.children[name] != before


def test_stopped_and_started_again_everything_is_there(
    data_dir: Path, up: Callable[[Path], Up]
) -> None:
    first = up(data_dir)
    url = _owner_url(first)
    asyncio.run(_sql(url, "CREATE TABLE kept AS SELECT 'è rimasto' AS what"))
    with Redis.from_url(_environment_of_api(first)["REDIS_URL"]) as queue:
        queue.set("kept", "yes")
    children = first.state.children.values()
    assert {*first.state.children} == {"postgres", "redis", "api", "renderer"}
    assert first.stop(signal.SIGINT) == 0
    assert not any(child.alive() for child in children)
    assert read_state(DataDirectory.at(data_dir)) is None

    logs = DataDirectory.at(data_dir).logs
    (logs / "api.log").write_bytes(b"x" * (11 * 1024 * 1024))
    second = up(data_dir)
    assert (logs / "api.log.1").stat().st_size > (logs / "api.log").stat().st_size
    assert asyncio.run(_sql(_owner_url(second), "SELECT what FROM kept")) == "è rimasto"
    with Redis.from_url(_environment_of_api(second)["REDIS_URL"]) as queue:
        assert queue.get("kept") == b"yes"


def test_two_systems_live_side_by_side(data_dir: Path, up: Callable[[Path], Up]) -> None:
    one, other = up(data_dir / "uno"), up(data_dir / "due")
    one_sees, other_sees = _environment_of_api(one), _environment_of_api(other)
    for name in ("DATABASE_URL", "REDIS_URL", "CICLO_RENDERER_TOKEN", "CICLO_SECRET_KEYS"):
        assert one_sees[name] != other_sees[name]
    one.stop()
    assert _answers(other)


def test_second_up_on_the_same_data_says_so(data_dir: Path, up: Callable[[Path], Up]) -> None:
    running = up(data_dir)
    second = _spawn_up(data_dir, free_port())
    _, errors = second.communicate(timeout=30)
    assert second.returncode == 1
    assert "già in esecuzione" in errors
    assert running.facts["url"] in errors
    assert _answers(running)


def test_port_in_use_is_one_clear_line(data_dir: Path, up: Callable[[Path], Up]) -> None:
    running = up(data_dir / "uno")
    port = int(running.facts["url"].rpartition(":")[2])
    other = _spawn_up(data_dir / "due", port)
    _, errors = other.communicate(timeout=30)
    assert other.returncode == 1
    assert errors.strip() == f"La porta {port} è già in uso: indicarne un'altra con --port."


def test_a_killed_child_is_started_again(data_dir: Path, up: Callable[[Path], Up]) -> None:
    running = up(data_dir)
    for name in ("api", "renderer", "postgres", "redis"):
        before = running.state.children[name]
        os.kill(before.pid, signal.SIGKILL)
        _eventually(partial(_replaced, running, name, before))
        assert not before.alive()
        assert running.state.children[name].alive()
    _eventually(lambda: _answers(running))
    assert asyncio.run(_sql(_owner_url(running), "SELECT 1")) == 1
    with Redis.from_url(_environment_of_api(running)["REDIS_URL"]) as queue:
        assert queue.ping()
    assert running.stop() == 0


def test_after_kill_9_of_everything_the_data_come_up_again(
    data_dir: Path, up: Callable[[Path], Up]
) -> None:
    first = up(data_dir)
    asyncio.run(_sql(_owner_url(first), "CREATE TABLE kept AS SELECT 7 AS seven"))
    children = first.state.children
    os.kill(first.process.pid, signal.SIGKILL)
    for child in children.values():
        if child.alive():
            os.kill(child.pid, signal.SIGKILL)
    first.process.wait()
    second = up(data_dir)
    assert not any(child.alive() for child in children.values())
    assert asyncio.run(_sql(_owner_url(second), "SELECT seven FROM kept")) == 7


def test_kill_9_of_the_supervisor_leaves_no_process_behind(
    data_dir: Path, up: Callable[[Path], Up]
) -> None:
    running = up(data_dir)
    children = running.state.children
    os.kill(running.process.pid, signal.SIGKILL)
    running.process.wait()
    if sys.platform == "linux":
        _eventually(lambda: not any(child.alive() for child in children.values()))
    stop_running(data_dir)
    assert not any(child.alive() for child in children.values())
    assert not DataDirectory.at(data_dir).state_file.exists()


def test_stale_state_never_ends_a_stranger(data_dir: Path, up: Callable[[Path], Up]) -> None:
    first = up(data_dir)
    first.stop()
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        directory = DataDirectory.at(data_dir)
        stale = {"pid": stranger.pid, "created": 1.0}
        directory.state_file.write_text(
            json.dumps(
                {
                    "format": 1,
                    "supervisor": stale,
                    "started_by": "up",
                    "ready": True,
                    "url": "http://127.0.0.1:1",
                    "children": {"api": stale, "renderer": stale},
                }
            )
        )
        (directory.postgres.resolve() / "postmaster.pid").write_text(f"{stranger.pid}\n")
        (directory.redis / "redis.pid").write_text(f"{stranger.pid}\n")
        up(data_dir)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_down_stops_a_running_system_and_is_content_with_none(
    data_dir: Path, up: Callable[[Path], Up]
) -> None:
    assert not stop_running(data_dir)
    running = up(data_dir)
    children = running.state.children
    assert stop_running(data_dir)
    assert running.process.wait(10) == 0
    assert not any(child.alive() for child in children.values())
    assert not stop_running(data_dir)


def test_a_service_that_does_not_start_is_told_and_nothing_stays_up(data_dir: Path) -> None:
    process = _spawn_up(data_dir, free_port(), STANDIN_API_FAILS="1")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "api non si avvia: the stand-in was told to fail" in errors
    assert read_state(DataDirectory.at(data_dir)) is None
    assert not (DataDirectory.at(data_dir).postgres.resolve() / "postmaster.pid").exists()


def test_the_renderer_gets_nothing_of_the_database(
    data_dir: Path, up: Callable[[Path], Up], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "dell'archivio")
    running = up(data_dir)
    secrets = load_or_create(DataDirectory.at(data_dir).secrets_file)
    _eventually((DataDirectory.at(data_dir).signing / "seen.json").exists)
    seen = json.loads((DataDirectory.at(data_dir).signing / "seen.json").read_text())
    assert seen["CICLO_RENDERER_TOKEN"] == secrets.renderer_token
    assert "DATABASE_URL" not in seen
    everything = json.dumps(seen)
    for secret in (
        secrets.postgres_superuser,
        secrets.database_owner,
        secrets.database_runtime,
        secrets.secret_keys,
        "dell'archivio",
    ):
        assert secret not in everything
    assert "AWS_SECRET_ACCESS_KEY" in _environment_of_api(running)
    assert secrets.postgres_superuser not in json.dumps(_environment_of_api(running))
    assert secrets.database_owner not in json.dumps(_environment_of_api(running))


def test_secrets_are_for_the_owner_only(data_dir: Path, up: Callable[[Path], Up]) -> None:
    up(data_dir)
    directory = DataDirectory.at(data_dir)
    for path in (
        directory.secrets_file,
        directory.redis / "redis.conf",
        directory.identity / "issuer.jwk",
    ):
        assert path.stat().st_mode & 0o077 == 0, path
    for folder in (directory.identity, directory.signing, directory.logs, directory.blobs):
        assert folder.stat().st_mode & 0o077 == 0, folder


def test_identity_of_a_process_is_more_than_its_number() -> None:
    own = ProcessIdentity.of(os.getpid())
    assert own is not None
    assert own.alive()
    assert not ProcessIdentity(own.pid, own.created - 5).alive()
