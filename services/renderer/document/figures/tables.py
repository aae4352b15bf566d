"""Charts of context tables: staff by age, sums over the years, planned against actual."""

from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup

from services.renderer import fonts
from services.renderer.document import formats
from services.renderer.document.figures.palette import ladder
from services.renderer.document.figures.svg import (
    LABEL_SIZE,
    LEADING,
    LINE,
    MUTED,
    Drawing,
    label,
    row_height,
)

WIDTH = 658.0
"""Inner width of a portrait A4 page with the margins of ``page.css``, in CSS pixels."""

_ROW = 14.0
_MIDDLE, _WIDEST = 92.0, 240.0
"""Least and greatest width of the names between the two sides of a pyramid."""

PAIR = 23.0
"""Height of two bars that are compared, one below the other."""

_COLUMNS_HEIGHT = 150.0
_LEGEND = 16.0
"""Height of a line of the names of series."""

_LABEL, _VALUE = 200.0, 84.0
"""Widths of the names and of the amounts beside bars that are compared."""

Numbers = Sequence[Decimal]


def pyramid(
    names: Sequence[str], sides: tuple[str, str], left: Numbers, right: Numbers, colour: str
) -> Markup:
    """Two bars back to back for each name: what is on the left and what is on the right."""
    dark, _, light, _ = ladder(colour)
    widest = max(fonts.text_width(name, LABEL_SIZE) for name in names)
    between = min(max(widest + 26, _MIDDLE), _WIDEST)
    told = [label(name, between - 16) for name in names]
    drawing = Drawing(WIDTH, 24 + sum(_height(rows) for rows in told))
    half = (WIDTH - between) / 2 - 34
    scale = half / float(max((*left, *right, Decimal(1))))
    edges = (WIDTH / 2 - between / 2, WIDTH / 2 + between / 2)
    drawing.text(edges[0], 11, sides[0], 9.5, bold=True, anchor="end")
    drawing.text(edges[1], 11, sides[1], 9.5, bold=True)
    words = []
    top = 18.0
    for name, rows, one, other in zip(names, told, left, right, strict=True):
        y = top + (_height(rows) - _ROW) / 2
        long, wide = float(one) * scale, float(other) * scale
        drawing.rect(edges[0] - long, y + 2, long, _ROW - 4, fill=dark)
        drawing.rect(edges[1], y + 2, wide, _ROW - 4, fill=light, stroke=dark)
        drawing.text(edges[0] - long - 5, y + 10, _shown(one), 9, bold=True, anchor="end")
        drawing.text(edges[1] + wide + 5, y + 10, _shown(other), 9, bold=True)
        drawing.label(WIDTH / 2, y + _ROW / 2, rows, anchor="middle")
        top += _height(rows)
        words.append(f"{name}: {sides[0]} {_shown(one)}, {sides[1]} {_shown(other)}")
    return drawing.close(f"Barre contrapposte: {'; '.join(words)}.", "chart")


def columns(
    names: Sequence[str], groups: Sequence[str], values: Sequence[Numbers], colour: str
) -> Markup:
    """A column per name within each group (a year): ``values`` has a row for each name."""
    fills = ladder(colour)
    places, above = _legend(names)
    drawing = Drawing(WIDTH, _COLUMNS_HEIGHT + above)
    for name, fill, (x, y) in zip(names, fills, places, strict=False):
        drawing.rect(x, y + 3, 10, 9, fill=fill, stroke=fills[0])
        drawing.text(x + 15, y + 11, name, LABEL_SIZE)
    base = _COLUMNS_HEIGHT + above - 16
    highest = max((value for row in values for value in row), default=Decimal(1))
    scale = (_COLUMNS_HEIGHT - 40) / float(highest or 1)
    room = WIDTH / len(groups)
    width = min(44.0, (room - 18) / len(names))
    drawing.line(0, base, WIDTH, base, LINE)
    for at, group in enumerate(groups):
        middle = room * at + room / 2
        drawing.text(middle, base + 12, group, 9.5, fill=MUTED, anchor="middle")
        for series, row in enumerate(values):
            x = middle + (series - len(names) / 2) * width
            tall = float(row[at]) * scale
            drawing.rect(x + 1, base - tall, width - 2, tall, fill=fills[series], stroke=fills[0])
            drawing.text(
                x + width / 2, base - tall - 4, _short(row[at]), 8.5, bold=True, anchor="middle"
            )
    told = "; ".join(
        f"{name}: {', '.join(f'{_shown(v)} nel {g}' for v, g in zip(row, groups, strict=True))}"
        for name, row in zip(names, values, strict=True)
    )
    return drawing.close(f"Colonne per anno. {told}.", "chart")


def pairs(
    names: Sequence[str], sides: tuple[str, str], first: Numbers, second: Numbers, colour: str
) -> Markup:
    """Two bars for each name, an outline and a full one; negative amounts go to the left."""
    told = [label(name, _LABEL) for name in names]
    amounts = (*first, *second, Decimal(0))
    low, high = min(amounts), max(amounts)
    scale = (WIDTH - _LABEL - _VALUE) / float((high - low) or 1)
    zero = _LABEL + float(-low) * scale
    fill = ladder(colour)[1]
    drawing = Drawing(WIDTH, 20 + sum(row_height(rows, PAIR) for rows in told))
    drawing.rect(_LABEL, 4, 9, 8, fill="#ffffff", stroke=MUTED)
    drawing.text(_LABEL + 13, 11, sides[0], LABEL_SIZE)
    beside = _LABEL + 13 + fonts.text_width(sides[0], LABEL_SIZE) + 22
    drawing.rect(beside, 4, 9, 8, fill=fill)
    drawing.text(beside + 13, 11, sides[1], LABEL_SIZE)
    drawing.line(zero, 18, zero, drawing.height, LINE)
    words = []
    y = 20.0
    for name, rows, one, other in zip(names, told, first, second, strict=True):
        middle = y + row_height(rows, PAIR) / 2
        drawing.label(0, middle, rows)
        long, full = float(abs(one)) * scale, float(abs(other)) * scale
        x = zero - long if one < 0 else zero
        drawing.rect(x, middle - 8.5, long, 7.5, fill="#ffffff", stroke=MUTED)
        drawing.rect(zero - full if other < 0 else zero, middle, full, 7.5, fill=fill)
        drawing.amounts(WIDTH, middle, _shown(one, 0), _shown(other, 0))
        y += row_height(rows, PAIR)
        words.append(f"{name}: {sides[0]} {_shown(one)}, {sides[1]} {_shown(other)}")
    return drawing.close(f"Barre a coppie: {'; '.join(words)}.", "chart")


def _height(rows: Sequence[str]) -> float:
    return _ROW + (len(rows) - 1) * LEADING * LABEL_SIZE


def _legend(names: Sequence[str]) -> tuple[list[tuple[float, float]], float]:
    """Where each name of a series stands, and how much room the lines of names take."""
    places: list[tuple[float, float]] = []
    x = y = 0.0
    for name in names:
        wide = 15 + fonts.text_width(name, LABEL_SIZE)
        if places and x + wide > WIDTH:
            x, y = 0.0, y + _LEGEND
        places.append((x, y))
        x += wide + 22
    return places, y + _LEGEND + 6


_MILLION = 1_000_000


def _short(value: Decimal) -> str:
    """Large amounts in millions: the exact ones are in the table."""
    if abs(value) < _MILLION:
        return _shown(value)
    return f"{formats.number(str(value / _MILLION), 2)} mln"


def _shown(value: Decimal, decimals: int | None = None) -> str:
    return formats.number(str(value), decimals)
