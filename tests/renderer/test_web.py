"""The web page of a document: the same content, for every screen and every reader."""

import re
from collections.abc import Iterator

import pypdf
import pytest
from lxml import etree

from services.renderer.document import html, web
from services.renderer.document.attachments import snapshot_sha256
from services.renderer.document.contents import Entry
from shared.contracts.snapshot import NarrativeView, ReportSnapshot, canonical_bytes
from shared.contracts.web_page import NOTICES_MARK, SNAPSHOT_META
from tests.html_pages import check_accessible, check_inert, parsed
from tests.renderer import century, entity, monitoring, plans, snapshots
from tests.renderer.conftest import Made

WIDE = "| a | b |\n|---|---|\n| 1 | 2 |\n"
PLAIN = 4.5
"""Contrast that WCAG asks of plain text."""


def with_a_table_in_a_text() -> ReportSnapshot:
    made = snapshots.pisa()
    texts = (*made.narratives, NarrativeView(section="1", text=WIDE))
    return made.model_copy(update={"narratives": texts})


def with_blanks_in_codes() -> ReportSnapshot:
    made = snapshots.pisa()
    spaced = [
        item.model_copy(update={"code": item.code.replace("A", "A ")}) for item in made.objectives
    ]
    return made.model_copy(update={"objectives": tuple(spaced)})


@pytest.fixture(
    scope="module",
    params=[
        with_a_table_in_a_text,
        with_blanks_in_codes,
        monitoring.first_quadrimestre,
        plans.massa,
        entity.with_own_plan,
        century.snapshot,
    ],
)
def snapshot(request: pytest.FixtureRequest) -> ReportSnapshot:
    made: ReportSnapshot = request.param()
    return made


@pytest.fixture(scope="module")
def page(snapshot: ReportSnapshot) -> etree._Element:
    return parsed(html.build(snapshot).web)


def test_the_page_says_its_language_title_and_origin(
    page: etree._Element, snapshot: ReportSnapshot
) -> None:
    assert page.get("lang") == "it"
    (title,) = page.xpath("//head/title")
    assert str(snapshot.year) in title.text
    assert snapshot.chamber.name in title.text
    (origin,) = page.xpath("//meta[@name=$name]/@content", name=SNAPSHOT_META)
    assert origin == snapshot_sha256(snapshot)
    assert html.build(snapshot).web.count(NOTICES_MARK) == 1


def test_nothing_runs_and_nothing_is_fetched(page: etree._Element) -> None:
    check_inert(page)


def test_the_page_is_in_order(page: etree._Element) -> None:
    check_accessible(page)
    for name in ("header", "main", "footer"):
        assert len(page.xpath(f"//body//{name}")) == 1
    assert page.xpath("//body//a")[0].get("href") == "#contenuto"
    assert not [name for name in page.xpath("//@id") if re.search(r"[ \t\n]", name)]


def test_tables_scroll_by_themselves_and_tell_what_their_cells_are(page: etree._Element) -> None:
    tables = page.xpath("//table")
    assert tables
    for table in tables:
        region = table.getparent()
        assert (region.get("role"), region.get("tabindex")) == ("region", "0")
        assert table.xpath(".//th")


def test_figures_are_told_in_words(page: etree._Element) -> None:
    for drawing in page.xpath("//*[local-name()='svg']"):
        assert drawing.get("role") == "img"
        (title,) = drawing.xpath("./*[local-name()='title']")
        assert len(title.text) > 20
    for figure in page.xpath("//figure"):
        assert figure.xpath("./figcaption")


def test_the_contents_name_every_listed_heading(page: etree._Element) -> None:
    listed = page.xpath("//nav[@aria-labelledby='indice']//a/@href")
    for heading in page.xpath("//main//h2/@id | //main//h3[@id]/@id"):
        assert f"#{heading}" in listed


def words(source: Iterator[str]) -> str:
    return re.sub(r"\s+", " ", " ".join(source))


def test_page_and_pdf_say_the_same(small: Made) -> None:
    """Every word of the page's sections is in the PDF, in the same order of figures."""
    root = parsed(small.web.decode())
    (main,) = root.xpath("//main")
    for extra in main.xpath("./p[@class='back']"):
        main.remove(extra)
    reader = pypdf.PdfReader(small.files[0])
    paper = words(leaf.extract_text() for leaf in reader.pages)
    shown = words(text for text in main.itertext() if text.strip())
    figures = set(re.findall(r"\d[\d.]*(?:,\d+)?%?", shown))
    assert len(figures) > 50
    assert {figure for figure in figures if figure not in paper} == set()
    codes = [item.code for item in small.snapshot.objectives]
    codes += [item.code for item in small.snapshot.indicators]
    assert {code for code in codes if code not in shown or code not in paper} == set()
    results = {item.figure.shown for item in small.snapshot.objectives if item.figure.shown}
    assert {item.replace(".", ",") + "%" for item in results} <= figures


def test_the_same_snapshot_gives_the_same_page(small: Made) -> None:
    read_back = ReportSnapshot.model_validate_json(canonical_bytes(small.snapshot))
    assert html.build(read_back).web.encode() == small.web


def test_a_narrative_that_breaks_pages_is_left_out_of_both() -> None:
    narratives = (NarrativeView(section="1", text="Un testo"),)
    made = snapshots.small(narratives=narratives)
    key = next(iter(html.narrative_keys(made)))
    done = html.build(made, frozenset({key}))
    assert html.UNFIT in done.web
    assert "Un testo" not in done.web


@pytest.mark.parametrize("colour", ["#17324d", "#ffd700", "#ffffff", "#ff0000", "#0066cc"])
def test_whatever_the_chambers_colour_texts_can_be_read(colour: str) -> None:
    rules = str(web.stylesheet(colour))
    (used,) = set(re.findall(r":root \{ --colour: (#[0-9a-f]{6})", rules))
    assert "header { background: var(--colour)" in rules
    assert contrast(used, "#ffffff") >= PLAIN
    assert contrast(used, "#eef1f4") >= PLAIN
    assert "$" not in rules
    if colour == "#17324d":
        assert used == colour


def contrast(one: str, other: str) -> float:
    """As WCAG 2.1 defines it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_outline_keeps_the_order_and_depth_of_the_headings() -> None:
    entries = [Entry(level, "", str(n), str(n)) for n, level in enumerate((2, 3, 4, 4, 3, 2, 4))]
    first, second = web.outline(entries)
    assert [branch.entry.anchor for branch in first.below] == ["1", "4"]
    assert [branch.entry.anchor for branch in first.below[0].below] == ["2", "3"]
    assert (first.size, second.size) == (4, 1)
