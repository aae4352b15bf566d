"""What the report of an entity has beside one chamber's: its chambers, and what they make together.

Every figure is the one that the views of the entity answer (:mod:`shared.contracts.consolidated`);
individual sheets are in none of them.
"""

from shared.contracts.base import Contract
from shared.contracts.consolidated import (
    BenchmarkIndicator,
    ChamberColumn,
    ConsolidatedIndicator,
    TrendIndicator,
    UnknownEntry,
)
from shared.contracts.snapshot_views import ChamberCard, YearContent


class EntityView(Contract):
    """The chambers of an entity in a year: side by side, consolidated, compared, over the years."""

    chambers: tuple[ChamberCard, ...]
    """All of them but the entity's own, in order of code."""
    own_plan: bool
    """Whether the entity has a plan of its own this year; the report's own figures are its."""
    chapters: tuple[YearContent, ...]
    """Of each chamber that has a plan, by its own rules."""
    years: tuple[int, ...]
    """Years that the tables over time show, the oldest first."""
    side_by_side: tuple[ChamberColumn, ...]
    consolidated: tuple[ConsolidatedIndicator, ...]
    benchmark: tuple[BenchmarkIndicator, ...]
    trend: tuple[TrendIndicator, ...]
    unknown: tuple[UnknownEntry, ...]
    """Shared entries that plans name and that have no figure."""

    @property
    def without_plan(self) -> tuple[ChamberCard, ...]:
        """Chambers of which there is no chapter."""
        told = {chapter.chamber.code for chapter in self.chapters}
        return tuple(card for card in self.chambers if card.code not in told)
