"""What differs between what a source holds and what stands here. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from services.api.arrivals.service import Considered
from shared.contracts.pull import HeldMeasurement
from shared.domain.arrivals import WITHDRAWN

Key = tuple[str, str, str, int | None, str | None]
"""Plan, kind, code, year (none: the plan's own), period."""

_CONTENT = ("value", "status", "result", "value_text", "note")


class Kind(StrEnum):
    """How something differs."""

    MISSING_HERE = "missing_here"
    DIFFERENT = "different"
    UNKNOWN_THERE = "unknown_there"
    NOT_APPLICABLE = "not_applicable"
    """The source holds what this chamber has no use for, or cannot take now."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A datum that is not the same on both sides. ``position``: place in what was asked."""

    kind: Kind
    subject_kind: str
    code: str
    year: int
    period: str | None
    ours: Mapping[str, Any] | None
    theirs: Mapping[str, Any] | None
    reason: str | None = None
    position: int | None = None
    version: int | None = None


def compare(
    held: Sequence[HeldMeasurement],
    considered: Considered,
    rows: Iterable[sa.Row[Any]],
    source: str,
) -> list[Difference]:
    """Every difference, those of the source in its order, then what only we hold.

    Args:
        held: what the source holds.
        considered: the same in the chamber's words, with what has no place here.
        rows: what stands here of the same time, of whichever source.
        source: as ``measurements.source`` names the one that was asked.
    """
    standing = {_key(row): row for row in rows}
    seen: set[Key] = set()
    found: list[Difference] = []
    for position, item in enumerate(held):
        faults = considered.faults.get(position)
        targets = considered.targets.get(position)
        said = considered.items.get(position)
        if targets is None or said is None:
            reason = faults[0].code if faults else None
            found.append(_of_source(Kind.NOT_APPLICABLE, item, position, None, reason))
            continue
        for target in targets:
            year = considered.ledger.year_of(target.plan_id)
            own = target.kind != "measure" and item.year == year
            key = (
                target.plan_id,
                target.kind,
                target.code,
                None if own else item.year,
                item.period,
            )
            seen.add(key)
            kind = _kind(said.model_dump(), standing.get(key), gone=item.event == WITHDRAWN)
            if kind is not None:
                reason = faults[0].code if faults else None
                found.append(_of_source(kind, item, position, standing.get(key), reason))
                break  # one statement mends all of its places
    found += [
        _of_ours(row)
        for key, row in standing.items()
        if key not in seen and row.source == source and row.status != WITHDRAWN
    ]
    return found


def _key(row: sa.Row[Any]) -> Key:
    return (row.plan_id, row.subject_kind, row.subject_code, row.year, row.period)


def _kind(said: Mapping[str, Any], row: sa.Row[Any] | None, *, gone: bool) -> Kind | None:
    nothing = row is None or row.status == WITHDRAWN
    if gone:
        return None if nothing else Kind.DIFFERENT
    if row is None or nothing:
        return Kind.MISSING_HERE
    theirs = {name: said[name] for name in _CONTENT} | {"status": said["status"] or "measured"}
    ours = {name: getattr(row, name) for name in _CONTENT} | {"status": row.status or "measured"}
    return None if theirs == ours else Kind.DIFFERENT


def _of_source(
    kind: Kind,
    item: HeldMeasurement,
    position: int,
    row: sa.Row[Any] | None,
    reason: str | None,
) -> Difference:
    subject = next(
        (n for n in ("measure", "indicator", "objective") if getattr(item, n)), "measure"
    )
    return Difference(
        kind,
        subject,
        getattr(item, subject) or "",
        item.year,
        item.period,
        None if row is None else _shown(row),
        item.model_dump(mode="json", exclude_none=True),
        reason,
        position,
    )


def _of_ours(row: sa.Row[Any]) -> Difference:
    return Difference(
        Kind.UNKNOWN_THERE,
        row.subject_kind,
        row.subject_code,
        row.year if row.year is not None else row.plan_year,
        row.period,
        _shown(row),
        None,
        version=row.source_version,
    )


def _shown(row: sa.Row[Any]) -> dict[str, Any]:
    names = (*_CONTENT, "source_version", "source")
    return {name: getattr(row, name) for name in names if getattr(row, name) is not None}
