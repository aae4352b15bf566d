"""What tells a document from the others of its kind and year, in words and in addresses.

A year has one Piano and one Relazione, but a monitoring report for each period, a sheet for each
person, a decision of the OIV for each version that it decided on, and a report of an entity for
each set of chambers that it was made of. Versions are counted within that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_HEADINGS: Mapping[str, str] = MappingProxyType(
    {
        "relazione": "Relazione sulla performance",
        "monitoraggio": "Report di monitoraggio",
        "piano": "Piano della performance",
        "scheda": "Scheda individuale",
        "validazione": "Documento di validazione dell'OIV",
        "relazione_ente": "Relazione consolidata dell'ente",
    }
)
"""Every kind of document, as the page *Amministrazione trasparente > Performance* calls it."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The version of a document that the OIV decided on."""

    kind: str
    subject: str
    version: int


@dataclass(frozen=True, slots=True)
class Designation:
    """One document, whatever its version.

    ``subject`` is what the document is about within the year, as reports are stored: the period,
    the code of the sheet, the chambers with commas between them, the id of what was decided on.
    ``decided`` is there of the OIV's decisions only.
    """

    kind: str
    year: int
    subject: str = ""
    decided: Decided | None = None

    @property
    def mark(self) -> str:
        """What has to be said beside kind and year, as it stands in addresses; often nothing.

        ``Q1``, ``SG``, ``LU-PI``; of a decision ``relazione-2`` or ``relazione_ente-LU-PI-1``.
        """
        if self.decided is None:
            return self.subject.replace(",", "-")
        about = self.decided.subject.replace(",", "-")
        return "-".join(filter(None, [self.decided.kind, about, str(self.decided.version)]))

    @property
    def words(self) -> str:
        """The same for people, in Italian: ``versione 2 della Relazione``."""
        if self.decided is None:
            return self.subject.replace(",", ", ")
        if self.decided.kind == "relazione":
            return f"versione {self.decided.version} della Relazione"
        chambers = self.decided.subject.replace(",", ", ")
        return f"versione {self.decided.version} della Relazione dell'ente: {chambers}"

    @property
    def heading(self) -> str:
        """What its kind is called."""
        return _HEADINGS[self.kind]

    @property
    def title(self) -> str:
        """What it is called, without its version; no two documents of a chamber are the same."""
        if not self.words:
            return f"{self.heading} {self.year}"
        if self.kind in {"monitoraggio", "scheda"}:
            return f"{self.heading} {self.words} {self.year}"
        return f"{self.heading} {self.year} ({self.words})"


def designated_kinds() -> frozenset[str]:
    """Kinds of document that have a name."""
    return frozenset(_HEADINGS)
