"""Carrying out a merger: the entity's draft, what does not map, and every fault of the mapping.

Definitions come from the shared catalogue, or from the one chamber whose indicator is copied;
baselines are the consolidated values of the year that ends. Nothing is read or written here.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.case import Case, CaseIndicator
from shared.contracts.case_reading import CaseRefusedError, ReadCase, read_case
from shared.contracts.catalogue import IndicatorEntry, MeasureEntry
from shared.contracts.catalogue_rows import in_plan, indicator_row, measure_row
from shared.contracts.issues import Issue, pointer
from shared.contracts.merger import (
    MergedIndicator,
    MergedObjective,
    MergerMapping,
    MergerRefusedError,
    Origin,
)
from shared.contracts.starting_policy import STARTING_POLICY
from shared.domain import formula as formula_language
from shared.domain.catalogue import Catalogue, Reference
from shared.domain.formula import Formula, Item, MeasureRef

SECTIONS = ("objectives", "indicators")


@dataclass(frozen=True, slots=True)
class SharedDefinitions:
    """The shared catalogue as it is in the year of the new plan."""

    catalogue: Catalogue
    indicators: Mapping[Reference, IndicatorEntry]
    measures: Mapping[Reference, MeasureEntry]


@dataclass(frozen=True, slots=True)
class Unmapped:
    """An element of a chamber's plan that the mapping does not mention."""

    chamber: str
    section: str
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Merged:
    """The entity's draft, and what its makers should look at.

    ``without_baseline`` are codes of indicators for which there is no consolidated value.
    """

    read: ReadCase
    unmapped: tuple[Unmapped, ...]
    without_target: tuple[str, ...]
    without_baseline: tuple[str, ...]


def merge(
    mapping: MergerMapping,
    plans: Mapping[str, Case],
    shared: SharedDefinitions,
    baselines: Mapping[str, str],
    place: tuple[str, int],
) -> Merged:
    """Makes the entity's draft.

    Args:
        mapping: what becomes what.
        plans: the chambers' plans of the year before, by chamber.
        shared: the catalogue.
        baselines: consolidated values of the year before, as shown, by entry.
        place: chamber of the entity and year of the new plan.

    Raises:
        MergerRefusedError: with every fault, pointers into the mapping.
    """
    faults = [*_origin_faults(mapping, plans), *_entry_faults(mapping, shared)]
    if faults:
        raise MergerRefusedError(tuple(faults))
    builder = _Builder(mapping, plans, shared, baselines, place[1])
    document = builder.document(place[0])
    try:
        read = read_case(json.dumps(document).encode())
    except CaseRefusedError as error:
        raise MergerRefusedError(error.issues) from error
    return Merged(
        read,
        tuple(_unmapped(mapping, plans)),
        tuple(row.code for row in mapping.indicators if row.target is None),
        tuple(row["code"] for row in document["indicators"] if "baseline" not in row),
    )


# --- what the mapping names -------------------------------------------------------------------


def _named(mapping: MergerMapping) -> Iterator[tuple[str, Origin, tuple[str | int, ...]]]:
    """Every element of a chamber that the mapping names: section, element, place."""
    for section in SECTIONS:
        for index, row in enumerate(getattr(mapping, section)):
            for at, origin in enumerate(row.origins):
                yield section, origin, (section, index, "origins", at)
    for index, gone in enumerate(mapping.left_behind):
        yield gone.section, Origin(chamber=gone.chamber, code=gone.code), ("left_behind", index)


def _origin_faults(mapping: MergerMapping, plans: Mapping[str, Case]) -> Iterator[Issue]:
    known = {(s, chamber): _codes(case, s) for chamber, case in plans.items() for s in SECTIONS}
    seen: set[tuple[str, Origin]] = set()
    for index, chamber in enumerate(mapping.chambers):
        if chamber not in plans:
            yield _issue(("chambers", index), "no_plan", chamber)
    if mapping.policy_of is not None and mapping.policy_of not in plans:
        yield _issue(("policy_of",), "no_plan", mapping.policy_of)
    for section, origin, place in _named(mapping):
        if origin.code not in known.get((section, origin.chamber), ()):
            yield _issue(place, "unknown_origin", f"{origin.chamber} {origin.code}")
        elif (section, origin) in seen:
            yield _issue(place, "mapped_twice", f"{origin.chamber} {origin.code}")
        seen.add((section, origin))


def _codes(case: Case, section: str) -> frozenset[str]:
    return frozenset(row.code for row in getattr(case, section))


def _entry_faults(mapping: MergerMapping, shared: SharedDefinitions) -> Iterator[Issue]:
    broken = shared.catalogue.broken()
    for index, row in enumerate(mapping.indicators):
        if row.entry is None:
            continue
        ref = Reference.parse(row.entry)
        if ref not in shared.indicators or ref in broken:
            yield _issue(("indicators", index, "entry"), "unknown_entry", row.entry)


def _unmapped(mapping: MergerMapping, plans: Mapping[str, Case]) -> Iterator[Unmapped]:
    named = {(section, origin.chamber, origin.code) for section, origin, _ in _named(mapping)}
    for chamber in mapping.chambers:
        for section in SECTIONS:
            for row in getattr(plans[chamber], section):
                if (section, chamber, row.code) not in named:
                    yield Unmapped(chamber, section, row.code, row.title)


