"""The memory that a tree of processes takes, watched while something runs."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import psutil

_INTERVAL_SECONDS = 0.25


@dataclass
class Peak:
    """The largest sum seen so far, in bytes."""

    bytes: int = 0

    @property
    def mebibytes(self) -> int:
        """In MiB, rounded up."""
        return -(-self.bytes // 1024**2)


@contextlib.contextmanager
def watched(others: Callable[[], Iterable[int]]) -> Iterator[Peak]:
    """The peak of this process, its children and ``others`` (with theirs) during the block.

    Memory that processes share (the buffers of PostgreSQL, libraries, pages since a fork) is
    counted once: each process answers for its proportional part (PSS).
    """
    peak, ended = Peak(), threading.Event()

    def watch() -> None:
        while True:
            peak.bytes = max(peak.bytes, _taken({os.getpid(), *others()}))
            if ended.wait(_INTERVAL_SECONDS):
                return

    watcher = threading.Thread(target=watch, name="ciclo-memory", daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()


def _taken(roots: Iterable[int]) -> int:
    processes: dict[int, psutil.Process] = {}
    for root in roots:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(root)
            processes |= {each.pid: each for each in (process, *process.children(recursive=True))}
    return sum(_part(process) for process in processes.values())


def _part(process: psutil.Process) -> int:
    try:
        # Where the system does not tell shares, all of it is the larger, safe answer.
        found = process.memory_full_info()
        return int(getattr(found, "pss", found.rss))
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
