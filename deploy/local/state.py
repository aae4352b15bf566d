"""What runs in a data directory now: one lock, one file of facts about the processes."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from deploy.local.layout import DataDirectory
from deploy.local.processes import ProcessIdentity

StartedBy = Literal["up", "command"]
"""``up`` runs until told to stop; ``command`` ends with the command that needed it."""

_FORMAT = 1


@dataclass(frozen=True)
class SystemState:
    """The running system as others find it; holds no secret."""

    supervisor: ProcessIdentity
    started_by: StartedBy
    ready: bool
    url: str
    """Where the API is reached."""
    children: dict[str, ProcessIdentity] = field(default_factory=dict)
    """By name: ``api``, ``renderer`` and the servers."""

    def alive(self) -> bool:
        """Whether the process that runs the system is still there."""
        return self.supervisor.alive()


def read_state(directory: DataDirectory) -> SystemState | None:
    """The facts on file, or ``None``; they may be stale, so ask :meth:`SystemState.alive`."""
    try:
        found = json.loads(directory.state_file.read_text(encoding="utf-8"))
        if found["format"] != _FORMAT:
            return None
        return SystemState(
            supervisor=ProcessIdentity(**found["supervisor"]),
            started_by=found["started_by"],
            ready=found["ready"],
            url=found["url"],
            children={name: ProcessIdentity(**who) for name, who in found["children"].items()},
        )
    except (FileNotFoundError, json.JSONDecodeError, KeyError, TypeError):
        return None


def write_state(directory: DataDirectory, state: SystemState) -> None:
    """Put the facts on file; a reader sees the old ones or the new ones, never half."""
    draft = directory.state_file.with_suffix(".new")
    draft.write_text(json.dumps({"format": _FORMAT} | asdict(state), indent=2), encoding="utf-8")
    draft.replace(directory.state_file)


def clear_state(directory: DataDirectory) -> None:
    """Nothing runs any more."""
    directory.state_file.unlink(missing_ok=True)


def try_lock(path: Path) -> int | None:
    """Take the lock and give its descriptor, or ``None`` when another process holds it.

    The kernel gives the lock back when its holder ends, however it ends; children do not
    inherit it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


@contextlib.contextmanager
def hold(descriptor: int) -> Iterator[None]:
    """Give the lock back at the end of the block."""
    try:
        yield
    finally:
        os.close(descriptor)


def wait_for_release(path: Path, *, seconds: float) -> bool:
    """Whether nobody holds the lock, at the latest after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        descriptor = try_lock(path)
        if descriptor is not None:
            os.close(descriptor)
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)
