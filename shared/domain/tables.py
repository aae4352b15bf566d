"""Whether the totals printed in a table are the sums of what stands beside them.

Published tables of staff and accounts contain totals that do not add up; they are shown as
they are, with a remark.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from shared.domain.numbers import is_number, parse_number

Cells = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class WrongTotal:
    """A cell that calls itself a total and is not; ``row`` and ``column`` count from 0."""

    row: int
    column: int
    stated: Fraction
    computed: Fraction

    @property
    def difference(self) -> Fraction:
        """How much the stated total is too high (below 0: too low)."""
        return self.stated - self.computed


def wrong_totals(columns: Sequence[str], rows: Sequence[Cells]) -> Iterator[WrongTotal]:
    """Every total that does not equal its parts, in reading order.

    A total row is one whose head begins with *Totale*. It may sum the rows since the total
    before it, all rows above that are not totals, or the totals above it: any of these makes
    it right. A total column sums the other numbers of its row.
    """
    found = {(wrong.row, wrong.column): wrong for wrong in _wrong_columns(columns, rows)}
    for wrong in _wrong_rows(rows):
        # The corner of both totals is one fault, however it is looked at.
        found.setdefault((wrong.row, wrong.column), wrong)
    yield from (found[place] for place in sorted(found))


def _is_total(head: str | None) -> bool:
    return head is not None and head.strip().casefold().startswith("totale")


def _number(cells: Cells, column: int) -> Fraction | None:
    text = cells[column] if column < len(cells) else None
    return parse_number(text) if text is not None and is_number(text) else None


def _wrong_rows(rows: Sequence[Cells]) -> Iterator[WrongTotal]:
    totals = [at for at, cells in enumerate(rows) if cells and _is_total(cells[0])]
    for at in totals:
        before = [total for total in totals if total < at]
        start = before[-1] + 1 if before else 0
        details = [above for above in range(at) if above not in totals]
        groups = [list(range(start, at)), details, before]
        for column in range(1, len(rows[at])):
            stated = _number(rows[at], column)
            sums = [_sum(rows, group, column) for group in groups if group]
            known = [found for found in sums if found is not None]
            if stated is not None and known and stated not in known:
                yield WrongTotal(at, column, stated, known[0])


def _sum(rows: Sequence[Cells], group: Sequence[int], column: int) -> Fraction | None:
    """The sum of a column over rows; ``None`` when a cell of it is no number."""
    numbers = [_number(rows[at], column) for at in group]
    if any(number is None for number in numbers):
        return None
    return sum((number for number in numbers if number is not None), start=Fraction(0))


def _wrong_columns(columns: Sequence[str], rows: Sequence[Cells]) -> Iterator[WrongTotal]:
    totals = [at for at, head in enumerate(columns) if at and _is_total(head)]
    parts = [at for at in range(1, len(columns)) if at not in totals]
    if len(totals) != 1 or not parts:
        return
    for at, cells in enumerate(rows):
        stated = _number(cells, totals[0])
        numbers = [_number(cells, column) for column in parts]
        known = [number for number in numbers if number is not None]
        if stated is None or len(known) < len(numbers):
            continue
        computed = sum(known, start=Fraction(0))
        if stated != computed:
            yield WrongTotal(at, totals[0], stated, computed)
