"""The parts of documents that take texts: their titles, and which are empty without one."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.contracts.document_layout import ANNEXES, RELAZIONE, DocumentLayout, Documents
from shared.contracts.plan_sections import PLAN_PLACES
from shared.contracts.snapshot import ReportSnapshot

BARE = ("2", "3.4", "4")
"""Parts that the results do not fill: without a text, a table or a sheet they say nothing."""

_SHEETS = "4"


def section_titles(layout: DocumentLayout | None) -> Mapping[str, str]:
    """Every section and paragraph that may have a text, in order, as the chamber calls it."""
    usual = {place: title for place, title in RELAZIONE.items() if not place.startswith(ANNEXES)}
    if layout is None:
        return MappingProxyType(usual)
    changed = {place: layout.titles.get(place, title) for place, title in usual.items()}
    return MappingProxyType(changed | {one.section: one.title for one in layout.own})


def text_titles(documents: Documents) -> Mapping[str, str]:
    """As :func:`section_titles`, and then those of the Piano, which have places of their own."""
    plan = documents.piano
    called = {place: plan.titles.get(place, title) for place, title in PLAN_PLACES.items()}
    own = {one.section: one.title for one in plan.own}
    return MappingProxyType(dict(section_titles(documents.relazione)) | called | own)


def written_texts(snapshot: ReportSnapshot) -> frozenset[str]:
    """Keys of the texts of a report that say something: ``section:2``, ``objective:A1``."""
    sections = (f"section:{row.section}" for row in snapshot.narratives if row.text.strip())
    objectives = (
        f"objective:{row.code}"
        for row in snapshot.objectives
        if row.narrative and row.narrative.strip()
    )
    return frozenset((*sections, *objectives))


def empty_sections(snapshot: ReportSnapshot) -> tuple[str, ...]:
    """Parts that would be headings and nothing else: of these, and the chamber's own."""
    filled = {key.removeprefix("section:") for key in written_texts(snapshot)}
    filled |= {table.section for table in snapshot.tables}
    if any(row.scope != "chamber" for row in snapshot.objectives):
        filled.add(_SHEETS)
    own = () if snapshot.layout is None else tuple(one.section for one in snapshot.layout.own)
    return tuple(
        place
        for place in (*BARE, *own)
        if not any(one == place or one.startswith(f"{place}.") for one in filled)
    )
