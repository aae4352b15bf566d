"""What a caller does not see of a plan, and what they may act on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.auth.caller import Access
from services.api.boundaries import repository
from services.api.db.session import ReadSession
from services.api.errors import Refusal
from services.api.plans.rows import PlanHead
from shared.contracts.issues import Issue
from shared.domain.confidentiality import (
    INDIVIDUAL_KINDS,
    NOTHING_HIDDEN,
    Branch,
    Hidden,
    Twig,
    hidden_from,
    sheets_by_objective,
    sheets_by_subject,
)
from shared.domain.formula import parse
from shared.domain.permissions import Action
from shared.domain.plan import Kind
from shared.domain.responsibility import Leaf, Node, Responsibilities, is_of


async def hidden(session: ReadSession, head: PlanHead, access: Access) -> Hidden:
    """What the caller does not see of what was measured, computed and decided in a plan."""
    if access.sight.everything:
        return NOTHING_HIDDEN
    rows = await repository.tree(session, head.plan_id)
    if not any(row.kind in INDIVIDUAL_KINDS for row in rows):
        return NOTHING_HIDDEN
    twigs = [
        Twig(row.code, row.objective, measures_of(row.formula))
        for row in await repository.leaves(session, head.plan_id)
    ]
    return hidden_from(access.sight, _branches(rows), twigs)


async def hidden_elements(session: ReadSession, head: PlanHead, access: Access) -> Hidden:
    """As :func:`hidden`, of the plan's elements themselves: nothing from who runs the cycle."""
    if access.sight.structure:
        return NOTHING_HIDDEN
    return await hidden(session, head, access)


async def require_seen(
    session: ReadSession, head: PlanHead, access: Access, kind: str, code: str
) -> None:
    """Refuses what is said of a sheet that the caller does not see, as if nothing were.

    Raises:
        Refusal: ``statement_not_found``.
    """
    if (await hidden(session, head, access)).hides(kind, code):
        raise Refusal("statement_not_found", subject=f"{kind}:{code}")


async def sheets(session: ReadSession, plan_id: str) -> Mapping[tuple[str, str], frozenset[str]]:
    """The sheets that elements of a plan belong to, by kind and code; only of those in one."""
    rows = await repository.tree_with_sheets(session, plan_id)
    if not rows:
        return {}
    twigs = [
        Twig(row.code, row.objective, measures_of(row.formula))
        for row in await repository.leaves(session, plan_id)
    ]
    return sheets_by_subject(_branches(rows), twigs)


def require_visible(unseen: Hidden, subjects: Iterable[tuple[str, str, str]]) -> None:
    """Refuses to take data of sheets from somebody who does not see them.

    Args:
        unseen: what the caller does not see.
        subjects: kind and code of each subject, and its place in the request.

    Raises:
        Refusal: ``sheet_not_visible``, with every subject of such a sheet.
    """
    faults = [
        _not_visible(place, code) for kind, code, place in subjects if unseen.hides(kind, code)
    ]
    if faults:
        raise Refusal("sheet_not_visible", issues=faults)


@dataclass(frozen=True, slots=True)
class Reach:
    """What somebody may act on: everything, or what is of their units and sheets."""

    access: Access
    found: Responsibilities | None = None
    own: frozenset[tuple[str, str]] = frozenset()
    """Kind and code of elements of sheets that the person fills in or evaluates."""
    texts: frozenset[tuple[str, str]] = frozenset()
    """Kind and code of what has a text that was assigned to one of their units."""

    def covers(self, action: Action, kind: str, code: str) -> bool:
        """Whether the caller may do this to an objective, indicator, measure or section."""
        if not self.access.bound(action) or self.found is None:
            return True
        if (kind, code) in self.own:
            return True
        if action is Action.NARRATIVE_WRITE and (kind, code) in self.texts:
            return True
        return self.found.within(self.access.membership, action, kind, code)

    def require(self, action: Action, subjects: Iterable[tuple[str, str, str]]) -> None:
        """Refuses what is of other units.

        Args:
            action: what is to be done.
            subjects: kind and code of each subject, and its place in the request.

        Raises:
            Refusal: ``outside_units``, with every subject that is not the caller's.
        """
        faults = [
            _outside(place, code)
            for kind, code, place in subjects
            if not self.covers(action, kind, code)
        ]
        if faults:
            raise Refusal("outside_units", issues=faults)


async def reach(session: ReadSession, head: PlanHead, access: Access, *actions: Action) -> Reach:
    """What the caller may act on; nothing is read for who is bound by none of the actions."""
    if not any(access.bound(action) for action in actions):
        return Reach(access)
    rows = await repository.tree(session, head.plan_id)
    indicators = await repository.leaves(session, head.plan_id)
    nodes = [
        Node(row.code, Kind(row.kind), row.parent, row.title, tuple(row.units or ()))
        for row in rows
    ]
    leaves = [
        Leaf(row.code, row.objective, row.source_office, measures_of(row.formula))
        for row in indicators
    ]
    texts = await _own_texts(session, head, access) if Action.NARRATIVE_WRITE in actions else ()
    return Reach(
        access,
        Responsibilities(nodes, leaves),
        _own_elements(access, rows, leaves),
        frozenset(texts),
    )


async def _own_texts(session: ReadSession, head: PlanHead, access: Access) -> list[tuple[str, str]]:
    rows = await repository.assigned(session, head.plan_id)
    return [
        (row.subject_kind, row.subject_code)
        for row in rows
        if is_of(access.membership, row.offices)
    ]


def _own_elements(
    access: Access, rows: Sequence[sa.Row[Any]], leaves: Sequence[Leaf]
) -> frozenset[tuple[str, str]]:
    mine = access.sight.sheets
    if not mine:
        return frozenset()
    sheets = sheets_by_objective(_branches(rows))
    objectives = {code for code, found in sheets.items() if found <= mine}
    found: set[tuple[str, str]] = {("objective", code) for code in objectives}
    for leaf in leaves:
        if leaf.objective in objectives:
            found.add(("indicator", leaf.code))
            found |= {("measure", code) for code in leaf.measures}
    shared = {code for leaf in leaves if leaf.objective not in sheets for code in leaf.measures}
    return frozenset(found - {("measure", code) for code in shared})


def _branches(rows: Sequence[sa.Row[Any]]) -> list[Branch]:
    return [Branch(r.code, Kind(r.kind), r.parent, tuple(r.members or ())) for r in rows]


def measures_of(formula: str | None) -> tuple[str, ...]:
    """Codes of the measures that a formula reads; none without a formula."""
    return () if formula is None else tuple(ref.code for ref in parse(formula).measures)


def _outside(place: str, code: str) -> Issue:
    return Issue(
        pointer=place,
        code="outside_units",
        it=f"{code}: non è di una delle unità affidate a chi chiama",
        en=f"{code}: not of a unit that the caller is in charge of",
    )


def _not_visible(place: str, code: str) -> Issue:
    return Issue(
        pointer=place,
        code="sheet_not_visible",
        it=f"{code}: di una scheda individuale che chi chiama non vede",
        en=f"{code}: of an individual sheet that the caller does not see",
    )
