"""What a statement is about: from its codes to elements of the chamber's plans.

A statement about a measure belongs to every plan that reads it: the plan of its year, and
later plans whose formulas look back to it. One about an indicator or an objective belongs to
the plan of its year alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from services.api.arrivals.faults import fault
from services.api.boundaries.noted import Sheets
from shared.contracts.issues import Issue
from shared.contracts.webhook_events import MeasurementItem
from shared.domain import formula as formula_language
from shared.domain.conversions import same_unit
from shared.domain.numbers import is_number
from shared.domain.plan import implied_measure
from shared.domain.values import ValueType, parse_value

FARTHEST_LOOK_BACK = 99
"""Years that a formula can look back (``@-99``)."""


@dataclass(slots=True)
class PlanIndex:
    """What a set of statements may mean in one plan."""

    plan_id: str
    year: int
    measures: dict[str, ValueType] = field(default_factory=dict)
    external: dict[str, list[str]] = field(default_factory=dict)
    indicators: dict[str, ValueType] = field(default_factory=dict)
    objectives: set[str] = field(default_factory=set)
    looked_back: set[tuple[str, int]] = field(default_factory=set)
    implied: dict[str, ValueType] = field(default_factory=dict)
    units: dict[tuple[str, str], str] = field(default_factory=dict)
    """Unit by kind and code, where the plan names one."""
    sheets: Sheets = field(default_factory=dict)

    def reads(self, code: str, year: int) -> bool:
        """Whether the plan has a use for this measure's value of a year."""
        return year == self.year or (code, year) in self.looked_back


class Target(NamedTuple):
    """An element of a plan."""

    plan_id: str
    kind: str
    code: str


def index_plans(plans: Iterable[sa.Row[Any]], subjects: Sequence[sa.Row[Any]]) -> list[PlanIndex]:
    """Arranges what the repository found."""
    found = {row.plan_id: PlanIndex(row.plan_id, row.year) for row in plans}
    for row in subjects:
        if row.kind == "formula":
            _note_formula(found[row.plan_id], row.code, ValueType(row.value_type))
    for kind, plan_id, code, value_type, external_id, unit in map(tuple[Any, ...], subjects):
        plan = found[plan_id]
        if unit is not None:
            plan.units[kind, code] = unit
        if kind == "measure":
            declared = ValueType(value_type) if value_type else None
            plan.measures[code] = declared or plan.implied.get(code, ValueType.NUMBER)
            if external_id is not None:
                plan.external.setdefault(external_id, []).append(code)
        elif kind == "indicator":
            plan.indicators[code] = ValueType(value_type)
        elif kind == "objective":
            plan.objectives.add(code)
    return list(found.values())


def _note_formula(plan: PlanIndex, text: str, value_type: ValueType) -> None:
    formula = formula_language.parse(text)
    told = implied_measure(value_type, formula)
    if told is not None:
        plan.implied.setdefault(told, value_type)
    plan.looked_back |= {(ref.code, plan.year + ref.offset) for ref in formula.measures}


def names_of(items: Iterable[MeasurementItem]) -> list[str]:
    """Every code that the statements name."""
    names = {code for item in items for code in (item.measure, item.indicator, item.objective)}
    return sorted(code for code in names if code is not None)


def resolve(item: MeasurementItem, plans: Sequence[PlanIndex]) -> list[Target] | tuple[Issue, ...]:
    """The elements a statement is about, or every reason why there are none."""
    faults = _form_faults(item)
    if faults:
        return faults
    found = _resolve(item, plans)
    return (found,) if isinstance(found, Issue) else found


def _resolve(item: MeasurementItem, plans: Sequence[PlanIndex]) -> list[Target] | Issue:
    if item.measure is not None:
        return _resolve_measure(item, item.measure, plans)
    kind = "indicator" if item.indicator is not None else "objective"
    code = item.indicator or item.objective or ""
    plan = next((plan for plan in plans if plan.year == item.year), None)
    if plan is None:
        return fault("no_plan", "/year", year=item.year)
    if code not in (plan.indicators if item.indicator is not None else plan.objectives):
        return fault(f"unknown_{kind}", f"/{kind}", code=code, year=item.year)
    if item.indicator is not None:
        wrong = _figure_fault(item, plan, "indicator", code)
        if wrong is not None:
            return wrong
    return [Target(plan.plan_id, kind, code)]


def _resolve_measure(
    item: MeasurementItem, name: str, plans: Sequence[PlanIndex]
) -> list[Target] | Issue:
    targets: list[Target] = []
    known = False
    for plan in plans:
        # What the chamber registered for the sender says more than a like-named code of ours.
        codes: Sequence[str] = plan.external.get(name) or ((name,) if name in plan.measures else ())
        read = [code for code in codes if plan.reads(code, item.year)]
        if len(read) > 1:
            return fault("ambiguous_measure", "/measure", code=name, year=plan.year)
        known = known or bool(codes)
        for code in read:
            wrong = _figure_fault(item, plan, "measure", code)
            if wrong is not None:
                return wrong
            targets.append(Target(plan.plan_id, "measure", code))
    if targets:
        return targets
    if known:
        return fault("measure_not_read", "/year", code=name, year=item.year)
    if any(plan.year == item.year for plan in plans):
        return fault("unknown_measure", "/measure", code=name, year=item.year)
    return fault("no_plan", "/year", year=item.year)


def _form_faults(item: MeasurementItem) -> tuple[Issue, ...]:
    """What no plan could make right, all of it."""
    found: list[Issue] = []
    given = (item.measure is not None) + (item.indicator is not None) + (item.objective is not None)
    if given != 1:
        found.append(fault("one_subject", ""))
    if item.objective is not None and item.value is not None:
        found.append(fault("objective_has_no_value", "/value"))
    if item.measure is not None and item.result is not None:
        found.append(fault("measure_has_no_result", "/result"))
    if item.event == "corrected" and item.source_version is None:
        found.append(fault("version_required", "/source_version"))
    if item.event == "withdrawn":
        said = (name for name in _NOT_WITHDRAWN if getattr(item, name) is not None)
        found += [fault("withdrawn_has_no_value", f"/{name}") for name in said]
    elif item.status in {None, "measured"} and not _says_something(item):
        found.append(fault("value_required", "/value"))
    return tuple(found)


def _says_something(item: MeasurementItem) -> bool:
    return item.value is not None or item.result is not None or item.value_text is not None


_NOT_WITHDRAWN = ("value", "result", "status")


def _figure_fault(item: MeasurementItem, plan: PlanIndex, kind: str, code: str) -> Issue | None:
    """Why a figure is none of this element's: its unit or its form."""
    unit = plan.units.get((kind, code))
    if item.unit is not None and unit is not None and not same_unit(item.unit, unit):
        return fault("wrong_unit", "/unit", unit=item.unit, expected=unit)
    types = plan.measures if kind == "measure" else plan.indicators
    return _value_fault(item, types[code])


def _value_fault(item: MeasurementItem, value_type: ValueType) -> Issue | None:
    text = item.value
    if text is None or (value_type.is_numeric and is_number(text)):
        return None
    try:
        parse_value(value_type, text)
    except ValueError:
        code = "out_of_range" if _too_large(text) and value_type.is_numeric else "wrong_value"
        return fault(code, "/value", value=text[:80], type=value_type.value)
    return None


def _too_large(text: str) -> bool:
    """Whether it is a number, with more digits than any figure of a plan has."""
    whole, _, decimals = text.removeprefix("-").partition(".")
    return whole.isdecimal() and (not decimals or decimals.isdecimal()) and len(text) > len("-0.0")
