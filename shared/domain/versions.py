"""What differs between two versions of a plan, in words a person can read.

The content of a plan is a mapping of plain values as a case file has them: ``policy``, and
the lists ``objectives``, ``measures`` and ``indicators`` whose rows have a ``code``. Two rows
with the same code are the same row; the order of rows is no difference. A field that is
absent, null or empty says the same thing.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Row = Mapping[str, Any]
Content = Mapping[str, Any]

POLICY = "policy"
LISTS = ("objectives", "measures", "indicators")
"""What an approval fixes, beside the policy, in the order of a case file."""

_EXECUTION: Mapping[str, frozenset[str]] = {
    # How a sender names a measure is agreed with the sender, not by the approving body.
    "measures": frozenset({"external_ids"}),
    # Which entry of a catalogue an indicator measures tells others how to read it.
    "indicators": frozenset({"catalogue"}),
}
"""Fields of rows that are kept with a version and may change without an amendment."""

_SPENDING = frozenset({"changes", "committed", "approved", "actual", "available"})
"""Parts of an objective's resources that the year's accounts fill in; the rest is planned."""


class Change(StrEnum):
    """What became of a row."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field with its value before and after; ``None`` where it was not there.

    ``name`` has a slash where the field is itself a mapping: ``targets/2021``.
    """

    name: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class RowChange:
    """What became of a row, field by field. The policy is a row without a code."""

    section: str
    code: str | None
    title: str | None
    change: Change
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class TargetChange:
    """Old and new target of an indicator for a year, side by side."""

    indicator: str
    title: str | None
    year: int
    old: Row | None
    new: Row | None


def differences(old: Content, new: Content) -> tuple[RowChange, ...]:
    """Everything that differs, the policy first, then each list in the order of its rows.

    Rows that are gone come after those that are there.
    """
    changes: list[RowChange] = []
    fields = _fields(POLICY, old.get(POLICY) or {}, new.get(POLICY) or {})
    if fields:
        changes.append(RowChange(POLICY, None, None, Change.CHANGED, fields))
    for section in LISTS:
        changes.extend(_rows(section, old.get(section) or (), new.get(section) or ()))
    return tuple(changes)


def _rows(section: str, old: Sequence[Row], new: Sequence[Row]) -> Iterator[RowChange]:
    before = {row["code"]: row for row in old}
    after = {row["code"]: row for row in new}
    for code, row in after.items():
        fields = _fields(section, before.get(code, {}), row)
        if code not in before:
            yield RowChange(section, code, row.get("title"), Change.ADDED, fields)
        elif fields:
            yield RowChange(section, code, row.get("title"), Change.CHANGED, fields)
    for code, row in before.items():
        if code not in after:
            fields = _fields(section, row, {})
            yield RowChange(section, code, row.get("title"), Change.REMOVED, fields)


def _fields(section: str, old: Row, new: Row) -> tuple[FieldChange, ...]:
    before, after = _flat(section, old), _flat(section, new)
    names = [*after, *(name for name in before if name not in after)]
    return tuple(
        FieldChange(name, before.get(name), after.get(name))
        for name in names
        if name != "code" and before.get(name) != after.get(name)
    )


def _flat(section: str, row: Row) -> dict[str, Any]:
    """The fields that say something, those of a mapping one by one."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if name in _EXECUTION.get(section, ()):
            continue
        if isinstance(value, Mapping):
            found |= {f"{name}/{key}": plain(part) for key, part in value.items() if _says(part)}
        elif name == "resources" and section == "objectives":
            planned = _planned(value or ())
            found |= {name: planned} if planned else {}
        elif _says(value):
            found[name] = plain(value)
    return found


def _says(value: object) -> bool:
    return value is not None and value not in ("", [], (), {})


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The same value with lists for sequences, so that equal contents compare equal."""
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items() if part is not None}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value


def _planned(resources: Sequence[Row]) -> list[dict[str, Any]]:
    """Resources without what was spent; those that say nothing else are no plan."""
    rows = [
        {name: part for name, part in row.items() if name not in _SPENDING and part is not None}
        for row in resources
    ]
    return [row for row in rows if row.keys() & {"initial", "budgeted"}]


def target_changes(changes: Sequence[RowChange]) -> tuple[TargetChange, ...]:
    """The targets among the differences, in their order."""
    found: list[TargetChange] = []
    for row in changes:
        for field in row.fields:
            name, _, year = field.name.partition("/")
            if row.section == "indicators" and name == "targets" and row.code is not None:
                found.append(TargetChange(row.code, row.title, int(year), field.old, field.new))
    return tuple(found)


def readable(value: object) -> str | None:
    """A value of a field as text: ``>= 80.00``, ``between 1 3``, ``Provveditorato, URP``."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Mapping) and "op" in value:
        parts = (value["op"], value.get("value"), value.get("value2"))
        return " ".join(str(part) for part in parts if part is not None)
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)
