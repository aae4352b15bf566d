"""Which part of a plan belongs to which sheet, and who sees it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.confidentiality import (
    INDIVIDUAL_KINDS,
    Branch,
    Sight,
    Twig,
    hidden_from,
    sheets_by_objective,
    sight_of,
)
from shared.domain.membership import Membership
from shared.domain.permissions import Role
from shared.domain.plan import Kind

TREE = [
    Branch("A", Kind.PERSPECTIVE, None),
    Branch("A1", Kind.STRATEGIC_OBJECTIVE, "A"),
    Branch("SG", Kind.INDIVIDUAL, None),
    Branch("SG-1", Kind.INDIVIDUAL_OBJECTIVE, "SG"),
    Branch("SG-1a", Kind.ACTION, "SG-1"),
    Branch("D1", Kind.INDIVIDUAL, None),
    Branch("G", Kind.STRATEGIC_AREA, None, ("SG", "D1")),
    Branch("GG", Kind.STRATEGIC_AREA, None, ("G",)),
]
TWIGS = [
    Twig("i1", "A1", ("shared", "open")),
    Twig("i2", "SG-1a", ("shared", "own")),
    Twig("i3", "D1", ("other",)),
]

SEES_ALL = {Role.OIV, Role.SIGNER}
SEES_STRUCTURE = {Role.CONTROLLER, Role.CHAMBER_ADMINISTRATOR, Role.ENTITY_ADMINISTRATOR}


@pytest.mark.parametrize("role", list(Role))
def test_who_sees_what(role: Role) -> None:
    sight = sight_of(Membership(frozenset({role})))
    assert sight.everything == (role in SEES_ALL)
    assert sight.structure == (role in SEES_ALL | SEES_STRUCTURE)
    assert sight.sheets == frozenset()


def test_the_person_and_those_who_evaluate_them_see_their_sheet() -> None:
    given = Membership(
        frozenset({Role.READER}), sheets=frozenset({"D1"}), evaluates=frozenset({"PO1"})
    )
    assert sight_of(given) == Sight(sheets=frozenset({"D1", "PO1"}))


def test_a_sheet_is_everything_below_its_head_and_what_groups_it() -> None:
    assert sheets_by_objective(TREE) == {
        "SG": {"SG"},
        "SG-1": {"SG"},
        "SG-1a": {"SG"},
        "D1": {"D1"},
        "G": {"SG", "D1"},
        "GG": {"SG", "D1"},
    }


def test_measures_that_the_chamber_reads_too_are_nobodys_secret() -> None:
    hidden = hidden_from(Sight(), TREE, TWIGS)
    assert hidden.indicators == {"i2", "i3"}
    assert hidden.measures == {"own", "other"}
    assert hidden.hides("measure", "own")
    assert not hidden.hides("measure", "shared")
    assert not hidden.hides("section", "SG")


def test_an_evaluator_sees_one_sheet_and_no_mean_of_several() -> None:
    hidden = hidden_from(Sight(sheets=frozenset({"SG"})), TREE, TWIGS)
    assert hidden.objectives == {"D1", "G", "GG"}
    assert hidden.sheets == {"D1"}
    assert hidden.indicators == {"i3"}
    assert hidden_from(Sight(everything=True), TREE, TWIGS).objectives == frozenset()


def test_a_tree_that_runs_in_a_circle_hides_too() -> None:
    circle = [Branch("X", Kind.INDIVIDUAL, "Y"), Branch("Y", Kind.INDIVIDUAL_OBJECTIVE, "X")]
    assert hidden_from(Sight(), circle).objectives == {"X", "Y"}


@given(
    st.lists(st.tuples(st.sampled_from(list(Kind)), st.integers(0, 9)), min_size=1, max_size=10),
    st.frozensets(st.sampled_from([f"o{n}" for n in range(10)])),
)
def test_seeing_more_never_hides_more(rows: list[tuple[Kind, int]], sheets: frozenset[str]) -> None:
    branches = [
        Branch(f"o{at}", kind, f"o{parent}" if parent < at else None)
        for at, (kind, parent) in enumerate(rows)
    ]
    twigs = [Twig(f"i{at}", f"o{at}", (f"m{at}",)) for at in range(len(rows))]
    nothing = hidden_from(Sight(), branches, twigs)
    some = hidden_from(Sight(sheets=sheets), branches, twigs)
    assert some.objectives <= nothing.objectives
    assert some.measures <= nothing.measures
    assert {b.code for b in branches if b.kind in INDIVIDUAL_KINDS} <= nothing.objectives
