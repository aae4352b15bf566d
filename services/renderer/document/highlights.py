"""What of a year a reader wants to see first, and the lists that go through all of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from services.renderer.document.view import CHAMBER, OPERATIONAL, STRATEGIC, Node, Report, share_of
from shared.contracts.snapshot import IndicatorView, ReportSnapshot, Resource
from shared.contracts.snapshot_history import RegisterRow

INCOME = ("provent", "ricav", "entrat")
"""How types of resources that are no cost begin."""


@dataclass(frozen=True)
class Spend:
    """Money planned and spent below a node, where every amount is known in euro."""

    node: Node
    budgeted: str
    actual: str

    @property
    def share(self) -> str | None:
        """Spent over planned, in points with one digit."""
        return share_of(self.actual, self.budgeted)


class Highlights:
    """Chooses from one report; every figure stays the one of the snapshot."""

    def __init__(self, report: Report) -> None:
        self._report = report

    @property
    def best(self) -> tuple[Node, ...]:
        """Strategic objectives with the best light that the policy gives."""
        lights = self._report.snapshot.policy.lights
        return tuple(
            node
            for node in self._report.measured_strategic
            if lights and node.objective.figure.light == lights[0][2]
        )

    @property
    def unmeasured(self) -> tuple[IndicatorView, ...]:
        """Indicators of the chamber's plan that should have a result and have none."""
        return tuple(
            indicator
            for node in self._report.nodes.values()
            if node.objective.scope == CHAMBER
            for indicator in node.indicators
            if indicator.figure.shown is None and not indicator.monitoring_only
        )

    @property
    def tree(self) -> tuple[Node, ...]:
        """The chamber's objectives from perspectives and areas down to operational ones."""
        shown = STRATEGIC | OPERATIONAL | {"perspective", "strategic_area"}
        return tuple(
            node
            for root in self._report.roots
            for node in root.walk()
            if node.objective.scope == CHAMBER
            and node.objective.kind in shown
            and not (node.objective.kind == "strategic_area" and not node.children)
        )

    @property
    def headless(self) -> tuple[Node, ...]:
        """Perspectives and areas that head no strategic objective, and have something to say."""
        heads = {group.head.objective.code for group in self._report.strategic if group.head}
        return tuple(
            node
            for node in (*self._report.axes, *self._report.areas)
            if node.objective.code not in heads and _speaks(node)
        )

    @property
    def spends(self) -> tuple[Spend, ...]:
        """What was planned and spent below each axis, of what is not income.

        Where an objective says what it cost, what is said below it is part of that.
        """
        found = []
        for axis in self._report.axes:
            known = list(_spent_below(axis))
            if known:
                planned, actual = (str(sum(side)) for side in zip(*known, strict=True))
                found.append(Spend(axis, planned, actual))
        return tuple(found)


def _speaks(node: Node) -> bool:
    own = node.objective
    texts = (own.description, own.note, own.narrative, own.programme, own.responsible)
    return any(texts) or bool(node.indicators or own.resources or own.units or own.tags)


def register(snapshot: ReportSnapshot) -> tuple[RegisterRow, ...]:
    """The documents of the cycle; in snapshots of before, the acts."""
    acts = (RegisterRow(year=snapshot.year, **act.model_dump()) for act in snapshot.acts)
    return snapshot.cycle_documents or tuple(acts)


def _spent_below(node: Node) -> Iterator[tuple[Decimal, Decimal]]:
    own = [pair for row in node.objective.resources if (pair := _amounts(row)) is not None]
    yield from own
    if not own:
        for child in node.children:
            yield from _spent_below(child)


def is_income(resource: Resource) -> bool:
    """Whether an amount comes in, by the name of its type."""
    return (resource.type or "").lower().startswith(INCOME)


def _amounts(resource: Resource) -> tuple[Decimal, Decimal] | None:
    """Planned and actual of a cost in euro of which both are known."""
    if is_income(resource):
        return None
    planned = resource.budgeted or resource.initial
    if planned is None or resource.actual is None or resource.currency != "EUR":
        return None
    return Decimal(planned), Decimal(resource.actual)
