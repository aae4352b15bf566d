"""Who may see which individual sheet, and what of a plan belongs to one.

A sheet is seen by the person evaluated, by those who evaluate them, by the OIV and by whoever
signs for the chamber (Segretario generale, Presidente or Commissario). Whoever runs the cycle
sees how sheets are built, because the plan is theirs to write, and nothing that was measured,
computed or decided in them. To everybody else sheets are not there.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from shared.domain.membership import Membership
from shared.domain.permissions import Role
from shared.domain.plan import Kind, Plan

INDIVIDUAL_KINDS = frozenset({Kind.INDIVIDUAL, Kind.INDIVIDUAL_OBJECTIVE})

_SEE_ALL = frozenset({Role.OIV, Role.SIGNER})
_SEE_STRUCTURE = frozenset({Role.CONTROLLER, Role.CHAMBER_ADMINISTRATOR, Role.ENTITY_ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody sees of individual sheets.

    ``sheets``: codes of those they see whole. ``structure``: whether they see how the others
    are built.
    """

    everything: bool = False
    structure: bool = False
    sheets: frozenset[str] = frozenset()


FULL_SIGHT = Sight(everything=True, structure=True)
NO_SIGHT = Sight()


def sight_of(membership: Membership) -> Sight:
    """What a person with this membership sees."""
    return Sight(
        everything=not _SEE_ALL.isdisjoint(membership.roles),
        structure=not (_SEE_ALL | _SEE_STRUCTURE).isdisjoint(membership.roles),
        sheets=membership.sheets | membership.evaluates,
    )


@dataclass(frozen=True, slots=True)
class Branch:
    """A node of the tree as far as sheets are concerned."""

    code: str
    kind: Kind
    parent: str | None
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Twig:
    """An indicator as far as sheets are concerned; ``measures`` are those its formula reads."""

    code: str
    objective: str
    measures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hidden:
    """Codes of what somebody does not see; ``sheets`` are scopes as well."""

    sheets: frozenset[str] = frozenset()
    objectives: frozenset[str] = frozenset()
    indicators: frozenset[str] = frozenset()
    measures: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything is hidden."""
        return bool(self.objectives)

    def hides(self, kind: str, code: str) -> bool:
        """Whether an objective, indicator or measure is hidden."""
        return code in self.codes(kind)

    def codes(self, kind: str) -> frozenset[str]:
        """Codes of the hidden objectives, indicators or measures; none of another kind."""
        match kind:
            case "objective":
                return self.objectives
            case "indicator":
                return self.indicators
            case "measure":
                return self.measures
        return frozenset()

    def subjects(self) -> frozenset[tuple[str, str]]:
        """Kind and code of everything hidden."""
        return frozenset(
            chain(
                (("objective", code) for code in self.objectives),
                (("indicator", code) for code in self.indicators),
                (("measure", code) for code in self.measures),
            )
        )


NOTHING_HIDDEN = Hidden()


def sheets_by_objective(branches: Collection[Branch]) -> Mapping[str, frozenset[str]]:
    """The sheets that each objective belongs to; only of those that belong to one.

    A sheet's code is that of its topmost objective. A grouping of objectives of sheets
    (``members``) tells of them, so it belongs to their sheets too.
    """
    by_code = {branch.code: branch for branch in branches}
    found: dict[str, frozenset[str]] = {}
    for branch in branches:
        top = branch
        individual = branch.kind in INDIVIDUAL_KINDS
        seen = {branch.code}
        while top.parent in by_code and top.parent not in seen:
            top = by_code[top.parent]
            seen.add(top.code)
            individual = individual or top.kind in INDIVIDUAL_KINDS
        if individual:
            found[branch.code] = frozenset({top.code})
    while True:
        groupings = {
            branch.code: frozenset().union(
                *(found.get(code, frozenset()) for code in branch.members)
            )
            for branch in branches
            if branch.code not in found and not found.keys().isdisjoint(branch.members)
        }
        if not groupings:
            return found
        found |= groupings


def sheets_by_subject(
    branches: Collection[Branch], twigs: Iterable[Twig]
) -> Mapping[tuple[str, str], frozenset[str]]:
    """The sheets that each objective, indicator or measure belongs to, by kind and code.

    Of a measure that the chamber's own rows read too there is nothing to hide.
    """
    by_objective = sheets_by_objective(branches)
    found = {("objective", code): sheets for code, sheets in by_objective.items()}
    outside: set[str] = set()
    for twig in twigs:
        sheets = by_objective.get(twig.objective)
        if sheets is None:
            outside.update(twig.measures)
            continue
        found["indicator", twig.code] = sheets
        for code in twig.measures:
            found["measure", code] = found.get(("measure", code), frozenset()) | sheets
    for code in outside:
        found.pop(("measure", code), None)
    return found


def hidden_from(sight: Sight, branches: Collection[Branch], twigs: Iterable[Twig] = ()) -> Hidden:
    """What of a plan somebody does not see.

    A measure is hidden when rows of hidden sheets alone read it: what the chamber's own plan
    measures is nobody's secret.
    """
    if sight.everything:
        return NOTHING_HIDDEN
    by_objective = sheets_by_objective(branches)
    closed = {code: sheets - sight.sheets for code, sheets in by_objective.items()}
    objectives = frozenset(code for code, sheets in closed.items() if sheets)
    indicators, inside, outside = set[str](), set[str](), set[str]()
    for twig in twigs:
        if twig.objective in objectives:
            indicators.add(twig.code)
            inside.update(twig.measures)
        else:
            outside.update(twig.measures)
    return Hidden(
        sheets=frozenset().union(*closed.values()),
        objectives=objectives,
        indicators=frozenset(indicators),
        measures=frozenset(inside - outside),
    )


def hidden_in(plan: Plan, sight: Sight) -> Hidden:
    """What of a plan somebody does not see."""
    return hidden_from(
        sight,
        [Branch(o.code, o.kind, o.parent, o.members) for o in plan.objectives],
        [
            Twig(
                i.code,
                i.objective,
                tuple(ref.code for ref in i.parsed_formula.measures) if i.parsed_formula else (),
            )
            for i in plan.indicators
        ],
    )
