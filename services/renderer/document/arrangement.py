"""The sections of one document: in the chamber's order, with its titles, numbered as printed.

A section keeps its *place* (``3.3``), by which narratives and tables name it, wherever it stands;
what is printed is its number, counted along the document. Premise and annexes have none.
"""

from collections.abc import Mapping
from dataclasses import replace

from services.renderer.document.kinds import DocumentKind, Section
from shared.contracts.document_layout import ANNEXES, DocumentLayout, OwnSection

PREMISES = frozenset({"0", "P0"})
OWN_TEMPLATE = "own"


class Arrangement:
    """Looks up what a place is called, where it is, and what number it bears."""

    def __init__(
        self,
        kind: DocumentKind,
        layout: DocumentLayout | None,
        spans: Mapping[str, int] | None = None,
    ) -> None:
        """``spans`` says of sections that are several chapters how many numbers they take."""
        self._titles = dict(kind.titles)
        usual = {section.number: section for section in kind.sections}
        chosen = kind.sections
        own: tuple[OwnSection, ...] = ()
        if layout is not None:
            own = layout.own
            usual |= {one.section: Section(one.section, one.title, OWN_TEMPLATE) for one in own}
            self._titles |= layout.titles | {one.section: one.title for one in own}
            order = layout.sections(kind.titles)
            # A section that came after the layout was written is not lost: it goes before annexes.
            later = [place for place in usual if place not in order]
            chosen = tuple(usual[place] for place in (*order[:-1], *later, order[-1]))
        self.sections = tuple(
            replace(section, title=self._titles.get(section.number, section.title))
            for section in chosen
        )
        """In order; ``number`` of each is its place."""
        self._numbers: dict[str, str] = {}
        following = 1
        for place in (s.number for s in self.sections):
            if place not in {*PREMISES, ANNEXES}:
                self._numbers[place] = str(following)
                following += (spans or {}).get(place, 1)
        self.places = kind.places | {one.section for one in own}
        """What narratives and tables can be for."""

    def number(self, place: str) -> str:
        """The number printed before a heading; nothing for premise and annexes as a whole."""
        section, dot, within = place.partition(".")
        if not dot and section in {*PREMISES, ANNEXES}:
            return ""
        return f"{self._numbers.get(section, section)}{dot}{within}"

    def title(self, place: str) -> str:
        """What the chamber calls a place."""
        return self._titles[place]

    @staticmethod
    def anchor(place: str) -> str:
        """Where links to a place lead; the same wherever it stands."""
        return f"sez-{place.replace('.', '-')}"
