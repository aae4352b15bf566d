"""Every chart of a document, in its colours; templates ask for one by name."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from math import ceil
from typing import TypeVar

from markupsafe import Markup

from services.renderer.document import formats, pictures
from services.renderer.document.figures import bars, strategic_map, tables, trends
from services.renderer.document.figures.palette import ACCENT
from services.renderer.document.highlights import Spend
from services.renderer.document.view import Node, Report
from services.renderer.document.years import Years
from shared.contracts.snapshot import TableView

Row = TypeVar("Row")


class Drawings:
    """Draws what a report has; every answer is a finished SVG with its words."""

    def __init__(self, report: Report, years: Years, accent: str | None = None) -> None:
        self._report = report
        self._years = years
        self._accent = accent or ACCENT
        self._thresholds = [
            bars.Threshold(Decimal(at), formats.number(at))
            for _, at, _ in report.snapshot.policy.lights
            if Decimal(at) > 0
        ]

    def maps(self) -> tuple[Markup, ...]:
        """The strategic map, on as many pages as it takes to read it."""
        return strategic_map.draw(self._report, self._report.snapshot.chamber.colour)

    def results(self, nodes: Sequence[Node]) -> Iterator[Markup]:
        """Results against the thresholds, page by page."""
        for part in _parts(bars.of_nodes(nodes), lambda bar: bar.height, bars.TALLEST):
            yield bars.results(part, self._thresholds, "l'obiettivo")

    def spending(self) -> Iterator[Markup]:
        """Planned and spent of every objective that knows both, page by page."""
        known = [
            row
            for row in self._report.resources
            if row.resource.budgeted is not None and row.resource.actual is not None
        ]
        for part in _parts(known, bars.pair_height, bars.TALLEST):
            yield bars.spending(part, self._accent)

    def spending_of(self, spends: Sequence[Spend]) -> Markup:
        """Planned and spent below each axis."""
        names = [f"{one.node.objective.code}  {one.node.objective.title}" for one in spends]
        planned = [Decimal(one.budgeted) for one in spends]
        actual = [Decimal(one.actual) for one in spends]
        return tables.pairs(names, ("Previsto", "Speso"), planned, actual, self._accent)

    def trend(self, node: Node) -> Iterator[Markup]:
        """Values of an objective's indicators over the years."""
        for part in _parts(self._years.series(node), lambda _: 1.0, trends.MOST_PANELS):
            yield trends.draw(part, self._accent)

    def chamber_trend(self) -> Markup | None:
        """Results of the chamber and its perspectives over the years."""
        series = self._years.chamber_series()[: trends.MOST_PANELS]
        return trends.draw(series, self._accent) if series else None

    def picture(self, table: TableView) -> pictures.Picture | None:
        """The chart of a context table, where it has one."""
        return pictures.picture(table, self._accent)


def _parts(
    rows: Sequence[Row], size: Callable[[Row], float], most: float
) -> Iterator[Sequence[Row]]:
    """``rows`` in parts of about the same size, none larger than ``most``."""
    whole = sum(map(size, rows))
    even = whole / max(1, ceil(whole / most))
    part: list[Row] = []
    taken = 0.0
    for row in rows:
        if part and (taken + size(row) > most or taken >= even):
            yield part
            part, taken = [], 0.0
        part.append(row)
        taken += size(row)
    if part:
        yield part
