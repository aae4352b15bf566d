"""A system for the length of one command: joined where it runs, started where it does not."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from deploy.local.errors import LocalSystemError
from deploy.local.layout import DataDirectory
from deploy.local.ports import free_port
from deploy.local.state import SystemState, read_state
from deploy.local.system import RunningSystem, running_system
from tests.e2e.standin import COMMANDS

_HOLDER = """
import sys, time
from pathlib import Path
from deploy.local.system import running_system
from tests.e2e.standin import COMMANDS
with running_system(Path(sys.argv[1]), renderer=False, commands=COMMANDS) as system:
    print(system.url, flush=True)
    time.sleep(float(sys.argv[2]))
"""

_ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _own_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "CICLO_MODE"):
        monkeypatch.delenv(name, raising=False)


def _holder(data: Path, seconds: float) -> "subprocess.Popen[str]":
    """Another command that needs the system for a while."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(data), str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
        env=os.environ | {"PYTHONPATH": str(_ROOT)},
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


def _answers(system: RunningSystem) -> bool:
    connection = http.client.HTTPConnection(system.url.removeprefix("http://"), timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _state(data: Path) -> SystemState | None:
    return read_state(DataDirectory.at(data))


def test_what_a_command_starts_ends_with_it(data_dir: Path) -> None:
    with running_system(data_dir, renderer=False, commands=COMMANDS) as system:
        assert system.started_here
        assert _answers(system)
        state = _state(data_dir)
        assert state is not None
        assert {*state.children} == {"postgres", "redis", "api"}
    assert not _answers(system)
    assert not any(child.alive() for child in state.children.values())
    assert _state(data_dir) is None


def test_it_ends_with_a_failing_command_too(data_dir: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        running_system(data_dir, renderer=False, commands=COMMANDS) as system,
    ):
        raise ZeroDivisionError
    assert not _answers(system)
    assert _state(data_dir) is None


def test_a_terminated_command_stops_what_it_started(data_dir: Path) -> None:
    holder = _holder(data_dir, 60)
    state = _state(data_dir)
    assert state is not None
    holder.send_signal(signal.SIGTERM)
    assert holder.wait(30) == 128 + signal.SIGTERM
    assert not any(child.alive() for child in state.children.values())
    assert _state(data_dir) is None


def test_commands_that_would_both_start_it_take_turns(data_dir: Path) -> None:
    first = _holder(data_dir, 1.5)
    before = _state(data_dir)
    told: list[str] = []
    with running_system(data_dir, renderer=False, commands=COMMANDS, tell=told.append) as system:
        assert first.wait(1) == 0
        assert system.started_here
        assert _answers(system)
        assert _state(data_dir) != before
    assert len(told) == 1


def test_a_running_system_is_joined_and_left_running(data_dir: Path) -> None:
    up = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.standin", "up", str(data_dir), str(free_port())],
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
    )
    try:
        # Joined while it still starts: the lock is held, the state is not ready.
        deadline = time.monotonic() + 30
        while _state(data_dir) is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with running_system(data_dir, renderer=True, commands=COMMANDS) as system:
            assert not system.started_here
            assert _answers(system)
        assert _answers(system)
    finally:
        up.send_signal(signal.SIGTERM)
        assert up.wait(30) == 0


def test_a_database_put_elsewhere_is_told_once(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    told: list[str] = []
    data = tmp_path / "data"
    try:
        for _ in range(2):
            with running_system(data, renderer=False, commands=COMMANDS, tell=told.append):
                pass
        cluster = DataDirectory.at(data).postgres
        elsewhere = [line for line in told if str(cluster.resolve()) in line and str(data) in line]
        assert len(elsewhere) == (1 if os.geteuid() == 0 else 0)
    finally:
        shutil.rmtree(DataDirectory.at(data).postgres.resolve())


def test_it_is_joined_from_a_thread_as_well(data_dir: Path) -> None:
    seen: list[bool] = []

    def use() -> None:
        with running_system(data_dir, renderer=False, commands=COMMANDS) as system:
            seen.append(_answers(system))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join(60)
    assert seen == [True]


def test_production_has_no_embedded_system(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CICLO_MODE", "production")
    with (
        pytest.raises(LocalSystemError, match=r"produzione|production"),
        running_system(data_dir, renderer=False, commands=COMMANDS),
    ):
        pass
    assert not data_dir.exists()


def test_unreadable_secrets_are_never_made_anew(data_dir: Path) -> None:
    directory = DataDirectory.at(data_dir)
    directory.create()
    directory.secrets_file.write_text(json.dumps({"redis": "half a file"}))
    with (
        pytest.raises(LocalSystemError, match=r"secrets\.json"),
        running_system(data_dir, renderer=False, commands=COMMANDS),
    ):
        pass
    assert json.loads(directory.secrets_file.read_text()) == {"redis": "half a file"}
