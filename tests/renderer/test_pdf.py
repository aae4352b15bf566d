"""The PDF: conformance, reproducibility, what it carries, what the child may not do."""

import asyncio
import csv
import hashlib
import io
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import outloud
import pikepdf
import pypdf
import pytest

from services.renderer import folders, process, sandbox
from services.renderer.errors import RenderError
from services.renderer.sandbox import Limits
from shared.contracts.snapshot import ReportSnapshot, canonical_bytes
from tests.renderer import snapshots
from tests.renderer.conftest import LIMITS, Made

NOTICE = "Documento di prova, firma priva di valore legale"


def rendered(snapshot: ReportSnapshot, limits: Limits = LIMITS) -> process.RenderedPdf:
    return asyncio.run(process.render(canonical_bytes(snapshot), limits))


def text_of(page: pypdf.PageObject) -> str:
    return re.sub(r"\s+", " ", page.extract_text())


def test_the_same_snapshot_gives_the_same_bytes(small: Made) -> None:
    assert rendered(small.snapshot).content == small.unsigned


def test_every_page_of_a_development_document_says_so(pisa: Made) -> None:
    for number, page in enumerate(pypdf.PdfReader(io.BytesIO(pisa.sealed)).pages, start=1):
        assert NOTICE in text_of(page), number


def test_the_text_holds_every_code_and_result(pisa: Made) -> None:
    text = " ".join(text_of(page) for page in pypdf.PdfReader(io.BytesIO(pisa.sealed)).pages)
    packed = text.replace(" ", "")
    codes = [item.code for item in pisa.snapshot.objectives]
    codes += [item.code for item in pisa.snapshot.indicators]
    for code in codes:
        assert code.replace(" ", "") in packed, code
    assert "94,9%" in text


def test_catalogue_title_language_and_tags(pisa: Made) -> None:
    with pikepdf.open(io.BytesIO(pisa.sealed)) as pdf:
        root = pdf.Root
        assert root.Lang == "it"
        assert root.MarkInfo.Marked
        assert root.ViewerPreferences.DisplayDocTitle
        assert "Relazione sulla performance 2020" in str(pdf.docinfo.Title)
        metadata = root.Metadata.read_bytes().decode()
        assert re.search(r"pdfaid:part[^0-9]{1,3}3", metadata)
        assert re.search(r"pdfuaid:part[^0-9]{1,3}1", metadata)
        with pdf.open_outline() as outline:
            titles = [item.title for item in outline.root[0].children]
        assert [title[:1] for title in titles if title[:1].isdigit()] == list("12345")


def test_every_header_cell_states_its_direction(pisa: Made) -> None:
    with pikepdf.open(io.BytesIO(pisa.unsigned)) as pdf:
        heads = [
            item
            for item in pdf.objects
            if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/TH"
        ]
    assert len(heads) > 300
    assert {str(head.A.Scope) for head in heads} == {"/Column", "/Row"}


def test_the_document_carries_its_own_data(pisa: Made) -> None:
    with pikepdf.open(io.BytesIO(pisa.sealed)) as pdf:
        files = {name: spec.get_file().read_bytes() for name, spec in pdf.attachments.items()}
        relations = {str(item.UF): str(item.AFRelationship) for item in pdf.Root.AF}
    assert files["snapshot.json"] == canonical_bytes(pisa.snapshot)
    assert relations == {
        "snapshot.json": "/Source",
        "indicatori.csv": "/Data",
        "obiettivi.csv": "/Data",
        "risorse.csv": "/Data",
        "spiegazioni.json": "/Data",
    }
    rows = list(csv.DictReader(io.StringIO(files["indicatori.csv"].decode("utf-8-sig"))))
    assert {row["code"]: row["shown"] for row in rows} == {
        item.code: item.figure.shown or "" for item in pisa.snapshot.indicators
    }
    assert len(json.loads(files["spiegazioni.json"])) == len(pisa.snapshot.explanations)


@pytest.mark.parametrize("which", [0, 1], ids=["unsigned", "sealed"])
def test_outloud_finds_no_error(pisa: Made, which: int) -> None:
    result = outloud.check(str(pisa.files[which]))
    assert not [item for item in result.findings if item.severity == "error"]