_WORDS = {
    "no_plan": ("la camera {} non ha un piano da accorpare", "chamber {} has no plan to merge"),
    "unknown_origin": ("non c'è nel piano: {}", "not in the plan: {}"),
    "mapped_twice": ("già nominato altrove: {}", "named elsewhere already: {}"),
    "unknown_entry": (
        "voce che il catalogo condiviso non ha, o che non si calcola: {}",
        "an entry that the shared catalogue has not, or that cannot be computed: {}",
    ),
    "derived": (
        "una riga derivata non si copia: {}",
        "a derived row cannot be copied: {}",
    ),
}


def _issue(place: tuple[str | int, ...], code: str, subject: str) -> Issue:
    italian, english = (text.format(subject) for text in _WORDS[code])
    return Issue(pointer=pointer(place), code=code, it=italian, en=english)


# --- the draft --------------------------------------------------------------------------------


@dataclass
class _Builder:
    """Makes the document of the draft, row by row."""

    mapping: MergerMapping
    plans: Mapping[str, Case]
    shared: SharedDefinitions
    baselines: Mapping[str, str]
    year: int
    measures: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Rows of measures, by code."""
    names: dict[object, str] = field(default_factory=dict)
    """Codes of measures already there, by entry or by (chamber, code)."""

    def document(self, chamber: str) -> dict[str, Any]:
        """The draft as a case file."""
        policy = STARTING_POLICY
        if self.mapping.policy_of is not None:
            policy = self.plans[self.mapping.policy_of].policy
        indicators = [self._indicator(at, row) for at, row in enumerate(self.mapping.indicators)]
        return {
            "format": "ciclo/case@1",
            "chamber": chamber,
            "year": self.year,
            "kind": "piano",
            "policy": policy.model_dump(mode="json", by_alias=True),
            "objectives": [_objective(row) for row in self.mapping.objectives],
            "measures": list(self.measures.values()),
            "indicators": indicators,
        }

    def _indicator(self, index: int, row: MergedIndicator) -> dict[str, Any]:
        targets: dict[str, Any] = {}
        if row.target is not None:
            targets[str(self.year)] = row.target.model_dump(mode="json")
        own = {"weight": row.weight, "targets": targets, "note": _note(row.origins)}
        if row.entry is not None:
            return self._shared(row, row.entry, own)
        assert row.like is not None  # noqa: S101 - one of the two is there
        copied = self._copied(row.like)
        if copied is None or copied.derived_from is not None:
            code = "derived" if copied is not None else "unknown_origin"
            named = f"{row.like.chamber} {row.like.code}"
            raise MergerRefusedError((_issue(("indicators", index, "like"), code, named),))
        fields = copied.model_dump(mode="json", exclude={"baseline", "weight", "targets", "note"})
        if copied.formula is not None:
            fields["formula"] = self._copied_formula(row.like.chamber, copied.formula)
        fields |= {"code": row.code, "objective": row.objective}
        return {name: value for name, value in (fields | own).items() if value is not None}

    def _shared(self, row: MergedIndicator, name: str, own: dict[str, Any]) -> dict[str, Any]:
        entry = self.shared.indicators[Reference.parse(name)]
        expanded = self.shared.catalogue.expanded(self.shared.catalogue.indicators[entry.ref])
        codes: dict[Reference, str] = {}
        for measure in expanded.measures:
            ref = Reference.parse(measure.code)
            content = self.shared.measures[ref]
            codes[ref] = self._measure(
                ref, str(ref), measure_row(content, content.code), wanted=content.code
            )
        formula = str(in_plan(expanded, codes))
        baseline = self.baselines.get(name)
        return indicator_row(
            entry, row.code, row.objective, formula=formula, baseline=baseline, **own
        )

    def _copied(self, origin: Origin) -> CaseIndicator | None:
        case = self.plans.get(origin.chamber)
        rows = () if case is None else case.indicators
        return next((row for row in rows if row.code == origin.code), None)

    def _copied_formula(self, chamber: str, text: str) -> str:
        """The formula of a chamber's indicator, with the measures it reads brought along."""
        rows = {row.code: row for row in self.plans[chamber].measures}
        items: list[Item] = []
        for item in formula_language.parse(text).items:
            if isinstance(item, MeasureRef) and item.code in rows:
                row = rows[item.code].model_dump(mode="json")
                key = (chamber, item.code)
                code = self._measure(key, f"{chamber}-{item.code}", row, wanted=item.code)
                items.append(MeasureRef(code, item.offset))
            else:
                items.append(item)
        return str(Formula(tuple(items)))

    def _measure(self, key: object, otherwise: str, row: dict[str, Any], *, wanted: str) -> str:
        """The code of a measure of the draft, made when it is first read."""
        if key not in self.names:
            code = otherwise if wanted in self.measures else wanted
            self.names[key] = code
            self.measures[code] = row | {"code": code}
        return self.names[key]


def _objective(row: MergedObjective) -> dict[str, Any]:
    fields = row.model_dump(mode="json", exclude={"origins"})
    fields["note"] = _note(row.origins)
    kept = {name: value for name, value in fields.items() if value is not None}
    return {**kept, "parent": row.parent}


def _note(origins: tuple[Origin, ...]) -> str | None:
    """Where an element comes from, in words: it stays with the plan."""
    if not origins:
        return None
    return "Da " + ", ".join(f"{origin.chamber} {origin.code}" for origin in origins)
