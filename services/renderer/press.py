"""``python -m services.renderer.press FOLDER SHELF``: a warm process, one job at a time.

It has loaded everything that rendering needs, which takes longer than many a document, and lays
out nothing itself: what other people have written is touched by its children only, which are
forked from it, limited (``sandbox.py``) and gone when their task is done. Per job there is one
child that makes the document (``making.py``); whenever that one wants sheets laid out, the press
forks a child for each, at most ``processes`` at a time, or takes what it has laid out before
(``reuse.py``). A job is a line of JSON on standard input::

    {"folder", "memory_mb", "seconds", "processes", "anchor"}

with ``snapshot.json`` in ``folder``; ``anchor`` asks for a preview. On standard output come JSON
lines: ``{"stage", "progress"}``, then one ``{"pages", "warnings"}`` when ``document.pdf`` is in
the folder, or one ``{"code", "detail", "section"}``. To stop a job, kill the whole session.
The same snapshot gives the same bytes: dates, identifiers and fonts do not depend on the
machine, the moment, the number of processes, or what was laid out before.
"""

import contextlib
import gc
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from services.renderer import engine, fonts, layout, making, sample, sandbox
from services.renderer.binding import Laid
from services.renderer.document import html, style
from services.renderer.document.chapters import Sheet
from services.renderer.errors import RenderError
from services.renderer.making import Failed
from services.renderer.reuse import Shelf
from services.renderer.sandbox import Limits
from shared.contracts.snapshot import ReportSnapshot

SNAPSHOT = "snapshot.json"
DOCUMENT = "document.pdf"
PAGE = "page.html"
"""The document as a page of the web; a chapter's HTML for a preview."""

CRASHED = 70
COLD = "cold"
"""Argument of a press that forks before the engine has been used."""

_SHARE = 3
"""A chapter may take this part of the job's processor time: it is one of many."""

_OUT_OF_MEMORY = (MemoryError, SystemError)
"""Code in C that gets no memory does not always say so: Python finds an error without a reason."""

_MEMORY_SIGNALS = {signal.SIGABRT, signal.SIGSEGV, signal.SIGTRAP, signal.SIGBUS, signal.SIGKILL}


@dataclass(frozen=True)
class Order:
    """A job as the press gets it; ``anchor`` is empty for the whole document."""

    folder: Path
    memory_mb: int
    seconds: int
    processes: int
    anchor: str

    @classmethod
    def parse(cls, line: bytes) -> "Order":
        """The order of a line of standard input."""
        given = json.loads(line)
        return cls(**(given | {"folder": Path(given["folder"])}))


def main() -> int:
    """Serve until standard input ends."""
    os.environ["FONTCONFIG_FILE"] = str(fonts.write_fontconfig(Path(sys.argv[1])))
    sandbox.end_with_parent()
    shelf = Shelf(Path(sys.argv[2]))
    if sys.argv[3:] != [COLD]:
        _warm()
    gc.collect()
    # Children are short-lived: collecting garbage costs a fifth of their time and frees little,
    # and what they share with the press stays shared as long as nobody touches it.
    gc.freeze()
    gc.disable()
    _say({"ready": True})
    for line in sys.stdin.buffer:
        _Job(Order.parse(line), shelf).run()
    return 0


def _warm() -> None:
    """Do once what every child would do for itself; nothing of this is anybody's text.

    A child has only the thread that forked it. Should the engine have started others for its
    own use, it must be left alone before forking: the press begins again without that.
    """
    html.preload()
    fonts.preload()
    layout.write(sample.sheet())
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        os.execv(sys.executable, [*sys.orig_argv, COLD])  # noqa: S606 - ourselves


def _say(message: dict[str, Any]) -> None:
    """One write for one line: several processes share the stream."""
    os.write(sys.stdout.fileno(), json.dumps(message, ensure_ascii=False).encode() + b"\n")


