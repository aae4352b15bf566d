"""Bringing an indicator of a catalogue into a plan that may still change."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.api.catalogue import repository, service
from services.api.catalogue.repository import EntryName, Owner
from services.api.catalogue.schemas import NewAdoption
from services.api.db.session import WriteSession
from services.api.editing import service as editing
from services.api.editing.kinds import KINDS
from services.api.editing.reading import Sent
from services.api.errors import Refusal
from services.api.plans.rows import INDICATORS, MEASURES
from shared.contracts.catalogue import IndicatorEntry, MeasureEntry
from shared.contracts.catalogue_rows import in_plan, indicator_row, measure_row
from shared.domain.catalogue import EntryKind, Reference

_KINDS = {kind.section.name: kind for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Adopted:
    """What an adoption made: the indicator, and the measures that were not there yet."""

    indicator: str
    formula: str
    measures: tuple[str, ...]


async def adopt(session: WriteSession, year: int, new: NewAdoption) -> Adopted:
    """Makes an indicator of a plan from an entry, and the elementary measures it lacks.

    A measure that bears the catalogue's code among its ``external_ids``, or is called by it, is
    the one that is read.

    Raises:
        Refusal: ``plan_not_found``, ``catalogue_entry_not_found``, ``entry_not_computable``,
            and what refuses any element of a plan (``edit_refused``, ``plan_content_fixed``,
            ``plan_closed``).
    """
    owners = (Owner.chamber(session.chamber), Owner.entity(await repository.entity_of(session)))
    entries = await service.entries(session, owners)
    ref = Reference.parse(new.entry)
    entry = entries.get(EntryName(EntryKind.INDICATOR, ref))
    if not isinstance(entry, IndicatorEntry):
        raise Refusal("catalogue_entry_not_found", entry=new.entry)
    whole = service.catalogue_of(entries.values())
    if ref in whole.broken():
        raise Refusal("entry_not_computable", entry=new.entry)
    formula = whole.expanded(whole.indicators[ref])
    held = await editing.hold(session, year)
    read = dict.fromkeys(Reference.parse(measure.code) for measure in formula.measures)
    known = _known(held.rows[MEASURES.name], read, {name.ref.source for name in entries})
    made: list[str] = []
    for measure in read:
        if measure in known:
            continue
        content = entries[EntryName(EntryKind.MEASURE, measure)]
        assert isinstance(content, MeasureEntry)  # noqa: S101 - the kind is part of the name
        taken = {row["code"] for row in held.rows[MEASURES.name]}
        code = str(measure) if measure.code in taken else measure.code
        sent = Sent(measure_row(content, code), None, ())
        await editing.create(session, held, _KINDS[MEASURES.name], sent)
        known[measure] = code
        made.append(code)
        held = await editing.hold(session, year)
    text = str(in_plan(formula, known))
    targets = None
    if new.target is not None:
        targets = {str(new.target_year): new.target.model_dump(mode="json")}
    row = indicator_row(
        entry,
        new.code or entry.code,
        new.objective,
        formula=text,
        weight=new.weight,
        targets=targets,
    )
    sent = Sent(row, None, ())
    saved = await editing.create(session, held, _KINDS[INDICATORS.name], sent)
    return Adopted(saved.row["code"], text, tuple(made))


def _known(
    rows: Iterable[Mapping[str, Any]], wanted: Iterable[Reference], sources: Container[str]
) -> dict[Reference, str]:
    """The plan's measures that stand for some of a catalogue.

    One that is merely called by the code counts when it stands for no other catalogue's.
    """
    found: dict[Reference, str] = {}
    unnamed: set[str] = set()
    for row in rows:
        names = row["external_ids"] or {}
        found |= {Reference(source, code): row["code"] for source, code in names.items()}
        if not any(source in sources for source in names):
            unnamed.add(row["code"])
    called = {ref: ref.code for ref in wanted if ref.code in unnamed}
    return called | found
