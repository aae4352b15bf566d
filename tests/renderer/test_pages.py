"""What stands on which page, and beside what: found by looking at pages, kept by these."""

import asyncio
import io
import re

import pypdf
import pytest

from services.renderer import process
from services.renderer.document import abbreviations, columns, formats, html
from services.renderer.document.programmes import Programmes
from services.renderer.document.view import Report
from shared.contracts.snapshot import ReportSnapshot, Resource, canonical_bytes
from tests.renderer import decisions, monitoring, plans, snapshots
from tests.renderer.conftest import LIMITS, Made


def words(page: pypdf.PageObject) -> str:
    return re.sub(r"\s+", " ", page.extract_text())


def pages_of(snapshot: ReportSnapshot) -> list[str]:
    made = asyncio.run(process.render(canonical_bytes(snapshot), LIMITS))
    return [words(page) for page in pypdf.PdfReader(io.BytesIO(made.content)).pages]


def with_actual(
    snapshot: ReportSnapshot, code: str, resources: tuple[Resource, ...], programme: str
) -> ReportSnapshot:
    changed = {"resources": resources, "programme": programme}
    objectives = tuple(
        row.model_copy(update=changed) if row.code == code else row for row in snapshot.objectives
    )
    return snapshot.model_copy(update={"objectives": objectives})


@pytest.mark.parametrize(
    ("codes", "column"),
    [
        (("A1.1",), "c-code"),
        (("PTPCT-FORM",), "c-code-wide"),
        (("Percent_CorruzTrasp",), "c-code-widest"),
        (("DirArea2_2-Percent_CorruzTrasp",), "c-code-widest"),
        ((), "c-code"),
    ],
)
def test_a_column_of_codes_is_as_wide_as_its_longest_code_needs(
    codes: tuple[str, ...], column: str
) -> None:
    assert columns.code_width(codes) == column


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("true", "SI"),
        ("false", "NO"),
        ("2020-09-16", "16/09/2020"),
        ("1234.5", "1.234,5"),
        (None, formats.DASH),
    ],
)
def test_elementary_data_are_shown_in_their_italian_form(text: str | None, shown: str) -> None:
    assert formats.datum(text) == shown


def test_the_map_opens_its_chapter_on_a_page_that_is_not_preceded_by_an_empty_one(
    pisa: Made,
) -> None:
    pages = pypdf.PdfReader(io.BytesIO(pisa.unsigned)).pages
    (wide,) = [page for page in pages if page.mediabox.width > page.mediabox.height]
    text = words(wide)
    assert "3 Rendicontazione della performance organizzativa" in text
    assert "Mappa strategica" in text


def test_charts_of_context_tables_stand_on_the_page_of_their_table(pisa: Made) -> None:
    pages = [words(page) for page in pypdf.PdfReader(io.BytesIO(pisa.unsigned)).pages]
    for title in ("Personale a tempo indeterminato per classe di età", "Personale per genere"):
        told = [text for text in pages if re.search(rf"Tabella \d+ {formats.DASH} {title}", text)]
        assert len(told) == 1
        assert re.search(rf"Figura \d+ {formats.DASH} {title}", told[0])


def test_short_sections_go_on_under_their_own_running_head() -> None:
    pages = pages_of(decisions.decision())
    assert len(pages) == 6
    assert "1 La decisione" in pages[2]
    assert "Verifiche sul documento" in pages[2]
    assert "2 Che cosa è stato esaminato Camera di commercio di Pisa" in pages[2]


def test_short_sections_of_the_web_page_are_all_there() -> None:
    page = html.build(monitoring.first_quadrimestre()).web
    for title in ("La raccolta dei dati", "Criticità, opportunità e azioni correttive"):
        assert re.search(rf"<h2[^>]*>.*{title}</h2>", page)


def test_money_is_summed_by_programme_without_income_and_without_hiding_what_is_unknown() -> None:
    snapshot = snapshots.pisa()
    given = (
        Resource(type="oneri", budgeted="100.00", actual="80.00"),
        Resource(type="proventi", budgeted="999.00", actual="999.00"),
    )
    half = (Resource(type="oneri", budgeted="50.00"),)
    snapshot = with_actual(snapshot, "A1", given, "9.9")
    one = {row.name: row for row in Programmes(Report(snapshot)).rows}["9.9"]
    assert (one.planned, one.actual, one.share) == ("100.00", "80.00", "80.0")
    both = with_actual(snapshot, "A3", half, "9.9")
    rows = Programmes(Report(both))
    two = {row.name: row for row in rows.rows}["9.9"]
    assert two.codes == ("A1", "A3")
    assert (two.planned, two.actual, two.share) == ("150.00", "80.00", None)
    assert rows.shared
    assert "Risorse per programma" in html.build(both).html


def test_what_other_documents_have_too_is_listed_with_its_result() -> None:
    rows = Programmes(Report(snapshots.pisa())).linked
    assert {row.code for row in rows} >= {"PTPCT-DIR", "PTPCT-COM", "PTPCT-FORM"}
    assert "sono anche in altri documenti" in html.build(snapshots.pisa()).html


def test_abbreviations_are_explained_where_they_stand_and_only_there() -> None:
    pisa = dict(abbreviations.used(snapshots.pisa()))
    assert pisa["PTPCT"] == abbreviations.MEANINGS["PTPCT"]
    assert "RASL" in pisa
    assert "FTE" not in pisa
    assert "FTE" in dict(abbreviations.used(plans.massa()))
    assert "Comitato unico di garanzia" in html.build(plans.massa()).html


def test_a_monitoring_report_shows_parts_of_targets_only_where_there_are_some() -> None:
    page = html.build(monitoring.first_quadrimestre()).html
    tables = re.findall(r'<table class="indicators.*?</table>', page, re.DOTALL)
    with_column = [table for table in tables if "Rispetto alla data" in table]
    assert 0 < len(with_column) < len(tables)
    assert all("dovuto" in table for table in with_column)
