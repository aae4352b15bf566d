"""Whose a datum is, and who may act on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.membership import Membership
from shared.domain.permissions import PERMISSIONS, Action, Role
from shared.domain.plan import Kind
from shared.domain.responsibility import (
    BOUND_ROLES,
    Leaf,
    Node,
    Responsibilities,
    is_bound,
)

PLAN = Responsibilities(
    [
        Node("P", Kind.PERSPECTIVE, None, "Imprese", ("Segreteria",)),
        Node("P1", Kind.STRATEGIC_OBJECTIVE, "P", "Servizi"),
        Node("P1a", Kind.OPERATIONAL_OBJECTIVE, "P1", "Sportelli", ("Ufficio  Studi", "CED")),
        Node("AR", Kind.AREA, None, "Area Anagrafe"),
        Node("AR1", Kind.AREA_OBJECTIVE, "AR", "Tempi"),
        Node("AR2", Kind.AREA_OBJECTIVE, "AR", "Pratiche", ("Registro imprese",)),
        Node("N", Kind.PRIORITY, None, "Senza unità"),
    ],
    [
        Leaf("i1", "P1a", None, ("m1", "shared")),
        Leaf("i2", "P1", "Statistica", ("m2",)),
        Leaf("i3", "AR1", None, ("shared",)),
        Leaf("i4", "N", None, ("m4",)),
    ],
)


def may(role: Role, unit: str, action: Action, kind: str, code: str) -> bool:
    """Whether somebody of one unit, with one role, may do this."""
    return PLAN.within(Membership(frozenset({role}), frozenset({unit})), action, kind, code)


@pytest.mark.parametrize(
    ("unit", "kind", "code", "enters", "answers"),
    [
        ("ufficio studi", "indicator", "i1", True, True),
        ("UFFICIO STUDI ", "measure", "m1", True, True),
        ("Segreteria", "indicator", "i1", False, True),
        ("Segreteria", "indicator", "i2", True, True),
        ("Statistica", "indicator", "i2", True, True),
        ("Statistica", "measure", "m2", True, True),
        ("Statistica", "objective", "P1", False, False),
        ("Ufficio Studi", "measure", "shared", True, True),
        ("AR", "measure", "shared", True, True),
        ("Area Anagrafe", "objective", "AR1", True, True),
        ("AR", "objective", "AR2", False, True),
        ("Registro imprese", "objective", "AR2", True, True),
        ("Registro imprese", "objective", "AR1", False, False),
        ("Ufficio", "indicator", "i1", False, False),
        ("Segreteria", "measure", "m4", False, False),
        ("Segreteria", "measure", "unknown", False, False),
        ("Segreteria", "section", "3.1", False, False),
    ],
)
def test_whose_a_datum_is(unit: str, kind: str, code: str, enters: bool, answers: bool) -> None:
    assert may(Role.CONTRIBUTOR, unit, Action.MEASUREMENT_RECORD, kind, code) == enters
    assert may(Role.VALIDATOR, unit, Action.MEASUREMENT_VALIDATE, kind, code) == answers
    assert not may(Role.CONTRIBUTOR, unit, Action.MEASUREMENT_VALIDATE, kind, code)


@given(st.frozensets(st.sampled_from(Role)), st.sampled_from(list(Action)))
def test_only_contributors_and_validators_are_bound(roles: frozenset[Role], action: Action) -> None:
    free = any(action in PERMISSIONS[role] for role in roles - BOUND_ROLES)
    assert is_bound(Membership(roles), action) == (not free)
    assert not is_bound(Membership(roles, frozenset({"*"})), action)


def test_without_units_nothing_is_ones_own() -> None:
    nobody = Membership(frozenset({Role.CONTRIBUTOR, Role.VALIDATOR}))
    assert not PLAN.within(nobody, Action.MEASUREMENT_RECORD, "indicator", "i4")
