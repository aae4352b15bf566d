"""Chapters: cut where templates allow it, laid out apart, kept, and bound into one document."""

import asyncio
import io
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest

from services.renderer import making, process
from services.renderer.document import chapters, html
from services.renderer.document.contents import MARK
from services.renderer.errors import RenderError
from services.renderer.process import Presses, RenderedPdf
from services.renderer.reuse import Shelf
from shared.contracts.snapshot import ReportSnapshot, canonical_bytes
from tests.renderer import snapshots
from tests.renderer.conftest import LIMITS, Made


async def _several(*given: ReportSnapshot, shelf: Path, processes: int = 1) -> list[RenderedPdf]:
    async with Presses(processes=processes, shelf=shelf) as presses:
        return [await presses.render(canonical_bytes(one), LIMITS) for one in given]


def test_bytes_depend_neither_on_what_is_kept_nor_on_the_processes(
    small: Made, tmp_path: Path
) -> None:
    twice = asyncio.run(_several(small.snapshot, small.snapshot, shelf=tmp_path / "one"))
    [parallel] = asyncio.run(_several(small.snapshot, shelf=tmp_path / "two", processes=3))
    assert {one.content for one in (*twice, parallel)} == {small.unsigned}


def test_only_changed_chapters_are_laid_out_again(tmp_path: Path) -> None:
    before = snapshots.pisa()
    changed = tuple(
        item.model_copy(update={"narrative": "Un testo nuovo."}) if item.code == "A4" else item
        for item in before.objectives
    )
    after = before.model_copy(update={"objectives": changed})
    [first] = asyncio.run(_several(before, shelf=tmp_path))
    kept = set(tmp_path.iterdir())
    [second] = asyncio.run(_several(after, shelf=tmp_path))
    added = set(tmp_path.iterdir()) - kept
    assert first.content != second.content
    # The chapter of the objective and that of the snapshot's hash; not the contents, whose page
    # numbers are written when the chapters are bound.
    assert len(added) == 2
    assert len(kept) > 2 * len(added)


def test_a_damaged_chapter_is_not_used(small: Made, tmp_path: Path) -> None:
    asyncio.run(_several(small.snapshot, shelf=tmp_path))
    for entry in tmp_path.iterdir():
        content = bytearray(entry.read_bytes())
        content[-100] ^= 1
        entry.write_bytes(content)
    [again] = asyncio.run(_several(small.snapshot, shelf=tmp_path))
    assert again.content == small.unsigned


