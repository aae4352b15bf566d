"""Which chart a context table gets, if any, by its shape.

A chart is for a table whose picture people would rather look at: classes of age, women and men,
a few sums over the years, planned against actual amounts. Any other table stays a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from services.renderer.document import formats
from services.renderer.document.figures import tables
from services.renderer.document.figures.palette import MOST_SERIES
from shared.contracts.snapshot import TableView

TOTALS = frozenset({"totale", "totali", "risultato economico"})
"""Heads of rows that sum the others up."""

STAFF, ACCOUNTS = "STAFF", ("BUDGET", "ACCOUNTS", "INDICES", "VALUE", "OUTPUT")
"""How codes of tables about people and about accounts begin."""

_MOST_ROWS = 24
_MOST_YEARS = 8
_AGES = ("AGE", "SENIORITY")
_AMOUNTS = 3
"""Columns of a table of planned and actual amounts: the heads, the two."""


@dataclass(frozen=True)
class Picture:
    """A chart and the words of its caption."""

    drawn: Markup
    caption: str


def about_staff(code: str) -> bool:
    """Whether a table of the context is about the people of the chamber, by its code."""
    return code.upper().startswith(STAFF)


def about_accounts(code: str) -> bool:
    """Whether a table of the context is about accounts or services rendered, by its code."""
    return code.upper().startswith(ACCOUNTS)


def picture(table: TableView, colour: str) -> Picture | None:
    """The chart of a table; ``None`` for one that says more as it is."""
    rows = [row for row in table.rows if (row[0] or "").lower() not in TOTALS]
    if not rows or len(rows) > _MOST_ROWS:
        return None
    names = [row[0] or formats.DASH for row in rows]
    if _years(table):
        return _over_years(table, names, rows, colour)
    if [column.lower() for column in table.columns[1:3]] == ["donne", "uomini"]:
        sides = (table.columns[1], table.columns[2])
        return _two(table, names, rows, (1, 2), sides, colour)
    if (
        about_accounts(table.code)
        and len(table.columns) >= _AMOUNTS
        and len(table.columns) < _MOST_YEARS
    ):
        return _planned_and_actual(table, names, rows, colour)
    return None


def _over_years(
    table: TableView, names: Sequence[str], rows: Sequence[Sequence[str | None]], colour: str
) -> Picture | None:
    last = len(table.columns) - 1
    if any(part in table.code.upper() for part in _AGES):
        sides = (table.columns[1], table.columns[last])
        return _two(table, names, rows, (1, last), sides, colour)
    values = [_numbers(row, range(1, last + 1)) for row in rows]
    whole = [row for row in values if row is not None]
    if len(whole) < len(values) or len(rows) > MOST_SERIES or len(table.columns) > _MOST_YEARS:
        return None
    if about_accounts(table.code) and "%" in "".join(names):
        return None  # ratios of different things share no scale
    return Picture(tables.columns(names, table.columns[1:], whole, colour), table.title)


def _two(
    table: TableView,
    names: Sequence[str],
    rows: Sequence[Sequence[str | None]],
    at: tuple[int, int],
    sides: tuple[str, str],
    colour: str,
) -> Picture | None:
    pairs = [_numbers(row, at) for row in rows]
    known = [pair for pair in pairs if pair is not None]
    if len(known) < len(pairs):
        return None
    left, right = ([pair[side] for pair in known] for side in (0, 1))
    caption = f"{table.title}: {sides[0]} e {sides[1]} a confronto"
    return Picture(tables.pyramid(names, sides, left, right, colour), caption)


def _planned_and_actual(
    table: TableView, names: Sequence[str], rows: Sequence[Sequence[str | None]], colour: str
) -> Picture | None:
    known = [
        (name, pair)
        for name, row in zip(names, rows, strict=True)
        if (pair := _numbers(row, (1, 2))) is not None
    ]
    if not known:
        return None
    sides = (table.columns[1], table.columns[2])
    first, second = ([pair[side] for _, pair in known] for side in (0, 1))
    drawn = tables.pairs([name for name, _ in known], sides, first, second, colour)
    return Picture(drawn, f"{table.title}: {sides[0].lower()} e {sides[1].lower()}")


def _years(table: TableView) -> bool:
    heads = table.columns[1:]
    return len(heads) > 1 and all(h.isdigit() and int(h) in formats.YEARS for h in heads)


def _numbers(row: Sequence[str | None], at: Sequence[int]) -> list[Decimal] | None:
    cells = [row[place] if place < len(row) else None for place in at]
    if not all(formats.is_numeric(cell) for cell in cells):
        return None
    return [Decimal(str(cell)) for cell in cells]
