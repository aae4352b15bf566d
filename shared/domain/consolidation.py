"""One figure for several chambers: sums of measures first, then the formula.

The mean of two chambers' percentages says nothing about both together: 30 of 40 and 5 of 60
are 35 of 100, not the mean of 75% and 8.3%. So measures are brought together, each as its
kind allows, and the formula is applied to what they make:

==========================  ==================================================================
counts and amounts, summed  added up
over periods (``sum``)
stocks (``last``)           added up at the latest date for which every chamber has a value
rates: percentages, days,   mean weighted by the measure that the catalogue names as weight;
scores, and any ``mean``    without one there is no consolidated figure, and the reason is said
dates, SI/NO, texts         never: there is nothing to add
==========================  ==================================================================

A chamber that lacks one of the values a formula reads is left out of all of them, and listed
with the reason: numerator and denominator always stand on the same chambers.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from shared.domain.calendar import last_month
from shared.domain.catalogue import Catalogue, CatalogueIndicator, CatalogueMeasure, Reference
from shared.domain.formula import Formula, MeasureRef, evaluate
from shared.domain.periods import Aggregation, year_value
from shared.domain.values import NoValue, Value

ZERO = Fraction(0)


class Joining(StrEnum):
    """How values of several chambers make one."""

    SUM = "sum"
    SUM_AT_DATE = "sum_at_date"
    WEIGHTED_MEAN = "weighted_mean"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class JoiningRule:
    """How one measure of an entry is brought together."""

    joining: Joining
    aggregation: Aggregation
    weight: str | None = None
    obstacle: str | None = None
    """Why it cannot be (``not_additive``, ``rate_without_weight``)."""


@dataclass(frozen=True, slots=True)
class SharedEntry:
    """An indicator of a catalogue, ready to be consolidated: measures are named in full."""

    ref: Reference
    formula: Formula
    rules: Mapping[str, JoiningRule]

    @property
    def reads(self) -> tuple[MeasureRef, ...]:
        """Every measure that a chamber must have, those used as weights included."""
        needed = list(self.formula.measures)
        for ref in self.formula.measures:
            weight = self.rules[ref.code].weight
            if weight is not None:
                needed.append(MeasureRef(weight, ref.offset))
        return tuple(dict.fromkeys(needed))


def shared_entry(catalogue: Catalogue, indicator: CatalogueIndicator) -> SharedEntry:
    """An indicator of a sound catalogue with the rule of each measure it reads."""
    formula = catalogue.expanded(indicator)
    rules: dict[str, JoiningRule] = {}
    for ref in formula.measures:
        measure = catalogue.measures[Reference.parse(ref.code)]
        weight = catalogue.weight_of(measure)
        rules[ref.code] = joining_rule(measure, weight)
        if weight is not None:
            rules.setdefault(str(weight.ref), joining_rule(weight, None))
    return SharedEntry(indicator.ref, formula, rules)


def joining_rule(measure: CatalogueMeasure, weight: CatalogueMeasure | None) -> JoiningRule:
    """How values of a measure in several chambers make one."""
    over_periods = measure.over_periods
    if not measure.value_type.is_numeric:
        return JoiningRule(Joining.NONE, over_periods, obstacle="not_additive")
    if measure.additive:
        joining = Joining.SUM if over_periods is Aggregation.SUM else Joining.SUM_AT_DATE
        return JoiningRule(joining, over_periods)
    if weight is None:
        return JoiningRule(Joining.NONE, over_periods, obstacle="rate_without_weight")
    return JoiningRule(Joining.WEIGHTED_MEAN, over_periods, str(weight.ref))


Readings = Mapping[str | None, Value]
"""Values of one measure in one year, by period; ``None`` is the year."""


@dataclass(frozen=True, slots=True)
class ChamberReadings:
    """What one chamber recorded of the measures of an entry, or why it takes no part.

    ``absence`` is a reason of its own (``no_plan``, ``not_adopted``). A measure that the
    chamber cannot give is a :class:`NoValue`.
    """

    chamber: str
    values: Mapping[MeasureRef, Readings | NoValue] = field(default_factory=dict)
    absence: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What one chamber brought to a consolidated measure."""

    chamber: str
    value: Value
    weight: Fraction | None = None


@dataclass(frozen=True, slots=True)
class JoinedMeasure:
    """A measure of all chambers: the value, how it was made, and of which parts.

    ``month`` is the end of the period at which stocks were added (12: the end of the year).
    """

    ref: MeasureRef
    rule: JoiningRule
    value: Value | NoValue
    parts: tuple[Part, ...]
    month: int | None = None


