"""Threads of comments: the table of moves, and who settles whose."""

from itertools import product

import pytest

from shared.domain.comments import (
    Capacity,
    ThreadMove,
    ThreadRefusedError,
    ThreadState,
    after,
    capacity_of,
    settles,
)
from shared.domain.permissions import Role

OPEN, RESOLVED = ThreadState.OPEN, ThreadState.RESOLVED

TABLE = {
    (OPEN, ThreadMove.ANSWER): OPEN,
    (OPEN, ThreadMove.RESOLVE): RESOLVED,
    (RESOLVED, ThreadMove.REOPEN): OPEN,
    (OPEN, ThreadMove.REOPEN): "thread_open",
    (OPEN, ThreadMove.OPEN): "thread_open",
    (RESOLVED, ThreadMove.ANSWER): "thread_resolved",
    (RESOLVED, ThreadMove.RESOLVE): "thread_resolved",
    (RESOLVED, ThreadMove.OPEN): "thread_resolved",
}


@pytest.mark.parametrize(("state", "move"), list(product(ThreadState, ThreadMove)))
def test_every_move_in_every_state(state: ThreadState, move: ThreadMove) -> None:
    expected = TABLE[state, move]
    if isinstance(expected, ThreadState):
        assert after(state, move) is expected
        return
    with pytest.raises(ThreadRefusedError) as refused:
        after(state, move)
    assert refused.value.code == expected


@pytest.mark.parametrize(
    ("roles", "capacity"),
    [
        ([Role.OIV], Capacity.OIV),
        ([Role.CONTROLLER, Role.OIV], Capacity.OIV),
        ([Role.CONTROLLER], Capacity.CONTROLLER),
        ([Role.CHAMBER_ADMINISTRATOR, Role.CONTRIBUTOR], Capacity.CONTROLLER),
        ([Role.ENTITY_ADMINISTRATOR], Capacity.CONTROLLER),
        ([Role.CONTRIBUTOR], Capacity.OFFICE),
        ([Role.VALIDATOR, Role.READER], Capacity.OFFICE),
    ],
)
def test_as_what_somebody_speaks(roles: list[Role], capacity: Capacity) -> None:
    assert capacity_of(roles) is capacity


@pytest.mark.parametrize(("own", "opened"), list(product(Capacity, Capacity)))
def test_who_settles_whose_threads(own: Capacity, opened: Capacity) -> None:
    assert settles(own, opened, opener=True)
    others = {
        (Capacity.OIV, Capacity.OIV),
        (Capacity.CONTROLLER, Capacity.CONTROLLER),
        (Capacity.CONTROLLER, Capacity.OFFICE),
    }
    assert settles(own, opened, opener=False) == ((own, opened) in others)
