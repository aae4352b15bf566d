"""A running system for the length of one command."""

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from deploy.local.assembly import LocalSystem, SystemOptions
from deploy.local.errors import LocalSystemError
from deploy.local.identity import ADMINISTRATOR_ROLES, LocalIssuer
from deploy.local.layout import DataDirectory
from deploy.local.ports import free_port
from deploy.local.services import ServiceCommands
from deploy.local.state import hold, read_state, try_lock, wait_for_release
from deploy.local.supervisor import prepare, refuse_production
from shared.runtime.language import in_terminal_language

_JOIN_SECONDS = 90.0
"""How long ``ciclo up`` may take from its lock to its readiness."""
_TURN_SECONDS = 900.0
"""How long to wait for another command's system to end; longer than the longest rendering."""


@dataclass(frozen=True)
class RunningSystem:
    """A system that answers, whoever started it."""

    url: str
    """Address of the API."""
    directory: DataDirectory
    issuer: LocalIssuer
    started_here: bool
    """Whether it ends with this command."""

    def token(self, roles: Mapping[str, Sequence[str]] = ADMINISTRATOR_ROLES) -> str:
        """An access token of the local issuer, by default an administrator's."""
        return self.issuer.mint(roles)


@contextlib.contextmanager
def running_system(
    data: Path,
    *,
    renderer: bool,
    tell: Callable[[str], None] = lambda _line: None,
    commands: ServiceCommands | None = None,
) -> Iterator[RunningSystem]:
    """The system of ``data``: the one that runs, or one started for this block.

    What was running keeps running; what was started here is stopped at the end, also on
    Ctrl-C and SIGTERM. Two commands that would both start the system take turns.

    Args:
        data: the data directory, created when missing.
        renderer: whether documents will be rendered; without it the start is quicker.
        tell: gets a line when the command has to wait.
        commands: how the services are started; for tests.

    Raises:
        LocalSystemError: the system cannot be started or joined, in one sentence.
    """
    refuse_production()
    directory = prepare(data)
    lock = try_lock(directory.lock_file)
    while lock is None:
        joined = _join(directory)
        if joined is not None:
            yield joined
            return
        tell(
            in_terminal_language(
                "Un altro comando usa questi dati: attendo che finisca.",
                "Another command uses these data: waiting for it to end.",
            )
        )
        if not wait_for_release(directory.lock_file, seconds=_TURN_SECONDS):
            raise _unavailable(directory)
        lock = try_lock(directory.lock_file)
    options = SystemOptions(
        free_port(),
        renderer=renderer,
        started_by="command",
        commands=commands or ServiceCommands(),
    )
    with hold(lock), _terminated_as_exit(), _started(LocalSystem(directory, options, tell)) as url:
        yield RunningSystem(url, directory, LocalIssuer(directory.identity), started_here=True)


@contextlib.contextmanager
def _started(system: LocalSystem) -> Iterator[str]:
    """The system started, looked after and stopped; gives its address."""
    system.start()
    try:
        with _looked_after(system):
            yield system.url
    finally:
        system.stop()


def _join(directory: DataDirectory) -> RunningSystem | None:
    """The system of ``ciclo up`` once it is ready; ``None`` when a command runs it."""
    deadline = time.monotonic() + _JOIN_SECONDS
    while time.monotonic() < deadline:
        state = read_state(directory)
        if state is not None and state.alive():
            if state.started_by == "command":
                return None
            if state.ready:
                issuer = LocalIssuer(directory.identity)
                return RunningSystem(state.url, directory, issuer, started_here=False)
        lock = try_lock(directory.lock_file)
        if lock is not None:  # it ended meanwhile
            with hold(lock):
                return None
        time.sleep(0.05)
    raise _unavailable(directory)


@contextlib.contextmanager
def _looked_after(system: LocalSystem) -> Iterator[None]:
    """Start dead processes again in the background while the block runs."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.25):
            system.check()

    watcher = threading.Thread(target=watch, name="ciclo-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


@contextlib.contextmanager
def _terminated_as_exit() -> Iterator[None]:
    """SIGTERM leaves the block through ``SystemExit``, so that clean-up runs."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _unavailable(directory: DataDirectory) -> LocalSystemError:
    return LocalSystemError(
        in_terminal_language(
            f"Il sistema in {directory.root} è occupato o non risponde; i log sono in "
            f"{directory.logs}.",
            f"The system in {directory.root} is busy or does not answer; its logs are in "
            f"{directory.logs}.",
        )
    )
