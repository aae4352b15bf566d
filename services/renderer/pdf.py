"""The rendering child: a snapshot on standard input, a PDF and a web page in its folder.

Started by ``process.py`` as ``python -m services.renderer.pdf FOLDER MEMORY SECONDS`` with
an empty environment. Speaks JSON lines on standard output: ``{"stage", "progress"}`` while
it works, then one ``{"pages", "warnings"}`` or one ``{"code", "detail", "section"}``.
The same snapshot gives the same bytes: dates, identifiers and fonts do not depend on the
machine or the moment.
"""

import gc
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from services.renderer import fonts, sandbox
from services.renderer.errors import RenderError

DOCUMENT = "document.pdf"
WEB_PAGE = "document.html"
HTML_DONE = 8
LAYOUT_DONE = 60
PDF_DONE = 88
"""Where each part of the work ends on the job's 0-100 scale, by measured time."""


def main() -> int:
    """Entry of the child process; the exit status is 0 only when the PDF is written."""
    # A short-lived process: collecting garbage costs a fifth of the time and frees little.
    gc.disable()
    folder = Path(sys.argv[1])
    sandbox.limit(sandbox.Limits(memory_mb=int(sys.argv[2]), seconds=int(sys.argv[3])))
    os.environ["FONTCONFIG_FILE"] = str(fonts.write_fontconfig(folder))
    try:
        _say(render(sys.stdin.buffer.read(), folder))
    except RenderError as error:
        _say({"code": error.code, "detail": error.detail, "section": error.section})
        return 1
    except MemoryError:
        _say({"code": "out_of_memory", "detail": "Memoria insufficiente.", "section": None})
        return 1
    return 0


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def render(snapshot_json: bytes, folder: Path) -> dict[str, Any]:
    """Write ``document.pdf`` and its web page into ``folder``; answers pages and warnings."""
    from services.renderer import layout  # noqa: PLC0415 - loads Pango under the limits
    from services.renderer.document import html  # noqa: PLC0415 - in the child only
    from shared.contracts.snapshot import ReportSnapshot  # noqa: PLC0415 - in the child only

    sandbox.close_doors(folder)
    snapshot = ReportSnapshot.model_validate_json(snapshot_json)

    def on_section(done: int, total: int) -> None:
        _say({"stage": "document", "progress": 2 + (HTML_DONE - 2) * done // total})

    document = html.build(snapshot, on_section=on_section)
    watch = _Watch(document.estimated_pages)
    logging.getLogger("weasyprint.progress").addHandler(watch)
    document, pages = layout.write(snapshot, document, folder / DOCUMENT, watch.laid_out)
    (folder / WEB_PAGE).write_text(document.web, encoding="utf-8")
    return {"pages": pages, "warnings": list(document.warnings)}


class _Watch(logging.Handler):
    """Turns WeasyPrint's progress messages into the job's progress."""

    def __init__(self, estimated_pages: int) -> None:
        super().__init__(logging.INFO)
        self._estimated = estimated_pages
        self._last = HTML_DONE
        logging.getLogger("weasyprint.progress").setLevel(logging.INFO)

    def emit(self, record: logging.LogRecord) -> None:
        """Report a step forward, never backward (pages may be laid out twice)."""
        message = str(record.msg)
        if message.startswith("Step 5") and record.args:
            page = record.args[0] if isinstance(record.args, tuple) else 0
            if isinstance(page, int):
                share = min(1.0, page / self._estimated)
                self._report(HTML_DONE + int((LAYOUT_DONE - HTML_DONE) * share))
        elif message.startswith("Step 7"):
            self._report((LAYOUT_DONE + PDF_DONE) // 2)

    def laid_out(self) -> None:
        """All pages stand; writing begins."""
        self._report(LAYOUT_DONE)

    def _report(self, progress: int) -> None:
        if progress > self._last:
            self._last = progress
            _say({"stage": "pdf", "progress": progress})


if __name__ == "__main__":
    sys.exit(main())
