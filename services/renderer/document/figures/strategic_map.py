"""The strategic map: perspectives down, strategic areas across, objectives with their light."""

from dataclasses import dataclass

from markupsafe import Markup

from services.renderer import fonts
from services.renderer.document import formats, labels
from services.renderer.document.figures.svg import INK, LINE, MUTED, Drawing, style_of
from services.renderer.document.view import Node, Report

WIDTH, UPRIGHT_WIDTH = 985.0, 658.0
"""Inner width of a landscape and of a portrait A4 page with the margins of ``page.css``, in CSS
pixels: only areas that cross the perspectives need the wide one."""

HEAD_WIDTH = 150.0
HEAD_LINE = 13.5
HEAD_HEIGHT = 44.0
PLAIN_HEAD_HEIGHT = 28.0
"""Without areas there is one column, and its head is one line."""

TITLE_LINE = 11.0
BOX_HEIGHT = 37.0
"""Of a box whose title takes one line; others make it taller."""

ROW_LEAST, AXIS_LINE = 58.0, 13.5
"""Height of a row whose head has a line or two and a light, and of each line of it."""

MOST_LINES = 7
"""Of a title: what a long one takes."""

TALLEST, UPRIGHT_TALLEST = 585.0, 900.0
"""What fits above the caption on a landscape and on a portrait page; taller maps are drawn
smaller."""

FIRST_HEADING = 85.0
"""On the first page the heading of the chapter stands above the map."""

SMALLEST = 0.75
"""A map that would have to be drawn smaller than this takes another page."""

GAP = 6.0
BOX_MIN_WIDTH = 195.0
OTHERS = "Fuori dalle aree"


@dataclass(frozen=True)
class _Column:
    area: Node | None
    title: str


@dataclass(frozen=True)
class _Row:
    """An axis with what stands in each column, and the height that it and each box take."""

    axis: Node | None
    cells: list[list[Node]]
    height: float
    box: float


@dataclass(frozen=True)
class _Grid:
    """What all pages of a map share."""

    columns: list[_Column]
    width: float
    column_width: float
    per_line: int
    head: float
    colour: str

    @property
    def box_width(self) -> float:
        """Width of the box of an objective."""
        return (self.column_width - GAP) / self.per_line - GAP


