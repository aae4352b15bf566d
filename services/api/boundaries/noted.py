"""Before and after of measurements, as an audit line has them.

A line is about one plan. Facts about a subject stand under ``kind/code/year/period``; those about
individual sheets name them (:mod:`shared.domain.audit_facts`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from services.api.boundaries.service import sheets
from services.api.db.session import ReadSession
from shared.domain.arrivals import Content
from shared.domain.audit_facts import Facts, about
from shared.domain.calendar import YEAR

MOST_IN_A_LINE = 500
"""Data whose change one audit line tells; what is more goes on in the next one."""

Sheets = Mapping[tuple[str, str], frozenset[str]]
"""The individual sheets that elements of a plan belong to, by kind and code."""


class Datum(NamedTuple):
    """Whose value changes, and when in the year."""

    kind: str
    code: str
    year: int | None
    period: str | None

    def named(self, plan_year: int) -> str:
        """How an audit line calls it."""
        return f"{self.kind}/{self.code}/{self.year or plan_year}/{self.period or YEAR}"


class Changed(NamedTuple):
    """A datum, what stood about it, if anything, and what stands from now on."""

    datum: Datum
    before: Content | None
    after: Content


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
    return list(lines_of(await sheets(session, plan_id), plan_year, given)) if given else ()


def lines_of(belonging: Sheets, plan_year: int, changes: Sequence[Changed]) -> Iterator[Line]:
    """As :func:`lines`, one by one, for whoever knows which elements belong to sheets."""
    for batch in _batches(changes):
        yield _line(batch, plan_year, belonging)


def _line(changes: Sequence[Changed], plan_year: int, belonging: Sheets) -> Line:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for datum, stood, stands in changes:
        name, of = datum.named(plan_year), belonging.get((datum.kind, datum.code), frozenset())
        if stood is not None:
            before[name] = about(_said(stood), of)
        after[name] = about(_said(stands), of)
    return Line(before, after)


def _said(content: Content) -> dict[str, str]:
    pairs = zip(content._fields, content, strict=True)
    return {name: value for name, value in pairs if value is not None}


def _batches(changes: Sequence[Changed]) -> Iterator[Sequence[Changed]]:
    remaining = iter(changes)
    while batch := list(islice(remaining, MOST_IN_A_LINE)):
        yield batch
