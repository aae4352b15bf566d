"""What is left out of WeasyPrint changes nothing of what it lays out."""

import base64
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pikepdf
import pytest
import tinyhtml5
import weasyprint
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from weasyprint.svg import SVG

from services.renderer import engine, fonts, layout
from services.renderer.document import html, style
from services.renderer.document.chapters import Sheet
from services.renderer.shortcuts import drawings
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


def sheets_of(*kinds: ReportSnapshot) -> list[tuple[str, str]]:
    """HTML and style of each chapter."""
    documents = [html.build(kind) for kind in kinds]
    written = [document.sheet(part) for document in documents for part in document.all]
    return [(sheet.html, sheet.style) for sheet in written]


def test_pages_are_those_of_weasyprint_itself() -> None:
    of_all_kinds = sheets_of(snapshots.small(), *(kind() for kind in KINDS[2:5]))
    hostile_ones = sheets_of(snapshot_of(hostile.texts(len(hostile.FAMILIES), 9)))
    # Words in drawings are set otherwise: see below.
    written = [(_WORDS.sub("", page), rules) for page, rules in of_all_kinds + hostile_ones]
    for (page, rules), alone in zip(written, _by_weasyprint(written), strict=True):
        assert _drawn(engine.render(page, rules)) == alone, page[:1000]


_ODD_RULES = """
p { text-align: justify; hyphens: auto; width: 60mm }
.inset { margin-inline-start: 9mm; padding-block: 2mm; border-inline-end: 1px solid }
.boxed { box-sizing: border-box; width: 40mm; padding: 3mm; border: 2mm solid; height: 20mm }
.narrow { box-sizing: border-box; width: 10mm }
.spaced { letter-spacing: .1em; word-spacing: .3em; text-decoration: underline }
.small { font-variant-caps: small-caps; font-feature-settings: "tnum" }
.float { float: right; width: 30%; min-width: 20mm; max-height: 9mm }
.placed { position: absolute; bottom: 9mm; left: 10%; background: #eee }
.moved { position: relative; top: 5%; border-radius: 2mm; background: #123 }
.round { border: 1mm solid; border-radius: 3mm }
.blended { background-image: linear-gradient(#123, #eee) }
.wide { width: auto }
.shaded { box-shadow: 1mm 1mm #999; outline: 1px dotted }
.lines { white-space: pre-wrap; tab-size: 3 }
.columns { columns: 2 }
.flex { display: flex } .flex > * { flex: 1 }
table { border-collapse: collapse; border: 6mm solid }
td { border: 1mm solid; border-top: 3mm solid; width: 25% }
.apart { border-collapse: separate; border-spacing: 1mm }
"""

_ODD_PAGE = """<!DOCTYPE html><html lang="it"><body>
<p>{0} {0}</p><p dir="rtl">{0}</p><p class="inset">{0}</p><p class="boxed">{0}</p>
<p class="narrow boxed">{0}</p><p class="spaced">{0}</p><p class="small">{0}</p>
<p class="float">{0}</p><p>{0} {0} {0}</p><p class="placed">{0}</p>
<p>uno <b class="moved">due</b> <i class="placed">tre</i> quattro</p>
<p class="shaded">{0}</p><p class="round">{0}</p><p class="blended">{0}</p>
<p class="float">{0}</p><p class="wide">{0} {0} {0}</p><p dir="rtl" class="wide">{0}</p>
<p class="lines">uno\tdue\n\n  tre quattro</p><div class="columns">{0} {0}</div>
<div class="flex"><div class="boxed">{0}</div><div>uno <b>due</b></div><p>{0}</p></div>
<table><tbody><tr><td>{0}</td><td class="inset">uno</td></tr><tr><td>due</td><td>tre</td></tr>
<tr><td class="boxed">1</td><td>2</td></tr><tr><td class="boxed">3</td><td>4</td></tr>
</tbody></table><table class="apart"><tbody><tr><td>{0}</td><td class="boxed">uno</td></tr></tbody>
</table><div class="flex"><p>uno</p>{0}</div>
<p dir="rtl">{0} אב</p></body></html>""".replace(
    "{0}", "La misurazione della performance organizzativa dell'amministrazione camerale"
)


def test_styles_that_our_documents_have_not_are_those_of_weasyprint_too() -> None:
    [alone] = _by_weasyprint([(_ODD_PAGE, _ODD_RULES)])
    assert _drawn(engine.render(_ODD_PAGE, _ODD_RULES)) == alone


_WORDS = re.compile(r"<text .*?</text>")


