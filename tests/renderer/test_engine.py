"""What is left out of WeasyPrint changes nothing of what it lays out."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pikepdf
import pytest
import tinyhtml5
import weasyprint

from services.renderer import engine, fonts, layout
from services.renderer.document import html, style
from services.renderer.document.chapters import Sheet
from shared.contracts.snapshot import ReportSnapshot
from tests.renderer import decisions, entity, hostile, monitoring, plans, sheets, snapshots
from tests.renderer.test_hostile import snapshot_of

KINDS: tuple[Callable[[], ReportSnapshot], ...] = (
    snapshots.pisa,
    plans.massa,
    monitoring.first_quadrimestre,
    sheets.secretary,
    decisions.decision,
    entity.consolidated_report,
)


@pytest.fixture(autouse=True)
def _shipped_faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in the press: no face of the machine is known."""
    monkeypatch.setenv("FONTCONFIG_FILE", str(fonts.write_fontconfig(tmp_path)))
    engine._faces_known.cache_clear()
    yield
    engine._faces_known.cache_clear()


def as_browsers(source: str) -> ET.Element:
    """The tree that HTML parsers make; they drop blanks before ``head``."""
    root: ET.Element = tinyhtml5.parse(source, namespace_html_elements=False)
    return root


def told(root: ET.Element) -> list[tuple[object, ...]]:
    """Everything in a tree that can be compared, without the blanks around its two parts."""
    head, body = root
    root.text = head.tail = body.tail = None
    body[-1].tail = (body[-1].tail or "").rstrip()
    return [
        (part.tag, _attributes(part), part.text or "", part.tail or "", len(part))
        for part in root.iter()
    ]


def _attributes(part: ET.Element) -> dict[str, str]:
    """HTML parsers take the declaration of a namespace for an attribute."""
    return {name: value for name, value in part.attrib.items() if not name.endswith("}xmlns")}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_our_templates_are_read_as_a_browser_reads_them(kind: Callable[[], ReportSnapshot]) -> None:
    document = html.build(kind())
    for chapter in document.all:
        source = document.sheet(chapter).html
        assert told(engine.read(source)) == told(as_browsers(source)), chapter.section


def test_hostile_texts_are_read_as_a_browser_reads_them_or_left_to_its_parser() -> None:
    document = html.build(snapshot_of(hostile.texts(len(hostile.FAMILIES), 9)))
    read = 0
    for chapter in document.all:
        source = document.sheet(chapter).html
        try:
            root = engine.read(source)
        except ET.ParseError:
            continue
        read += 1
        assert told(root) == told(as_browsers(source)), chapter.section
    assert read > len(document.all) / 2


def test_what_is_not_well_formed_is_laid_out_all_the_same() -> None:
    [page] = engine.render("<!DOCTYPE html><p>uno<p>due & tre<br>quattro", "").pages
    assert page.width > 0


def test_pages_are_those_of_weasyprint_itself() -> None:
    document = html.build(snapshots.small())
    for chapter in document.all:
        sheet = document.sheet(chapter)
        alone = weasyprint.HTML(string=sheet.html, url_fetcher=engine.ClosedFetcher()).render(
            pdf_variant=engine.VARIANT, stylesheets=[engine.stylesheet(sheet.style)]
        )
        assert _drawn(engine.render(sheet.html, sheet.style)) == _drawn(alone), chapter.section


def _drawn(document: weasyprint.Document) -> bytes:
    written: bytes = document.write_pdf(pdf_variant=engine.VARIANT, uncompressed_pdf=True)
    return written


def test_a_chapter_has_no_face_that_binding_puts_in_and_keeps_those_it_does_not() -> None:
    rules = style.sheet("#17324d")
    body = '<!DOCTYPE html><html lang="it"><body class="piece"><h2>Uno</h2><p>{}</p></body></html>'
    known, facts = layout.write(Sheet(body.format("due"), rules, {}))
    assert set(_programs(known).values()) == {0}
    assert set(_programs(known)) == set(facts.faces)
    # A character that the face lacks has a number of the chapter's own in it.
    lacking, facts = layout.write(
        Sheet(body.format("due \N{CJK UNIFIED IDEOGRAPH-6F22}"), rules, {})
    )
    kept = {name for name, length in _programs(lacking).items() if length}
    assert kept
    assert not kept & set(facts.faces)


def _programs(content: bytes) -> dict[str, int]:
    """Name in the resources -> bytes of its outlines."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return {
            name.removeprefix("/"): len(
                font.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes()
            )
            for page in pdf.pages
            for name, font in page.obj.Resources.Font.items()
        }