def _fork(task: Callable[[], int]) -> int:
    """Run ``task`` in a child; the child never returns from here."""
    child = os.fork()
    if child:
        return child
    status = CRASHED
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
        status = task()
    except BaseException:  # noqa: BLE001 - whatever happens, the child ends here
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _in_turn(size: dict[str, int]) -> list[str]:
    """Names of sheets in the order in which they are laid out, the first of them last.

    Large ones go first, so that nobody waits long for the last one; small ones in the order of
    the document, in which they are bound.
    """
    typical = sum(size.values()) / len(size)
    first_last = sorted(size, reverse=True)
    return sorted(first_last, key=lambda name: size[name] if size[name] >= typical else 0)


def _prepare(styles: Sequence[str]) -> None:
    """Parse the styles of a document once for all its chapters, those that are nothing but ours."""
    for rules in styles[: engine.STYLES_KEPT]:
        if style.is_own(rules):
            engine.stylesheet(rules)


class _Job:
    """One order: the child that makes the document, and those that lay out its sheets."""

    def __init__(self, order: Order, shelf: Shelf) -> None:
        self._order = order
        self._shelf = shelf
        self._progress = 0

    def run(self) -> None:
        """Work until the making child has ended; something is said in any case."""
        wishes, wish = os.pipe()
        answers, answer = os.pipe()

        def task() -> int:
            os.close(wishes)
            os.close(answer)
            with os.fdopen(wish, "wb", buffering=0) as asking, os.fdopen(answers, "rb") as hearing:
                return _make(self._order, _Counter(self._order.folder, asking, hearing))

        maker = _fork(task)
        os.close(wish)
        os.close(answers)
        with os.fdopen(wishes, "rb") as wanted, os.fdopen(answer, "wb", buffering=0) as answering:

            def answer_maker(told: dict[str, Any]) -> None:
                with contextlib.suppress(BrokenPipeError):
                    answering.write(json.dumps(told).encode() + b"\n")

            for line in wanted:
                failed = self._lay_out(json.loads(line), answer_maker)
                answer_maker({"failed": failed})
        _, status = os.waitpid(maker, 0)
        if status:
            _say({"status": os.waitstatus_to_exitcode(status)})

    def _lay_out(
        self, wish: dict[str, Any], answer: Callable[[dict[str, Any]], None]
    ) -> dict[str, dict[str, str]]:
        """Lay out the sheets of a wish, large ones first; says at once what is there to be had.

        Returns what failed, by name.
        """
        failed: dict[str, dict[str, str]] = {}
        size = {name: self._path(name, "sheet").stat().st_size for name in wish["names"]}
        waiting = [name for name in _in_turn(size) if not self._shelf.take(self._path(name))]
        answer({"laid": [name for name in wish["names"] if name not in waiting]})
        if waiting:
            _prepare(wish["styles"])
        running: dict[int, str] = {}
        left = sum(size[name] for name in waiting)
        start = self._progress
        while waiting or running:
            while waiting and len(running) < self._order.processes:
                name = waiting.pop()
                running[self._start(name, wish["seconds"])] = name
            child, status = os.waitpid(-1, 0)
            name = running.pop(child, "")
            if not name:
                continue
            if status == 0:
                answer({"laid": [name]})
                self._shelf.put(self._path(name))
            else:
                failed[name] = self._reason(name, os.waitstatus_to_exitcode(status))
                if wish["seconds"] is None:
                    failed |= {other: {"code": making.NOT_TRIED, "detail": ""} for other in waiting}
                    waiting.clear()
            left -= size[name]
            if wish["until"]:
                self._tell(start, wish["until"], 1 - left / sum(size.values()))
        return failed

    def _start(self, name: str, seconds: int | None) -> int:
        limits = Limits(
            memory_mb=self._order.memory_mb // self._order.processes,
            seconds=seconds or max(1, self._order.seconds // _SHARE),
        )

        def task() -> int:
            sandbox.limit(limits)
            sandbox.close_doors(self._order.folder)
            return _write_sheet(self._path(name))

        return _fork(task)

    def _path(self, name: str, ending: str = "") -> Path:
        path = self._order.folder / Path(name).name
        return path.with_suffix(f".{ending}") if ending else path

    def _reason(self, name: str, status: int) -> dict[str, str]:
        with contextlib.suppress(OSError, ValueError):
            given = json.loads(self._path(name, "failed").read_text("utf-8"))
            return {"code": str(given["code"]), "detail": str(given["detail"])}
        if -status == signal.SIGXCPU:
            return {"code": "render_timeout", "detail": "L'impaginazione dura troppo a lungo."}
        if -status in _MEMORY_SIGNALS:
            return {"code": "out_of_memory", "detail": "L'impaginazione chiede troppa memoria."}
        return {"code": "layout_failed", "detail": f"L'impaginazione si è interrotta ({status})."}

    def _tell(self, start: int, until: int, share: float) -> None:
        start = max(start, making.HTML_DONE)
        self._progress = start + int((until - start) * share)
        _say({"stage": "pdf", "progress": self._progress})


class _Counter:
    """Where the making child asks the press to lay sheets out."""

    def __init__(self, folder: Path, asking: BinaryIO, hearing: BinaryIO) -> None:
        self._folder = folder
        self._asking = asking
        self._hearing = hearing
        self._asked = 0

    def __call__(
        self, sheets: Sequence[Sheet], *, until: int = 0, seconds: int | None = None
    ) -> Iterator[tuple[int, Laid | Failed]]:
        """See ``making.LayOut``."""
        names = []
        for sheet in sheets:
            self._asked += 1
            name = f"{self._asked:04d}"
            content = json.dumps(sheet.as_json(), ensure_ascii=False, sort_keys=True)
            (self._folder / f"{name}.sheet").write_text(content, encoding="utf-8")
            names.append(name)
        styles = sorted({sheet.style for sheet in sheets})
        wish = {"names": names, "styles": styles, "until": until, "seconds": seconds}
        self._asking.write(json.dumps(wish).encode() + b"\n")
        return self._results(names)

    def _results(self, names: Sequence[str]) -> Iterator[tuple[int, Laid | Failed]]:
        told = json.loads(self._hearing.readline())
        while "laid" in told:
            for name in told["laid"]:
                yield names.index(name), self._laid(name)
            told = json.loads(self._hearing.readline())
        for name, reason in told["failed"].items():
            yield names.index(name), Failed(**reason)

    def _laid(self, name: str) -> Laid:
        facts = json.loads((self._folder / f"{name}.facts").read_text("utf-8"))
        return Laid((self._folder / f"{name}.pdf").read_bytes(), layout.Facts.from_json(facts))


def _make(order: Order, counter: _Counter) -> int:
    """The making child's whole life."""
    sandbox.limit(Limits(order.memory_mb, order.seconds))
    sandbox.close_doors(order.folder)
    try:
        content = (order.folder / SNAPSHOT).read_bytes()
        snapshot = ReportSnapshot.model_validate_json(content)
        if order.anchor:
            made = making.preview(snapshot, order.anchor, counter)
        else:
            made = making.make(snapshot, counter, _say)
        (order.folder / PAGE).write_text(made.page, encoding="utf-8")
        (order.folder / DOCUMENT).write_bytes(made.pdf)
        _say({"pages": made.pages, "warnings": list(made.warnings)})
        os._exit(0)  # at once: to take a document apart, object by object, takes longer
    except RenderError as error:
        _say({"code": error.code, "detail": error.detail, "section": error.section})
    except _OUT_OF_MEMORY:
        _say({"code": "out_of_memory", "detail": "Memoria insufficiente.", "section": None})
    return 0


def _write_sheet(path: Path) -> int:
    """A laying child's whole life: ``.sheet`` -> ``.pdf`` and ``.facts``, or ``.failed``."""
    sheet = Sheet(**json.loads(path.with_suffix(".sheet").read_text("utf-8")))
    try:
        pdf, facts = layout.write(sheet)
    except _OUT_OF_MEMORY:
        failed = {"code": "out_of_memory", "detail": "L'impaginazione chiede troppa memoria."}
    except Exception as error:  # noqa: BLE001 - any failure of the layout engine is the finding
        failed = {
            "code": "layout_failed",
            "detail": f"L'impaginazione non è riuscita: {type(error).__name__}: {error}",
        }
    else:
        path.with_suffix(".pdf").write_bytes(pdf)
        path.with_suffix(".facts").write_text(json.dumps(facts.as_json()), encoding="utf-8")
        return 0
    path.with_suffix(".failed").write_text(json.dumps(failed), encoding="utf-8")
    return 1


if __name__ == "__main__":
    sys.exit(main())
