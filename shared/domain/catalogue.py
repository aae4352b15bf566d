"""Catalogues of indicators: what several chambers measure in the same way.

An entry is an indicator or a measure, named by the catalogue it comes from and its code
there: ``pareto:C1.1_07``. A formula names measures of its own catalogue by their code alone
(``[T_medi_C1.1.1]``) and those of another one by both (``[dfp:N_Dir]``). A measure may be
computed from others; formulas are expanded until they read elementary measures only.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from shared.domain import formula as formula_language
from shared.domain.formula import Formula, FormulaError, Item, MeasureRef
from shared.domain.periods import Aggregation
from shared.domain.plan import default_aggregation
from shared.domain.units import Dimension, dimension_of, dimension_text, units_of
from shared.domain.values import ValueType

OWN = "own"
"""The source of what a chamber added for itself; a shared catalogue never has this name."""

SOURCE_PATTERN = r"[a-z][a-z0-9-]{0,29}"
CODE_PATTERN = r"[A-Za-z0-9]([A-Za-z0-9 ._-]{0,78}[A-Za-z0-9])?"
REFERENCE_PATTERN = rf"{SOURCE_PATTERN}:{CODE_PATTERN}"

_REFERENCE = re.compile(rf"({SOURCE_PATTERN}):({CODE_PATTERN})")

MAX_ITEMS = 500
"""Most numbers, measures and operators of a formula after expansion."""


MAX_DEPTH = 20
"""Longest chain of measures computed from each other."""


class EntryKind(StrEnum):
    """What an entry of a catalogue defines."""

    INDICATOR = "indicator"
    MEASURE = "measure"


class SourceClass(StrEnum):
    """Where the data of an entry come from, the most reliable first."""

    EXTERNAL = "external"
    CERTIFIED = "certified"
    INTERNAL = "internal"
    SELF_DECLARED = "self_declared"

    @property
    def discouraged(self) -> bool:
        """Whether the guidelines on performance plans advise against it: shown with a warning."""
        return self is SourceClass.SELF_DECLARED


class Direction(StrEnum):
    """Which values are better."""

    UP = "up"
    DOWN = "down"
    DATE = "date"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """Name of an entry: its catalogue and its code there."""

    source: str
    code: str

    def __str__(self) -> str:
        return f"{self.source}:{self.code}"

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Reads ``source:code``.

        Raises:
            ValueError: the text is no reference.
        """
        match = _REFERENCE.fullmatch(text)
        if match is None:
            raise ValueError(text)
        return cls(match.group(1), match.group(2))

    @classmethod
    def within(cls, text: str, source: str) -> "Reference":
        """As a formula of catalogue ``source`` names a measure: by code alone, or by both."""
        match = _REFERENCE.fullmatch(text)
        return cls(source, text) if match is None else cls(match.group(1), match.group(2))


@dataclass(frozen=True, slots=True)
class CatalogueMeasure:
    """An elementary datum of a catalogue, or one computed from others.

    ``weight`` is the measure by which values of several chambers are averaged where they
    cannot be added (days on average: by the number of cases).
    """

    ref: Reference
    value_type: ValueType = ValueType.NUMBER
    aggregation: Aggregation | None = None
    weight: str | None = None
    formula: str | None = None
    unit: str | None = None

    @property
    def over_periods(self) -> Aggregation:
        """How values of periods make its year."""
        return self.aggregation or default_aggregation(self.value_type)

    @property
    def additive(self) -> bool:
        """Whether values of several chambers add up: counts and amounts, not rates."""
        counted = self.value_type in {ValueType.NUMBER, ValueType.CURRENCY}
        return counted and self.over_periods is not Aggregation.MEAN


