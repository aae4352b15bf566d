"""The report of an entity: every chamber's chapter, and what they make together."""

import csv
import io
import json
import re
from itertools import pairwise

import outloud
import pypdf
import pytest

from services.renderer.document import html, style
from services.renderer.document.attachments import attached_files
from shared.contracts.snapshot import ReportSnapshot, YearContent, canonical_bytes
from shared.domain.chambers import WHITE, contrast
from tests.renderer import century, entity, snapshots
from tests.renderer.conftest import Made
from tests.renderer.test_other_shapes import printed

_ROW = 300


@pytest.fixture(scope="module")
def document() -> html.Document:
    return html.build(entity.consolidated_report())


@pytest.fixture(scope="module")
def text(ente: Made) -> str:
    pages = pypdf.PdfReader(io.BytesIO(ente.sealed)).pages
    return re.sub(r"\s+", "", "".join(page.extract_text() for page in pages))


def test_every_code_and_result_of_every_chamber_is_printed(text: str) -> None:
    for chapter in entity.view().chapters:
        rows = [(row.code, row.figure) for row in chapter.objectives]
        rows += [(row.code, row.figure) for row in chapter.indicators]
        for code, figure in rows:
            after = rf"{re.escape(code.replace(' ', ''))}.{{0,{_ROW}}}?"
            assert re.search(after + re.escape(printed(figure) or ""), text), code


def test_consolidated_figures_stand_with_the_chambers_they_are_made_of(text: str) -> None:
    assert re.search(r"pareto:C1\.1_07.{0,200}35,0%2su3", text)
    assert "LU30;PI5" in text
    assert "LU40;PI60" in text
    assert re.search(r"CameradicommerciodiLucca75,0%\+40,001°", text)
    assert re.search(r"CameradicommerciodiPisa8,3%-26,702°", text)
    assert re.search(r"Ente.{0,20}33,4%35,0%", text)


def test_what_is_not_consolidated_says_why(document: html.Document) -> None:
    assert "media senza una misura che faccia da peso" in document.html
    assert "il piano somma i periodi in altro modo" in document.html
    assert "kronos:K9" in document.html
    assert "nessun piano nell&#39;anno" in document.html


def test_chambers_with_the_same_codes_keep_their_anchors_apart(document: html.Document) -> None:
    anchors = re.findall(r' id="([^"]+)"', document.html)
    assert len(anchors) == len(set(anchors))
    assert 'id="ob-PI-A4"' in document.html
    assert set(re.findall(r'href="#([^"]+)"', document.html)) <= set(anchors)


def test_no_cell_is_blank_and_no_level_skipped(document: html.Document) -> None:
    cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", document.html, re.DOTALL)
    assert not [cell for cell in cells if not re.sub(r"<[^>]+>", "", cell).strip()]
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", document.html)]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_entity_s_own_plan_has_its_chapter() -> None:
    made = html.build(entity.with_own_plan()).html
    assert "non ha un piano proprio" not in made
    assert 'id="sez-6-1"' in made


def test_a_single_year_has_no_trend() -> None:
    view = entity.view().model_copy(update={"years": (2020,)})
    assert "non c'è un andamento" in html.build(entity.consolidated_report(entity=view)).html


def test_attached_tables_name_the_chamber_of_every_row(ente: Made) -> None:
    attached = pypdf.PdfReader(io.BytesIO(ente.sealed)).attachments
    assert attached["snapshot.json"] == [canonical_bytes(ente.snapshot)]
    rows = list(csv.DictReader(io.StringIO(attached["indicatori.csv"][0].decode("utf-8-sig"))))
    found = {(row["chamber"], row["code"]): row["value"] for row in rows}
    for chapter in entity.view().chapters:
        for indicator in chapter.indicators:
            assert found[chapter.chamber.code, indicator.code] == (indicator.value or "")
    rows = list(csv.DictReader(io.StringIO(attached["consolidati.csv"][0].decode("utf-8-sig"))))
    of_2020 = {
        row["chamber"]: row["shown"] or row["reason"] for row in rows if row["year"] == "2020"
    }
    assert of_2020 == {"": "35.0", "LU": "75.0", "PI": "8.3", "MS": "no_plan"}
    told = json.loads(attached["spiegazioni.json"][0])
    assert {row["chamber"] for row in told} == {"LU", "PI"}


def test_reports_of_one_chamber_attach_what_they_always_did() -> None:
    names = [file.card.name for file in attached_files(snapshots.small())]
    assert "consolidati.csv" not in names


def test_a_snapshot_read_back_has_the_same_bytes() -> None:
    written = canonical_bytes(entity.consolidated_report())
    assert canonical_bytes(ReportSnapshot.model_validate_json(written)) == written
    chapters = json.loads(written)["entity"]["chapters"]
    assert all("period" not in chapter for chapter in chapters)


def test_each_chamber_s_chapter_is_in_its_own_colour_that_can_be_read(
    document: html.Document,
) -> None:
    told = [chapter for chapter in document.chapters if chapter.running[:1] in "78"]
    assert {chapter.running for chapter in told} == {
        "7 Camera di commercio di Lucca",
        "8 Camera di commercio di Pisa",
    }
    colours: dict[str, set[str]] = {}
    for chapter in document.chapters:
        rules = document.sheet(chapter).style
        assert style.is_own(rules)
        (found,) = re.findall(r"\nthead \{ background: (#[0-9a-f]{6})", rules)
        colours.setdefault(chapter.running, set()).add(found)
    assert colours.pop("7 Camera di commercio di Lucca") == {entity.LU.colour}
    (pisa,) = colours.pop("8 Camera di commercio di Pisa")
    assert pisa != entity.PI.colour  # yellow, which nobody reads on white
    assert contrast(pisa, WHITE) > 4.5
    assert set.union(*colours.values()) == {entity.TNO.colour}


def test_the_page_of_the_web_gives_each_chamber_its_colour(document: html.Document) -> None:
    assert f".of-LU {{ --colour: {entity.LU.colour}; }}" in document.web
    assert '<section class="chapter of-LU">' in document.web
    assert document.web.count('class="chamber-logo"') == 1


def test_a_chamber_s_logo_and_charts_are_its_own() -> None:
    known = {**dict(entity.content(century.snapshot(40), entity.LU))}
    lucca = YearContent.model_validate(known)
    view = entity.view().model_copy(update={"chapters": (lucca, *entity.view().chapters[1:])})
    made = html.build(entity.consolidated_report(entity=view))
    (logo,) = [c for c in made.chapters if "Logo: Camera di commercio di Lucca" in c.body]
    assert logo.running == "7 Camera di commercio di Lucca"
    lines = re.findall(r'fill="none" stroke="(#[0-9a-f]{6})" stroke-width="1.6"', made.html)
    assert set(lines) == {entity.LU.accent_colour}


def test_cards_of_before_keep_their_bytes() -> None:
    written = canonical_bytes(entity.consolidated_report())
    assert written.count(b'"accent_colour"') == 2  # Lucca among the chambers, and its chapter
    assert b'"accent_colour"' not in canonical_bytes(snapshots.small())


def test_it_can_be_read_aloud(ente: Made) -> None:
    result = outloud.check(str(ente.files[1]))
    assert not [item for item in result.findings if item.severity == "error"]
