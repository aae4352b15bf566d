"""A plan as the Piano tells it: targets of every year, and the last figure known before it."""

from collections.abc import Iterable
from functools import cached_property

from services.renderer.document import formats
from services.renderer.document.view import Node, Report
from shared.contracts.snapshot_views import IndicatorView


class Planned:
    """Looks into one plan."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._year = report.snapshot.year

    @cached_property
    def _past(self) -> dict[str, tuple[int, str]]:
        """Code of an indicator -> the last earlier year that has a value of it, and the value."""
        found: dict[str, tuple[int, str]] = {}
        for trend in self._report.snapshot.trends:
            if trend.subject == "indicator":
                known = [(row.year, row.value) for row in trend.past if row.value is not None]
                if known:
                    found[trend.code] = known[-1]
        return found

    def years(self, items: Iterable[IndicatorView]) -> tuple[int, ...]:
        """The years that at least one of these has a target for; the plan's own always."""
        return tuple(sorted({self._year, *(int(year) for i in items for year in i.targets)}))

    def target(self, indicator: IndicatorView, year: int) -> str | None:
        """What is wanted in a year."""
        return formats.target(indicator.targets.get(str(year)), indicator)

    def last_value(self, indicator: IndicatorView) -> tuple[str, str] | None:
        """The value that targets are read against, and where it is from.

        The one that the plan gives, else the last one measured in an earlier year.
        """
        if indicator.baseline is not None:
            text, origin = indicator.baseline, "dal piano"
        elif indicator.code in self._past:
            year, text = self._past[indicator.code]
            origin = str(year)
        else:
            return None
        shown = formats.value(text, indicator.value_type, indicator.unit, indicator.decimals)
        return shown, origin

    def any_known(self, items: Iterable[IndicatorView]) -> bool:
        """Whether at least one of these has a last value."""
        return any(self.last_value(item) is not None for item in items)

    def below(self, node: Node) -> tuple[Node, ...]:
        """Operational objectives and actions that come down from a strategic one."""
        return tuple(
            child
            for group in self._report.operational
            if group.head is not None and group.head.objective.code == node.objective.code
            for child in group.nodes
        )
