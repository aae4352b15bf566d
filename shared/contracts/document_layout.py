"""How a chamber wants its documents: titles, order, and sections of its own.

The sections that the guidelines ask for keep their place in the data (narratives and tables say
``3.3`` whatever a chamber calls it and wherever it puts it); what changes is how they are called,
in which order they stand, and the number that is printed. Nothing here can leave a section out:
a Relazione without one of its parts is no Relazione.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.issues import Issue
from shared.contracts.plan_sections import OWN_PREFIX

OWN_SECTION = r"^([a-z][a-z0-9-]{1,39}|P-[a-z][a-z0-9-]{1,37})$"
"""Name of a section of the chamber's own; never a number, which the common ones have. Those for the
Piano begin with :data:`shared.contracts.plan_sections.OWN_PREFIX`."""

ANNEXES = "A"
"""The annexes close a document: the page by which it is verified is the last."""

RELAZIONE: Mapping[str, str] = MappingProxyType(
    {
        "0": "Premessa",
        "1": "Principali risultati raggiunti",
        "1.1": "Il risultato della Camera",
        "1.2": "I risultati per prospettiva e area strategica",
        "1.3": "Gli obiettivi a colpo d'occhio",
        "1.4": "Che cosa è andato bene",
        "1.5": "Che cosa non ha raggiunto il valore atteso",
        "1.6": "Quanto si è speso",
        "2": "Analisi del contesto e delle risorse",
        "2.1": "Il contesto esterno",
        "2.2": "Il personale",
        "2.3": "I conti e i servizi erogati",
        "2.4": "Risorse impiegate per obiettivo",
        "3": "Rendicontazione della performance organizzativa",
        "3.0": "Albero della performance e mappa strategica",
        "3.1": "Obiettivi strategici triennali",
        "3.2": "Obiettivi operativi annuali",
        "3.3": "Valutazione complessiva della performance organizzativa",
        "3.4": "Bilancio di genere",
        "4": "Rendicontazione degli obiettivi individuali",
        "5": "Il processo di misurazione e valutazione",
        "5.1": "Fasi, responsabili e tempi",
        "5.2": "Regole di calcolo applicate",
        "5.3": "Variazioni del piano nell'anno",
        "A": "Allegati",
        "A.1": "Come si ottiene ogni risultato",
        "A.2": "Misure elementari, fonti e validatori",
        "A.3": "Registro dei documenti del ciclo",
        "A.4": "Verifica del documento e dati allegati",
    }
)
"""Sections and paragraphs of the Relazione, as the guidelines and the years before call them."""


def sections_of(titles: Mapping[str, str]) -> tuple[str, ...]:
    """The sections among the places of a document, in their usual order."""
    return tuple(place for place in titles if "." not in place)


SectionTitle = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]
Place = Annotated[str, Field(max_length=40, pattern=rf"^[0-9AP]+(\.[0-9]+)?$|{OWN_SECTION}")]


class OwnSection(Contract):
    """Una sezione propria della camera: il testo e le tabelle sono quelli che la nominano."""

    section: Annotated[
        str,
        Field(
            pattern=OWN_SECTION,
            max_length=40,
            description="Il nome con cui testi e tabelle la indicano.",
            examples=["qualita-dei-servizi"],
        ),
    ]
    title: Annotated[SectionTitle, Field(description="Titolo.")]


class PlainLayout(Contract):
    """Titoli e ordine di un documento senza testi; vuoto: come di consueto."""

    titles: Annotated[
        dict[Place, SectionTitle],
        Field(
            max_length=60,
            description="Titoli diversi da quelli consueti, per numero di sezione o di paragrafo.",
            examples=[{"2": "Il contesto e le persone"}],
        ),
    ] = Field(default_factory=dict)
    order: Annotated[
        tuple[Place, ...],
        Field(
            max_length=40,
            description="Tutte le sezioni nell'ordine voluto; se manca, quello consueto, con le "
            "sezioni proprie prima degli allegati.",
            examples=[["0", "1", "3", "2", "4", "5", "A"]],
        ),
    ] = ()


class DocumentLayout(PlainLayout):
    """Titoli, ordine e sezioni proprie di un documento; vuoto: come di consueto."""

    own: Annotated[
        tuple[OwnSection, ...],
        Field(max_length=20, description="Sezioni proprie della camera, in Markdown."),
    ] = ()

    def sections(self, titles: Mapping[str, str]) -> tuple[str, ...]:
        """Every section in order, of a document whose usual titles are ``titles``."""
        if self.order:
            return self.order
        usual = sections_of(titles)
        own = tuple(one.section for one in self.own)
        return (*usual[:-1], *own, usual[-1])


class Documents(Contract):
    """Come la camera vuole i suoi documenti."""

    accent_colour: Annotated[
        str | None,
        Field(
            pattern=r"^#[0-9a-fA-F]{6}$",
            max_length=7,
            description="Colore di barre e linee dei grafici, dove non dicono un semaforo. "
            "Contrasto con il bianco almeno 4,5.",
            examples=["#3f6ea3"],
        ),
    ] = None
    relazione: Annotated[DocumentLayout, Field(description="La Relazione sulla performance.")] = (
        DocumentLayout()
    )
    piano: Annotated[
        DocumentLayout,
        Field(
            description="Il Piano della performance; i nomi delle sue sezioni proprie cominciano "
            "con `P-`.",
        ),
    ] = DocumentLayout()
    monitoraggio: Annotated[PlainLayout, Field(description="I report di monitoraggio.")] = (
        PlainLayout()
    )
    relazione_ente: Annotated[
        PlainLayout, Field(description="La relazione dell'ente di cui è la camera propria.")
    ] = PlainLayout()
    scheda: Annotated[PlainLayout, Field(description="Le schede individuali.")] = PlainLayout()

    def layout_of(self, kind: str) -> "LayoutView | None":
        """How a kind of document is wanted; ``None`` as is usual.

        The document of the OIV's decision is the OIV's: nobody arranges it.
        """
        wanted = {
            "relazione": self.relazione,
            "piano": self.piano,
            "monitoraggio": self.monitoraggio,
            "relazione_ente": self.relazione_ente,
            "scheda": self.scheda,
        }.get(kind)
        if wanted is None or (wanted == type(wanted)() and self.accent_colour is None):
            return None
        return LayoutView(**wanted.model_dump(), accent_colour=self.accent_colour)


class LayoutView(DocumentLayout):
    """The layout as it is frozen with a report."""

    accent_colour: str | None = Field(default=None, pattern=r"^#[0-9a-fA-F]{6}$")


def layout_faults(
    given: Mapping[str, Any], titles: Mapping[str, str], at: str, prefix: str = ""
) -> Iterator[Issue]:
    """What is wrong with a layout besides its form, every fault at once.

    Args:
        given: the layout as it was sent, of any shape.
        titles: the places of the document and their usual titles.
        at: JSON pointer of the layout.
        prefix: how names of own sections of this kind begin, so that no text is for two kinds.
    """
    own = _own_names(given)
    usual = sections_of(titles)
    named = given.get("titles")
    for place in named if isinstance(named, Mapping) else ():
        if place not in titles:
            yield Issue(
                pointer=f"{at}/titles/{place}",
                code="unknown_section",
                it=f"il documento non ha una sezione {place}; ha {', '.join(titles)}",
                en=f"the document has no section {place}; it has {', '.join(titles)}",
            )
    for place, name in enumerate(own):
        if name.startswith(OWN_PREFIX) is not (prefix == OWN_PREFIX):
            yield _wrong_prefix(f"{at}/own/{place}/section", name, wanted=bool(prefix))
        if name in own[:place]:
            yield Issue(
                pointer=f"{at}/own/{place}/section",
                code="duplicate_code",
                it=f"sezione ripetuta: {name}",
                en=f"repeated section: {name}",
            )
    order = given.get("order")
    if isinstance(order, list | tuple) and order:
        yield from _order_faults([str(one) for one in order], (*usual, *own), f"{at}/order")


def _wrong_prefix(pointer: str, name: str, *, wanted: bool) -> Issue:
    if wanted:
        return Issue(
            pointer=pointer,
            code="wrong_format",
            it=f"le sezioni proprie del Piano cominciano con {OWN_PREFIX}: {OWN_PREFIX}{name}",
            en=f"the Piano's own sections begin with {OWN_PREFIX}: {OWN_PREFIX}{name}",
        )
    return Issue(
        pointer=pointer,
        code="wrong_format",
        it=f"{name} è un nome di sezione del Piano: qui va senza {OWN_PREFIX}",
        en=f"{name} is the name of a section of the Piano: here it goes without {OWN_PREFIX}",
    )


def _own_names(given: Mapping[str, Any]) -> tuple[str, ...]:
    own = given.get("own")
    rows = own if isinstance(own, list | tuple) else ()
    return tuple(str(row.get("section")) for row in rows if isinstance(row, Mapping))


def _order_faults(order: list[str], wanted: tuple[str, ...], at: str) -> Iterator[Issue]:
    for place, name in enumerate(order):
        if name not in wanted:
            yield Issue(
                pointer=f"{at}/{place}",
                code="unknown_section",
                it=f"sezione sconosciuta: {name}; le proprie si elencano in «own»",
                en=f"unknown section: {name}; those of your own are listed in 'own'",
            )
        elif name in order[:place]:
            yield Issue(
                pointer=f"{at}/{place}",
                code="duplicate_code",
                it=f"sezione ripetuta: {name}",
                en=f"repeated section: {name}",
            )
    lacking = [name for name in dict.fromkeys(wanted) if name not in order]
    if lacking:
        yield Issue(
            pointer=at,
            code="section_missing",
            it=f"mancano le sezioni {', '.join(lacking)}: l'ordine le nomina tutte",
            en=f"the sections {', '.join(lacking)} are missing: the order names all of them",
        )
    elif order[-1] != ANNEXES:
        yield Issue(
            pointer=at,
            code="annexes_not_last",
            it="gli allegati (A) chiudono il documento: l'ultima pagina serve a verificarlo",
            en="the annexes (A) close the document: its last page serves to verify it",
        )
