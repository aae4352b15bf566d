"""The HTML of the Relazione: everything of the snapshot, nothing computed, nothing blank."""

import re
from itertools import pairwise

import pytest

from services.renderer.document import html, style
from services.renderer.errors import RenderError
from shared.contracts.snapshot import NarrativeView, ObjectiveView, TableView
from tests.renderer import snapshots


@pytest.fixture(scope="module")
def document() -> html.Document:
    return html.build(snapshots.pisa())


def test_every_objective_and_indicator_is_there(document: html.Document) -> None:
    snapshot = snapshots.pisa()
    codes = [item.code for item in snapshot.objectives] + [i.code for i in snapshot.indicators]
    for code in codes:
        assert f">{code}<" in document.html, code


def test_no_cell_is_blank(document: html.Document) -> None:
    cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", document.html, re.DOTALL)
    assert len(cells) > 1000
    assert not [cell for cell in cells if not re.sub(r"<[^>]+>", "", cell).strip()]


def test_sections_carry_the_numbers_of_the_law(document: html.Document) -> None:
    heading = r'<h[23] id="sez-[^"]*"><span class="number">([0-9.]+)</span>'
    expected = ["1", "2", "3", "3.0", "3.1", "3.2", "3.3", "3.4", "4", "5"]
    assert [n for n in re.findall(heading, document.html) if n in expected] == expected


def test_headings_never_skip_a_level(document: html.Document) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", document.html)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_link_inside_leads_somewhere(document: html.Document) -> None:
    anchors = set(re.findall(r' id="([^"]+)"', document.html))
    assert set(re.findall(r'href="#([^"]+)"', document.html)) <= anchors


def test_figures_tell_in_words_what_they_show(document: html.Document) -> None:
    titles = re.findall(r"<svg[^>]*><title>(.*?)</title>", document.html)
    assert len(titles) == document.html.count("<svg")
    assert any("A4 ha risultato 68% e semaforo rosso" in title for title in titles)


def test_a_development_document_says_so() -> None:
    notice = style.DEVELOPMENT_NOTICE
    assert html.build(snapshots.small()).html.count(notice) >= 3
    assert notice not in html.build(snapshots.small(development=False)).html


def test_titles_of_others_are_escaped() -> None:
    objective = snapshots.small().objectives[1].model_copy(update={"title": "<b>&\"'</b>"})
    done = html.build(snapshots.small(objectives=(objective,)))
    assert "<b>&amp;" not in done.html
    assert "&lt;b&gt;&amp;" in done.html


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (("2020-03-01", "2020-10-31"), "Tempi: dal 01/03/2020 al 31/10/2020."),
        ((None, "2020-10-31"), "Tempi: al 31/10/2020."),
        ((None, None), ""),
    ],
)
def test_an_action_says_who_answers_for_it_and_when(
    days: tuple[str | None, str | None], said: str
) -> None:
    known = {"responsible": "Dirigente dell'Area I", "days": days}
    objective = snapshots.small().objectives[1].model_copy(update=known)
    text = words(html.build(snapshots.small(objectives=(objective,))))
    assert "Responsabile: Dirigente dell&#39;Area I." in text
    assert said in text
    assert ("Tempi:" in text) is any(days)


def test_no_objective_is_left_out_whatever_its_kind() -> None:
    odd = ObjectiveView(
        code="X9",
        kind="action",
        parent="missing",
        depth=0,
        title="Azione isolata",
        figure=snapshots.figure(None, "missing"),
        scope="chamber",
    )
    area = odd.model_copy(update={"code": "U1", "kind": "unit", "title": "Ufficio studi"})
    done = html.build(snapshots.small(objectives=(odd, area), indicators=(), explanations=()))
    assert done.html.count("Azione isolata") >= 2
    assert done.html.count("Ufficio studi") >= 2
    assert "dato non disponibile" in done.html


def test_texts_and_tables_for_unknown_sections_are_kept() -> None:
    done = html.build(
        snapshots.small(
            narratives=(NarrativeView(section="9.9", text="Testo fuori posto"),),
            tables=(
                TableView(code="T", title="Tabella fuori posto", section="9", columns=("a", "b"),
                          rows=(("x", None),)),
            ),
        )
    )  # fmt: skip
    assert "Testo fuori posto" in done.html
    assert "Tabella fuori posto" in done.html


