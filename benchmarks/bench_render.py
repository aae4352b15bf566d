"""A Relazione of some sixty pages, sealed, beside WeasyPrint alone on the same HTML.

Ours is everything: the child process, the document from its snapshot, layout, PDF/A-3a and
PDF/UA-1, attachments, the seal. The baseline is a process of its own too: WeasyPrint as
anybody would call it, same HTML, same typeface, same PDF variant.
"""

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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
        ours, alone = [], []
        pages, memory = 0, 0.0
        for _ in range(RUNS):
            begun = time.perf_counter()
            pages = asyncio.run(_ours(snapshot, signer))
            ours.append(time.perf_counter() - begun)
            # Before the baseline runs, the largest child so far is ours.
            memory = memory or resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            begun = time.perf_counter()
            _weasyprint_alone(source, folder)
            alone.append(time.perf_counter() - begun)
        return _rows(min(ours), min(alone), pages, memory)


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


def _rows(ours: float, alone: float, pages: int, memory: float) -> list[Row]:
    return [
        Row(
            name=f"Relazione of {pages} pages, sealed",
            ours=ours,
            baseline=alone,
            unit="s",
            baseline_name="WeasyPrint alone, same HTML",
            target=f"<= {MOST_RATIO:g}x",
            met=ours <= MOST_RATIO * alone,
        ),
        Row(
            name="one page of it",
            ours=ours / pages * 1000,
            baseline=alone / pages * 1000,
            unit="ms",
            baseline_name="WeasyPrint alone, same HTML",
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
