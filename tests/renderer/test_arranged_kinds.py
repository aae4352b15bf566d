"""How a chamber wants the documents beside its Relazione: titles, order, sections of its own."""

import re
from collections.abc import Callable
from html import unescape

import pytest

from services.renderer.document import html
from services.renderer.document.kinds import KINDS
from shared.contracts.document_layout import DocumentLayout, Documents, LayoutView, OwnSection
from shared.contracts.document_places import ARRANGED
from shared.contracts.snapshot import NarrativeView, ReportSnapshot
from tests.renderer import decisions, entity, monitoring, plans, sheets, snapshots
from tests.renderer.test_document import words

MADE: dict[str, Callable[[], ReportSnapshot]] = {
    "relazione": snapshots.small,
    "piano": plans.massa,
    "monitoraggio": monitoring.first_quadrimestre,
    "relazione_ente": entity.consolidated_report,
    "scheda": sheets.secretary,
    "validazione": decisions.decision,
}


def heads(document: html.Document, level: int = 2) -> list[str]:
    """Numbers and titles of headings, in order."""
    found = re.findall(rf'<h{level} id="(?:sez|camera)-[^>]*>(.*?)</h{level}>', document.html)
    return [unescape(re.sub(r"<[^>]+>", "", head)) for head in found]


def arranged(kind: str, **layout: object) -> html.Document:
    view = LayoutView.model_validate(layout)
    return html.build(MADE[kind]().model_copy(update={"layout": view}))


@pytest.mark.parametrize("kind", list(MADE))
def test_every_section_and_paragraph_bears_the_usual_title_and_number(kind: str) -> None:
    titles = KINDS[MADE[kind]().kind].titles
    document = html.build(MADE[kind]())
    text = words(document)
    found = heads(document) + heads(document, 3)
    for place, title in titles.items():
        if (kind, place) == ("relazione_ente", "7"):
            continue  # a chapter for each chamber, under its name
        assert any(head.endswith(title) for head in found), place
    assert "None" not in text


@pytest.mark.parametrize("kind", list(ARRANGED))
def test_titles_and_order_are_those_of_the_chamber(kind: str) -> None:
    usual = [place for place in ARRANGED[kind] if "." not in place]
    order = (*reversed(usual[:-1]), usual[-1])
    renamed = usual[1]
    document = arranged(kind, order=order, titles={renamed: "Come diciamo noi"})
    found = heads(document)
    assert any(head.endswith("Come diciamo noi") for head in found)
    assert [head.split(" ")[0] for head in found if head[0].isdigit()] == [
        str(at) for at in range(1, 1 + sum(1 for head in found if head[0].isdigit()))
    ]
    assert found[-1] == "Allegati"
    anchors = re.findall(r' id="([^"]+)"', document.html)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', document.html)) <= set(anchors)


def test_chambers_of_an_entity_keep_a_number_each_wherever_their_chapters_stand() -> None:
    order = ("7", "1", "2", "3", "4", "5", "6", "A")
    document = arranged("relazione_ente", order=order)
    found = heads(document)
    assert found[0].startswith("1 Camera di commercio")
    assert found[1].startswith("2 Camera di commercio")
    assert found[2] == "3 L'ente e le sue camere"
    assert "il capitolo 7 dice perché" in words(document)


def test_the_piano_has_sections_of_its_own_beside_those_of_the_relazione() -> None:
    own = (OwnSection(section="P-fiere", title="Le fiere"),)
    text = NarrativeView(section="P-fiere", text="La fiera torna in **maggio**.")
    made = plans.massa().model_copy(
        update={"layout": LayoutView(own=own), "narratives": (text,)},
    )
    document = html.build(made)
    assert heads(document)[-2:] == ["6 Le fiere", "Allegati"]
    assert document.html.count("La fiera torna in <strong>maggio</strong>") == 1


def test_nobody_arranges_the_document_of_the_oiv() -> None:
    wanted = Documents(accent_colour="#204060", piano=DocumentLayout(titles={"P1": "Noi"}))
    assert wanted.layout_of("validazione") is None
    assert wanted.layout_of("piano") == LayoutView(titles={"P1": "Noi"}, accent_colour="#204060")
    assert Documents().layout_of("piano") is None
