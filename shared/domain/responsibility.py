"""Whose a datum of a plan is: the units that enter it, and those that answer for it.

A datum is entered by the units of its objective, or of the nearest objective above that names
some, and by the source office of its indicator. It is answered for by every unit named from
its objective up to the top: who leads an area answers for all of it. An objective of kind
``area`` or ``unit`` is itself a unit, by its code and its title. A measure is the data of every
indicator that reads it. A text is its objective's, and of the offices it was assigned to; that
of a section is theirs alone.

Contributors enter what their units enter, validators act on what their units answer for, and
neither without units; every other role is bound to none.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from shared.domain.membership import EVERY_UNIT, Membership
from shared.domain.permissions import PERMISSIONS, Action, Role
from shared.domain.plan import Kind, Subject

BOUND_ROLES = frozenset({Role.CONTRIBUTOR, Role.VALIDATOR})
"""Roles that hold for a person's own units only."""

_UNIT_KINDS = frozenset({Kind.AREA, Kind.UNIT})


@dataclass(frozen=True, slots=True)
class Node:
    """An objective as far as units are concerned."""

    code: str
    kind: Kind
    parent: str | None
    title: str
    units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leaf:
    """An indicator as far as units are concerned; ``measures`` are those its formula reads."""

    code: str
    objective: str
    source_office: str | None = None
    measures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Responsible:
    """Units, in the form they are compared in."""

    entering: frozenset[str] = frozenset()
    answering: frozenset[str] = frozenset()

    def __or__(self, other: "Responsible") -> "Responsible":
        """Of two places together."""
        return Responsible(self.entering | other.entering, self.answering | other.answering)


_NOBODY = Responsible()


def is_bound(membership: Membership, action: Action) -> bool:
    """Whether the person may do this for their own units only."""
    if EVERY_UNIT in membership.units:
        return False
    return not any(action in PERMISSIONS[role] for role in membership.roles - BOUND_ROLES)


def is_of(membership: Membership, offices: Iterable[str]) -> bool:
    """Whether one of these offices is a unit of the person."""
    return not folded(membership.units).isdisjoint(folded(offices))


class Responsibilities:
    """Who enters and who answers for each datum of a plan."""

    def __init__(self, nodes: Collection[Node], leaves: Iterable[Leaf]) -> None:
        self._nodes = {node.code: node for node in nodes}
        self._of: dict[tuple[str, str], Responsible] = {
            (Subject.OBJECTIVE, node.code): self._climb(node.code) for node in nodes
        }
        measures: dict[str, Responsible] = defaultdict(Responsible)
        for leaf in leaves:
            office = folded([leaf.source_office] if leaf.source_office else ())
            found = self.of(Subject.OBJECTIVE, leaf.objective) | Responsible(office, office)
            self._of[Subject.INDICATOR, leaf.code] = found
            for code in leaf.measures:
                measures[code] |= found
        self._of |= {(Subject.MEASURE, code): found for code, found in measures.items()}

    def of(self, kind: str, code: str) -> Responsible:
        """Who enters, and who answers for, an objective, indicator or measure."""
        return self._of.get((kind, code), _NOBODY)

    def within(self, membership: Membership, action: Action, kind: str, code: str) -> bool:
        """Whether somebody who is bound to units may do this to an element."""
        held = folded(membership.units)
        responsible = self.of(kind, code)
        by_role = {
            Role.CONTRIBUTOR: responsible.entering,
            Role.VALIDATOR: responsible.answering,
        }
        return any(
            action in PERMISSIONS[role] and not held.isdisjoint(units)
            for role, units in by_role.items()
            if role in membership.roles
        )

    def _climb(self, code: str) -> Responsible:
        nearest: frozenset[str] = frozenset()
        every: frozenset[str] = frozenset()
        seen: set[str] = set()
        at: str | None = code
        while at in self._nodes and at not in seen:
            seen.add(at)
            node = self._nodes[at]
            own = folded(node.units)
            if node.kind in _UNIT_KINDS:
                own |= folded((node.code, node.title))
            nearest = nearest or own
            every |= own
            at = node.parent
        return Responsible(nearest, every)


def folded(names: Iterable[str]) -> frozenset[str]:
    """Names as they are compared: spaces and capitals make no other unit."""
    return frozenset(" ".join(name.split()).casefold() for name in names)
