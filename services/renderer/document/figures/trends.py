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
PANEL_HEIGHT = 112.0
PLOT_TOP, PLOT_BOTTOM = 46.0, 84.0
"""Where values are drawn within a panel."""

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
    lines = -(-len(rows) // COLUMNS)
    drawing = Drawing(WIDTH, lines * PANEL_HEIGHT)
    for place, row in enumerate(rows):
        left = place % COLUMNS * (PANEL_WIDTH + GAP)
        _panel(drawing, row, left, place // COLUMNS * PANEL_HEIGHT, colour)
    return drawing.close(f"Andamento negli anni: {'; '.join(map(_words, rows))}.", "trends")


def _panel(drawing: Drawing, row: Series, left: float, top: float, colour: str) -> None:
    drawing.text(left, top + 10, row.code, 9, bold=True)
    room = PANEL_WIDTH - fonts.text_width(row.code, 9, bold=True) - 6
    name = fonts.wrap(row.title, room, 8.5, 1)[0]
    drawing.text(left + PANEL_WIDTH - room, top + 10, name, 8.5)
    values = [value for _, value, _ in row.points]
    if row.expected is not None:
        values.append(row.expected[0])
        drawing.text(left, top + 22, f"atteso {row.expected[1]}", 8, fill=MUTED)
    low, high = min(values), max(values)
    spread = float(high - low) or 1.0

    def height(value: Decimal) -> float:
        share = 0.5 if high == low else float(value - low) / spread
        return top + PLOT_BOTTOM - share * (PLOT_BOTTOM - PLOT_TOP)

    step = (PANEL_WIDTH - 44) / max(len(row.points) - 1, 1)
    places = [(left + 22 + at * step, height(value)) for at, (_, value, _) in enumerate(row.points)]
    base = top + PLOT_BOTTOM + 6
    drawing.line(left, base, left + PANEL_WIDTH, base, LINE)
    if row.expected is not None:
        y = height(row.expected[0])
        drawing.line(left, y, left + PANEL_WIDTH, y, INK, dashed=True)
    drawing.path(places, colour)
    told = _told(row, step)
    for at, ((x, y), (year, _, _)) in enumerate(zip(places, row.points, strict=True)):
        drawing.text(x, base + 11, str(year), 8, fill=MUTED, anchor="middle")
        if at in told:
            wide = fonts.text_width(told[at], 8, bold=True)
            # Within the panel, and on white: the dashed line may pass there.
            centre = min(max(x, left + wide / 2), left + PANEL_WIDTH - wide / 2)
            drawing.rect(centre - wide / 2 - 1, y - 13, wide + 2, 8.5, fill="#ffffff")
            drawing.text(centre, y - 6, told[at], 8, bold=True, anchor="middle")


def _told(row: Series, step: float) -> dict[int, str]:
    """The values written beside their points: all of them, or the first and the last."""
    texts = dict(enumerate(shown for _, _, shown in row.points))
    widest = max(fonts.text_width(text, 8, bold=True) for text in texts.values())
    if widest > step - 4:
        return {at: texts[at] for at in (0, len(texts) - 1)}
    return texts


def _words(row: Series) -> str:
    told = ", ".join(f"{shown} nel {year}" for year, _, shown in row.points)
    expected = f", atteso {row.expected[1]}" if row.expected is not None else ""
    name = f"{row.code} {row.title}".strip()
    return f"{name}: {told}{expected}"
