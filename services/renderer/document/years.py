"""Earlier years beside this one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.renderer.document import formats, labels
from services.renderer.document.figures.trends import Series
from services.renderer.document.view import Node, Report
from shared.contracts.snapshot import Figure, IndicatorView
from shared.contracts.snapshot_history import PastFigure

MEASURED = frozenset({"number", "percent", "currency", "days", "score"})
"""Kinds of value that a line can show."""

OVERALL = ("overall", "overall")


@dataclass(frozen=True)
class YearRow:
    """A row of the table of years: a cell for each year, this one last."""

    code: str
    title: str
    cells: tuple[str, ...]


class Years:
    """Looks into the earlier years of one snapshot."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._past: dict[tuple[str, str], tuple[PastFigure, ...]] = {
            (trend.subject, trend.code): trend.past for trend in report.snapshot.trends
        }

    def of_node(self, node: Node) -> tuple[int, ...]:
        """The years of which an objective or one of its indicators has figures, this one last."""
        places = [("objective", node.objective.code)]
        places += [("indicator", row.code) for row in node.indicators]
        return self._years(places)

    @property
    def of_chamber(self) -> tuple[int, ...]:
        """The years of which the chamber's result is known, this one last."""
        return self._years([OVERALL])

    def _years(self, places: Sequence[tuple[str, str]]) -> tuple[int, ...]:
        before = {past.year for place in places for past in self._past.get(place, ())}
        return (*sorted(before), self._report.snapshot.year) if before else ()

    def rows(self, node: Node) -> Iterator[YearRow]:
        """The result of an objective and the values of its indicators, where some are known."""
        years = self.of_node(node)
        own = node.objective
        if ("objective", own.code) in self._past:
            yield self._row(own.code, "Risultato dell'obiettivo", years, "objective", own.figure)
        for row in node.indicators:
            if ("indicator", row.code) not in self._past:
                continue
            known = {past.year: past for past in self._past["indicator", row.code]}
            cells = [_value(row, known.get(year)) for year in years[:-1]]
            now = formats.indicator_value(row) or labels.status(row.status)
            yield YearRow(row.code, row.title, (*cells, now))

    def chamber_rows(self) -> Iterator[YearRow]:
        """The result of the chamber and of its axes, year by year."""
        years = self.of_chamber
        snapshot = self._report.snapshot
        yield self._row("overall", "Risultato della Camera", years, "overall", snapshot.overall)
        for node in self._report.axes:
            own = node.objective
            yield self._row(own.code, own.title, years, "objective", own.figure)

    def _row(
        self, code: str, title: str, years: Sequence[int], subject: str, now: Figure
    ) -> YearRow:
        known = {past.year: past for past in self._past.get((subject, code), ())}
        cells = [_result(known.get(year)) for year in years[:-1]]
        last = labels.reason(now.reason) if now.shown is None else formats.percent(now.shown)
        return YearRow("" if subject == "overall" else code, title, (*cells, last))

    def series(self, node: Node) -> tuple[Series, ...]:
        """The indicators of an objective whose values make a line."""
        made = (self._series(row) for row in node.indicators if row.value_type in MEASURED)
        return tuple(series for series in made if series is not None)

    def _series(self, row: IndicatorView) -> Series | None:
        points = [
            (past.year, Decimal(past.value), formats.value_of(row, past.value))
            for past in self._past.get(("indicator", row.code), ())
            if formats.is_numeric(past.value) and past.value is not None
        ]
        if not points or row.value is None or not formats.is_numeric(row.value):
            return None
        now = (self._report.snapshot.year, Decimal(row.value), formats.value_of(row, row.value))
        expected = None
        if row.target is not None and formats.is_numeric(row.target.value):
            expected = (Decimal(row.target.value), formats.target(row.target, row) or "")
        return Series(row.code, row.title, (*points, now), expected)

    def chamber_series(self) -> tuple[Series, ...]:
        """The results of the chamber and of its axes as lines."""
        rows = [("overall", "overall", "Camera", self._report.snapshot.overall)]
        rows += [
            ("objective", node.objective.code, node.objective.title, node.objective.figure)
            for node in self._report.axes
        ]
        year = self._report.snapshot.year
        made = []
        for subject, code, title, figure in rows:
            points = [
                (past.year, Decimal(past.shown), formats.percent(past.shown))
                for past in self._past.get((subject, code), ())
                if past.shown is not None
            ]
            if points and figure.shown is not None:
                now = (year, Decimal(figure.shown), formats.percent(figure.shown))
                made.append(Series("" if subject == "overall" else code, title, (*points, now)))
        return tuple(made)

    def improved(self) -> tuple[Node, ...]:
        """Strategic objectives with a better result than in the year before."""
        return tuple(
            node
            for node in self._report.measured_strategic
            if (before := self._before(node)) is not None
            and node.objective.figure.shown is not None
            and Decimal(node.objective.figure.shown) > Decimal(before)
        )

    def _before(self, node: Node) -> str | None:
        last = self._report.snapshot.year - 1
        past = self._past.get(("objective", node.objective.code), ())
        return next((one.shown for one in past if one.year == last), None)


def _value(row: IndicatorView, past: PastFigure | None) -> str:
    if past is None:
        return formats.DASH
    if past.value is None:
        return formats.percent(past.shown) if past.shown else labels.reason(past.reason)
    return formats.value_of(row, past.value)


def _result(past: PastFigure | None) -> str:
    if past is None:
        return formats.DASH
    return labels.reason(past.reason) if past.shown is None else formats.percent(past.shown)
