"""Folders of the renderer's own: of a press, of a job, of the chapters kept.

Each is locked by the process that made it as long as that process lives, however it ends. So
what a killed renderer has left can be told from what is in use, and is removed by the next.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from shared.runtime.clock import SystemClock

_PREFIX = "ciclo-render-"
_YOUNG_SECONDS = 60.0
"""Between its making and its locking a folder is nobody's."""


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """A new folder that only our user may read, removed at the end."""
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as name:
        lock = os.open(name, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield Path(name)
        finally:
            os.close(lock)


def remove_abandoned() -> None:
    """Remove what a killed renderer left."""
    oldest = SystemClock().now().timestamp() - _YOUNG_SECONDS
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            facts = folder.lstat()
            if facts.st_uid == os.getuid() and facts.st_mtime < oldest and not _in_use(folder):
                shutil.rmtree(folder)


def _in_use(folder: Path) -> bool:
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
