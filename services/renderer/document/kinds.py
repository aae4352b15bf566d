"""The kinds of document: what each is called, on its cover and in its parts.

All kinds share the same pages, styles and pieces; a kind is the list of its sections, each a
template of its own. One more kind is one more entry here and the templates it adds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from services.renderer.document import formats, labels
from shared.contracts import document_layout as layout
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
    approved: str = "Approvata"
    places: frozenset[str] = frozenset()
    """Numbers of the sections and paragraphs that narratives and tables can be for."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """Usual title of each of them, where a chamber may call and order them otherwise."""

    def title(self, snapshot: ReportSnapshot) -> str:
        """Title of one document, for its properties."""
        words = [*self.cover, subtitle(snapshot) or "", str(snapshot.year)]
        name = " ".join(word for word in words if word)
        return f"{name} {formats.DASH} {snapshot.chamber.name}"


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


RELAZIONE = DocumentKind(
    cover=("Relazione", "sulla performance"),
    law="Articolo 10, comma 1, lettera b), D.Lgs. 27 ottobre 2009, n. 150",
    act="relazione",
    sections=tuple(
        Section(place, layout.RELAZIONE[place], template)
        for place, template in (
            ("0", "premise"),
            ("1", "highlights"),
            ("2", "context"),
            ("3", "organisation"),
            ("4", "individuals"),
            ("5", "process"),
            ("A", "annexes"),
        )
    ),
    places=frozenset(layout.RELAZIONE),
    titles=layout.RELAZIONE,
)

MONITORAGGIO = DocumentKind(
    cover=("Report di monitoraggio",),
    law="Articolo 6, D.Lgs. 27 ottobre 2009, n. 150",
    act=None,
    sections=(
        Section("1", "Il quadro alla fine del periodo", "period"),
        Section("2", "Obiettivi e indicatori", "period_objectives"),
        Section("3", "La raccolta dei dati", "period_collection", follows=True),
        Section("4", "Criticità, opportunità e azioni correttive", "period_analyses", follows=True),
        Section("A", "Allegati", "annexes"),
    ),
)

RELAZIONE_ENTE = DocumentKind(
    cover=("Relazione", "consolidata"),
    law="Articolo 10, comma 1, lettera b), D.Lgs. 27 ottobre 2009, n. 150",
    act=None,
    sections=(
        Section("1", "L'ente e le sue camere", "entity_overview"),
        Section("2", "Gli indicatori consolidati", "entity_indicators", follows=True),
        Section("3", "Le camere a confronto", "entity_benchmark", follows=True),
        Section("4", "L'andamento negli anni", "entity_trend", follows=True),
        Section("5", "Che cosa non si consolida", "entity_coverage", follows=True),
        Section("6", "Il piano dell'ente", "entity_own", follows=True),
        Section("7", "Le schede delle camere", "entity_chambers"),
        Section("A", "Allegati", "entity_annexes"),
    ),
)

PIANO = DocumentKind(
    cover=("Piano", "della performance"),
    law="Articolo 10, comma 1, lettera a), D.Lgs. 27 ottobre 2009, n. 150",
    act="piano",
    sections=(
        *(
            Section(place, PLAN_PLACES[place], template)
            for place, template in (
                ("P0", "plan_premise"),
                ("P1", "plan_context"),
                ("P2", "plan_strategy"),
                ("P3", "plan_year"),
                ("P4", "plan_sheets"),
                ("P5", "plan_process"),
            )
        ),
        Section("A", "Allegati", "plan_annexes"),
    ),
    approved="Approvato",
    places=frozenset(PLAN_PLACES),
)

SCHEDA = DocumentKind(
    cover=("Scheda individuale",),
    law="Articolo 9, D.Lgs. 27 ottobre 2009, n. 150",
    act=None,
    sections=(
        Section("1", "Il risultato", "sheet_result"),
        Section("2", "Obiettivi, misure e risultati", "sheet_objectives", follows=True),
        Section("3", "La valutazione", "sheet_evaluation", follows=True),
        Section("A", "Allegati", "sheet_annexes"),
    ),
)

VALIDAZIONE = DocumentKind(
    cover=("Documento", "di validazione"),
    law="Articolo 14, comma 4, lettera c), D.Lgs. 27 ottobre 2009, n. 150",
    act=None,
    sections=(
        Section("1", "La decisione", "decision"),
        Section("2", "Che cosa è stato esaminato", "decision_checks", follows=True),
        Section("3", "I risultati della Relazione", "decision_results", follows=True),
        Section("A", "Allegati", "decision_annexes"),
    ),
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
