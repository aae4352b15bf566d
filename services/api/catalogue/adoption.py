"""Bringing an indicator of a catalogue into a plan that may still change."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
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
from shared.domain.catalogue import EntryKind, Reference
from shared.domain.formula import Formula, MeasureRef

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
        sent = Sent(_measure(content, code), None, ())
        await editing.create(session, held, _KINDS[MEASURES.name], sent)
        known[measure] = code
        made.append(code)
        held = await editing.hold(session, year)
    text = str(_in_plan(formula, known))
    sent = Sent(_indicator(entry, new, text), None, ())
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


def _in_plan(formula: Formula, codes: Mapping[Reference, str]) -> Formula:
    """The formula with the plan's names of its measures."""
    return Formula(
        tuple(
            replace(item, code=codes[Reference.parse(item.code)])
            if isinstance(item, MeasureRef)
            else item
            for item in formula.items
        )
    )


def _measure(entry: MeasureEntry, code: str) -> dict[str, Any]:
    fields = {
        "code": code,
        "title": entry.title,
        "unit": entry.unit,
        "value_type": entry.value_type.value,
        "aggregation": entry.aggregation,
        "external_ids": {entry.source: entry.code},
    }
    return {name: value for name, value in fields.items() if value is not None}


def _indicator(entry: IndicatorEntry, new: NewAdoption, formula: str) -> dict[str, Any]:
    target = None
    if new.target is not None:
        target = {str(new.target_year): new.target.model_dump(mode="json")}
    fields = {
        "code": new.code or entry.code,
        "objective": new.objective,
        "title": entry.title,
        "typology": entry.typology,
        "formula": formula,
        "formula_text": entry.formula_text,
        "unit": entry.unit,
        "decimals": entry.decimals,
        "value_type": entry.value_type.value,
        "direction": entry.direction,
        "weight": new.weight,
        "targets": target,
        "source_office": entry.source_office,
        "source_class": entry.source_class,
        "catalogue": new.entry,
    }
    return {name: value for name, value in fields.items() if value is not None}
