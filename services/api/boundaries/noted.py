"""Before and after of measurements, as an audit line has them.

A line is about one plan. Facts about a subject stand under ``kind/code/year/period``; those about
individual sheets name them (:mod:`shared.domain.audit_facts`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from services.api.boundaries.service import sheets
from services.api.db.session import ReadSession
from shared.domain.audit_facts import Facts, about
from shared.domain.calendar import YEAR

MOST_IN_A_LINE = 500
"""Data whose change one audit line tells; what is more goes on in the next one."""

CONTENT = ("value", "status", "result", "value_text", "note")
"""What is said of a datum, by name."""


@dataclass(frozen=True, slots=True)
class Datum:
    """Whose value changes, and when in the year."""

    kind: str
    code: str
    year: int | None
    period: str | None

    def named(self, plan_year: int) -> str:
        """How an audit line calls it."""
        return f"{self.kind}/{self.code}/{self.year or plan_year}/{self.period or YEAR}"


@dataclass(frozen=True, slots=True)
class Changed:
    """A datum, the row that stood and the one that stands from now on, their columns named."""

    datum: Datum
    before: tuple[Any, ...] | None
    after: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """``before`` and ``after`` of one audit line."""

    before: Facts
    after: Facts


async def lines(
    session: ReadSession, plan_id: str, plan_year: int, changes: Iterable[Changed]
) -> Sequence[Line]:
    """The changes of one plan's data as audit lines have them; none without changes."""
    given = list(changes)
    if not given:
        return ()
    belonging = await sheets(session, plan_id)
    return [_line(batch, plan_year, belonging) for batch in _batches(given)]


def _line(
    changes: Sequence[Changed],
    plan_year: int,
    belonging: Mapping[tuple[str, str], frozenset[str]],
) -> Line:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for change in changes:
        datum = change.datum
        name, of = datum.named(plan_year), belonging.get((datum.kind, datum.code), frozenset())
        if change.before is not None:
            before[name] = about(_content(change.before), of)
        after[name] = about(_content(change.after), of)
    return Line(before, after)


def _content(said: tuple[Any, ...]) -> dict[str, str]:
    values = ((name, getattr(said, name)) for name in CONTENT)
    return {name: value for name, value in values if value is not None}


def _batches(changes: Sequence[Changed]) -> Iterator[Sequence[Changed]]:
    remaining = iter(changes)
    while batch := list(islice(remaining, MOST_IN_A_LINE)):
        yield batch