def draw(report: Report, colour: str) -> tuple[Markup, ...]:
    """The map of a report, on more than one page where one would be too small to read.

    ``colour`` is that of the heads; boxes have those of the lights.
    """
    columns = _columns(report)
    width, tallest = (WIDTH, TALLEST) if report.areas else (UPRIGHT_WIDTH, UPRIGHT_TALLEST)
    column_width = (width - HEAD_WIDTH) / len(columns)
    per_line = max(1, int((column_width - GAP) // (BOX_MIN_WIDTH + GAP)))
    head = PLAIN_HEAD_HEIGHT
    if report.areas:
        lines = max(len(_head_lines(column, column_width)) for column in columns)
        head = max(HEAD_HEIGHT, lines * HEAD_LINE + 13)
    grid = _Grid(columns, width, column_width, per_line, head, colour)
    pages: list[list[_Row]] = [[]]
    rooms = [tallest - FIRST_HEADING]
    for axis in _axes(report):
        row = _row(grid, axis, [_cell(report, axis, column) for column in columns])
        taken = head + sum(one.height for one in pages[-1])
        if pages[-1] and taken + row.height > rooms[-1] / SMALLEST:
            pages.append([])
            rooms.append(tallest)
        pages[-1].append(row)
    return tuple(_draw_page(grid, rows, room) for rows, room in zip(pages, rooms, strict=True))


def _row(grid: _Grid, axis: Node | None, cells: list[list[Node]]) -> _Row:
    lines = max(1, *(-(-len(cell) // grid.per_line) for cell in cells))
    titles = [_title_lines(node, grid.box_width) for cell in cells for node in cell]
    box = BOX_HEIGHT + TITLE_LINE * (max(map(len, titles), default=1) - 1)
    head = len(_axis_lines(axis)) * AXIS_LINE + 31
    return _Row(axis, cells, max(ROW_LEAST, head, lines * (box + GAP) + GAP), box)


def _draw_page(grid: _Grid, rows: list[_Row], room: float) -> Markup:
    drawing = Drawing(grid.width, grid.head + sum(row.height for row in rows) + 1)
    drawing.rect(0, 0, grid.width, grid.head, fill=grid.colour)
    _draw_heads(drawing, grid.columns, grid.column_width)
    top = grid.head
    for row in rows:
        _draw_row_head(drawing, row.axis, top, row.height, grid.colour)
        for index, cell in enumerate(row.cells):
            left = HEAD_WIDTH + index * grid.column_width
            for place, node in enumerate(cell):
                x = left + GAP + (place % grid.per_line) * (grid.box_width + GAP)
                y = top + GAP + (place // grid.per_line) * (row.box + GAP)
                _draw_box(drawing, node, x, y, (grid.box_width, row.box))
        top += row.height
        drawing.line(0, top, grid.width, top, LINE)
    for index in range(1, len(grid.columns)):
        x = HEAD_WIDTH + index * grid.column_width
        drawing.line(x, grid.head, x, top, LINE)
    return drawing.close(_words(rows), "map", min(1.0, room / drawing.height))


def _axes(report: Report) -> list[Node | None]:
    orphans = any(report.axis_of(node) is None for node in report.measured_strategic)
    axes: list[Node | None] = list(report.axes)
    if not axes or (orphans and report.measured_strategic != report.axes):
        axes.append(None)
    return axes


def _columns(report: Report) -> list[_Column]:
    columns = [_Column(area, area.objective.title) for area in report.areas]
    if not columns:
        return [_Column(None, "Obiettivi strategici")]
    if any(not report.areas_of(node) for node in report.measured_strategic):
        columns.append(_Column(None, OTHERS))
    return columns


def _cell(report: Report, axis: Node | None, column: _Column) -> list[Node]:
    crossing = bool(report.areas)
    return [
        node
        for node in report.measured_strategic
        if report.axis_of(node) is axis
        and (
            not crossing
            or (
                column.area in report.areas_of(node)
                if column.area is not None
                else not report.areas_of(node)
            )
        )
    ]


def _result(node: Node) -> str:
    shown = node.objective.figure.shown
    return "n.d." if shown is None else formats.percent(shown)


def _draw_heads(drawing: Drawing, columns: list[_Column], column_width: float) -> None:
    for index, column in enumerate(columns):
        x = HEAD_WIDTH + index * column_width + GAP + 2
        for line, row in enumerate(_head_lines(column, column_width)):
            drawing.text(x, 18 + line * HEAD_LINE, row, 10.5, fill="#ffffff", bold=True)
        if column.area is not None:
            right = HEAD_WIDTH + (index + 1) * column_width - GAP - 2
            drawing.text(
                right, 20, _result(column.area), 13, fill="#ffffff", bold=True, anchor="end"
            )
            word = labels.light(column.area.objective.figure.light)
            drawing.text(right, 35, word, 9, fill="#ffffff", anchor="end")


def _draw_row_head(
    drawing: Drawing, axis: Node | None, top: float, height: float, colour: str
) -> None:
    drawing.rect(0, top, HEAD_WIDTH, height, fill="#eef2f6")
    drawing.rect(0, top, 4, height, fill=colour)
    if axis is None:
        drawing.text(14, top + 20, "Altri obiettivi", 11, bold=True)
        return
    rows = _axis_lines(axis)
    for line, row in enumerate(rows):
        drawing.text(14, top + 19 + line * AXIS_LINE, row, 11, bold=True)
    y = top + 19 + len(rows) * AXIS_LINE + 1
    figure = axis.objective.figure
    drawing.light(19, y - 3.5, figure.light, 8)
    drawing.text(29, y, f"{_result(axis)} {labels.light(figure.light)}", 9.5, fill=MUTED)


def _head_lines(column: _Column, column_width: float) -> list[str]:
    return fonts.wrap(column.title, column_width - 2 * GAP - 60, 10.5, MOST_LINES, bold=True)


def _axis_lines(axis: Node | None) -> list[str]:
    title = "" if axis is None else axis.objective.title
    return fonts.wrap(title, HEAD_WIDTH - 24, 11, MOST_LINES, bold=True)


def _title_lines(node: Node, width: float) -> list[str]:
    return fonts.wrap(node.objective.title, width - 20, 9.2, MOST_LINES)


def _draw_box(drawing: Drawing, node: Node, x: float, y: float, size: tuple[float, float]) -> None:
    figure = node.objective.figure
    style = style_of(figure.light)
    width, height = size
    drawing.rect(x, y, width, height, fill="#ffffff", stroke=LINE, radius=2)
    drawing.rect(x, y, 5, height, fill=style.fill)
    drawing.light(x + 17, y + 13, figure.light, 9)
    drawing.text(x + 27, y + 17, node.objective.code, 11, bold=True)
    code_width = fonts.text_width(node.objective.code, 11, bold=True)
    word = labels.light(figure.light) or labels.reason(figure.reason)
    drawing.text(x + 33 + code_width, y + 17, word, 9, fill=MUTED)
    drawing.text(x + width - 8, y + 17, _result(node), 12, bold=True, anchor="end")
    for line, row in enumerate(_title_lines(node, width)):
        drawing.text(x + 12, y + 30 + line * TITLE_LINE, row, 9.2, fill=INK)


def _words(rows: list[_Row]) -> str:
    """The map told in sentences: the alternative text of the figure."""
    sentences = ["Mappa strategica."]
    for row in rows:
        below = list({node.objective.code: node for cell in row.cells for node in cell}.values())
        name = "Altri obiettivi" if row.axis is None else row.axis.objective.title
        if not below:
            sentences.append(f"In {name} non vi sono obiettivi.")
            continue
        items = "; ".join(
            f"l'obiettivo {node.objective.code} ha risultato {_result(node)} "
            f"e semaforo {labels.light(node.objective.figure.light).lower() or 'assente'}"
            for node in below
        )
        sentences.append(f"In {name}: {items}.")
    sentences.append("Gli stessi dati sono nella tabella che segue.")
    return " ".join(sentences)
