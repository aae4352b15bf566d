"""The parent's side of the rendering child: start, listen, limit, kill."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.renderer.errors import RenderError
from services.renderer.pdf import DOCUMENT, WEB_PAGE
from services.renderer.sandbox import Limits
from shared.runtime.clock import SystemClock

PROJECT = Path(__file__).resolve().parents[2]
GRACE_SECONDS = 2.0
"""Wall-clock allowance above the processor limit: start of Python, a busy machine."""

_FOLDER_PREFIX = "ciclo-render-"
_ABANDONED_AFTER_SECONDS = 60.0

ERROR_TAIL = 2000
LINE_LIMIT = 4 * 1024 * 1024
_KILLED_BY_MEMORY = {signal.SIGABRT, signal.SIGSEGV, signal.SIGTRAP, signal.SIGBUS}

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class RenderedPdf:
    """An unsigned PDF and its web page, with what the child said about them."""

    content: bytes
    web: bytes
    pages: int
    warnings: tuple[str, ...]


def remove_abandoned(limits: Limits) -> None:
    """Remove what a killed renderer left: folders older than any render may still take."""
    oldest = SystemClock().now().timestamp() - limits.seconds - _ABANDONED_AFTER_SECONDS
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER_PREFIX}*"):
        with contextlib.suppress(OSError):
            facts = folder.lstat()
            if facts.st_uid == os.getuid() and facts.st_mtime < oldest:
                shutil.rmtree(folder)


async def render(
    snapshot_json: bytes, limits: Limits, on_progress: Progress | None = None
) -> RenderedPdf:
    """Render a snapshot in a child process of its own and answer the PDF.

    Raises ``RenderError``: the child's own, or ``render_timeout``, ``out_of_memory``,
    ``render_crashed``. Cancelling the call kills the child.
    """
    with tempfile.TemporaryDirectory(prefix=_FOLDER_PREFIX) as name:
        folder = Path(name)
        child = await _start(folder, limits)
        try:
            async with asyncio.timeout(limits.seconds + GRACE_SECONDS):
                last, errors = await _talk(child, snapshot_json, on_progress)
                status = await child.wait()
        except TimeoutError:
            raise _too_slow(limits) from None
        finally:
            await _end(child)
        if status == 0 and last is not None and "pages" in last:
            content = (folder / DOCUMENT).read_bytes()
            web = (folder / WEB_PAGE).read_bytes()
            return RenderedPdf(content, web, last["pages"], tuple(last["warnings"]))
        raise _failure(status, last, errors, limits)


async def _start(folder: Path, limits: Limits) -> asyncio.subprocess.Process:
    """The child sees no variable of ours: no secret, no proxy, no locale."""
    environment = {
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(PROJECT),
        "PYTHONHASHSEED": "0",
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    arguments = (str(folder), str(limits.memory_mb), str(limits.seconds))
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.renderer.pdf", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env=environment,
        start_new_session=True,
        limit=LINE_LIMIT,
    )


async def _talk(
    child: asyncio.subprocess.Process, snapshot_json: bytes, on_progress: Progress | None
) -> tuple[dict[str, Any] | None, str]:
    """Feed the snapshot, pass on progress; answers the last message and what was complained."""
    feeding = asyncio.create_task(_feed(child, snapshot_json))
    complaining = asyncio.create_task(_tail(child.stderr))
    last: dict[str, Any] | None = None
    try:
        if child.stdout is not None:
            async for line in child.stdout:
                message = _parse(line)
                if message is None:
                    continue
                last = message
                if on_progress is not None and "progress" in message:
                    on_progress(message["stage"], message["progress"])
        await feeding
        return last, await complaining
    finally:
        feeding.cancel()
        complaining.cancel()


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


async def _feed(child: asyncio.subprocess.Process, content: bytes) -> None:
    if child.stdin is None:
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        child.stdin.write(content)
        await child.stdin.drain()
        child.stdin.close()


async def _tail(stream: asyncio.StreamReader | None) -> str:
    kept = b""
    while stream is not None and (chunk := await stream.read(65536)):
        kept = (kept + chunk)[-ERROR_TAIL:]
    return kept.decode(errors="replace")


async def _end(child: asyncio.subprocess.Process) -> None:
    """Kill the child's whole session and wait until it is gone."""
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    await asyncio.shield(child.wait())


def _too_slow(limits: Limits) -> RenderError:
    return RenderError(
        "render_timeout", f"Il documento non è pronto dopo {limits.seconds} secondi: interrotto."
    )


def _too_large(limits: Limits) -> RenderError:
    return RenderError(
        "out_of_memory", f"Il documento chiede più di {limits.memory_mb} MiB: interrotto."
    )


def _failure(status: int, last: dict[str, Any] | None, errors: str, limits: Limits) -> RenderError:
    if last is not None and last.get("code") == "out_of_memory":
        return _too_large(limits)
    if last is not None and "code" in last:
        return RenderError(last["code"], last["detail"], section=last.get("section"))
    if status == -signal.SIGXCPU:
        return _too_slow(limits)
    if "MemoryError" in errors or -status in _KILLED_BY_MEMORY or "memory" in errors.lower():
        return _too_large(limits)
    reason = errors.strip().splitlines()[-1] if errors.strip() else f"stato {status}"
    return RenderError(
        "render_crashed", f"Il processo di impaginazione si è interrotto: {reason}", retryable=True
    )
