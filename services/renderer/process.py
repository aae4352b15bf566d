"""The parent's side of the press: start it, give it jobs, listen, kill.

A press (``press.py``) is warm: it has loaded the layout engine and forks children that do the
work. ``Presses`` keeps as many as jobs run at the same time; ``render`` takes one for a single
job. ``Presses.preview`` lays out one chapter, which takes a second or less on a warm press.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from services.renderer.errors import RenderError
from services.renderer.folders import own_folder
from services.renderer.press import DOCUMENT, PAGE, SNAPSHOT
from services.renderer.sandbox import Limits

PROJECT = Path(__file__).resolve().parents[2]
GRACE_SECONDS = 2.0
"""Wall-clock allowance above the processor limit: start of Python, a busy machine."""

JOBS_PER_PRESS = 100
"""Then a press is replaced: it does not grow, but what lives for ever is never tested."""

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


@dataclass(frozen=True)
class Preview:
    """One chapter as it will be: its PDF, and the same as a page for a browser."""

    pdf: bytes
    html: str
    pages: int
    warnings: tuple[str, ...]


async def render(
    snapshot_json: bytes, limits: Limits, on_progress: Progress | None = None
) -> RenderedPdf:
    """Render a snapshot on a press of its own and answer the PDF.

    Raises ``RenderError``: the child's own, or ``render_timeout``, ``out_of_memory``,
    ``render_crashed``. Cancelling the call kills the press and all its children.
    """
    async with Presses(processes=cores()) as presses:
        return await presses.render(snapshot_json, limits, on_progress)


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


class Presses:
    """Warm presses, one for each job that runs at a time; use as a context manager.

    ``processes`` is how many chapters of one job are laid out at a time. Chapters are kept on
    ``shelf`` for the next job (``reuse.py``); without one each press keeps its own.
    """

    def __init__(self, *, processes: int, shelf: Path | None = None) -> None:
        self._processes = processes
        self._shelf = shelf
        self._idle: list[_Press] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._idle:
            await self._idle.pop().end()

    async def warm(self) -> None:
        """Have a press ready before the first job comes."""
        self._idle.append(await _Press.start(self._shelf))

    async def render(
        self, snapshot_json: bytes, limits: Limits, on_progress: Progress | None = None
    ) -> RenderedPdf:
        """As :func:`render`, on a press that is warm where there is one."""
        with _job_folder(snapshot_json) as folder:
            said = await self._work(folder, limits, on_progress)
            return RenderedPdf(
                content=(folder / DOCUMENT).read_bytes(),
                web=(folder / PAGE).read_bytes(),
                pages=said["pages"],
                warnings=tuple(said["warnings"]),
            )

    async def preview(self, snapshot_json: bytes, anchor: str, limits: Limits) -> Preview:
        """The chapter of the document where ``anchor`` stands (``sez-3-1``, ``ob-A4``)."""
        with _job_folder(snapshot_json) as folder:
            said = await self._work(folder, limits, None, anchor)
            return Preview(
                pdf=(folder / DOCUMENT).read_bytes(),
                html=(folder / PAGE).read_text("utf-8"),
                pages=said["pages"],
                warnings=tuple(said["warnings"]),
            )

    async def _work(
        self, folder: Path, limits: Limits, on_progress: Progress | None, anchor: str = ""
    ) -> dict[str, Any]:
        press = self._idle.pop() if self._idle else await _Press.start(self._shelf)
        order = {
            "folder": str(folder),
            "memory_mb": limits.memory_mb,
            "seconds": limits.seconds,
            "processes": self._processes,
            "anchor": anchor,
        }
        keep = False
        try:
            async with asyncio.timeout(limits.seconds + GRACE_SECONDS):
                last = await press.work(order, on_progress)
            keep = "status" not in last and press.jobs < JOBS_PER_PRESS
        except TimeoutError:
            raise _too_slow(limits, _unfinished(folder)) from None
        finally:
            if keep:
                self._idle.append(press)
            else:
                await press.end()
        if "pages" in last:
            return last
        if last.get("status") == -signal.SIGXCPU:
            raise _too_slow(limits, _unfinished(folder))
        raise _failure(last, press.complaints(), limits)


@contextlib.contextmanager
def _job_folder(snapshot_json: bytes) -> Iterator[Path]:
    with own_folder() as folder:
        (folder / SNAPSHOT).write_bytes(snapshot_json)
        yield folder


class _Press:
    """One press and its pipes."""

    def __init__(self, child: asyncio.subprocess.Process, held: contextlib.ExitStack) -> None:
        self._child = child
        self._held = held
        self._tail = _Tail()
        self._listening = asyncio.create_task(self._tail.follow(child.stderr))
        self.jobs = 0

    @classmethod
    async def start(cls, shelf: Path | None) -> Self:
        """Start a press; it sees no variable of ours: no secret, no proxy, no locale."""
        held = contextlib.ExitStack()
        folder = held.enter_context(own_folder())
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
        arguments = (str(folder), str(shelf or folder / "shelf"))
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.renderer.press", *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=folder,
            env=environment,
            start_new_session=True,
            limit=LINE_LIMIT,
        )
        return cls(child, held)

    async def work(self, order: Mapping[str, Any], on_progress: Progress | None) -> dict[str, Any]:
        """Have an order worked on; answers the last message: of success or of failure."""
        self.jobs += 1
        self._tail.forget()
        if self._child.stdin is None or self._child.stdout is None:
            raise RuntimeError("a press is started with pipes")
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._child.stdin.write(json.dumps(order).encode() + b"\n")
            await self._child.stdin.drain()
        async for line in self._child.stdout:
            message = _parse(line) or {}
            if message.keys() & {"pages", "code", "status"}:
                return message
            if on_progress is not None and "progress" in message:
                on_progress(message["stage"], message["progress"])
        await self._listening
        return {"status": await self._child.wait()}

    def complaints(self) -> str:
        """The end of what press and children wrote on standard error."""
        return self._tail.kept.decode(errors="replace")

    async def end(self) -> None:
        """Kill the whole session and wait until it is gone."""
        if self._child.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)
        await asyncio.shield(self._child.wait())
        await asyncio.wait({self._listening})
        self._held.close()


class _Tail:
    """The last bytes of a stream."""

    def __init__(self) -> None:
        self.kept = b""

    async def follow(self, stream: asyncio.StreamReader | None) -> None:
        """Read until the stream ends."""
        while stream is not None and (chunk := await stream.read(65536)):
            self.kept = (self.kept + chunk)[-ERROR_TAIL:]

    def forget(self) -> None:
        """What comes from now on belongs to another job."""
        self.kept = b""


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def _too_slow(limits: Limits, section: str | None = None) -> RenderError:
    return RenderError(
        "render_timeout",
        f"Il documento non è pronto dopo {limits.seconds} secondi: interrotto.",
        section=section,
    )


def _unfinished(folder: Path) -> str | None:
    """The section that was being laid out: of the sheets without pages the largest one.

    Large ones are begun first. ``None`` when no sheet was waiting.
    """
    waiting = [
        path
        for path in folder.glob("*.sheet")
        if not path.with_suffix(".pdf").exists() and not path.with_suffix(".failed").exists()
    ]
    if not waiting:
        return None
    largest = max(waiting, key=lambda path: (path.stat().st_size, path.name))
    with contextlib.suppress(OSError, ValueError):
        section = json.loads(largest.read_text("utf-8")).get("section")
        return str(section) if section else None
    return None


def _too_large(limits: Limits) -> RenderError:
    return RenderError(
        "out_of_memory", f"Il documento chiede più di {limits.memory_mb} MiB: interrotto."
    )


def _failure(last: Mapping[str, Any], errors: str, limits: Limits) -> RenderError:
    status = last.get("status", 0)
    if last.get("code") == "out_of_memory":
        return _too_large(limits)
    if "code" in last:
        return RenderError(last["code"], last["detail"], section=last.get("section"))
    if "MemoryError" in errors or -status in _KILLED_BY_MEMORY or "memory" in errors.lower():
        return _too_large(limits)
    reason = errors.strip().splitlines()[-1] if errors.strip() else f"stato {status}"
    return RenderError(
        "render_crashed", f"Il processo di impaginazione si è interrotto: {reason}", retryable=True
    )
