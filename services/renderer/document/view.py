"""The snapshot arranged the way the Relazione tells it.

Groups and looks up; every figure stays the one of the snapshot. The only arithmetic is
counting rows and adding amounts of money that the page shows as totals.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from shared.contracts.snapshot import (
    EvaluationView,
    Explanation,
    IndicatorView,
    ObjectiveView,
    Resource,
    TableView,
    UsedMeasure,
    YearContent,
)

CHAMBER = "chamber"

STRATEGIC = frozenset({"strategic_objective"})
OPERATIONAL = frozenset({"operational_objective", "action"})
BOARDS = frozenset({"area", "unit", "area_objective", "entity_objective"})
AMOUNTS = (
    "initial",
    "changes",
    "budgeted",
    "committed",
    "approved",
    "actual",
    "available",
)


@dataclass(frozen=True)
class Node:
    """An objective with its own indicators and the objectives below it."""

    objective: ObjectiveView
    indicators: tuple[IndicatorView, ...]
    children: tuple["Node", ...]

    def walk(self) -> Iterator["Node"]:
        """This node and everything below it, in document order."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Group:
    """Nodes under a common heading; ``head`` is ``None`` when there is nothing above them."""

    head: Node | None
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class ResourceRow:
    """One amount planned and spent, with the objective it was for."""

    objective: ObjectiveView
    resource: Resource

    @property
    def spent_share(self) -> str | None:
        """Actual over budgeted in points with one digit, ``None`` when either is unknown."""
        return spent_share(self.resource)


