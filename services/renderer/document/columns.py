"""Widths of columns: a table has fixed ones, chosen among a few by what stands in it."""

import re
from collections.abc import Iterable
from typing import Protocol

from services.renderer import fonts
from services.renderer.document import formats
from shared.contracts.snapshot import IndicatorView

CODE_SIZE = 8.6
CODE_ROOMS = ((40.5, "c-code"), (73.0, "c-code-wide"), (95.0, "c-code-widest"))
VALUE_ROOM, YEAR_ROOM = 50.0, 44.5
"""Points: what ``.c-code`` and its wider forms, ``.c-value`` and ``.c-year`` of ``base.css`` leave
between paddings."""

_UNBROKEN_CODE = re.compile(r"\S+?(?:-(?=[^\W\d])|(?=\s)|$)")
"""What stands on one line of a code: lines end at blanks, and at hyphens before a letter."""

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
        longest = max((fonts.text_width(t, CODE_SIZE, bold=True) for t in texts), default=0.0)
        for room, name in rooms:
            if longest <= room:
                return name
    return CODE_ROOMS[-1][1]


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


def year_column(rows: Iterable[YearCells]) -> str:
    """Class of the columns of years: wider where amounts are long."""
    texts = [text for row in rows for text in row.cells if text[:1].isdigit() or text[:1] == "-"]
    return _wide("c-year", texts, YEAR_ROOM)


def _wide(name: str, texts: Iterable[str], room: float) -> str:
    longest = max((fonts.text_width(text, CODE_SIZE, bold=True) for text in texts), default=0.0)
    return name if longest <= room else f"{name}-wide"
