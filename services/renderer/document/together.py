"""The chambers of an entity arranged the way its report tells them. Looks up, derives nothing.

A chapter per chamber, in its own colour, with its own logo and the accent of its own charts: a
reader sees on each page whose it is.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from markupsafe import Markup

from services.renderer.document import formats, logo
from services.renderer.document.drawings import Drawings
from services.renderer.document.figures import bars
from services.renderer.document.figures.palette import readable
from services.renderer.document.view import Report
from services.renderer.document.years import Years
from shared.contracts.consolidated import (
    BenchmarkIndicator,
    ChamberLeftOut,
    ConsolidatedIndicator,
    EntityFigure,
    EntryFacts,
    TrendIndicator,
)
from shared.contracts.snapshot_entity import EntityView
from shared.contracts.snapshot_views import Figure, YearContent


@dataclass(frozen=True)
class Chapter:
    """The year of one chamber, with what its pages are written from."""

    content: YearContent
    report: Report

    @property
    def prefix(self) -> str:
        """Sets its anchors apart: chambers use the same codes."""
        return f"{self.content.chamber.code}-"

    @property
    def owner(self) -> str:
        """Class of its parts, by which a page of the web gives them their colour."""
        return f"of-{self.content.chamber.code}"

    @cached_property
    def years(self) -> Years:
        """Its earlier years."""
        return Years(self.report)

    @cached_property
    def drawn(self) -> Drawings:
        """Its charts."""
        accent = self.content.chamber.accent_colour
        return Drawings(self.report, self.years, accent and readable(accent))

    def context(self, number: str) -> dict[str, Any]:
        """What its template is filled with; ``number`` is that of its heading."""
        card = self.content.chamber
        return {
            "s": self.content,
            "report": self.report,
            "prefix": self.prefix,
            "drawn": self.drawn,
            "years": self.years,
            "number": number,
            "title": card.name,
            "anchor": f"camera-{card.code}",
            "owner": self.owner,
            "chamber_logo": logo.drawn(card, logo.BESIDE_A_HEADING),
        }


@dataclass(frozen=True)
class Cell:
    """A figure of an indicator in a table: what is shown, or why there is none."""

    shown: str | None
    reason: str | None = None


class Together:
    """Looks into what chambers make together."""

    def __init__(self, entity: EntityView) -> None:
        self.entity = entity
        self.names = {card.code: card.name for card in entity.chambers}
        self.chapters = tuple(Chapter(content, Report(content)) for content in entity.chapters)

    def name(self, code: str) -> str:
        """Name of a chamber; the code itself when unknown."""
        return self.names.get(code, code)

    @property
    def figured(self) -> tuple[ConsolidatedIndicator, ...]:
        """Indicators that have a consolidated figure."""
        return tuple(row for row in self.entity.consolidated if row.value is not None)

    @property
    def without_figure(self) -> tuple[ConsolidatedIndicator, ...]:
        """Indicators that have none."""
        return tuple(row for row in self.entity.consolidated if row.value is None)

    @property
    def partial(self) -> tuple[ConsolidatedIndicator, ...]:
        """Indicators whose figure stands on some of the chambers only."""
        return tuple(row for row in self.figured if row.left_out)

    def overall_bars(self) -> Markup:
        """The result of each chamber, by its own rules: without common thresholds."""
        rows = [
            bars.Bar(chapter.content.chamber.code, self.name(chapter.content.chamber.code), figure)
            for chapter in self.chapters
            for figure in (chapter.content.overall,)
        ]
        return bars.results(rows, (), "la camera")

    def compared(self, row: BenchmarkIndicator) -> tuple[tuple[str, Cell, str | None, str], ...]:
        """Name, figure, difference and place of each chamber; those left out say why."""
        found = [
            (
                self.name(one.chamber),
                cell(one, row.facts),
                None if one.difference is None else difference(one.difference),
                formats.DASH if one.rank is None else f"{one.rank}°",
            )
            for one in row.chambers
        ]
        found += [
            (self.name(one.chamber), left_out(one), None, formats.DASH) for one in row.left_out
        ]
        return tuple(found)

    def over_time(self, row: TrendIndicator) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
        """The entity and each chamber, with a cell for every year."""
        points = {point.year: point for point in row.points}
        years = self.entity.years
        lines = [
            ("Ente", tuple(cell(points[y], row.facts) if y in points else _ABSENT for y in years))
        ]
        for card in self.entity.chambers:
            cells: list[Cell] = []
            for year in years:
                point = points.get(year)
                given = {c.chamber: cell(c, row.facts) for c in point.chambers} if point else {}
                missing = {c.chamber: left_out(c) for c in point.left_out} if point else {}
                cells.append(given.get(card.code) or missing.get(card.code) or _ABSENT)
            lines.append((card.name, tuple(cells)))
        return tuple(lines)

    def results_over_time(self) -> tuple[tuple[str, tuple[Figure | None, ...]], ...]:
        """The result of each chamber in each year."""
        return tuple(
            (self.name(column.chamber), tuple(year.overall for year in column.years))
            for column in self.entity.side_by_side
        )


_ABSENT = Cell(None, "not_adopted")


def cell(figure: EntityFigure, facts: EntryFacts) -> Cell:
    """A figure with its unit."""
    return Cell(shown(figure, facts.unit), figure.reason)


def left_out(row: ChamberLeftOut) -> Cell:
    """Why a chamber has no figure."""
    return Cell(None, row.reason)


def shown(figure: EntityFigure, unit: str | None = None) -> str | None:
    """A figure as people read it: number with its unit, day, SI or NO."""
    text = figure.shown
    if text is None:
        return None
    if formats.is_numeric(text):
        return formats.with_unit(formats.number(text, _digits(text)), unit)
    return formats.day(formats.boolean(text))


def difference(text: str) -> str:
    """A difference with its sign."""
    words = formats.number(text, formats.MAX_FRACTION_DIGITS)
    return words if text.startswith("-") else f"+{words}"


def _digits(text: str) -> int:
    """The catalogue has decided how many are shown."""
    return len(text.partition(".")[2])
