"""One valid row of every table for a chamber, made from the metadata.

A table added later is filled by itself; what a check constraint demands is in ``CHOSEN``.
"""

import re
import uuid
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.api.db.base import GLOBAL_TABLES, WRITTEN_BY_TRIGGER
from services.api.db.tables import metadata

CHOSEN: dict[tuple[str, str], Any] = {
    ("plans", "kind"): "piano",
    ("evaluations", "subject_kind"): "indicator",
    ("narratives", "subject_kind"): "section",
    ("measurements", "subject_kind"): "measure",
    ("integration_mapping_entries", "subject_kind"): "measure",
    ("measurement_state_changes", "state"): "submitted",
    ("period_closures", "state"): "closed",
    ("plan_moves", "move"): "approve",
    ("evaluation_statements", "topic"): "deviation",
    ("evaluation_statements", "subject_kind"): "objective",
    ("report_moves", "move"): "approve",
    ("chambers", "entity_id"): "TNO",
    ("objectives", "parent"): None,
    ("integration_secrets", "sealed"): "x",
    ("catalogue_entries", "kind"): "measure",
    ("catalogue_entries", "source"): "own",
}
"""Values that another check or a global foreign key asks for; lists of words are read."""

INSTANT = datetime(2026, 1, 1, tzinfo=UTC)


def tenant_tables() -> list[sa.Table]:
    """Every table of a chamber, those that others refer to first."""
    return [table for table in metadata.sorted_tables if table.name not in GLOBAL_TABLES]


def filled_tables() -> list[sa.Table]:
    """Of these the ones that the application writes; triggers fill the others with them."""
    return [table for table in tenant_tables() if not table.info.get(WRITTEN_BY_TRIGGER)]


def row_of(table: sa.Table, chamber: str) -> dict[str, Any]:
    """A whole row; keys are the same in every table, so foreign keys hold."""
    values: dict[str, Any] = {}
    listed = _listed(table)
    for column in table.columns:
        chosen = (table.name, column.name)
        if column.name == "chamber_id":
            values["chamber_id"] = chamber
        elif chosen in CHOSEN:
            values[column.name] = CHOSEN[chosen]
        elif column.name in listed and not column.nullable and column.server_default is None:
            values[column.name] = listed[column.name]
        elif column.server_default is None and (not column.nullable or column.primary_key):
            values[column.name] = _value(column, chamber)
    return values


def _listed(table: sa.Table) -> dict[str, str]:
    """The first word that a check ``column IN ('word', ...)`` allows, by column."""
    checks = (c.sqltext for c in table.constraints if isinstance(c, sa.CheckConstraint))
    found = (_IN_LIST.search(str(check)) for check in checks)
    return {match[1]: match[2] for match in found if match}


_IN_LIST = re.compile(r"^\s*\(?(\w+) IN \('([^']*)'")

_BY_TYPE: tuple[tuple[type, object], ...] = (
    (sa.DateTime, INSTANT),
    (sa.Date, INSTANT.date()),
    (sa.LargeBinary, b"x"),
    (sa.Integer, 2020),
    (postgresql.JSON, {}),
    (sa.Boolean, True),
)


def _value(column: sa.Column[Any], chamber: str) -> object:
    if isinstance(column.type, sa.Uuid):
        # One id per chamber and name: ``plan_id`` is the same wherever it stands.
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{chamber}/{column.name}"))
    return next((value for kind, value in _BY_TYPE if isinstance(column.type, kind)), "x")