def _by_weasyprint(written: list[tuple[str, str]]) -> list[bytes]:
    """PDFs of an interpreter that has never heard of the engine."""
    asked = json.dumps(written).encode()
    done = subprocess.run(
        [sys.executable, "-m", "tests.renderer.weasyprint_alone"],
        input=asked,
        capture_output=True,
        check=True,
    )
    return [base64.b64decode(line) for line in done.stdout.split()]


def _drawn(document: weasyprint.Document) -> bytes:
    written: bytes = document.write_pdf(pdf_variant=engine.VARIANT, uncompressed_pdf=True)
    return written


_CHART = """<!DOCTYPE html><html lang="it"><body><svg xmlns="http://www.w3.org/2000/svg" role="img"
class="bars" viewBox="0 0 400 300" width="400" height="300" font-family="{}"><title>Voci</title>
{}</svg></body></html>"""


@st.composite
def labels(draw: st.DrawFn) -> tuple[str, str]:
    """Words somewhere in a drawing, as charts and logos write them."""
    words = draw(st.text(st.sampled_from("AVToe1.%àÈ"), min_size=1, max_size=12))
    place = f'x="{draw(st.integers(0, 400))}" y="{draw(st.integers(20, 300))}"'
    size = draw(st.sampled_from(("6", "9", "10.5", "14px")))
    weight = draw(st.sampled_from(("", ' font-weight="600"', ' font-weight="400"')))
    anchor = draw(st.sampled_from(("", "start", "middle", "end")))
    side = f' text-anchor="{anchor}"' if anchor else ""
    written = f'<text {place} font-size="{size}"{weight}{side} fill="#1d2733">{words}</text>'
    return words, written


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(label=labels())
def test_words_in_drawings_stand_where_weasyprint_sets_them(label: tuple[str, str]) -> None:
    words, written = label
    page = _CHART.format(fonts.FAMILY, written)
    [(x, y)] = _places(_drawn(engine.render(page, "")))
    with pytest.MonkeyPatch.context() as as_before:
        as_before.setattr(SVG, "draw_node", drawings._draw)
        (their_x, their_y), *_ = _places(_drawn(engine.render(page, "")))
    # Where they end at a place, the first letter may stand by what the face draws pairs nearer.
    assert x == pytest.approx(their_x, abs=max(0.01, len(words) - 1)), written
    assert y == pytest.approx(their_y), written


def _places(content: bytes) -> list[tuple[float, float]]:
    """Where on the one page each piece of text begins, in points."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        [page] = pdf.pages
        return list(_begun(page.obj, page.obj.Resources, pikepdf.Matrix()))


def _begun(
    drawn: pikepdf.Object, resources: pikepdf.Object, place: pikepdf.Matrix
) -> Iterator[tuple[float, float]]:
    before: list[pikepdf.Matrix] = []
    text = place
    for instruction in pikepdf.parse_content_stream(drawn):
        operands = instruction.operands
        match str(instruction.operator):
            case "q":
                before.append(place)
            case "Q":
                place = before.pop()
            case "cm":
                place = pikepdf.Matrix(*map(float, operands)) @ place
            case "Tm":
                text = pikepdf.Matrix(*map(float, operands)) @ place
            case "TJ" | "Tj":
                yield text.e, text.f
            case "Do":
                inner = resources.XObject[str(operands[0])]
                yield from _begun(inner, inner.Resources, place)


_NOT_PLAIN = (
    '<text x="9" y="20">ab<tspan dy="4">cd</tspan></text>',
    '<text x="9 30 40" y="20">abc</text>',
    '<text x="9" y="20" rotate="30">abc</text>',
    '<text x="9" y="20" letter-spacing="3">abc</text>',
    '<text x="9" y="20" textLength="90">abc</text>',
    '<text x="9" y="20" transform="rotate(20)">abc</text>',
    '<text x="9" y="20" opacity="0.5">abc</text>',
    '<text x="9" y="20" font-style="italic">abc</text>',
    '<text x="9" y="20" font-weight="bold">abc</text>',
    '<text x="9" y="20" dominant-baseline="middle">abc</text>',
    '<text x="9" y="20" direction="rtl" text-anchor="end">abc</text>',
    '<text x="9" y="20" stroke="#123456">abc</text>',
    '<text x="9" y="20"></text>',
    '<g visibility="hidden"><text x="9" y="20">abc</text></g>',
    '<g letter-spacing="2"><text x="9" y="20">abc</text></g>',
)


def test_words_that_are_not_plain_are_drawn_by_weasyprint() -> None:
    written = [(_CHART.format(fonts.FAMILY, words), "") for words in _NOT_PLAIN]
    for (page, _), alone in zip(written, _by_weasyprint(written), strict=True):
        assert _drawn(engine.render(page, "")) == alone, page


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
