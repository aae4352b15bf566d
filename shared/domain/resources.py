"""Money of objectives: what follows from what, and sums up the tree."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

PARTS = ("initial", "changes", "budgeted", "committed", "approved", "actual", "available")
"""Amounts of a resource: first estimate and its variations, budget, commitments, approved
budget, expenditure, what is left."""

Amounts = Mapping[str, Fraction]
"""Amounts that are stated, by part."""


@dataclass(frozen=True, slots=True)
class Line:
    """One resource of an objective; ``row`` is its place among them."""

    row: int
    key: tuple[str | None, int | None, str | None]
    """Type, year and currency: only amounts of the same three are added."""
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Difference:
    """A stated amount that is not what it should be."""

    objective: str
    row: int
    part: str
    stated: Fraction
    computed: Fraction


def current_budget(amounts: Amounts) -> tuple[Fraction, ...]:
    """What may be spent, in each way that the stated amounts can be read.

    A budget beside its first estimate holds the variations already; a budget with variations
    and no estimate may hold them or not: published tables do both.
    """
    budgeted, changes = amounts.get("budgeted"), amounts.get("changes")
    if budgeted is None:
        initial = amounts.get("initial")
        return () if initial is None else (initial + (changes or 0),)
    if changes is None or "initial" in amounts:
        return (budgeted,)
    return (budgeted + changes, budgeted)


def within_rows(resources: Mapping[str, Sequence[Line]]) -> Iterator[Difference]:
    """Budgets off estimate and variations; amounts left off budget and commitments."""
    for objective, lines in resources.items():
        for line in lines:
            for part, stated, readings in _derived(line.amounts):
                if readings and stated not in readings:
                    yield Difference(objective, line.row, part, stated, readings[0])


def _derived(amounts: Amounts) -> Iterator[tuple[str, Fraction, tuple[Fraction, ...]]]:
    budgeted, available = amounts.get("budgeted"), amounts.get("available")
    if budgeted is not None and {"initial", "changes"} <= amounts.keys():
        yield "budgeted", budgeted, (amounts["initial"] + amounts["changes"],)
    committed = amounts.get("committed")
    if available is not None and committed is not None:
        yield "available", available, tuple(b - committed for b in current_budget(amounts))


def up_the_tree(
    parents: Mapping[str, str | None], resources: Mapping[str, Sequence[Line]]
) -> Iterator[Difference]:
    """Amounts of an objective that differ from the sum of those below it.

    Below an objective are its children; of a child that states nothing of the kind, its own.
    An objective below which nobody states an amount has nothing to be compared with.
    """
    children: dict[str, list[str]] = defaultdict(list)
    for code, parent in parents.items():
        if parent is not None:
            children[parent].append(code)
    for objective, lines in resources.items():
        for line in lines:
            for part, stated in line.amounts.items():
                below = list(_below(objective, line.key, part, children, resources))
                if below and sum(below) != stated:
                    computed = sum(below, start=Fraction(0))
                    yield Difference(objective, line.row, part, stated, computed)


def _below(
    objective: str,
    key: tuple[str | None, int | None, str | None],
    part: str,
    children: Mapping[str, Iterable[str]],
    resources: Mapping[str, Sequence[Line]],
) -> Iterator[Fraction]:
    waiting = list(children.get(objective, ()))
    while waiting:
        child = waiting.pop()
        found = [
            line.amounts[part]
            for line in resources.get(child, ())
            if line.key == key and part in line.amounts
        ]
        if found:
            yield from found
        else:
            waiting.extend(children.get(child, ()))
