"""The report of an entity: every chamber's chapter, and what they make together."""

import csv
import io
import json
import re
from itertools import pairwise

import outloud
import pypdf
import pytest

from services.renderer.document import html
from services.renderer.document.attachments import attached_files
from shared.contracts.snapshot import ReportSnapshot, canonical_bytes
from tests.renderer import entity, snapshots
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


def test_it_can_be_read_aloud(ente: Made) -> None:
    result = outloud.check(str(ente.files[1]))
    assert not [item for item in result.findings if item.severity == "error"]
