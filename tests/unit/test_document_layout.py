"""How a chamber wants its documents: everything wrong is told at once, nothing can be left out."""

from shared.contracts.chamber_reading import ConfigurationRefusedError, read_configuration
from shared.contracts.document_layout import (
    RELAZIONE,
    DocumentLayout,
    Documents,
    LayoutView,
    sections_of,
)
from shared.contracts.document_places import ARRANGED

CHAMBER = {"format": "ciclo/chamber@1", "code": "PI", "entity": "TNO", "title": "Pisa"}


def faults(**documents: object) -> set[tuple[str, str]]:
    """Place and code of every fault."""
    try:
        read_configuration({**CHAMBER, "documents": documents})
    except ConfigurationRefusedError as refused:
        return {(issue.pointer, issue.code) for issue in refused.issues}
    return set()


def test_a_chamber_that_says_nothing_has_the_usual_document() -> None:
    assert read_configuration(CHAMBER).documents == Documents()
    assert DocumentLayout().sections(RELAZIONE) == ("0", "1", "2", "3", "4", "5", "A")
    assert all(place.split(".", maxsplit=1)[0] in sections_of(RELAZIONE) for place in RELAZIONE)


def test_own_sections_come_before_the_annexes_unless_an_order_says_otherwise() -> None:
    own = [{"section": "qualita", "title": "La qualità dei servizi"}]
    layout = DocumentLayout.model_validate({"own": own})
    assert layout.sections(RELAZIONE)[-2:] == ("qualita", "A")
    order = ["0", "qualita", "1", "3", "2", "4", "5", "A"]
    assert not faults(relazione={"own": own, "order": order})
    assert DocumentLayout.model_validate({"own": own, "order": order}).sections(RELAZIONE) == tuple(
        order
    )


def test_every_fault_is_told_at_once() -> None:
    assert faults(
        accent_colour="#ffee00",
        relazione={
            "titles": {"9.9": "Che cosa?", "2": "Il contesto"},
            "own": [
                {"section": "qualita", "title": "Qualità"},
                {"section": "qualita", "title": "Qualità"},
            ],
            "order": ["1", "1", "altra", "A", "0"],
        },
    ) == {
        ("/documents/accent_colour", "low_contrast"),
        ("/documents/relazione/titles/9.9", "unknown_section"),
        ("/documents/relazione/own/1/section", "duplicate_code"),
        ("/documents/relazione/order/1", "duplicate_code"),
        ("/documents/relazione/order/2", "unknown_section"),
        ("/documents/relazione/order", "section_missing"),
    }
    wrong = faults(
        accent_colour="red",
        relazione={"own": [{"section": "3.5", "title": ""}], "order": ["A", "0"]},
    )
    assert {
        ("/documents/accent_colour", "wrong_format"),
        ("/documents/relazione/own/0/section", "wrong_format"),
    } <= wrong


def test_the_annexes_are_last() -> None:
    order = ["0", "A", "1", "2", "3", "4", "5"]
    assert faults(relazione={"order": order}) == {
        ("/documents/relazione/order", "annexes_not_last")
    }


def test_what_is_frozen_is_what_was_set() -> None:
    layout = DocumentLayout.model_validate({"titles": {"2": "Il contesto"}})
    frozen = LayoutView(**layout.model_dump(), accent_colour="#204060")
    assert LayoutView.model_validate_json(frozen.model_dump_json()) == frozen


def test_every_kind_is_held_to_its_own_places() -> None:
    order = ["P0", "P2", "P1", "P3", "P4", "P5", "P-fiere", "A"]
    own = [{"section": "P-fiere", "title": "Le fiere"}]
    assert not faults(
        piano={
            "titles": {"P1.4": "Le imprese"},
            "own": own,
            "order": order,
        },
        monitoraggio={"titles": {"3": "I dati"}, "order": ["2", "1", "3", "4", "A"]},
        relazione_ente={"titles": {"5": "Che cosa resta fuori"}},
        scheda={"titles": {"3.1": "Il giudizio"}},
    )
    assert faults(
        piano={"titles": {"3.3": "Sua della Relazione"}, "own": [{**own[0], "section": "fiere"}]},
        relazione={"own": own},
        monitoraggio={"titles": {"3.3": "No"}, "own": [{**own[0], "section": "fiere"}]},
        scheda={"order": ["1", "2", "A"]},
    ) == {
        ("/documents/piano/titles/3.3", "unknown_section"),
        ("/documents/piano/own/0/section", "wrong_format"),
        ("/documents/relazione/own/0/section", "wrong_format"),
        ("/documents/monitoraggio/titles/3.3", "unknown_section"),
        ("/documents/monitoraggio/own", "unknown_field"),
        ("/documents/scheda/order", "section_missing"),
    }


def test_only_a_kind_that_is_arranged_has_a_layout() -> None:
    read = read_configuration({**CHAMBER, "documents": {"scheda": {"titles": {"1": "L'esito"}}}})
    assert read.documents.layout_of("scheda") == LayoutView(titles={"1": "L'esito"})
    assert read.documents.layout_of("piano") is None
    assert read.documents.layout_of("validazione") is None
    coloured = read_configuration({**CHAMBER, "documents": {"accent_colour": "#204060"}})
    assert coloured.documents.layout_of("monitoraggio") == LayoutView(accent_colour="#204060")
    assert set(ARRANGED) == {"relazione", "piano", "monitoraggio", "relazione_ente", "scheda"}
