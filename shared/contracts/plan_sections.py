"""The parts of the Piano della performance that texts and tables can be for.

They stand beside those of the Relazione (``0`` to ``5``) in the same year of a chamber; the letter
sets them apart, so that what was written for one document is never printed in the other.
"""

from collections.abc import Mapping
from types import MappingProxyType

PLAN_PLACES: Mapping[str, str] = MappingProxyType(
    {
        "P0": "Premessa",
        "P1": "L'amministrazione e il contesto",
        "P1.1": "Chi siamo e che cosa facciamo",
        "P1.2": "Organizzazione e personale",
        "P1.3": "Le risorse economiche",
        "P1.4": "Il contesto esterno",
        "P2": "La pianificazione triennale",
        "P2.1": "Albero della performance",
        "P2.2": "Obiettivi strategici",
        "P2.3": "Le pari opportunità e il bilancio di genere",
        "P3": "La programmazione annuale",
        "P4": "Dalla performance organizzativa alla performance individuale",
        "P5": "Il processo e gli atti",
    }
)
"""Place -> title."""


OWN_PREFIX = "P-"
"""How names of sections of a chamber's own begin that are for the Piano."""


def of_plan(section: str) -> bool:
    """Whether a text or table is for the Piano."""
    return section in PLAN_PLACES or section.startswith(OWN_PREFIX)
