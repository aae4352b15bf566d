"""The document of an individual sheet: objectives, weights, measures, results, evaluation."""

import io
import re
from itertools import pairwise

import outloud
import pypdf
import pytest

from services.renderer.document import formats, html
from shared.contracts.snapshot import ReportSnapshot
from tests.renderer import sheets
from tests.renderer.conftest import Made
from tests.renderer.test_other_shapes import printed

SHAPES = (("pisa-2020", "SG"), ("pisa-2020", "DARS"), ("massa-2021", "PO2"))
_ROW = 300


@pytest.fixture(scope="module", params=SHAPES, ids="-".join)
def snapshot(request: pytest.FixtureRequest) -> ReportSnapshot:
    return sheets.sheet(*request.param)


def packed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_every_row_weight_and_result_is_printed(scheda: Made) -> None:
    pages = pypdf.PdfReader(io.BytesIO(scheda.sealed)).pages
    text = packed("".join(page.extract_text() for page in pages))
    rows = [(row.code, row.figure, row.weight) for row in scheda.snapshot.objectives]
    rows += [(row.code, row.figure, row.weight) for row in scheda.snapshot.indicators]
    for code, figure, weight in rows:
        after = rf"{re.escape(packed(code))}.{{0,{_ROW}}}?"
        assert re.search(after + re.escape(printed(figure) or ""), text), code
        if weight is not None:
            assert re.search(after + re.escape(formats.number(weight)), text), code
    for told in scheda.snapshot.explanations:
        assert packed(told.text)[:60] in text, told.code
    assert "Documentoriservato" in text
    assert "SchedaindividualeSegretarioGenerale2020" in text
    assert "Obiettiviraggiuntiinunannodifficile" in text
    assert "90,096296" in text


def test_the_exact_result_stands_beside_the_shown_one(snapshot: ReportSnapshot) -> None:
    made = html.build(snapshot).html
    exact = snapshot.overall.measured
    assert exact is None or formats.number(exact, 4) in made
    assert snapshot.objectives[0].title in made


def test_no_cell_is_blank_no_level_skipped_no_link_lost(snapshot: ReportSnapshot) -> None:
    made = html.build(snapshot).html
    cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", made, re.DOTALL)
    assert not [cell for cell in cells if not re.sub(r"<[^>]+>", "", cell).strip()]
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", made)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    anchors = re.findall(r' id="([^"]+)"', made)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', made)) <= set(anchors)


def test_it_can_be_read_aloud(scheda: Made) -> None:
    result = outloud.check(str(scheda.files[1]))
    assert not [item for item in result.findings if item.severity == "error"]
