"""Money by programme of the D.M. 27/03/2013, and what ties a plan to other planning documents."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from services.renderer.document.highlights import is_income
from services.renderer.document.view import CHAMBER, Node, Report, share_of
from shared.contracts.snapshot import Figure, IndicatorView, ObjectiveView, Resource


@dataclass(frozen=True)
class Programme:
    """What the objectives of a programme were given and cost, in euro, without income.

    ``actual`` is what is known of the spending; where some of it is not (``complete`` is false)
    no share can be told.
    """

    name: str
    codes: tuple[str, ...]
    planned: str
    actual: str | None
    complete: bool

    @property
    def share(self) -> str | None:
        """Spent over planned, in points with one digit."""
        return share_of(self.actual, self.planned) if self.complete else None


@dataclass(frozen=True)
class Linked:
    """An objective or indicator that another planning document has too."""

    tag: str
    code: str
    title: str
    figure: Figure


class Programmes:
    """Looks into one report."""

    def __init__(self, report: Report) -> None:
        self._report = report

    @cached_property
    def rows(self) -> tuple[Programme, ...]:
        """Every programme that money was planned for, in the order of the plan."""
        nodes: dict[str, list[Node]] = {}
        for node in self._report.nodes.values():
            if node.objective.programme and node.objective.scope == CHAMBER:
                nodes.setdefault(node.objective.programme, []).append(node)
        return tuple(
            row for name, found in nodes.items() if (row := _programme(name, found)) is not None
        )

    @property
    def shared(self) -> bool:
        """Whether some programme has more than one objective: else its sums are theirs."""
        return any(len(row.codes) > 1 for row in self.rows)

    @cached_property
    def linked(self) -> tuple[Linked, ...]:
        """What bears the mark of another document, document by document."""
        rows: list[ObjectiveView | IndicatorView] = []
        for node in self._report.nodes.values():
            if node.objective.scope == CHAMBER:
                rows += (node.objective, *node.indicators)
        found = [Linked(tag, row.code, row.title, row.figure) for row in rows for tag in row.tags]
        return tuple(sorted(found, key=lambda one: one.tag))


def _programme(name: str, nodes: list[Node]) -> Programme | None:
    resources = [resource for node in nodes for resource in _of_programme(node)]
    planned = [Decimal(row.budgeted or row.initial or 0) for row in resources]
    if not any(planned):
        return None
    known = [Decimal(row.actual) for row in resources if row.actual is not None]
    return Programme(
        name=name,
        codes=tuple(node.objective.code for node in nodes),
        planned=str(sum(planned)),
        actual=str(sum(known)) if known else None,
        complete=len(known) == len(resources),
    )


def _of_programme(node: Node) -> Iterator[Resource]:
    """Costs in euro of an objective; of those below it, where it says none of its own.

    Those of a programme of their own are counted there.
    """
    own = [row for row in node.objective.resources if row.currency == "EUR" and not is_income(row)]
    yield from own
    if not own:
        for child in node.children:
            if child.objective.programme is None:
                yield from _of_programme(child)