def test_a_shelf_keeps_to_its_room(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf", room=3000)
    for number in range(6):
        path = tmp_path / str(number)
        path.with_suffix(".sheet").write_text(str(number))
        path.with_suffix(".facts").write_text("{}")
        path.with_suffix(".pdf").write_bytes(bytes(1000))
        shelf.put(path)
    assert sum(entry.stat().st_size for entry in (tmp_path / "shelf").iterdir()) <= 3000
    assert shelf.take(tmp_path / "5")
    assert not shelf.take(tmp_path / "0")
    assert {entry.stat().st_mode & 0o777 for entry in (tmp_path / "shelf").iterdir()} == {0o600}


def test_short_pieces_go_together_and_nothing_is_lost() -> None:
    pieces = ["a" * 20_000, "b" * 20_000, "c" * 40_000, "d"]
    cut = list(chapters.split(chapters.BREAK.join(pieces)))
    assert [len(piece) for piece in cut] == [40_000, 40_000, 1]
    assert "".join(cut) == "".join(pieces)


def test_what_is_apart_stands_alone_and_long_chapters_are_cut_evenly() -> None:
    apart = list(chapters.split(chapters.APART.join(["a" * 100, "b"])))
    assert [len(piece) for piece in apart] == [100, 1]
    short = chapters.WITHIN.join(["a" * 10_000] * 4)
    assert list(chapters.split(short)) == ["a" * 40_000]
    long = chapters.WITHIN.join(["a" * 10_000] * 9)
    assert [len(piece) for piece in chapters.split(long)] == [30_000] * 3
    assert list(chapters.split("")) == [""]


def test_links_lead_out_of_a_chapter_by_name_or_nowhere() -> None:
    body = '<a href="#ob-A&amp;1">x</a><a href="#none">y</a>'
    linked, used = chapters.link_out(body, {"ob-A&1": "A&1 Titolo"})
    assert linked == '<a href="ciclo-anchor:ob-A%261">x</a><a >y</a>'
    assert used == {"ob-A&1": "A&1 Titolo"}


def test_a_title_that_looks_like_a_page_number_to_come_stays_a_title() -> None:
    titled = tuple(
        item.model_copy(update={"title": MARK}) if item.code == "A4" else item
        for item in snapshots.small().objectives
    )
    snapshot = snapshots.small().model_copy(update={"objectives": titled})
    content = asyncio.run(process.render(canonical_bytes(snapshot), LIMITS)).content
    lines = _text_of(content, 2).splitlines()
    titles = [line.split() for line in lines if MARK[:2] in line]
    assert len(titles) == 1
    *_, first, second, page = titles[0]
    assert (first, second) == (MARK[:2], MARK[2:])
    assert f"A4 {MARK}" in " ".join(_text_of(content, int(page)).split())


def _text_of(content: bytes, page: int) -> str:
    command = ["pdftotext", "-layout", "-f", str(page), "-l", str(page), "-", "-"]
    return subprocess.run(
        command, input=content, stdout=subprocess.PIPE, check=True
    ).stdout.decode()


def test_places_bookmarks_and_numbers_are_those_of_the_whole(pisa: Made) -> None:
    with pikepdf.open(io.BytesIO(pisa.unsigned)) as pdf:
        names = pdf.Root.Names.Dests.Names
        places = {str(names[at]): names[at + 1] for at in range(0, len(names), 2)}
        assert list(places) == sorted(places)
        links = [
            str(note.Dest)
            for page in pdf.pages
            for note in page.get("/Annots", ())
            if "/Dest" in note
        ]
        assert len(links) > 50
        assert set(links) <= set(places)
        own = {page.obj.objgen for page in pdf.pages}
        assert {place[0].objgen for place in places.values()} <= own
        parents = pdf.Root.StructTreeRoot.ParentTree.Nums
        keys = [int(key) for key in parents[::2]]
        assert keys == sorted(set(keys))
        assert {int(page.StructParents) for page in pdf.pages} <= set(keys)
        faces = [str(item.BaseFont) for item in pdf.objects if _is_face(item)]
        assert len(faces) == len(set(faces))


def _is_face(item: pikepdf.Object) -> bool:
    return isinstance(item, pikepdf.Dictionary) and item.get("/Subtype") == "/Type0"


def test_a_preview_is_one_chapter_as_pdf_and_as_html(tmp_path: Path) -> None:
    async def look() -> process.Preview:
        async with Presses(processes=1, shelf=tmp_path) as presses:
            content = canonical_bytes(snapshots.pisa())
            with pytest.raises(RenderError) as caught:
                await presses.preview(content, "sez-99", LIMITS)
            assert caught.value.code == "place_unknown"
            return await presses.preview(content, "ob-A4", LIMITS)

    preview = asyncio.run(look())
    with pikepdf.open(io.BytesIO(preview.pdf)) as pdf:
        assert len(pdf.pages) == preview.pages < 20
    assert 'id="ob-A4"' in preview.html
    assert 'id="all-a"' not in preview.html


def test_a_narrative_that_breaks_the_layout_costs_its_place_a_warning() -> None:
    """Played with a layout that refuses one text, as the engine might."""
    words = "Testo che il motore non regge."
    poisoned = tuple(
        item.model_copy(update={"narrative": words}) if item.code == "A4" else item
        for item in snapshots.pisa().objectives
    )
    snapshot = snapshots.pisa().model_copy(update={"objectives": poisoned})

    def refuse(sheets: list[chapters.Sheet], **_: object) -> Iterator[tuple[int, object]]:
        for place, sheet in enumerate(sheets):
            yield place, making.Failed("layout_failed", "no") if words in sheet.html else None

    document = html.build(snapshot)
    failing = [chapter for chapter in document.chapters if words in chapter.body]
    broken = making._broken_narratives(document, failing, refuse)  # type: ignore[arg-type]
    assert broken == {"objective:A4"}
    again = html.build(snapshot, broken)
    assert words not in again.html
    assert html.UNFIT in again.html
    assert any(html.UNFIT in warning for warning in again.warnings)
