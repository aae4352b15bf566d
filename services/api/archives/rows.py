"""Rows of any table as lines of JSON, and back, without losing anything.

``json`` columns travel as the text they hold: an archive keeps the order of keys as it is.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from services.api.db.base import GLOBAL_TABLES, LEFT_OUT, TO_SET_ANEW
from services.api.db.tables import metadata


def archived_tables() -> list[sa.Table]:
    """The tables whose rows an archive holds, those that others refer to first."""
    return [table for table in _tenant_tables() if not table.info.get(LEFT_OUT)]


def left_out_tables() -> dict[str, str]:
    """The tables that stay behind, each with its reason."""
    return {
        table.name: str(table.info[LEFT_OUT])
        for table in _tenant_tables()
        if table.info.get(LEFT_OUT)
    }


def secret_tables() -> list[sa.Table]:
    """The tables that hold secrets."""
    return [table for table in _tenant_tables() if table.info.get(LEFT_OUT) == TO_SET_ANEW]


def _tenant_tables() -> list[sa.Table]:
    return [table for table in metadata.sorted_tables if table.name not in GLOBAL_TABLES]


def blob_columns(table: sa.Table) -> list[str]:
    """Columns that name a stored document."""
    return [column.name for column in table.columns if column.name.endswith("blob_key")]


def to_line(row: Sequence[Any]) -> bytes:
    """One row as a line."""
    values = [_to_json(value) for value in row]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def heading(table: sa.Table) -> bytes:
    """The first line: the names of the columns."""
    names = [column.name for column in table.columns]
    return json.dumps(names, separators=(",", ":")).encode() + b"\n"


def _to_json(value: object) -> object:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, str | int | bool):
        return value
    raise TypeError(f"no way to write down a {type(value).__name__}")


def from_line(table: sa.Table, line: bytes) -> Mapping[str, Any]:
    """The row in a line.

    Raises:
        ValueError: the line is not one of this table.
    """
    values = json.loads(line)
    if not isinstance(values, list) or len(values) != len(table.columns):
        raise ValueError("not a row of this table")
    return {
        column.name: None if value is None else _reader(column)(value)
        for column, value in zip(table.columns, values, strict=True)
    }


def _reader(column: sa.Column[Any]) -> Callable[[Any], object]:
    if isinstance(column.type, sa.LargeBinary):
        return base64.b64decode
    if isinstance(column.type, sa.DateTime):
        return datetime.fromisoformat
    if isinstance(column.type, sa.Date):
        return date.fromisoformat
    return _as_it_is


def _as_it_is(value: object) -> object:
    return value
