"""Charts of context tables: staff by age, sums over the years, planned against actual."""

from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup

from services.renderer import fonts
from services.renderer.document import formats
from services.renderer.document.figures.palette import ladder
from services.renderer.document.figures.svg import LINE, MUTED, Drawing

WIDTH = 658.0
"""Inner width of a portrait A4 page with the margins of ``page.css``, in CSS pixels."""

_ROW = 14.0
_MIDDLE = 92.0
"""Width of the names between the two sides of a pyramid."""

PAIR = 22.0
"""Height of two bars that are compared, one below the other."""

_COLUMNS_HEIGHT = 150.0
_LEGEND = 22.0

Numbers = Sequence[Decimal]


def pyramid(
    names: Sequence[str], sides: tuple[str, str], left: Numbers, right: Numbers, colour: str
) -> Markup:
    """Two bars back to back for each name: what is on the left and what is on the right."""
    dark, _, light, _ = ladder(colour)
    drawing = Drawing(WIDTH, 24 + len(names) * _ROW)
    half = (WIDTH - _MIDDLE) / 2 - 34
    scale = half / float(max((*left, *right, Decimal(1))))
    edges = (WIDTH / 2 - _MIDDLE / 2, WIDTH / 2 + _MIDDLE / 2)
    drawing.text(edges[0], 11, sides[0], 9.5, bold=True, anchor="end")
    drawing.text(edges[1], 11, sides[1], 9.5, bold=True)
    words = []
    for place, (name, one, other) in enumerate(zip(names, left, right, strict=True)):
        y = 18 + place * _ROW
        long, wide = float(one) * scale, float(other) * scale
        drawing.rect(edges[0] - long, y + 2, long, _ROW - 4, fill=dark)
        drawing.rect(edges[1], y + 2, wide, _ROW - 4, fill=light, stroke=dark)
        drawing.text(edges[0] - long - 5, y + 10, _shown(one), 9, bold=True, anchor="end")
        drawing.text(edges[1] + wide + 5, y + 10, _shown(other), 9, bold=True)
        drawing.text(WIDTH / 2, y + 10, name, 9, anchor="middle")
        words.append(f"{name}: {sides[0]} {_shown(one)}, {sides[1]} {_shown(other)}")
    return drawing.close(f"Barre contrapposte: {'; '.join(words)}.", "chart")


def columns(
    names: Sequence[str], groups: Sequence[str], values: Sequence[Numbers], colour: str
) -> Markup:
    """A column per name within each group (a year): ``values`` has a row for each name."""
    fills = ladder(colour)
    drawing = Drawing(WIDTH, _COLUMNS_HEIGHT + _LEGEND)
    _legend(drawing, names, fills)
    base = _COLUMNS_HEIGHT + _LEGEND - 16
    highest = max((value for row in values for value in row), default=Decimal(1))
    scale = (_COLUMNS_HEIGHT - 40) / float(highest or 1)
    room = WIDTH / len(groups)
    width = min(44.0, (room - 18) / len(names))
    drawing.line(0, base, WIDTH, base, LINE)
    for at, group in enumerate(groups):
        middle = room * at + room / 2
        drawing.text(middle, base + 12, group, 9, fill=MUTED, anchor="middle")
        for series, row in enumerate(values):
            x = middle + (series - len(names) / 2) * width
            tall = float(row[at]) * scale
            drawing.rect(x + 1, base - tall, width - 2, tall, fill=fills[series], stroke=fills[0])
            drawing.text(
                x + width / 2, base - tall - 4, _short(row[at]), 8, bold=True, anchor="middle"
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
    label, value = 200.0, 84.0
    row = PAIR
    amounts = (*first, *second, Decimal(0))
    low, high = min(amounts), max(amounts)
    scale = (WIDTH - label - value) / float((high - low) or 1)
    zero = label + float(-low) * scale
    fill = ladder(colour)[1]
    drawing = Drawing(WIDTH, 18 + len(names) * row)
    drawing.rect(label, 4, 9, 8, fill="#ffffff", stroke=MUTED)
    drawing.text(label + 13, 11, sides[0], 9)
    drawing.rect(label + 130, 4, 9, 8, fill=fill)
    drawing.text(label + 143, 11, sides[1], 9)
    drawing.line(zero, 18, zero, drawing.height, LINE)
    words = []
    for place, (name, one, other) in enumerate(zip(names, first, second, strict=True)):
        y = 18 + place * row
        drawing.text(0, y + 14, fonts.wrap(name, label - 10, 9.5, 1)[0], 9.5)
        for amount, offset, style in ((one, 2.5, "outline"), (other, 11.0, "full")):
            long = float(abs(amount)) * scale
            x = zero - long if amount < 0 else zero
            if style == "outline":
                drawing.rect(x, y + offset, long, 7.5, fill="#ffffff", stroke=MUTED)
            else:
                drawing.rect(x, y + offset, long, 7.5, fill=fill)
        drawing.text(WIDTH, y + 9.5, _shown(one, 0), 8.5, fill=MUTED, anchor="end")
        drawing.text(WIDTH, y + 18.5, _shown(other, 0), 8.5, bold=True, anchor="end")
        words.append(f"{name}: {sides[0]} {_shown(one)}, {sides[1]} {_shown(other)}")
    return drawing.close(f"Barre a coppie: {'; '.join(words)}.", "chart")


def _legend(drawing: Drawing, names: Sequence[str], fills: Sequence[str]) -> None:
    x = 0.0
    for name, fill in zip(names, fills, strict=False):
        drawing.rect(x, 3, 10, 9, fill=fill, stroke=fills[0])
        drawing.text(x + 15, 11, name, 9)
        x += 15 + fonts.text_width(name, 9) + 22


_MILLION = 1_000_000


def _short(value: Decimal) -> str:
    """Large amounts in millions: the exact ones are in the table."""
    if abs(value) < _MILLION:
        return _shown(value)
    return f"{formats.number(str(value / _MILLION), 2)} mln"


def _shown(value: Decimal, decimals: int | None = None) -> str:
    return formats.number(str(value), decimals)
