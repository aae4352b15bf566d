"""Starting and stopping child processes by their identity, never by name.

A process id alone may be taken over by a stranger after its owner died, so everything here
identifies a process by id *and* creation time.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local.accounts import ServiceAccount

_PR_SET_PDEATHSIG = 1
"""From ``linux/prctl.h``: the signal a process gets when the thread that forked it ends."""

_SAME_MOMENT_SECONDS = 0.02
"""The kernel counts creation times in ticks of 10 ms."""


@dataclass(frozen=True)
class ProcessIdentity:
    """One process for its whole life; never another that got the same id later."""

    pid: int
    created: float
    """Seconds since the epoch."""

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity | None":
        """The process that has this id now, or ``None`` when there is none (or a zombie)."""
        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            return cls(pid, process.create_time())
        except psutil.NoSuchProcess:
            return None

    def alive(self) -> bool:
        """Whether this very process still runs."""
        now = ProcessIdentity.of(self.pid)
        return now is not None and abs(now.created - self.created) < _SAME_MOMENT_SECONDS


class Child:
    """A process that we started and therefore may stop."""

    def __init__(self, popen: subprocess.Popen[bytes], identity: ProcessIdentity) -> None:
        self._popen = popen
        self.identity = identity

    @property
    def pid(self) -> int:
        """Process id."""
        return self.identity.pid

    def running(self) -> bool:
        """Whether it still runs; reaps it when it has ended."""
        return self._popen.poll() is None

    @property
    def exit_status(self) -> int | None:
        """Exit status as :mod:`subprocess` gives it, ``None`` while running."""
        return self._popen.poll()

    def open_gate(self) -> None:
        """Tell a child that was started ``gated`` to go on; one that has ended stays ended."""
        if self._popen.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._popen.stdin.write(b"go\n")
                self._popen.stdin.close()

    def stop(self, how: signal.Signals = signal.SIGTERM, *, seconds: float = 10.0) -> None:
        """Ask it to end, wait, and kill it when it has not ended in time."""
        if not self.running():
            return
        self._popen.send_signal(how)
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    account: ServiceAccount | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    gated: bool = False,
) -> Child:
    """Start a child with its output appended to ``log``.

    It runs in a session of its own, so Ctrl-C in the terminal reaches only the parent, which
    stops its children in order. On Linux it gets ``death_signal`` when the parent is killed:
    nothing is left behind by ``kill -9``. A ``gated`` child may wait on its standard input
    for :meth:`Child.open_gate`.
    """
    with log.open("ab") as output:
        popen = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE if gated else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environment is None else dict(environment),
            cwd="/",
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            start_new_session=True,
            preexec_fn=_die_with_parent(death_signal),  # noqa: PLW1509 - one prctl, no locks
        )
    identity = ProcessIdentity.of(popen.pid) or ProcessIdentity(popen.pid, time.time())
    return Child(popen, identity)


def stop_stranded(
    identity: ProcessIdentity, how: signal.Signals = signal.SIGTERM, *, seconds: float = 10.0
) -> None:
    """Stop a process that an earlier, killed run of ours had started."""
    if not identity.alive():
        return
    for attempt in (how, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(identity.pid, attempt)
        if wait_until(lambda: not identity.alive(), seconds=seconds):
            return


def wait_until(condition: Callable[[], bool], *, seconds: float, interval: float = 0.01) -> bool:
    """Whether ``condition`` came true within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(interval)
    return True


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    """What the child runs between fork and exec; loaded beforehand, as nothing may import there."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def request() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # the parent died before the request stood
            os.kill(os.getpid(), death_signal)

    return request
