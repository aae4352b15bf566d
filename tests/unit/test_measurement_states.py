import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.measurement_states import (
    MOVES,
    Move,
    Standing,
    State,
    accepts_value,
    allowed_moves,
    obstacle,
    role_for,
    state_of,
)
from shared.domain.permissions import PERMISSIONS, Role, allowed_actions

TABLE = {
    ("recorded", "submit"): "submitted",
    ("rejected", "submit"): "submitted",
    ("reopened", "submit"): "submitted",
    ("submitted", "validate"): "validated",
    ("submitted", "reject"): "rejected",
    ("validated", "reopen"): "reopened",
}
"""Every allowed move, written out by hand; whatever is not here is refused."""

WHO = {
    "submit": {
        "contributor",
        "validator",
        "controller",
        "chamber_administrator",
        "entity_administrator",
    },
    "validate": {"validator"},
    "reject": {"validator", "controller", "chamber_administrator", "entity_administrator"},
    "reopen": {"validator", "controller", "chamber_administrator", "entity_administrator"},
}


@pytest.mark.parametrize("move", Move)
@pytest.mark.parametrize("state", State)
def test_the_table_of_moves(state: State, move: Move) -> None:
    expected = TABLE.get((state, move))
    why = obstacle(move, Standing(state), own_validation=False)
    assert why == (None if expected else "move_not_allowed")
    if expected:
        assert MOVES[move].result == expected


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("move", Move)
def test_the_table_of_roles(move: Move, role: Role) -> None:
    allowed = MOVES[move].action in PERMISSIONS[role]
    assert allowed == (role in WHO[move])
    if allowed:
        assert role_for(move, [Role.READER, role]) is role
    else:
        with pytest.raises(LookupError):
            role_for(move, [role])


def test_moves_back_need_a_reason() -> None:
    assert {move for move, rule in MOVES.items() if rule.needs_reason} == {"reject", "reopen"}


def test_own_entries_are_validated_only_where_the_chamber_lets_them() -> None:
    own = Standing(State.SUBMITTED, own_entry=True)
    assert obstacle(Move.VALIDATE, own, own_validation=False) == "own_entry"
    assert obstacle(Move.VALIDATE, own, own_validation=True) is None
    assert obstacle(Move.REJECT, own, own_validation=False) is None


def test_a_state_belongs_to_a_version() -> None:
    assert state_of(1, None) is State.RECORDED
    assert state_of(2, (State.SUBMITTED, 2)) is State.SUBMITTED
    assert state_of(3, (State.VALIDATED, 2)) is State.RECORDED


def test_the_dirigente_speaks_before_the_administrator() -> None:
    held = [Role.ENTITY_ADMINISTRATOR, Role.CONTROLLER, Role.VALIDATOR]
    assert role_for(Move.VALIDATE, held) is Role.VALIDATOR
    assert role_for(Move.REOPEN, held[:2]) is Role.CONTROLLER


@given(
    st.sampled_from(State),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.frozensets(st.sampled_from(Role)),
)
def test_what_is_offered_can_be_done_and_nothing_else(
    state: State, own: bool, closed: bool, lenient: bool, roles: frozenset[Role]
) -> None:
    standing = Standing(state, own, closed)
    offered = allowed_moves(standing, allowed_actions(roles), own_validation=lenient)
    for move in Move:
        possible = obstacle(move, standing, own_validation=lenient) is None
        permitted = any(MOVES[move].action in PERMISSIONS[role] for role in roles)
        assert (move in offered) == (possible and permitted)
    if closed:
        assert offered == ()


@given(st.lists(st.one_of(st.sampled_from(Move), st.just("value")), max_size=30))
def test_a_validated_value_never_changes_without_being_reopened(
    steps: list[Move | str],
) -> None:
    version, last = 1, None
    validated_version = None
    for step in steps:
        state = state_of(version, last)
        if step == "value":
            if accepts_value(state):
                version += 1
            continue
        move = Move(step)
        if obstacle(move, Standing(state), own_validation=True) is None:
            last = (MOVES[move].result, version)
            validated_version = version if move is Move.VALIDATE else None
        if state_of(version, last) is State.VALIDATED:
            assert validated_version == version
