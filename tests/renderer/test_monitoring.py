"""The monitoring report: what was known then, what is due by then, what is lacking."""

import io
import re
from itertools import pairwise

import outloud
import pypdf
import pytest

from services.renderer.document import html
from tests.renderer import monitoring
from tests.renderer.conftest import Made


@pytest.fixture(scope="module")
def document() -> html.Document:
    return html.build(monitoring.first_quadrimestre())


def test_it_says_what_it_is_about(document: html.Document) -> None:
    assert document.title.startswith("Report di monitoraggio 1° quadrimestre 2020")
    assert "Situazione al 30\u00a0aprile 2020" in document.html
    assert "Atto di approvazione" not in document.html


def test_every_objective_of_the_chamber_is_there(document: html.Document) -> None:
    snapshot = monitoring.first_quadrimestre()
    for row in snapshot.objectives:
        if row.scope == "chamber" and row.indicators:
            assert f'id="ob-{row.code}"' in document.html, row.code


def test_what_is_due_by_then_stands_beside_the_result(document: html.Document) -> None:
    assert document.html.count("dovuto ≥\u00a033,33") == 4
    assert "dopo 4 mesi su 12" in document.html


def test_what_is_lacking_is_named_with_who_owes_it(document: html.Document) -> None:
    assert "Imprese che hanno partecipato agli incontri" in document.html
    assert "Promozione e sviluppo" in document.html
    assert "da validare" in document.html


def test_problems_and_remedies_are_printed(document: html.Document) -> None:
    assert "<strong>sospesi</strong>" in document.html
    assert "recupero in autunno" in document.html


def test_no_cell_is_blank_and_no_level_skipped(document: html.Document) -> None:
    cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", document.html, re.DOTALL)
    assert not [cell for cell in cells if not re.sub(r"<[^>]+>", "", cell).strip()]
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", document.html)]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_link_inside_leads_somewhere(document: html.Document) -> None:
    anchors = set(re.findall(r' id="([^"]+)"', document.html))
    assert set(re.findall(r'href="#([^"]+)"', document.html)) <= anchors


def test_a_year_without_problems_says_so() -> None:
    made = html.build(monitoring.first_quadrimestre(analyses=()))
    assert "Nessuna criticità è stata registrata" in made.html


def test_it_can_be_read_aloud(quadrimestre: Made) -> None:
    reader = pypdf.PdfReader(io.BytesIO(quadrimestre.sealed))
    assert len(reader.pages) == quadrimestre.pages
    result = outloud.check(str(quadrimestre.files[1]))
    assert not [item for item in result.findings if item.severity == "error"]