@pytest.mark.parametrize("which", [0, 1], ids=["unsigned", "sealed"])
def test_qpdf_is_content(pisa: Made, which: int) -> None:
    if shutil.which("qpdf") is None:
        pytest.skip("qpdf is not installed")
    done = subprocess.run(
        ["qpdf", "--check", pisa.files[which]], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr


def test_only_the_shipped_typeface_is_embedded(pisa: Made) -> None:
    with pikepdf.open(io.BytesIO(pisa.unsigned)) as pdf:
        names = {
            str(item.BaseFont)
            for item in pdf.objects
            if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/Font"
        }
    assert names
    assert all("Titillium" in name for name in names)


def test_too_long_a_rendering_is_ended() -> None:
    begun = time.monotonic()
    with pytest.raises(RenderError) as caught:
        rendered(snapshots.long(6), Limits(memory_mb=2048, seconds=2))
    assert caught.value.code == "render_timeout"
    assert time.monotonic() - begun < 10


def test_a_request_that_is_no_snapshot_is_a_crash_in_words() -> None:
    with pytest.raises(RenderError) as caught:
        asyncio.run(process.render(b"{}", LIMITS))
    assert caught.value.code == "render_crashed"
    assert caught.value.retryable


def test_progress_only_rises_and_passes_through_the_stages() -> None:
    steps: list[tuple[str, int]] = []
    asyncio.run(
        process.render(
            canonical_bytes(snapshots.small()), LIMITS, lambda stage, at: steps.append((stage, at))
        )
    )
    assert [at for _, at in steps] == sorted(at for _, at in steps)
    assert list(dict.fromkeys(stage for stage, _ in steps)) == ["document", "pdf"]


def test_the_child_has_no_variable_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CICLO_SIGNING_PASSWORD", "secret")
    seen: dict[str, str] = {}
    original = asyncio.create_subprocess_exec

    async def spy(*arguments: str, **options: object) -> asyncio.subprocess.Process:
        given = options["env"]
        assert isinstance(given, dict)
        seen.update(given)
        return await original(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", spy)
    rendered(snapshots.small(objectives=(), indicators=(), explanations=(), tables=()))
    assert not [name for name in seen if name.startswith(("CICLO", "DATABASE", "REDIS", "AWS"))]


def test_doors_are_closed(tmp_path: Path) -> None:
    check = sandbox._guard(tmp_path)
    with pytest.raises(sandbox.ForbiddenError):
        check("open", ("/etc/passwd", "r", 0))
    with pytest.raises(sandbox.ForbiddenError):
        check("open", (str(Path(sandbox.__file__)), "w", 0))
    for event in ("socket.connect", "subprocess.Popen", "os.system"):
        with pytest.raises(sandbox.ForbiddenError):
            check(event, ("x",))
    check("open", (str(tmp_path / "document.pdf"), "w", 0))
    check("open", (str(Path(sandbox.__file__)), "r", 0))


def test_no_request_leaves_for_what_a_narrative_names() -> None:
    """A listener stands where the narrative points; nobody calls."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        text = f"![x]({address}/a.png) <img src={address}/b.png> [collegamento]({address})"
        objectives = tuple(
            item.model_copy(update={"narrative": text}) for item in snapshots.small().objectives
        )
        done = rendered(snapshots.small(objectives=objectives))
        assert done.warnings
        with pytest.raises(TimeoutError):
            listener.accept()


def test_hostile_narratives_cost_warnings_not_the_job() -> None:
    texts = (
        "x" * 100_000,
        "emoji \U0001f600 \u0645\u0631\u062d\u0628\u0627 \u202eabc",
        "|" + "a|" * 300 + "\n|" + "-|" * 300 + "\n|" + "1|" * 300,
        "\n".join("  " * depth + "- voce" for depth in range(40)),
        "$$\\frac{1}{2}$$ `codice` <script>x</script>",
        "> " * 50 + "citazione",
    )
    base = snapshots.small().objectives[1]
    objectives = tuple(
        base.model_copy(update={"code": f"A{n}", "narrative": text, "indicators": ()})
        for n, text in enumerate(texts, start=1)
    )
    done = rendered(snapshots.small(objectives=objectives, indicators=(), explanations=()))
    assert len(done.warnings) >= 3
    assert hashlib.sha256(done.content).hexdigest() != ""


def test_what_a_killed_renderer_left_is_removed_and_what_is_in_use_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, new, foreign = (
        tmp_path / name for name in ("ciclo-render-old", "ciclo-render-new", "else")
    )
    for folder in (old, new, foreign):
        folder.mkdir()
        (folder / "document.pdf").write_bytes(b"%PDF-")
    long_ago = time.time() - LIMITS.seconds - 120
    os.utime(old, (long_ago, long_ago))
    os.utime(foreign, (long_ago, long_ago))
    folders.remove_abandoned()
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["ciclo-render-new", "else"]
