"""Horizontal bars: results against the policy's thresholds, money spent against planned."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from services.renderer import fonts
from services.renderer.document import formats, labels
from services.renderer.document.figures.svg import LINE, MUTED, Drawing, style_of
from services.renderer.document.figures.tables import PAIR
from services.renderer.document.view import Node, ResourceRow
from shared.contracts.snapshot import Figure

WIDTH = 658.0
"""Inner width of a portrait A4 page with the margins of ``page.css``, in CSS pixels."""

LABEL_WIDTH = 236.0
VALUE_WIDTH = 92.0
ROW = 21.0
TRACK = WIDTH - LABEL_WIDTH - VALUE_WIDTH


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


def of_nodes(nodes: Sequence[Node]) -> list[Bar]:
    """A bar per objective."""
    return [Bar(n.objective.code, n.objective.title, n.objective.figure) for n in nodes]


def results(rows: Sequence[Bar], thresholds: Sequence[Threshold], noun: str) -> Markup:
    """One bar per result, 0-100, with the lights' thresholds as thin lines.

    ``noun`` says in the alternative text what a bar is: "l'obiettivo".
    """
    top = 16.0 if thresholds else 2.0
    drawing = Drawing(WIDTH, top + len(rows) * ROW + 4)
    for mark in thresholds:
        x = LABEL_WIDTH + float(mark.at) / 100 * TRACK
        drawing.line(x, top - 3, x, drawing.height, LINE)
        drawing.text(x, top - 6, mark.text, 8, fill=MUTED, anchor="middle")
    words = []
    for index, row in enumerate(rows):
        figure, y = row.figure, top + index * ROW
        _label(drawing, f"{row.code}  {row.title}", y)
        drawing.rect(LABEL_WIDTH, y + 4, TRACK, ROW - 9, fill="#eef2f6")
        word = labels.light(figure.light)
        if figure.shown is None:
            value = labels.reason(figure.reason)
        else:
            share = min(Decimal(figure.shown), Decimal(100)) / 100
            drawing.rect(
                LABEL_WIDTH, y + 4, float(share) * TRACK, ROW - 9, fill=style_of(figure.light).fill
            )
            value = formats.percent(figure.shown)
        drawing.light(WIDTH - VALUE_WIDTH + 12, y + 10, figure.light, 8)
        drawing.text(WIDTH - VALUE_WIDTH + 21, y + 13.5, word, 9, fill=MUTED)
        drawing.text(WIDTH, y + 13.5, value, 10.5, bold=True, anchor="end")
        words.append(
            f"{noun} {row.code} ha risultato {value} e semaforo {word.lower() or 'assente'}"
        )
    return drawing.close(f"Barre dei risultati: {'; '.join(words)}.", "bars")


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
    drawing = Drawing(WIDTH, len(rows) * PAIR + 4)
    words = []
    for index, row in enumerate(rows):
        y = index * PAIR
        planned, actual = row.resource.budgeted or "0", row.resource.actual or "0"
        _label(drawing, f"{row.objective.code}  {row.objective.title}", y + 0.5)
        drawing.rect(
            LABEL_WIDTH, y + 2.5, float(planned) * scale, 7.5, fill="#ffffff", stroke=MUTED
        )
        drawing.rect(LABEL_WIDTH, y + 11, float(actual) * scale, 7.5, fill=colour)
        drawing.text(WIDTH, y + 9.5, formats.number(planned, 0), 8.5, fill=MUTED, anchor="end")
        drawing.text(WIDTH, y + 18.5, formats.number(actual, 0), 8.5, bold=True, anchor="end")
        words.append(
            f"per l'obiettivo {row.objective.code} erano previsti {formats.money(planned)} "
            f"e ne sono stati spesi {formats.money(actual)}"
        )
    return drawing.close(f"Barre delle risorse: {'; '.join(words)}.", "bars")


def _label(drawing: Drawing, text: str, y: float) -> None:
    row = fonts.wrap(text, LABEL_WIDTH - 10, 9.5, 1)[0]
    drawing.text(0, y + 13.5, row, 9.5)