@dataclass(frozen=True, slots=True)
class ChamberFigure:
    """A chamber's own value of the entry, by the catalogue's formula on its own measures."""

    chamber: str
    value: Value | NoValue


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A chamber on which the figure does not stand, and why."""

    chamber: str
    reason: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Consolidated:
    """An entry over several chambers, with everything needed to explain it."""

    ref: Reference
    value: Value | NoValue
    measures: tuple[JoinedMeasure, ...]
    chambers: tuple[ChamberFigure, ...]
    left_out: tuple[LeftOut, ...]


def consolidate(entry: SharedEntry, parts: Iterable[ChamberReadings]) -> Consolidated:
    """Brings the chambers' measures together, then applies the formula.

    The order of ``parts`` changes nothing but the order in which chambers are told.
    """
    counted: list[ChamberReadings] = []
    left_out: list[LeftOut] = []
    for part in parts:
        lacking = _lacking(entry, part)
        if lacking is None:
            counted.append(part)
        else:
            left_out.append(lacking)
    joined = tuple(_joined(entry, ref, counted) for ref in entry.formula.measures)
    values = {measure.ref: measure.value for measure in joined}
    value: Value | NoValue = NoValue("no_chamber")
    if counted:
        value = evaluate(entry.formula, lambda ref: values[ref])
    figures = tuple(ChamberFigure(part.chamber, _own_value(entry, part)) for part in counted)
    return Consolidated(entry.ref, value, joined, figures, tuple(left_out))


def _lacking(entry: SharedEntry, part: ChamberReadings) -> LeftOut | None:
    """Why a chamber takes no part, or ``None`` when it has every value the formula reads."""
    if part.absence is not None:
        return LeftOut(part.chamber, part.absence)
    for ref in entry.reads:
        found = part.values.get(ref, NoValue("missing", ref.code))
        read = found if isinstance(found, NoValue) else _of_year(entry, ref, found)
        if isinstance(read, NoValue):
            return LeftOut(part.chamber, read.reason, read.subject or ref.code)
    return None


def _of_year(entry: SharedEntry, ref: MeasureRef, readings: Readings) -> Value | NoValue:
    return year_value(readings, entry.rules[ref.code].aggregation)


def _readings(part: ChamberReadings, ref: MeasureRef) -> Readings:
    found = part.values[ref]
    assert not isinstance(found, NoValue)  # noqa: S101 - such a chamber was left out
    return found


def _own_value(entry: SharedEntry, part: ChamberReadings) -> Value | NoValue:
    return evaluate(entry.formula, lambda ref: _of_year(entry, ref, _readings(part, ref)))


def _joined(
    entry: SharedEntry, ref: MeasureRef, counted: Sequence[ChamberReadings]
) -> JoinedMeasure:
    rule = entry.rules[ref.code]
    match rule.joining:
        case Joining.SUM_AT_DATE:
            return _at_one_date(entry, ref, counted)
        case Joining.WEIGHTED_MEAN:
            return _weighted(entry, ref, counted)
        case _:
            parts = _parts(counted, lambda part: _of_year(entry, ref, _readings(part, ref)))
            value: Value | NoValue = NoValue(rule.obstacle or "missing", ref.code)
            if rule.joining is Joining.SUM:
                value = _total(parts, ref)
            return JoinedMeasure(ref, rule, value, parts)


def _parts(
    counted: Sequence[ChamberReadings], read: Callable[[ChamberReadings], Value | NoValue]
) -> tuple[Part, ...]:
    found = ((part.chamber, read(part)) for part in counted)
    return tuple(Part(code, value) for code, value in found if not isinstance(value, NoValue))


def _total(parts: Sequence[Part], ref: MeasureRef) -> Value | NoValue:
    numbers = [part.value for part in parts if isinstance(part.value, Fraction)]
    if len(numbers) < len(parts):
        return NoValue("not_a_number", ref.code)
    return sum(numbers, start=ZERO)


def _at_one_date(
    entry: SharedEntry, ref: MeasureRef, counted: Sequence[ChamberReadings]
) -> JoinedMeasure:
    """A stock: staff at the end of April here and at the end of June there do not add up."""
    rule = entry.rules[ref.code]
    dated = [_by_month(_readings(part, ref)) for part in counted]
    shared = set[int].intersection(*(set(months) for months in dated)) if dated else set[int]()
    if not shared:
        return JoinedMeasure(ref, rule, NoValue("different_dates", ref.code), ())
    month = max(shared)
    parts = tuple(
        Part(part.chamber, months[month]) for part, months in zip(counted, dated, strict=True)
    )
    return JoinedMeasure(ref, rule, _total(parts, ref), parts, month)


def _by_month(readings: Readings) -> dict[int, Value]:
    """Values by the month they end with; the one of the year itself before its last period's."""
    months = {last_month(period): value for period, value in readings.items()}
    if None in readings:
        months[last_month(None)] = readings[None]
    return months


def _weighted(
    entry: SharedEntry, ref: MeasureRef, counted: Sequence[ChamberReadings]
) -> JoinedMeasure:
    """A rate: every chamber's by what it was measured on."""
    rule = entry.rules[ref.code]
    weight_ref = MeasureRef(rule.weight or "", ref.offset)
    parts: list[Part] = []
    total = whole = ZERO
    for part in counted:
        value = _of_year(entry, ref, _readings(part, ref))
        weight = _of_year(entry, weight_ref, _readings(part, weight_ref))
        if not isinstance(value, Fraction) or not isinstance(weight, Fraction):
            return JoinedMeasure(ref, rule, NoValue("not_a_number", ref.code), ())
        if weight < 0:
            return JoinedMeasure(ref, rule, NoValue("negative_weight", weight_ref.code), ())
        parts.append(Part(part.chamber, value, weight))
        total += weight
        whole += value * weight
    joined: Value | NoValue = whole / total if total else NoValue("zero_weight", weight_ref.code)
    return JoinedMeasure(ref, rule, joined, tuple(parts))