class Report:
    """Looks into one year of a chamber; built once for each that a document tells."""

    def __init__(self, snapshot: YearContent) -> None:
        self.snapshot = snapshot
        self._indicators = {item.code: item for item in snapshot.indicators}
        self._below: dict[str | None, list[ObjectiveView]] = {}
        codes = {item.code for item in snapshot.objectives}
        for item in snapshot.objectives:
            parent = item.parent if item.parent in codes else None
            self._below.setdefault(parent, []).append(item)
        self.roots = tuple(self._node(item) for item in self._below.get(None, []))
        self.nodes = {node.objective.code: node for root in self.roots for node in root.walk()}

    def _node(self, item: ObjectiveView) -> Node:
        return Node(
            objective=item,
            indicators=tuple(
                self._indicators[code] for code in item.indicators if code in self._indicators
            ),
            children=tuple(self._node(child) for child in self._below.get(item.code, [])),
        )

    def of_kind(self, *kinds: str) -> tuple[Node, ...]:
        """Nodes of the chamber's own plan (no individual sheets) of the given kinds."""
        return tuple(
            node
            for node in self.nodes.values()
            if node.objective.kind in kinds and node.objective.scope == CHAMBER
        )

    @cached_property
    def axes(self) -> tuple[Node, ...]:
        """The rows of the strategic map: perspectives, else areas that have children."""
        perspectives = self.of_kind("perspective")
        return perspectives or tuple(
            node for node in self.of_kind("strategic_area") if node.children
        )

    @cached_property
    def areas(self) -> tuple[Node, ...]:
        """Strategic areas that cross the tree by naming members."""
        return tuple(node for node in self.of_kind("strategic_area") if node.objective.members)

    @cached_property
    def strategic(self) -> tuple[Group, ...]:
        """Strategic objectives grouped by the perspective or area above them."""
        return self._grouped(STRATEGIC, frozenset({"perspective", "strategic_area"}))

    @cached_property
    def operational(self) -> tuple[Group, ...]:
        """Operational objectives and actions grouped by the strategic objective above them.

        Those of a board stand with their board.
        """
        elsewhere = {item.objective.code for board in self.boards for item in board.walk()}
        return self._grouped(OPERATIONAL, STRATEGIC, elsewhere)

    def _grouped(
        self, kinds: frozenset[str], heads: frozenset[str], elsewhere: Collection[str] = ()
    ) -> tuple[Group, ...]:
        groups: dict[str | None, list[Node]] = {}
        for node in self.of_kind(*kinds):
            if node.objective.code in elsewhere:
                continue
            head = self._ancestor(node, heads)
            groups.setdefault(head.objective.code if head else None, []).append(node)
        return tuple(
            Group(self.nodes[code] if code is not None else None, tuple(nodes))
            for code, nodes in groups.items()
        )

    def _ancestor(self, node: Node, kinds: frozenset[str]) -> Node | None:
        parent = node.objective.parent
        while parent is not None and parent in self.nodes:
            above = self.nodes[parent]
            if above.objective.kind in kinds:
                return above
            parent = above.objective.parent
        return None

    def axis_of(self, node: Node) -> Node | None:
        """The perspective (or area) a strategic objective belongs to."""
        return self._ancestor(node, frozenset({"perspective", "strategic_area"}))

    def areas_of(self, node: Node) -> tuple[Node, ...]:
        """The strategic areas that name the objective as a member."""
        return tuple(a for a in self.areas if node.objective.code in a.objective.members)

    @cached_property
    def boards(self) -> tuple[Node, ...]:
        """Dashboards of areas, units and entity objectives, from their topmost node."""
        return tuple(
            node
            for node in self.of_kind(*BOARDS)
            if self._ancestor(node, BOARDS | STRATEGIC | OPERATIONAL) is None
        )

    @cached_property
    def individuals(self) -> tuple[Node, ...]:
        """Individual sheets, each with its whole tree."""
        return tuple(node for node in self.roots if node.objective.scope != CHAMBER)

    @cached_property
    def others(self) -> tuple[Node, ...]:
        """Objectives no section above would show: no objective may be left out."""
        shown: set[str] = set()
        for group in (*self.strategic, *self.operational):
            shown.update(node.objective.code for node in group.nodes)
        for node in (*self.boards, *self.individuals):
            shown.update(item.objective.code for item in node.walk())
        shown.update(node.objective.code for node in (*self.axes, *self.areas))
        return tuple(
            node
            for code, node in self.nodes.items()
            if code not in shown and (node.indicators or not node.children)
        )

    @cached_property
    def measured_strategic(self) -> tuple[Node, ...]:
        """All strategic objectives, or the axes where a plan has none."""
        nodes = tuple(node for group in self.strategic for node in group.nodes)
        return nodes or self.axes

    @cached_property
    def below_threshold(self) -> tuple[Node, ...]:
        """Objectives whose result asks for an explanation (policy ``explain_below``)."""
        limit = self.snapshot.policy.explain_below
        if limit is None:
            return ()
        return tuple(
            node
            for node in self.nodes.values()
            if node.objective.figure.recognised is not None
            and Decimal(node.objective.figure.recognised) < Decimal(limit)
        )

    def weak_indicators(self, node: Node) -> tuple[IndicatorView, ...]:
        """Indicators of an objective that did not meet their target."""
        return tuple(item for item in node.indicators if item.met is False)

    def evaluations_of(self, code: str) -> tuple[EvaluationView, ...]:
        """Decisions of the OIV on an objective or indicator, in any scope."""
        return tuple(item for item in self.snapshot.evaluations if item.subject == code)

    def title_of(self, code: str) -> str:
        """Title of an objective or indicator; the code itself when unknown."""
        if code in self.nodes:
            return self.nodes[code].objective.title
        return self._indicators[code].title if code in self._indicators else code

    def lights(self, nodes: tuple[Node, ...]) -> tuple[tuple[str, int], ...]:
        """How many of ``nodes`` have each light, in the policy's order."""
        counts = Counter(node.objective.figure.light for node in nodes)
        return tuple((label, counts[label]) for _, _, label in self.snapshot.policy.lights)

    def indicator_lights(self) -> tuple[tuple[str, int], ...]:
        """How many indicators of the chamber's plan have each light."""
        own = {
            code
            for node in self.nodes.values()
            if node.objective.scope == CHAMBER
            for code in node.objective.indicators
        }
        counts = Counter(i.figure.light for i in self.snapshot.indicators if i.code in own)
        return tuple((label, counts[label]) for _, _, label in self.snapshot.policy.lights)

    @cached_property
    def own_indicators(self) -> tuple[IndicatorView, ...]:
        """Indicators of the chamber's own plan, in document order."""
        return tuple(
            indicator
            for node in self.nodes.values()
            if node.objective.scope == CHAMBER
            for indicator in node.indicators
        )

    @cached_property
    def judged(self) -> tuple[IndicatorView, ...]:
        """Indicators of the chamber's plan that have a result."""
        return tuple(item for item in self.own_indicators if item.met is not None)

    @cached_property
    def met(self) -> tuple[IndicatorView, ...]:
        """Indicators of the chamber's plan that met their target."""
        return tuple(item for item in self.judged if item.met)

    @cached_property
    def on_time(self) -> tuple[IndicatorView, ...]:
        """Indicators of the chamber's plan whose target divides by time (monitoring reports)."""
        period = self.snapshot.period
        due = {} if period is None else period.pro_rata
        return tuple(item for item in self.judged if item.code in due)

    @cached_property
    def on_time_met(self) -> tuple[IndicatorView, ...]:
        """Of :attr:`on_time`, those that have what is due by then."""
        period = self.snapshot.period
        due = {} if period is None else period.pro_rata
        return tuple(item for item in self.on_time if due[item.code].met)

    @cached_property
    def missed(self) -> tuple[IndicatorView, ...]:
        """Indicators of the chamber's plan that did not meet their target."""
        return tuple(item for item in self.judged if not item.met)

    @cached_property
    def resources(self) -> tuple[ResourceRow, ...]:
        """Every amount of the year in the chamber's plan, in document order."""
        return tuple(
            ResourceRow(node.objective, resource)
            for node in self.nodes.values()
            if node.objective.scope == CHAMBER
            for resource in node.objective.resources
        )

    @cached_property
    def totals(self) -> tuple[tuple[str, str, str], ...]:
        """Budgeted and actual in euro by type of resource; costs and income do not add up."""
        sums: dict[str, tuple[Decimal, Decimal]] = {}
        for row in self.resources:
            if row.resource.currency == "EUR":
                name = row.resource.type or "tipo non indicato"
                budgeted, actual = sums.get(name, (Decimal(0), Decimal(0)))
                budgeted += Decimal(row.resource.budgeted or 0)
                actual += Decimal(row.resource.actual or 0)
                sums[name] = (budgeted, actual)
        return tuple((name, str(one), str(two)) for name, (one, two) in sums.items())

    def tables(self, section: str) -> tuple[TableView, ...]:
        """Context tables of a section."""
        return tuple(table for table in self.snapshot.tables if table.section == section)

    def unplaced_tables(self, known: frozenset[str]) -> tuple[TableView, ...]:
        """Tables whose section the document does not have: shown in the annex."""
        return tuple(table for table in self.snapshot.tables if table.section not in known)

    @cached_property
    def explanations(self) -> dict[tuple[str, str], Explanation]:
        """Explanations by (scope, code)."""
        return {(item.scope, item.code): item for item in self.snapshot.explanations}

    def recalculated(self, root: Node) -> tuple[Explanation, ...]:
        """Rows of the chamber's plan that count differently for an individual sheet."""
        scope = root.objective.scope
        if scope == CHAMBER:
            return ()
        return tuple(
            item
            for (of, code), item in self.explanations.items()
            if of == scope
            and (known := self.explanations.get((CHAMBER, code))) is not None
            and known.measured != item.measured
        )

    @cached_property
    def explained_trees(self) -> tuple[tuple[str, tuple[Node, ...]], ...]:
        """Roots as the annex explains them: big ones alone, bare ones (areas) together."""
        trees: list[tuple[str, tuple[Node, ...]]] = [
            (f"{root.objective.code} {root.objective.title}", (root,))
            for root in self.roots
            if root.children or root.indicators
        ]
        bare = tuple(root for root in self.roots if not root.children and not root.indicators)
        if bare:
            place = next(
                (at for at, (_, roots) in enumerate(trees) if roots[0].objective.scope != CHAMBER),
                len(trees),
            )
            trees.insert(place, ("Aree strategiche", bare))
        return tuple(trees)

    @cached_property
    def measures(self) -> tuple[UsedMeasure, ...]:
        """Every elementary datum used, once, by code, year and period."""
        seen: dict[tuple[str, int, str], UsedMeasure] = {}
        for item in self.snapshot.explanations:
            for measure in item.measures:
                seen.setdefault((measure.code, measure.year, measure.period or ""), measure)
        return tuple(seen[key] for key in sorted(seen, key=_counted))