def test_a_policy_without_scales_is_no_obstacle() -> None:
    policy = snapshots.POLICY.model_copy(
        update={"lights": (), "judgements": (), "explain_below": None}
    )
    assert "non prevede giudizi" in html.build(snapshots.small(policy=policy)).html


def test_a_narrative_known_to_break_pages_costs_its_place_a_warning() -> None:
    narratives = (NarrativeView(section="1", text="Un testo"),)
    snapshot = snapshots.small(narratives=narratives)
    key = next(iter(html.narrative_keys(snapshot)))
    done = html.build(snapshot, frozenset({key}))
    assert html.UNFIT in done.html
    assert "Un testo" not in done.html
    assert done.warnings


def test_a_fault_names_its_section() -> None:
    broken = snapshots.small().policy.model_copy(update={"cap": None})
    with pytest.raises(RenderError) as caught:
        html.build(snapshots.small(policy=broken))
    assert caught.value.section is not None
    assert caught.value.section.startswith("0 ")


def words(done: html.Document) -> str:
    """The text of a document without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", done.html))


def test_the_evaluation_is_told_with_its_texts(document: html.Document) -> None:
    text = words(document)
    for said in (
        "Il festival è stato annullato dalle restrizioni di ottobre.",
        "Edizione diffusa, con prenotazione, dal 2021.",
        "Incontri in presenza fermi per otto mesi.",
        "Risultato comprensibile nel contesto.",
        "Anno di tenuta, con servizi mantenuti a distanza.",
        "Due obiettivi su tredici restano lontani dal valore atteso.",
    ):
        assert text.count(said) == 1, said
    assert "Giudizio proposto dal sistema: eccellente" in text
    assert "La causa non è ancora registrata." in text  # D2
    assert "valutato 85%" in text


def test_amendments_show_old_and_new_side_by_side(document: html.Document) -> None:
    row = re.search(
        r"<tr><th scope=\"row\">A1.1</th><td>Imprese assistite</td>.*?</tr>", document.html
    )
    assert row is not None
    cells = re.findall(r"<td[^>]*>(?:<b>)?(.*?)(?:</b>)?</td>", row.group())
    assert cells[1:] == ["2020", "≥\u00a080,00%", "≥\u00a064,00%"]
    text = words(document)
    assert "Gli sportelli sono rimasti chiusi per legge fino a maggio." in text
    assert "peso 30,00 25,00" in text
    assert "Il piano non è stato variato." not in text


def test_what_was_not_said_is_told_too() -> None:
    silent = {"analyses": (), "judgements": (), "overall_judgement": None, "amendments": ()}
    text = words(html.build(snapshots.small(deviations=(), **silent)))
    assert "Nessun risultato è sotto la soglia di 70." in text
    assert "L'OIV non ha ancora espresso il giudizio complessivo." in text.replace("&#39;", "'")
    assert "Il piano non è stato variato." in text


def test_a_snapshot_of_before_shows_what_lies_below_the_line() -> None:
    text = words(html.build(snapshots.small(deviations=None)))
    assert "Risultati inferiori a 70" in text
    assert text.count("La causa non è ancora registrata.") == 2


def test_a_judgement_on_another_result_says_so() -> None:
    given = snapshots.EVALUATION["overall_judgement"].model_copy(update={"measured": "80"})
    text = words(html.build(snapshots.small(overall_judgement=given)))
    assert "su un risultato diverso" in text


def test_a_source_that_guidelines_discourage_is_told() -> None:
    small = snapshots.small()
    first = small.indicators[0].model_copy(
        update={"source_office": "Promozione", "source_class": "self_declared"}
    )
    made = html.build(snapshots.small(indicators=(first, *small.indicators[1:])))
    assert "fonte autodichiarata (sconsigliata dalle linee guida)" in made.html


def test_a_style_sheet_is_ours_with_nothing_added() -> None:
    rules = style.sheet("#17324d", style.DEVELOPMENT_NOTICE)
    assert style.is_own(rules)
    assert not style.is_own(rules + "\n* { color: red }")
    assert not style.is_own(rules.replace("#17324d", "#17324e", 1))
    assert not style.is_own("* { color: red }")
