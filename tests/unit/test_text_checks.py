"""What a report lacks of the texts that somebody owes."""

from datetime import date

import pytest

from shared.contracts.document_layout import DocumentLayout, Documents, LayoutView, OwnSection
from shared.contracts.report_sections import (
    empty_sections,
    section_titles,
    text_titles,
    written_texts,
)
from shared.contracts.snapshot import NarrativeView, ReportSnapshot, TableView
from shared.contracts.text_checks import text_issues, text_warnings
from shared.domain.text_debts import Assigned
from tests.renderer import snapshots

OWN = LayoutView(own=(OwnSection(section="qualita", title="La qualità dei servizi"),))


def text(section: str, words: str = "Parole.") -> NarrativeView:
    return NarrativeView(section=section, text=words)


def bare(**changes: object) -> ReportSnapshot:
    """A report without a text."""
    return snapshots.small(**({"tables": (), "narratives": ()} | changes))


def table(section: str) -> TableView:
    return TableView(code="T", title="T", section=section, columns=("a",), rows=())


def test_an_assigned_text_that_is_missing_stands_in_the_way() -> None:
    assigned = [
        Assigned("section:2", ("Ufficio Studi", "CED"), date(2021, 4, 30)),
        Assigned("objective:A1", ("CED",)),
        Assigned("objective:SG", ("Segreteria",)),  # of a sheet that the report leaves out
        Assigned("section:P1", ("CED",)),  # of the Piano
    ]
    at = [row.code for row in bare().objectives].index("A1")
    found = text_issues(bare(), assigned)
    assert [(issue.code, issue.pointer) for issue in found] == [
        ("text_owed", "/narratives"),
        ("text_owed", f"/objectives/{at}/narrative"),
    ]
    assert "sezione 2 «Analisi del contesto e delle risorse»" in found[0].it
    assert "Ufficio Studi, CED entro il 30/04/2021" in found[0].it
    assert "owed by Ufficio Studi, CED by 2021-04-30" in found[0].en
    there = bare(narratives=(text("2"),))
    assert [issue.pointer for issue in text_issues(there, assigned)] == [found[1].pointer]


@pytest.mark.parametrize("words", ["", " \n"])
def test_blanks_are_no_text(words: str) -> None:
    assert written_texts(bare(narratives=(text("2", words),))) == frozenset()


def test_an_own_section_that_is_empty_stands_in_the_way_once() -> None:
    empty = bare(layout=OWN)
    (issue,) = text_issues(empty, [])
    assert (issue.code, "«La qualità dei servizi»" in issue.it) == ("section_empty", True)
    (owed,) = text_issues(empty, [Assigned("section:qualita", ("CED",))])
    assert owed.code == "text_owed"
    assert text_issues(bare(layout=OWN, narratives=(text("qualita"),)), []) == []
    assert text_issues(bare(layout=OWN, tables=(table("qualita"),)), []) == []


def test_bare_sections_are_named_unless_something_fills_them() -> None:
    assert empty_sections(bare()) == ("2", "3.4", "4")
    assert empty_sections(bare(narratives=(text("2.1"),))) == ("3.4", "4")
    assert empty_sections(bare(tables=(table("3.4"),))) == ("2", "4")
    assert empty_sections(snapshots.pisa()) == ()
    warnings = text_warnings(bare(), [Assigned("section:2", ("CED",))], {}, {})
    assert [(w.code, w.it.split(" «")[0]) for w in warnings] == [
        ("section_empty", "sezione 3.4"),
        ("section_empty", "sezione 4"),
    ]


def test_what_does_not_stand_in_the_way_is_told() -> None:
    filled = bare(narratives=(text("2"), text("3.4"), text("4"), text("9.9")))
    warnings = text_warnings(
        filled, [], {"objective:A1": 2, "objective:SG": 1}, {"section:2": 1, "objective:SG": 4}
    )
    assert [warning.code for warning in warnings] == [
        "section_unknown",
        "comments_open",
        "draft_unsubmitted",
    ]
    assert warnings[0].pointer == "/narratives/3"
    assert "2" in warnings[1].it
    assert all(warning.it != warning.en for warning in warnings)


def test_sections_are_called_as_the_chamber_calls_them() -> None:
    layout = LayoutView(titles={"2": "Il contesto e le persone"}, own=OWN.own)
    plan = DocumentLayout(
        titles={"P1.4": "Le imprese"}, own=(OwnSection(section="P-fiere", title="Le fiere"),)
    )
    called = text_titles(Documents(relazione=layout, piano=plan))
    assert (called["P1.4"], called["P5"]) == ("Le imprese", "Il processo e gli atti")
    assert list(called)[-1] == "P-fiere"
    titles = section_titles(layout)
    assert titles["2"] == "Il contesto e le persone"
    assert list(titles)[-1] == "qualita"
    assert not [place for place in titles if place.startswith("A")]
    assert section_titles(None)["3.4"] == "Bilancio di genere"