def _counted(key: tuple[str, int, str]) -> tuple[list[tuple[bool, int, str]], int, str]:
    """Codes in the order people count: 89 before 607, A2 before A10."""
    code, year, period = key
    parts = [part for part in re.split(r"([0-9]+)", code) if part]
    counted = [(False, int(p), "") if p.isdecimal() else (True, 0, p) for p in parts]
    return counted, year, period


def spent_share(resource: Resource) -> str | None:
    """Actual over budgeted, in points with one digit; ``None`` when it cannot be told."""
    return share_of(resource.actual, resource.budgeted or resource.initial)


def sum_of(rows: Iterable[object], name: str) -> str:
    """The sum of an amount that every row has."""
    return str(sum((Decimal(getattr(row, name)) for row in rows), Decimal(0)))


def share_of(part: str | None, whole: str | None) -> str | None:
    """A part of an amount in points with one digit; ``None`` when it cannot be told."""
    if part is None or whole is None or Decimal(whole) == 0:
        return None
    share = Decimal(part) / Decimal(whole) * 100
    return str(share.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


def amounts_given(resources: Sequence[Resource]) -> tuple[str, ...]:
    """Which amounts at least one resource declares: the columns worth printing."""
    return tuple(
        name for name in AMOUNTS if any(getattr(item, name) is not None for item in resources)
    )
