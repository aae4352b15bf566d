"""How pages and chapters end: what stays together, and what goes on where something ended.

Played with sheets of our style whose filling moves down the page line by line, so that what is
looked at meets the end of the page in every way.
"""

import io
import re

import pypdf
import pytest
from markupsafe import Markup

from services.renderer import engine
from services.renderer.document import chapters, columns, html, style
from services.renderer.document.chapters import Chapter
from services.renderer.document.formats import DASH
from shared.contracts.snapshot import ReportSnapshot
from tests.renderer import century, snapshots
from tests.renderer.conftest import Made
from tests.renderer.test_pages import pages_of, words

RULES = style.sheet("#1f4e3d", "")
LONG_CODE = "MISURA_DirArea2_Percentuale_CorruzioneTrasparenza"
LINES = range(24, 42)


def places(body: str) -> list[set[str]]:
    """The anchors on each page of a chapter."""
    head = '<!DOCTYPE html><html lang="it"><head><title>.</title></head>'
    page = f'{head}<body class="piece">{body}</body></html>'
    return [set(page.anchors) for page in engine.render(page, RULES).pages]


def filling(lines: int) -> str:
    return '<p class="small">x</p>' * lines


@pytest.mark.parametrize("lines", LINES)
def test_no_page_holds_fewer_than_three_last_rows_of_a_table(lines: int) -> None:
    rows = "".join(f'<tr id="r{n}"><th scope="row">{n}</th><td>x</td></tr>' for n in range(14))
    on = places(
        f'<section class="part">{filling(lines)}<table><tbody>{rows}</tbody></table></section>'
    )
    assert len(on[-1]) >= 3


@pytest.mark.parametrize("lines", LINES)
def test_a_table_stays_with_its_chart(lines: int) -> None:
    rows = "<tr><th scope='row'>x</th><td>x</td></tr>" * 4
    table = (
        f'<table class="years whole leads"><caption id="t">T</caption><tbody>{rows}</tbody></table>'
    )
    chart = '<figure><svg viewBox="0 0 100 20"></svg><figcaption id="f">F</figcaption></figure>'
    on = places(f'<section class="part">{filling(lines)}{table}{chart}</section>')
    assert {"t", "f"} in on


@pytest.mark.parametrize("lines", LINES)
def test_the_last_text_of_a_chapter_is_not_cut(lines: int) -> None:
    text = "".join(f'<p id="p{n}">Riga di testo.</p>' for n in range(8))
    last = f'{filling(lines)}<div class="narrative brief">{text}</div>'
    on = places(f'<section class="part"><section class="objective">{last}</section></section>')
    assert {f"p{n}" for n in range(8)} in on


def test_every_trend_chart_of_a_document_is_on_the_page_of_its_table() -> None:
    pages = pages_of(century.snapshot(40))
    charts = [
        (code, text)
        for text in pages
        for code in re.findall(rf"Figura \d+ {DASH} Andamento degli indicatori di (\S+)", text)
    ]
    assert charts
    for code, text in charts:
        assert re.search(rf"Tabella \d+ {DASH} Andamento di {re.escape(code)} negli anni", text)


def long_codes(snapshot: ReportSnapshot) -> ReportSnapshot:
    """``snapshot`` with indicators and measures whose codes are longer than any column."""
    first, *others = snapshot.indicators
    named = first.model_copy(update={"code": LONG_CODE})
    explained = tuple(
        item.model_copy(
            update={
                "measures": tuple(
                    used.model_copy(update={"code": LONG_CODE, "period": "M07"})
                    for used in item.measures
                )
            }
        )
        for item in snapshot.explanations
    )
    return snapshot.model_copy(update={"indicators": (named, *others), "explanations": explained})


def test_long_codes_are_cut_between_words_only() -> None:
    text = " ".join(pages_of(long_codes(snapshots.small())))
    cut = re.findall(r"MISURA_ ?Dir ?Area2_ ?Percentuale_ ?Corruzione ?Trasparenza", text)
    assert len(cut) == len(re.findall("MISURA_", text)) > 1


def test_only_codes_longer_than_any_column_are_cut() -> None:
    assert columns.in_pieces("DirArea2_2-Percent_CorruzTrasp") == "DirArea2_2-Percent_CorruzTrasp"
    assert columns.in_pieces(f"{LONG_CODE}&").replace("<wbr>", "") == f"{LONG_CODE}&amp;"


def test_a_column_of_objectives_is_wider_only_where_their_codes_need_it() -> None:
    one = snapshots.small().indicators[0]
    named = {
        code: columns.objective_column([one.model_copy(update={"objective": code})])
        for code in ("A1", "DARS-D2", "Percent_CorruzTrasp")
    }
    assert named == {
        "A1": "c-measure",
        "DARS-D2": "c-measure",
        "Percent_CorruzTrasp": "c-code-widest",
    }


def test_a_brief_section_goes_on_where_the_one_before_it_ends() -> None:
    before, brief, long = (Chapter("", "", Markup("a") * n) for n in (9_000, 900, 9_000))
    coloured = Chapter("", "", before.body, style="x")
    assert chapters.goes_on(before, [brief], always=False)
    assert not chapters.goes_on(before, [long], always=False)
    assert not chapters.goes_on(before, [brief, brief], always=False)
    assert not chapters.goes_on(coloured, [brief], always=True)
    assert chapters.goes_on(before, [long], always=True)
    full = Chapter("", "", Markup("a") * chapters.MOST_CHARACTERS)
    assert not chapters.goes_on(full, [brief], always=False)


def test_a_short_register_stands_beside_the_verification(pisa: Made) -> None:
    *_, last = (words(page) for page in pypdf.PdfReader(io.BytesIO(pisa.unsigned)).pages)
    assert "A.3 Registro dei documenti del ciclo" in last
    assert "A.4 Verifica del documento e dati allegati" in last
    chapter = html.build(pisa.snapshot).chapters[-1]
    assert chapter.body.count("<h3") == 2
