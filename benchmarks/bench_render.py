"""A Relazione of some sixty pages, sealed, beside WeasyPrint alone on the same HTML.

Ours is everything: the child process, the document from its snapshot, layout, PDF/A-3a and
PDF/UA-1, attachments, the seal. The baseline is a process of its own too: WeasyPrint as
anybody would call it, same HTML, same typeface, same PDF variant.

Both work on one thread, so processor time is what they take on a machine with nothing else to
do; it is compared because it does not depend on who else is working. Wall time is shown too.
"""

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from benchmarks.rows import Row
from services.renderer import fonts, process
from services.renderer.document import html
from services.renderer.sandbox import Limits
from services.renderer.signing.identities import IdentityFolder
from services.renderer.signing.pades import PadesSigner
from shared.contracts.snapshot import ReportSnapshot, canonical_bytes
from tests.renderer import snapshots

RUNS = 2
MOST_RATIO = 1.15
MOST_MEMORY_MB = 400
LIMITS = Limits(memory_mb=2048, seconds=280)

_ALONE = """\
import sys
import weasyprint
weasyprint.HTML(filename=sys.argv[1]).write_pdf(sys.argv[2], pdf_variant="pdf/a-3a")
"""


def run() -> list[Row]:
    """Ours and the baseline by turns, the best of each."""
    snapshot = snapshots.long()
    with tempfile.TemporaryDirectory(prefix="ciclo-bench-") as name:
        folder = Path(name)
        source = folder / "document.html"
        source.write_text(html.build(snapshot).html, encoding="utf-8")
        signer = PadesSigner(IdentityFolder(folder, "", production=False, make_missing=True))
        ours: list[_Taken] = []
        alone: list[_Taken] = []
        pages, memory = 0, 0.0
        for _ in range(RUNS):
            with _Clock() as clock:
                pages = asyncio.run(_ours(snapshot, signer))
            ours.append(clock.taken)
            # Before the baseline runs, the largest child so far is ours.
            memory = memory or resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            with _Clock() as clock:
                _weasyprint_alone(source, folder)
            alone.append(clock.taken)
        return _rows(min(ours), min(alone), pages, memory)


@dataclass(frozen=True, order=True)
class _Taken:
    """Seconds of processor (ours and our children's) and of wall time."""

    processor: float
    wall: float


class _Clock:
    """Measures what is done inside ``with``."""

    taken: _Taken

    def __enter__(self) -> Self:
        self._processor, self._wall = _processor(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.taken = _Taken(_processor() - self._processor, time.perf_counter() - self._wall)


def _processor() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


async def _ours(snapshot: ReportSnapshot, signer: PadesSigner) -> int:
    rendered = await process.render(canonical_bytes(snapshot), LIMITS)
    await signer.seal(rendered.content, snapshot.chamber)
    return rendered.pages


def _weasyprint_alone(source: Path, folder: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", _ALONE, str(source), str(folder / "alone.pdf")],
        check=True,
        env={**os.environ, "FONTCONFIG_FILE": str(fonts.write_fontconfig(folder))},
        stderr=subprocess.DEVNULL,
    )


def _rows(ours: _Taken, alone: _Taken, pages: int, memory: float) -> list[Row]:
    name = "WeasyPrint alone, same HTML"
    return [
        Row(
            name=f"Relazione of {pages} pages, sealed (processor)",
            ours=ours.processor,
            baseline=alone.processor,
            unit="s",
            baseline_name=name,
            target=f"<= {MOST_RATIO:g}x",
            met=ours.processor <= MOST_RATIO * alone.processor,
        ),
        Row(
            name="the same (wall)",
            ours=ours.wall,
            baseline=alone.wall,
            unit="s",
            baseline_name=name,
        ),
        Row(
            name="one page of it (processor)",
            ours=ours.processor / pages * 1000,
            baseline=alone.processor / pages * 1000,
            unit="ms",
            baseline_name=name,
        ),
        Row(
            name="peak memory of the rendering child",
            ours=memory,
            baseline=None,
            unit="MiB",
            target=f"< {MOST_MEMORY_MB} MiB",
            met=memory < MOST_MEMORY_MB,
        ),
    ]
