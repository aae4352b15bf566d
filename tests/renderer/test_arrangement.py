"""How a chamber wants its Relazione, and how charts look on grey paper."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.renderer.document import html, logo
from services.renderer.document.figures.palette import ladder
from services.renderer.document.figures.svg import LIGHTS
from shared.contracts.document_layout import LayoutView, OwnSection
from shared.contracts.snapshot import NarrativeView, ReportSnapshot, TableView
from shared.domain.chambers import WHITE, contrast, readable_on_white
from tests.renderer import century, snapshots
from tests.renderer.test_document import words
from tests.renderer.test_other_shapes import YEARS, frozen

LAYOUT = LayoutView(
    titles={"2": "Il contesto e le persone", "3.1": "Che cosa volevamo"},
    own=(OwnSection(section="qualita", title="La qualità dei servizi"),),
    order=("0", "qualita", "1", "3", "2", "4", "5", "A"),
    accent_colour="#204060",
)


def arranged(**changes: object) -> html.Document:
    return html.build(snapshots.small(layout=LAYOUT, **changes))


def headings(document: html.Document) -> list[tuple[str, str]]:
    """Number and title of sections and paragraphs, in order."""
    found = re.findall(
        r'<h[23] id="sez-[^"]*">(?:<span class="number">([^<]*)</span> )?(.*?)</h', document.html
    )
    return [(number, title) for number, title in found if "." not in number[1:]]


def test_sections_stand_in_the_order_wanted_and_are_numbered_so() -> None:
    found = [pair for pair in headings(arranged()) if "." not in pair[0]]
    assert found == [
        ("", "Premessa"),
        ("1", "La qualità dei servizi"),
        ("2", "Principali risultati raggiunti"),
        ("3", "Rendicontazione della performance organizzativa"),
        ("4", "Il contesto e le persone"),
        ("5", "Rendicontazione degli obiettivi individuali"),
        ("6", "Il processo di misurazione e valutazione"),
        ("", "Allegati"),
    ]


def test_paragraphs_follow_their_section_and_references_follow_them() -> None:
    text = words(arranged())
    assert "3.1 Che cosa volevamo" in text
    assert "4.1 Il contesto esterno" in text
    assert "Il dettaglio è nel paragrafo 4.4." in text
    reasoned = words(arranged(reason="Corretto il consuntivo."))
    assert "il motivo è nel paragrafo 6.1" in reasoned


def test_a_section_of_the_chamber_s_own_has_its_texts_and_tables() -> None:
    table = TableView(
        code="Q", title="Reclami", section="qualita", columns=("Anno", "N."), rows=(("2020", "7"),)
    )
    text = "Il reclamo è un **regalo**."
    narrative = NarrativeView(section="qualita", text=text)
    done = arranged(narratives=(narrative,), tables=(table,))
    assert "Il reclamo è un <strong>regalo</strong>." in done.html
    assert "Testo per la parte" not in done.html
    assert done.html.count("Reclami</caption>") == 1


def test_a_layout_of_before_a_section_loses_nothing() -> None:
    short = LAYOUT.model_copy(update={"order": ("1", "A"), "own": ()})
    done = html.build(snapshots.small(layout=short))
    for title in ("Principali risultati raggiunti", "Premessa", "Il processo di misurazione"):
        assert title in done.html


def test_texts_for_paragraphs_stand_in_them_once() -> None:
    places = ("1.4", "2.2", "3.3", "5.1", "A.3")
    narratives = tuple(NarrativeView(section=place, text=f"Testo per {place}.") for place in places)
    document = html.build(snapshots.small(narratives=narratives)).html
    for place in places:
        assert document.count(f"Testo per {place}.") == 1


@pytest.mark.parametrize(
    ("box", "size"),
    [('viewBox="0 0 120 60"', True), ('width="40px" height="20"', True), ("", False)],
)
def test_a_logo_is_named_and_fits_the_cover(box: str, size: bool) -> None:
    image = f'<svg xmlns="http://www.w3.org/2000/svg" {box}><rect width="9" height="9"/></svg>'
    card = snapshots.PISA.model_copy(update={"logo_svg": image})
    drawn = logo.drawn(card)
    assert (drawn is not None) is size
    if drawn is not None:
        assert "<title>Logo: Camera di commercio di Pisa</title>" in drawn
        assert 'width="200.0"' in drawn
        assert 'height="100.0"' in drawn


def test_a_logo_that_would_act_is_left_out() -> None:
    image = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><script>x()</script></svg>'
    card = snapshots.PISA.model_copy(update={"logo_svg": image})
    assert logo.drawn(card) is None
    assert "cover-logo" not in html.build(snapshots.small(chamber=card)).cover.body


def test_earlier_years_are_told_and_drawn() -> None:
    snapshot = century.snapshot(60)
    document = html.build(snapshot).html
    assert "Risultati della Camera negli anni</caption>" in document
    shown = [t for t in snapshot.trends if t.subject == "indicator"]
    assert document.count("Andamento di ") > len({t.code[:4] for t in shown}) // 2
    assert "Andamento negli anni: Camera: 72,10% nel 2016" in document
    assert "sono migliorati" in document


@pytest.mark.parametrize("name", YEARS)
def test_years_of_other_shapes_are_told_whole(name: str) -> None:
    snapshot = frozen(name)
    text = words(html.build(snapshot)).replace("&#39;", "'")
    for wanted in _everything(snapshot):
        assert re.sub(r"\s+", " ", wanted) in text, wanted


def _everything(snapshot: ReportSnapshot) -> list[str]:
    """What people wrote: titles, results in words, reasons, tables, notes."""
    objectives, indicators = snapshot.objectives, snapshot.indicators
    said = [row.title for row in objectives] + [row.title for row in indicators]
    said += [row.value_text for row in snapshot.indicators if row.value_text]
    said += [row.note for row in objectives if row.note]
    said += [row.note for row in indicators if row.note]
    said += [row.reason for row in snapshot.evaluations]
    said += [unit for row in snapshot.objectives for unit in row.units]
    said += [row[0] or "" for table in snapshot.tables for row in table.rows]
    said += [act.number or "" for act in snapshot.acts]
    return said


LEAST = 1.25
"""Contrast of two greys that an office printer keeps apart, side by side and outlined."""


def test_lights_differ_on_grey_paper() -> None:
    fills = sorted((style.fill for style in LIGHTS.values()), key=lambda c: contrast(c, WHITE))
    assert all(contrast(one, other) >= 1.6 for one, other in pairwise(fills))
    for style in LIGHTS.values():
        assert contrast(style.fill, style.ink) >= 4.5


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True).filter(readable_on_white))
def test_series_differ_on_grey_paper_whatever_the_colour(colour: str) -> None:
    fills = ladder(colour)
    assert all(contrast(one, other) >= LEAST for one, other in pairwise(fills))
    assert contrast(fills[0], fills[2]) >= 2  # the sides of a pyramid
