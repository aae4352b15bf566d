"""What the rendering child may not do: use more than its share, talk, look around.

Narratives come from many hands and go through large native libraries; the child that lays
them out gets limits from the kernel and refuses, inside Python, any network use, any new
process, and any file outside its own folder and the installed program.
"""

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fontpkg_titillium_web

MEGABYTE = 1024 * 1024
FILE_LIMIT = 512 * MEGABYTE
"""Largest file the child may write; a 100-page document has two megabytes."""

PR_SET_PDEATHSIG = 1
_FORBIDDEN = (
    "socket.__new__",
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "socket.sendto",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "pty.spawn",
    "ftplib.connect",
    "http.client.connect",
    "urllib.Request",
)


@dataclass(frozen=True)
class Limits:
    """Memory in MiB, processor time in seconds."""

    memory_mb: int
    seconds: int


class ForbiddenError(PermissionError):
    """The child tried something its task does not need."""


def limit(limits: Limits) -> None:
    """Set the kernel's limits for this process; it also ends when its parent does."""
    memory = limits.memory_mb * MEGABYTE
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    # Address space is reserved far beyond use by Pango's and Python's allocators.
    resource.setrlimit(resource.RLIMIT_AS, (memory * 3, memory * 3))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT, FILE_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    end_with_parent()


def end_with_parent() -> None:
    """Let the kernel kill this process when the one that started it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def close_doors(folder: Path) -> None:
    """From here on: no network, no process, files only below ``folder`` and the program."""
    sys.addaudithook(_guard(folder.resolve()))


def _guard(folder: Path) -> Callable[[str, tuple[Any, ...]], None]:
    program = {
        Path(__file__).resolve().parents[2],
        Path(fontpkg_titillium_web.ROOT),
        Path(sys.prefix),
        Path(sys.base_prefix),
        *(Path(entry) for entry in sys.path if entry),
    }
    readable = tuple(f"{path}/" for path in {path.resolve() for path in program} | program)
    own = f"{folder}/"

    def check(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments[0], arguments[1], arguments[2]
            if not isinstance(path, str | bytes):
                return
            # Neither ``..`` nor a link leads out of the folder.
            name = os.path.realpath(os.fsdecode(path))
            writing = bool(flags & 3) if mode is None else not set("wax+").isdisjoint(mode)
            allowed = name.startswith(own) or (not writing and name.startswith(readable))
            if not allowed and name != "/dev/null":
                raise ForbiddenError(f"file outside the document: {name}")
        elif event in _FORBIDDEN:
            raise ForbiddenError(f"not allowed while rendering: {event}")

    return check
