"""Entries of a catalogue as rows of a plan."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.contracts.catalogue import IndicatorEntry, MeasureEntry
from shared.domain.catalogue import Reference
from shared.domain.formula import Formula, MeasureRef

Row = dict[str, Any]


def in_plan(formula: Formula, codes: Mapping[Reference, str]) -> Formula:
    """An expanded formula with the plan's names of its measures."""
    return Formula(
        tuple(
            replace(item, code=codes[Reference.parse(item.code)])
            if isinstance(item, MeasureRef)
            else item
            for item in formula.items
        )
    )


def measure_row(entry: MeasureEntry, code: str) -> Row:
    """An elementary measure, which bears its name in the catalogue."""
    return _said(
        code=code,
        title=entry.title,
        unit=entry.unit,
        value_type=entry.value_type.value,
        aggregation=entry.aggregation,
        external_ids={entry.source: entry.code},
    )


def indicator_row(entry: IndicatorEntry, code: str, objective: str, **more: object) -> Row:
    """An indicator that names its entry; ``more`` are the plan's own fields of it."""
    return _said(
        code=code,
        objective=objective,
        title=entry.title,
        typology=entry.typology,
        formula_text=entry.formula_text,
        unit=entry.unit,
        decimals=entry.decimals,
        value_type=entry.value_type.value,
        direction=entry.direction,
        source_office=entry.source_office,
        source_class=entry.source_class,
        catalogue=str(entry.ref),
        **more,
    )


def _said(**fields: object) -> Row:
    return {name: value for name, value in fields.items() if value is not None}
