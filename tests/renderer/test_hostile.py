"""Narratives of many hands: whatever they hold, the document is made and nobody is called.

``make hostile`` takes all two hundred texts; the suite the first kinds of each.
"""

import asyncio
import os
import re
import socket
import subprocess
from pathlib import Path

import outloud
import pikepdf
import pypdf
import pytest

from services.renderer import process
from services.renderer.sandbox import Limits
from shared.contracts.snapshot import ReportSnapshot, canonical_bytes
from tests.html_pages import check_inert, parsed
from tests.renderer import hostile, snapshots

pytestmark = pytest.mark.timeout(900)  # two hundred texts on a busy machine

COUNT = int(os.environ.get("CICLO_HOSTILE_TEXTS", len(hostile.FAMILIES)))
_BOX = re.compile(
    r'<(page|word) (?:width|xMin)="([\d.-]+)" (?:height|yMin)="([\d.-]+)"'
    r'(?: xMax="([\d.-]+)" yMax="([\d.-]+)")?>([^<]*)'
)
LIMITS = Limits(memory_mb=2048, seconds=500)


def snapshot_of(texts: list[str]) -> ReportSnapshot:
    """A plan with one objective for each text."""
    base = next(item for item in snapshots.small().objectives if item.narrative or item.parent)
    objectives = tuple(
        base.model_copy(update={"code": f"H{number:03d}", "narrative": text, "indicators": ()})
        for number, text in enumerate(texts, start=1)
    )
    return snapshots.small(objectives=objectives, indicators=(), explanations=())


def _is_font(item: pikepdf.Object) -> bool:
    return isinstance(item, pikepdf.Dictionary) and item.get("/Subtype") == "/Type0"


def _beyond_the_edges(path: Path) -> list[str]:
    """Words that are not whole on their page."""
    done = subprocess.run(
        ["pdftotext", "-bbox", path, "-"], capture_output=True, text=True, check=True
    )
    found: list[str] = []
    width = height = 0.0
    for tag, *numbers, word in _BOX.findall(done.stdout):
        if tag == "page":
            width, height = map(float, numbers[:2])
            continue
        left, top, right, bottom = map(float, numbers)
        if left < 0 or top < 0 or right > width or bottom > height:
            found.append(word)
    return found


def test_every_text_is_on_its_page_or_has_a_warning_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        texts = hostile.texts(COUNT, listener.getsockname()[1])
        made = asyncio.run(process.render(canonical_bytes(snapshot_of(texts)), LIMITS))
        with pytest.raises(TimeoutError):
            listener.accept()
    path = tmp_path / "hostile.pdf"
    path.write_bytes(made.content)
    shown = re.sub(r"\s", "", "".join(page.extract_text() for page in pypdf.PdfReader(path).pages))
    warned = {warning.partition(":")[0] for warning in made.warnings}
    for number, text in enumerate(texts, start=1):
        expected = (hostile.mark(number), *re.findall(hostile.NUMBERED, text))
        missing = [word for word in expected if word not in shown]
        assert not missing or f"obiettivo H{number:03d}" in warned, (text[:200], missing)
    assert _beyond_the_edges(path) == []
    with pikepdf.open(path) as pdf:
        fonts = [item for item in pdf.objects if _is_font(item)]
    assert {str(font.Encoding) for font in fonts} == {"/Identity-H"}, "a glyph is missing"
    assert not [item for item in outloud.check(str(path)).findings if item.severity == "error"]
    check_inert(parsed(made.web.decode()))


def test_what_had_to_be_changed_is_said_where_it_was(tmp_path: Path) -> None:
    texts = ["x" * 100_000, "\U0001f600", "|a" * 300 + "|\n" + "|-" * 300 + "|\n" + "|1" * 300]
    made = asyncio.run(process.render(canonical_bytes(snapshot_of(texts)), LIMITS))
    path = tmp_path / "warned.pdf"
    path.write_bytes(made.content)
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    for warning in made.warnings:
        assert re.sub(r"\s", "", warning.partition(": ")[2]) in re.sub(r"\s", "", text), warning
    assert {warning.partition(":")[0] for warning in made.warnings} == {
        "obiettivo H001",
        "obiettivo H002",
        "obiettivo H003",
    }
