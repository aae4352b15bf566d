"""Horizontal bars: results against the policy's thresholds, money spent against planned."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from services.renderer.document import formats, labels
from services.renderer.document.figures.svg import LINE, MUTED, Drawing, label, row_height, style_of
from services.renderer.document.figures.tables import PAIR
from services.renderer.document.view import Node, ResourceRow
from shared.contracts.snapshot import Figure

WIDTH = 658.0
"""Inner width of a portrait A4 page with the margins of ``page.css``, in CSS pixels."""

LABEL_WIDTH = 236.0
VALUE_WIDTH = 92.0
ROW = 21.0
THICK = 12.0
TRACK = WIDTH - LABEL_WIDTH - VALUE_WIDTH
TALLEST = 680.0
"""Rows of one figure: with its caption and a heading they fill a page."""


@dataclass(frozen=True)
class Threshold:
    """A mark on the scale: where it stands (0-100) and its figure in Italian form."""

    at: Decimal
    text: str


@dataclass(frozen=True)
class Bar:
    """What a bar is about: its code, its words and its result."""

    code: str
    title: str
    figure: Figure

    @property
    def height(self) -> float:
        """Room it takes with its label."""
        return row_height(self.label, ROW)

    @property
    def label(self) -> list[str]:
        """What stands beside it."""
        return label(f"{self.code} {self.title}", LABEL_WIDTH)


def of_nodes(nodes: Sequence[Node]) -> list[Bar]:
    """A bar per objective."""
    return [Bar(n.objective.code, n.objective.title, n.objective.figure) for n in nodes]


def pair_height(row: ResourceRow) -> float:
    """Room that planned and spent of an objective take with their label."""
    return row_height(_pair_label(row), PAIR)


def _pair_label(row: ResourceRow) -> list[str]:
    return label(f"{row.objective.code} {row.objective.title}", LABEL_WIDTH)


def results(rows: Sequence[Bar], thresholds: Sequence[Threshold], noun: str) -> Markup:
    """One bar per result, 0-100, with the lights' thresholds as thin lines.

    ``noun`` says in the alternative text what a bar is: "l'obiettivo".
    """
    top = 16.0 if thresholds else 2.0
    drawing = Drawing(WIDTH, top + sum(row.height for row in rows) + 4)
    for mark in thresholds:
        x = LABEL_WIDTH + float(mark.at) / 100 * TRACK
        drawing.line(x, top - 3, x, drawing.height, LINE)
        drawing.text(x, top - 6, mark.text, 8.5, fill=MUTED, anchor="middle")
    words = []
    y = top
    for row in rows:
        middle = y + row.height / 2
        drawing.label(0, middle, row.label)
        value = _result(drawing, row.figure, middle)
        word = labels.light(row.figure.light)
        words.append(
            f"{noun} {row.code} ha risultato {value} e semaforo {word.lower() or 'assente'}"
        )
        y += row.height
    return drawing.close(f"Barre dei risultati: {'; '.join(words)}.", "bars")


def _result(drawing: Drawing, figure: Figure, middle: float) -> str:
    """Draws the bar of a result, its light and its value; the value in words."""
    base, upper = middle + 3.5, middle - THICK / 2
    drawing.rect(LABEL_WIDTH, upper, TRACK, THICK, fill="#eef2f6")
    drawing.light(WIDTH - VALUE_WIDTH + 12, middle, figure.light, 8)
    if figure.shown is None:
        value = labels.reason(figure.reason)
        drawing.text(LABEL_WIDTH + 6, base, value, 9, fill=MUTED)
        return value
    share = float(min(Decimal(figure.shown), Decimal(100)) / 100)
    drawing.rect(LABEL_WIDTH, upper, share * TRACK, THICK, fill=style_of(figure.light).fill)
    value = formats.percent(figure.shown)
    drawing.text(WIDTH - VALUE_WIDTH + 21, base, labels.light(figure.light), 9, fill=MUTED)
    drawing.text(WIDTH, base, value, 10.5, bold=True, anchor="end")
    return value


def spending(rows: Sequence[ResourceRow], colour: str) -> Markup:
    """Planned (outline) and spent (filled) of objectives that know both."""
    highest = max(
        (
            Decimal(amount)
            for row in rows
            for amount in (row.resource.budgeted, row.resource.actual)
            if amount is not None
        ),
        default=Decimal(1),
    )
    scale = TRACK / float(highest or 1)
    drawing = Drawing(WIDTH, sum(map(pair_height, rows)) + 4)
    words = []
    y = 0.0
    for row in rows:
        middle = y + pair_height(row) / 2
        planned, actual = row.resource.budgeted or "0", row.resource.actual or "0"
        drawing.label(0, middle, _pair_label(row))
        drawing.rect(
            LABEL_WIDTH, middle - 8.5, float(planned) * scale, 7.5, fill="#ffffff", stroke=MUTED
        )
        drawing.rect(LABEL_WIDTH, middle, float(actual) * scale, 7.5, fill=colour)
        drawing.amounts(WIDTH, middle, formats.number(planned, 0), formats.number(actual, 0))
        words.append(
            f"per l'obiettivo {row.objective.code} erano previsti {formats.money(planned)} "
            f"e ne sono stati spesi {formats.money(actual)}"
        )
        y += pair_height(row)
    return drawing.close(f"Barre delle risorse: {'; '.join(words)}.", "bars")