@dataclass(frozen=True, slots=True)
class CatalogueIndicator:
    """An indicator of a catalogue: a formula over measures."""

    ref: Reference
    value_type: ValueType
    formula: str
    direction: Direction | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field of an entry. ``subject`` names what it is about."""

    kind: EntryKind
    ref: Reference
    field: str
    reason: str
    subject: str = ""


class Catalogue:
    """Everything that the formulas of a catalogue may read, by reference."""

    def __init__(
        self,
        measures: Iterable[CatalogueMeasure] = (),
        indicators: Iterable[CatalogueIndicator] = (),
    ) -> None:
        self.measures: Mapping[Reference, CatalogueMeasure] = {m.ref: m for m in measures}
        self.indicators: Mapping[Reference, CatalogueIndicator] = {i.ref: i for i in indicators}

    def expanded(self, entry: CatalogueIndicator | CatalogueMeasure) -> Formula:
        """The formula over elementary measures, each named in full (``pareto:694``).

        Only for entries without :meth:`faults`. An elementary measure is its own formula.
        """
        if entry.formula is None:
            return Formula((MeasureRef(str(entry.ref)),))
        items: list[Item] = []
        for item in formula_language.parse(entry.formula).items:
            if not isinstance(item, MeasureRef):
                items.append(item)
                continue
            measure = self.measures[Reference.within(item.code, entry.ref.source)]
            # [x]@-1, where x is computed: every measure of x one year earlier.
            items.extend(_shifted(self.expanded(measure).items, item.offset))
        return Formula(tuple(items))

    def weight_of(self, measure: CatalogueMeasure) -> CatalogueMeasure | None:
        """The measure by which this one is averaged, if it names one."""
        if measure.weight is None:
            return None
        return self.measures[Reference.within(measure.weight, measure.ref.source)]

    def faults(self) -> tuple[Fault, ...]:
        """Everything that is wrong with formulas and weights, measures first."""
        return tuple(_Check(self).faults())

    def broken(self) -> frozenset[Reference]:
        """Indicators that cannot be computed: at fault themselves, or by a measure they read.

        A catalogue is sound when it is saved; what it was in an earlier year need not be.
        """
        faults = self.faults()
        lost = {fault.ref for fault in faults if fault.kind is EntryKind.MEASURE}
        waiting = {ref: _needs(measure) for ref, measure in self.measures.items()}
        while spoilt := {
            ref for ref, needed in waiting.items() if ref not in lost and needed & lost
        }:
            lost |= spoilt
        broken = {fault.ref for fault in faults if fault.kind is EntryKind.INDICATOR}
        return frozenset(
            ref for ref, row in self.indicators.items() if ref in broken or _needs(row) & lost
        )


def _shifted(items: Iterable[Item], offset: int) -> Iterator[Item]:
    for item in items:
        if isinstance(item, MeasureRef):
            yield replace(item, offset=item.offset + offset)
        else:
            yield item


class _Check:
    """The faults of one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.circular = _circular(catalogue)
        self.sizes: dict[Reference, int] = {}

    def faults(self) -> Iterator[Fault]:
        for measure in self.catalogue.measures.values():
            yield from self._formula(EntryKind.MEASURE, measure)
            yield from self._weight(measure)
        for indicator in self.catalogue.indicators.values():
            yield from self._formula(EntryKind.INDICATOR, indicator)

    def _formula(
        self, kind: EntryKind, entry: CatalogueIndicator | CatalogueMeasure
    ) -> Iterator[Fault]:
        if entry.formula is None:
            return
        try:
            formula = formula_language.parse(entry.formula)
        except FormulaError as error:
            yield Fault(kind, entry.ref, "formula", "formula_syntax", str(error.position + 1))
            return
        if kind is EntryKind.MEASURE and entry.ref in self.circular:
            yield Fault(kind, entry.ref, "formula", "circular", str(entry.ref))
            return
        known = True
        for ref in formula.measures:
            measure = self.catalogue.measures.get(Reference.within(ref.code, entry.ref.source))
            if measure is None:
                known = False
                yield Fault(kind, entry.ref, "formula", "unknown_measure", ref.code)
            elif not measure.value_type.is_numeric and formula.single_measure is None:
                yield Fault(kind, entry.ref, "formula", "not_a_number", ref.code)
        single = formula.single_measure
        if known and single is not None:
            yield from self._same_kind(kind, entry, single)
        if known:
            yield from self._units(kind, entry, formula)
        if known and self._size(entry) > MAX_ITEMS:
            yield Fault(kind, entry.ref, "formula", "formula_too_long", str(MAX_ITEMS))

    def _units(
        self, kind: EntryKind, entry: CatalogueIndicator | CatalogueMeasure, formula: Formula
    ) -> Iterator[Fault]:
        """Days added to euros, and a result of another unit than the entry says; if certain."""

        def dimension(code: str) -> Dimension | None:
            measure = self.catalogue.measures[Reference.within(code, entry.ref.source)]
            return dimension_of(measure.unit, measure.value_type)

        found = units_of(formula, dimension)
        for left, right in found.clashes:
            words = f"{dimension_text(left)} + {dimension_text(right)}"
            yield Fault(kind, entry.ref, "formula", "units_clash", words)
        said = dimension_of(entry.unit, entry.value_type)
        if said is not None and found.dimension is not None and said != found.dimension:
            text = dimension_text(found.dimension)
            yield Fault(kind, entry.ref, "unit", "other_unit", text)

    def _same_kind(
        self, kind: EntryKind, entry: CatalogueIndicator | CatalogueMeasure, single: MeasureRef
    ) -> Iterator[Fault]:
        """A formula that is one measure alone has that measure's kind of value."""
        measure = self.catalogue.measures[Reference.within(single.code, entry.ref.source)]
        if measure.value_type.is_numeric and entry.value_type.is_numeric:
            return
        if measure.value_type is not entry.value_type:
            yield Fault(kind, entry.ref, "value_type", "other_value_type", single.code)

    def _weight(self, measure: CatalogueMeasure) -> Iterator[Fault]:
        if measure.weight is None:
            return
        ref = Reference.within(measure.weight, measure.ref.source)
        weight = self.catalogue.measures.get(ref)
        if weight is None:
            yield Fault(EntryKind.MEASURE, measure.ref, "weight", "unknown_measure", measure.weight)
        elif not weight.additive or weight.formula is not None:
            yield Fault(
                EntryKind.MEASURE, measure.ref, "weight", "weight_not_additive", measure.weight
            )

    def _size(self, entry: CatalogueIndicator | CatalogueMeasure) -> int:
        """Items of the expanded formula, counted without expanding it; circles count 1."""
        if entry.formula is None or entry.ref in self.circular:
            return 1
        known = self.sizes.get(entry.ref) if isinstance(entry, CatalogueMeasure) else None
        if known is not None:
            return known
        size = 0
        try:
            items = formula_language.parse(entry.formula).items
        except FormulaError:
            return 1
        for item in items:
            measure = (
                self.catalogue.measures.get(Reference.within(item.code, entry.ref.source))
                if isinstance(item, MeasureRef)
                else None
            )
            size += 1 if measure is None else self._size(measure)
        if isinstance(entry, CatalogueMeasure):
            self.sizes[entry.ref] = size
        return size


def _circular(catalogue: Catalogue) -> frozenset[Reference]:
    """Computed measures whose expansion has no end, or none within :data:`MAX_DEPTH` steps."""
    waiting = {ref: _needs(measure) for ref, measure in catalogue.measures.items()}
    # What needs nothing that waits is sound; what is left when nothing more can go, is not.
    for _ in range(MAX_DEPTH):
        ready = [ref for ref, needed in waiting.items() if not needed & waiting.keys()]
        for ref in ready:
            del waiting[ref]
        if not ready or not waiting:
            break
    return frozenset(waiting)


def _needs(entry: CatalogueMeasure | CatalogueIndicator) -> frozenset[Reference]:
    """The measures that a formula reads."""
    if entry.formula is None:
        return frozenset()
    try:
        read = formula_language.parse(entry.formula).measures
    except FormulaError:
        return frozenset()
    return frozenset(Reference.within(ref.code, entry.ref.source) for ref in read)
