"""The sections and paragraphs of every kind of document, with their usual titles.

Those of the Relazione are in :mod:`shared.contracts.document_layout`, and what of the Piano takes
texts is in :mod:`shared.contracts.plan_sections`. The document of the OIV's decision is not here:
it is the OIV's, and no chamber arranges it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from shared.contracts.document_layout import RELAZIONE
from shared.contracts.plan_sections import PLAN_PLACES

__all__ = ["ARRANGED", "MONITORAGGIO", "PIANO", "RELAZIONE", "RELAZIONE_ENTE", "SCHEDA"]

_VERIFICATION = "Verifica del documento e dati allegati"

PIANO: Mapping[str, str] = MappingProxyType(
    {
        **PLAN_PLACES,
        "P5.1": "Come si misurerà",
        "P5.2": "Atti di approvazione",
        "P5.3": "Versioni e variazioni del piano",
        "A": "Allegati",
        "A.1": "Tutti gli indicatori",
        "A.2": _VERIFICATION,
    }
)

MONITORAGGIO: Mapping[str, str] = MappingProxyType(
    {
        "1": "Il quadro alla fine del periodo",
        "1.1": "I risultati per prospettiva e area strategica",
        "1.2": "Gli obiettivi a colpo d'occhio",
        "2": "Obiettivi e indicatori",
        "3": "La raccolta dei dati",
        "4": "Criticità, opportunità e azioni correttive",
        "A": "Allegati",
        "A.1": "Come si ottiene ogni risultato",
        "A.2": "Misure elementari, fonti e validatori",
        "A.3": "Registro dei documenti del ciclo",
        "A.4": _VERIFICATION,
    }
)

RELAZIONE_ENTE: Mapping[str, str] = MappingProxyType(
    {
        "1": "L'ente e le sue camere",
        "1.1": "I risultati delle camere",
        "1.2": "I risultati negli anni",
        "1.3": "Quanto si può mettere insieme",
        "2": "Gli indicatori consolidati",
        "3": "Le camere a confronto",
        "4": "L'andamento negli anni",
        "5": "Che cosa non si consolida",
        "5.1": "Indicatori senza una cifra consolidata",
        "5.2": "Camere su cui una cifra non si regge",
        "6": "Il piano dell'ente",
        "7": "Le schede delle camere",
        "A": "Allegati",
        "A.1": "Come si ottiene ogni cifra consolidata",
        "A.2": _VERIFICATION,
    }
)
"""``7`` is a chapter for each chamber, under its name."""

SCHEDA: Mapping[str, str] = MappingProxyType(
    {
        "1": "Il risultato",
        "2": "Obiettivi, misure e risultati",
        "3": "La valutazione",
        "3.1": "Giudizio",
        "3.2": "Voci escluse dal calcolo",
        "A": "Allegati",
        "A.1": "Come si ottiene ogni risultato",
        "A.2": _VERIFICATION,
    }
)

ARRANGED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "relazione": RELAZIONE,
        "piano": PIANO,
        "monitoraggio": MONITORAGGIO,
        "relazione_ente": RELAZIONE_ENTE,
        "scheda": SCHEDA,
    }
)
"""Kind of document -> its places, of the kinds that a chamber may arrange."""
