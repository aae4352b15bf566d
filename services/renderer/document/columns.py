"""Widths of columns: a table has fixed ones, chosen among a few by what stands in it."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol

from markupsafe import Markup

from services.renderer import fonts
from services.renderer.document import formats, labels
from shared.contracts.snapshot import IndicatorView, TableView, UsedMeasure

CODE_SIZE = 8.6
CODE_ROOMS = ((40.5, "c-code"), (73.0, "c-code-wide"), (95.0, "c-code-widest"))
VALUE_ROOM, YEAR_ROOM, MEASURE_ROOM = 50.0, 44.5, 53.0
WORD_ROOMS = ((YEAR_ROOM, "c-year"), (67.0, "c-year-wide"), (84.0, "c-months"))
"""Points: what ``.c-code`` and its wider forms, ``.c-value``, ``.c-year``, ``.c-measure`` and
``.c-months`` of ``base.css`` leave between paddings."""

MOST_UPRIGHT = 9
"""Columns of a table of the context that a portrait page holds."""

FIGURE_ROOMS = ((YEAR_ROOM, "c-year", 5), (67.0, "c-year-wide", 4), (73.0, "c-money", 3))
"""Points that columns of figures leave, their class, and how many leave names enough room."""

_CODES_KEPT = 4096

_UNBROKEN_CODE = re.compile(r"\S+?(?:-(?=[^\W\d])|(?=\s)|$)")
"""What stands on one line of a code: lines end at blanks, and at hyphens before a letter."""

_JOINT = re.compile(r"(?<=[_./:])(?=\w)|(?<=[a-z\d])(?=[A-Z])")
"""Where the words of a code meet that has no hyphens: at signs, and where a capital begins one."""

UNBROKEN = frozenset({"number", "percent", "currency", "days", "score"})
"""Kinds of value that must stand on one line."""


class YearCells(Protocol):
    """A row with a text for each year."""

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands in the columns of years."""


class Coded(Protocol):
    """A row with a code."""

    @property
    def code(self) -> str:
        """The code, as the plan has it."""


def code_column(items: Iterable[Coded]) -> str:
    """Class of the column of codes: wider where a plan's own codes are long words."""
    return code_width(item.code for item in items)


def code_width(codes: Iterable[str]) -> str:
    """As :func:`code_column`, from the codes: whole on one line, else at least no word cut."""
    whole = tuple(codes)
    pieces = tuple(piece for code in whole for piece in _UNBROKEN_CODE.findall(code))
    for texts, rooms in ((whole, CODE_ROOMS[:-1]), (pieces, CODE_ROOMS)):
        longest = max(map(_width, texts), default=0.0)
        for room, name in rooms:
            if longest <= room:
                return name
    return CODE_ROOMS[-1][1]


@lru_cache(maxsize=_CODES_KEPT)
def _width(code: str) -> float:
    """Points that a code takes on one line, in bold; a document has it in several tables."""
    return fonts.text_width(code, CODE_SIZE, bold=True)


def objective_column(items: Sequence[IndicatorView]) -> str:
    """Class of a column that names the objectives of indicators, which is not in bold."""
    codes = [item.objective for item in items]
    longest = max((fonts.text_width(code, CODE_SIZE) for code in codes), default=0.0)
    return "c-measure" if longest <= MEASURE_ROOM else code_width(codes)


def in_pieces(code: str) -> str:
    """A code too long for any column, with places where its lines may end: no word is cut."""
    pieces = _UNBROKEN_CODE.findall(code)
    if all(_width(piece) <= CODE_ROOMS[-1][0] for piece in pieces):
        return code
    return Markup("<wbr>").join(_JOINT.split(code))


def measure_columns(measures: Sequence[UsedMeasure]) -> tuple[str, str, str, str]:
    """Classes of the columns of code, period, value and role of elementary data."""
    values = [formats.datum(item.value) for item in measures if item.value is not None]
    period = _word_column(labels.period(item.year, item.period) for item in measures)
    role = _word_column(labels.role(item.validated_by) for item in measures)
    code = code_column(measures)
    cut = any(_width(item.code) > CODE_ROOMS[-1][0] for item in measures)
    if cut and period == role == WORD_ROOMS[0][1]:
        code = "c-wide"
    return code, period, _wide("c-value", values, VALUE_ROOM), role


def _word_column(texts: Iterable[str]) -> str:
    """Class of a column of few words, as wide as they need on one line."""
    longest = max((fonts.text_width(text, CODE_SIZE) for text in texts), default=0.0)
    return next((name for room, name in WORD_ROOMS if longest <= room), WORD_ROOMS[-1][1])


def context_columns(table: TableView) -> tuple[str, ...]:
    """Class of each column of a table of the context: names get the room that figures leave.

    Where figures stand in all columns but the first, these are as wide as they need; where they
    are many, or words stand there too, all share what the first one leaves.
    """
    kinds = formats.figure_columns(table.columns, table.rows)[1:]
    if len(table.columns) > MOST_UPRIGHT:
        return ("c-narrow", *("" for _ in kinds))
    texts = [word for head in table.columns[1:] for word in head.split()]
    texts += [
        formats.cell(text, kind == "amounts")
        for row in table.rows
        for text, kind in zip(row[1:], kinds, strict=False)
    ]
    longest = max((fonts.text_width(text, CODE_SIZE, bold=True) for text in texts), default=0.0)
    for room, name, most in FIGURE_ROOMS:
        if all(kinds) and longest <= room and len(kinds) <= most:
            return ("", *(name for _ in kinds))
    return ("c-first", *("" for _ in kinds))


def value_column(items: Iterable[IndicatorView]) -> str:
    """Class of the columns of expected and obtained values: wider where amounts are long."""
    texts = [
        text
        for item in items
        if item.value_type in UNBROKEN
        for text in (formats.target(item.target, item), formats.indicator_value(item))
        if text is not None
    ]
    return _wide("c-value", texts, VALUE_ROOM)


def target_column(items: Iterable[IndicatorView], year: int | None = None) -> str:
    """Class of a column of expected values, of the report's year or another, that has room."""
    texts = [
        formats.target(item.target if year is None else item.targets.get(str(year)), item) or ""
        for item in items
    ]
    longest = max((fonts.text_width(text, CODE_SIZE, bold=True) for text in texts), default=0.0)
    rooms = ((VALUE_ROOM, "c-value"), *WORD_ROOMS[1:])
    return next((name for room, name in rooms if longest <= room), WORD_ROOMS[-1][1])


def year_column(rows: Iterable[YearCells]) -> str:
    """Class of the columns of years: wider where amounts are long."""
    texts = [text for row in rows for text in row.cells if text[:1].isdigit() or text[:1] == "-"]
    return _wide("c-year", texts, YEAR_ROOM)


def _wide(name: str, texts: Iterable[str], room: float) -> str:
    longest = max((fonts.text_width(text, CODE_SIZE, bold=True) for text in texts), default=0.0)
    return name if longest <= room else f"{name}-wide"
