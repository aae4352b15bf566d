"""What of the yearly cycle is published, under which heading, and why (D.Lgs. 33/2013).

Which state a document must have reached is the business of
:mod:`shared.domain.report_states`; here is which kinds of document are for the public at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class PublicKind:
    """A kind of document that is published.

    ``place`` is its place on the page *Amministrazione trasparente > Performance*, ``obligation``
    the rule that asks for it (``None``: published by choice). What it is called there is said in
    :mod:`shared.domain.designation`.
    """

    place: int
    about: str
    obligation: str | None


_PUBLIC: Mapping[str, PublicKind | None] = MappingProxyType(
    {
        "piano": PublicKind(
            1,
            "Obiettivi, indicatori e valori attesi del triennio",
            "Articolo 10, comma 8, lettera b), D.Lgs. 14 marzo 2013, n. 33",
        ),
        "relazione": PublicKind(
            2,
            "Risultati ottenuti nell'anno rispetto agli obiettivi e alle risorse, con la "
            "spiegazione di ogni cifra",
            "Articolo 10, comma 8, lettera b), D.Lgs. 14 marzo 2013, n. 33",
        ),
        "validazione": PublicKind(
            3,
            "Esito della validazione della Relazione da parte dell'Organismo indipendente di "
            "valutazione",
            "Articolo 14, comma 4, lettera c), D.Lgs. 27 ottobre 2009, n. 150",
        ),
        "relazione_ente": PublicKind(
            4,
            "Risultati delle camere che formano l'ente, affiancati e consolidati",
            None,
        ),
        # Figures of a year that is not over, not evaluated by anybody.
        "monitoraggio": None,
        # About one person.
        "scheda": None,
    }
)
"""Every kind of document; ``None`` is one that is never published."""


def public_kind(kind: str) -> PublicKind | None:
    """How a kind of document is published; ``None`` when it is not."""
    return _PUBLIC.get(kind)


def decided_kinds() -> frozenset[str]:
    """Kinds of document of which it is written whether they are published."""
    return frozenset(_PUBLIC)
