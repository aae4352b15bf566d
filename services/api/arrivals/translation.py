"""From a source's words to the chamber's: codes by the integration's mapping, units converted.

A message may name the unit of its figure. Where the mapping knows the code, the unit picks the
row (or there is only one); elsewhere it has to be the unit of the plan's own element.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from services.api.arrivals.faults import fault
from shared.contracts.issues import Issue
from shared.contracts.webhook_events import MeasurementItem
from shared.domain.conversions import Conversion, converted, same_unit


class MappingRow(NamedTuple):
    """A row of a mapping: what the source calls it, and what it is here."""

    external: str
    subject_kind: str
    code: str
    unit: str | None
    conversion: Conversion


MappingIndex = Mapping[str, tuple[MappingRow, ...]]
"""Rows by the source's code."""


def index_rows(rows: Iterable[MappingRow]) -> MappingIndex:
    """Arranges rows by the source's code."""
    found: dict[str, tuple[MappingRow, ...]] = {}
    for row in rows:
        found[row.external] = (*found.get(row.external, ()), row)
    return found


def from_rows(rows: Iterable[sa.Row[Any]]) -> MappingIndex:
    """A mapping as the repository found it."""
    return index_rows(
        MappingRow(row.external, row.subject_kind, row.code, row.unit, Conversion(row.conversion))
        for row in rows
    )


def translate(item: MeasurementItem, mapping: MappingIndex) -> MeasurementItem | Issue:
    """A statement in the chamber's words; as it is when the mapping does not know its code."""
    name = item.measure or item.indicator or item.objective
    rows = mapping.get(name) if name is not None else None
    if not rows:
        return item
    row = _row_for(item, rows)
    if isinstance(row, Issue):
        return row
    changes: dict[str, Any] = {"measure": None, "indicator": None, "objective": None, "unit": None}
    changes[row.subject_kind] = row.code
    if row.conversion is not Conversion.NONE:
        for field in ("value", "result"):
            figure = getattr(item, field)
            if figure is None:
                continue
            try:
                changes[field] = converted(row.conversion, figure)
            except ValueError:
                return fault("wrong_value", f"/{field}", value=figure[:80], type="number")
    return item.model_copy(update=changes)


def _row_for(item: MeasurementItem, rows: tuple[MappingRow, ...]) -> MappingRow | Issue:
    """The row that a statement means, by its unit where there are several."""
    unit = item.unit
    if unit is None:
        if len(rows) == 1:
            return rows[0]
        known = ", ".join(row.unit or "-" for row in rows)
        return fault("ambiguous_unit", "/unit", units=known)
    exact = [row for row in rows if row.unit is not None and same_unit(row.unit, unit)]
    if exact:
        return exact[0]
    open_rows = [row for row in rows if row.unit is None]
    if open_rows:
        return open_rows[0]
    known = ", ".join(row.unit or "-" for row in rows)
    return fault("wrong_unit", "/unit", unit=unit, expected=known)
