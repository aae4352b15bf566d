"""The kinds of document: what each is called, on its cover and in its parts.

All kinds share the same pages, styles and pieces; a kind is the list of its sections, each a
template of its own. One more kind is one more entry here and the templates it adds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from services.renderer.document import formats, labels
from shared.contracts import document_places as titles
from shared.contracts.plan_sections import PLAN_PLACES
from shared.contracts.snapshot import ReportKind, ReportSnapshot


@dataclass(frozen=True)
class Section:
    """A part of the document: its number, its words and the template that writes it."""

    number: str
    title: str
    template: str
    follows: bool = False
    """Short as a rule: goes on where the one before it ends, on the same page."""


@dataclass(frozen=True)
class DocumentKind:
    """A kind of document.

    ``cover`` are the lines of its title, ``law`` the rule that asks for it, ``act`` the
    document that an act must be about to stand on the cover, where the kind is approved;
    ``approved`` says so in its gender.
    """

    cover: tuple[str, ...]
    law: str
    act: str | None
    sections: tuple[Section, ...]
    titles: Mapping[str, str]
    """Usual title of every section and paragraph, by place."""
    approved: str = "Approvata"
    places: frozenset[str] = frozenset()
    """Of those, the ones that narratives and tables can be for."""

    def title(self, snapshot: ReportSnapshot) -> str:
        """Title of one document, for its properties."""
        words = [*self.cover, subtitle(snapshot) or "", str(snapshot.year)]
        name = " ".join(word for word in words if word)
        return f"{name} {formats.DASH} {snapshot.chamber.name}"


_OF_THE_OIV: Mapping[str, str] = MappingProxyType(
    {
        "1": "La decisione",
        "2": "Che cosa è stato esaminato",
        "3": "I risultati della Relazione",
        "3.1": "Il risultato complessivo",
        "3.2": "I risultati degli obiettivi",
        "3.3": "Voci sterilizzate per la Camera",
        "A": "Allegati",
        "A.1": "Verifica del documento e dati allegati",
    }
)
"""The OIV's document: no chamber arranges it."""


def subtitle(snapshot: ReportSnapshot) -> str | None:
    """What a document is about within its year, where it is not about all of it."""
    if snapshot.kind == "scheda":
        return snapshot.objectives[0].title
    if snapshot.validation is not None:
        refused = snapshot.validation.outcome == "refused"
        return "Relazione non validata" if refused else "Relazione validata"
    if snapshot.period is None or snapshot.period.code == "Y":
        return None
    return labels.PERIODS.get(snapshot.period.code, snapshot.period.code)


def _sections(titles: Mapping[str, str], *written: tuple[str, str]) -> tuple[Section, ...]:
    """Sections by place and template; a template after ``+`` follows what stands before it."""
    return tuple(
        Section(place, titles[place], name.removeprefix("+"), follows=name.startswith("+"))
        for place, name in written
    )


RELAZIONE = DocumentKind(
    cover=("Relazione", "sulla performance"),
    law="Articolo 10, comma 1, lettera b), D.Lgs. 27 ottobre 2009, n. 150",
    act="relazione",
    sections=_sections(
        titles.RELAZIONE,
        ("0", "premise"),
        ("1", "highlights"),
        ("2", "context"),
        ("3", "organisation"),
        ("4", "individuals"),
        ("5", "process"),
        ("A", "annexes"),
    ),
    titles=titles.RELAZIONE,
    places=frozenset(titles.RELAZIONE),
)

MONITORAGGIO = DocumentKind(
    cover=("Report di monitoraggio",),
    law="Articolo 6, D.Lgs. 27 ottobre 2009, n. 150",
    act=None,
    sections=_sections(
        titles.MONITORAGGIO,
        ("1", "period"),
        ("2", "+period_objectives"),
        ("3", "+period_collection"),
        ("4", "+period_analyses"),
        ("A", "annexes"),
    ),
    titles=titles.MONITORAGGIO,
)

RELAZIONE_ENTE = DocumentKind(
    cover=("Relazione", "consolidata"),
    law="Articolo 10, comma 1, lettera b), D.Lgs. 27 ottobre 2009, n. 150",
    act=None,
    sections=_sections(
        titles.RELAZIONE_ENTE,
        ("1", "entity_overview"),
        ("2", "+entity_indicators"),
        ("3", "+entity_benchmark"),
        ("4", "+entity_trend"),
        ("5", "+entity_coverage"),
        ("6", "+entity_own"),
        ("7", "chamber_year"),
        ("A", "entity_annexes"),
    ),
    titles=titles.RELAZIONE_ENTE,
)

PIANO = DocumentKind(
    cover=("Piano", "della performance"),
    law="Articolo 10, comma 1, lettera a), D.Lgs. 27 ottobre 2009, n. 150",
    act="piano",
    sections=_sections(
        titles.PIANO,
        ("P0", "plan_premise"),
        ("P1", "plan_context"),
        ("P2", "plan_strategy"),
        ("P3", "plan_year"),
        ("P4", "plan_sheets"),
        ("P5", "plan_process"),
        ("A", "plan_annexes"),
    ),
    approved="Approvato",
    titles=titles.PIANO,
    places=frozenset(PLAN_PLACES),
)

SCHEDA = DocumentKind(
    cover=("Scheda individuale",),
    law="Articolo 9, D.Lgs. 27 ottobre 2009, n. 150",
    act=None,
    sections=_sections(
        titles.SCHEDA,
        ("1", "sheet_result"),
        ("2", "+sheet_objectives"),
        ("3", "+sheet_evaluation"),
        ("A", "sheet_annexes"),
    ),
    titles=titles.SCHEDA,
)

VALIDAZIONE = DocumentKind(
    cover=("Documento", "di validazione"),
    law="Articolo 14, comma 4, lettera c), D.Lgs. 27 ottobre 2009, n. 150",
    act=None,
    sections=_sections(
        _OF_THE_OIV,
        ("1", "decision"),
        ("2", "+decision_checks"),
        ("3", "+decision_results"),
        ("A", "decision_annexes"),
    ),
    titles=_OF_THE_OIV,
)

KINDS: Mapping[ReportKind, DocumentKind] = MappingProxyType(
    {
        "relazione": RELAZIONE,
        "monitoraggio": MONITORAGGIO,
        "relazione_ente": RELAZIONE_ENTE,
        "piano": PIANO,
        "scheda": SCHEDA,
        "validazione": VALIDAZIONE,
    }
)
"""Every kind of document, by the ``kind`` of its snapshot."""
