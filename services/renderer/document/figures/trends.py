"""Years side by side: a small chart for each row, all on one figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from services.renderer import fonts
from services.renderer.document.figures.svg import INK, LINE, MUTED, Drawing

WIDTH = 658.0
"""Inner width of a portrait A4 page with the margins of ``page.css``, in CSS pixels."""

COLUMNS = 3
GAP = 16.0
PANEL_WIDTH = (WIDTH - (COLUMNS - 1) * GAP) / COLUMNS
PLOT_TOP, PLOT_BOTTOM = 18.0, 52.0
"""Below title and expected value: where values are drawn."""

AXIS, LOW_AXIS = 57.0, 65.0
"""The line with the years under it: lower where a value is told below its point."""

YEARS = 23.0
"""Room of the years, and of the gap to what follows."""

TITLE, LINE_HEIGHT, MOST_LINES = 9.0, 10.5, 4
WIDEST_CODE = 80.0
"""Longer codes have a line of their own above the title."""

SMALL = 8.5

MOST_PANELS = 12


@dataclass(frozen=True)
class Series:
    """The values of a row over the years, and what was expected of the last one.

    ``points`` are (year, exact value, value as shown), the oldest first.
    """

    code: str
    title: str
    points: tuple[tuple[int, Decimal, str], ...]
    expected: tuple[Decimal, str] | None = None


def draw(rows: Sequence[Series], colour: str) -> Markup:
    """A panel per row, three on a line; the dashed line is what was expected of the last year."""
    lines = [rows[start : start + COLUMNS] for start in range(0, len(rows), COLUMNS)]
    heads = [max(map(_head_lines, line)) * LINE_HEIGHT for line in lines]
    axes = [LOW_AXIS if any(map(_has_dip, line)) else AXIS for line in lines]
    drawing = Drawing(WIDTH, sum(heads) + sum(axes) + len(lines) * YEARS)
    top = 0.0
    for line, head, axis in zip(lines, heads, axes, strict=True):
        for place, row in enumerate(line):
            left = place * (PANEL_WIDTH + GAP)
            _head(drawing, row, left, top)
            _plot(drawing, row, (left, top + head, axis), colour)
        top += head + axis + YEARS
    return drawing.close(f"Andamento negli anni: {'; '.join(map(_words, rows))}.", "trends")


def _title(row: Series) -> tuple[float, list[str]]:
    """How far the title stands from the left, and its lines."""
    code = fonts.text_width(row.code, TITLE, bold=True) + 6 if row.code else 0.0
    indent = 0.0 if code > WIDEST_CODE else code
    return indent, fonts.wrap(row.title, PANEL_WIDTH - indent, TITLE, MOST_LINES)


def _head_lines(row: Series) -> int:
    """Lines of its code, its title and what was expected."""
    indent, lines = _title(row)
    return len(lines) + (row.code != "" and not indent) + (row.expected is not None)


def _head(drawing: Drawing, row: Series, left: float, top: float) -> None:
    """Code and title, and below them what was expected."""
    indent, lines = _title(row)
    drawing.text(left, top + 9, row.code, TITLE, bold=True)
    y = top + 9 + (0.0 if indent or not row.code else LINE_HEIGHT)
    for line in lines:
        drawing.text(left + indent, y, line, TITLE)
        y += LINE_HEIGHT
    if row.expected is not None:
        drawing.text(left, y, f"atteso {row.expected[1]}", SMALL, fill=MUTED)


def _plot(drawing: Drawing, row: Series, place: tuple[float, float, float], colour: str) -> None:
    """The line of a row; ``place`` is where it stands, and how far down its axis is."""
    left, top, axis = place
    values = [value for _, value, _ in row.points]
    if row.expected is not None:
        values.append(row.expected[0])
    low, high = min(values), max(values)
    spread = float(high - low) or 1.0

    def height(value: Decimal) -> float:
        share = 0.5 if high == low else float(value - low) / spread
        return top + PLOT_BOTTOM - share * (PLOT_BOTTOM - PLOT_TOP)

    step = (PANEL_WIDTH - 44) / max(len(row.points) - 1, 1)
    places = [(left + 22 + at * step, height(value)) for at, (_, value, _) in enumerate(row.points)]
    drawing.line(left, top + axis, left + PANEL_WIDTH, top + axis, LINE)
    if row.expected is not None:
        y = height(row.expected[0])
        drawing.line(left, y, left + PANEL_WIDTH, y, INK, dashed=True)
    drawing.path(places, colour)
    told = _told(row, step)
    for at, ((x, y), (year, _, _)) in enumerate(zip(places, row.points, strict=True)):
        drawing.text(x, top + axis + 11, str(year), SMALL, fill=MUTED, anchor="middle")
        if at in told:
            wide = fonts.text_width(told[at], SMALL, bold=True)
            side = _side(row, at)
            aside = min(wide / 2 - 4, max(0.0, step - wide - 4))
            # Within the panel, and on white: the dashed line may pass there.
            centre = x + (0.0 if side is None else side * aside)
            centre = min(max(centre, left + wide / 2), left + PANEL_WIDTH - wide / 2)
            base = y + 11 if side is None else y - 6
            drawing.rect(centre - wide / 2 - 1, base - 7.5, wide + 2, 9, fill="#ffffff")
            drawing.text(centre, base, told[at], SMALL, bold=True, anchor="middle")


def _has_dip(row: Series) -> bool:
    return any(_side(row, at) is None for at in range(len(row.points)))


def _side(row: Series, at: int) -> int | None:
    """Where the value of a point is told so that no line crosses it.

    Above it (0), or above and left (-1) or right (1) of where the line goes up; ``None`` where
    it goes up on both sides: below.
    """
    values = [value for _, value, _ in row.points]
    fallen = at > 0 and values[at - 1] > values[at]
    rises = at < len(values) - 1 and values[at + 1] > values[at]
    return None if fallen and rises else fallen - rises


def _told(row: Series, step: float) -> dict[int, str]:
    """The values written beside their points: all of them, or the first and the last."""
    texts = dict(enumerate(shown for _, _, shown in row.points))
    widest = max(fonts.text_width(text, SMALL, bold=True) for text in texts.values())
    if widest > step - 4:
        return {at: texts[at] for at in (0, len(texts) - 1)}
    return texts


def _words(row: Series) -> str:
    told = ", ".join(f"{shown} nel {year}" for year, _, shown in row.points)
    expected = f", atteso {row.expected[1]}" if row.expected is not None else ""
    name = f"{row.code} {row.title}".strip()
    return f"{name}: {told}{expected}"
