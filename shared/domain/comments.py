"""Threads of comments on a text: who speaks as what, and who settles which. Pure.

A thread is opened, answered, resolved, opened again. It is settled by whoever opened it: what
the OIV asks for is not done because an office says so. Whoever runs the cycle settles what
offices have asked each other, and their own colleagues' threads; the OIV is one body.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from shared.domain.permissions import Role


class Capacity(StrEnum):
    """As what somebody speaks about a text."""

    OIV = "oiv"
    CONTROLLER = "controller"
    OFFICE = "office"


class ThreadState(StrEnum):
    """Where a thread stands."""

    OPEN = "open"
    RESOLVED = "resolved"


class ThreadMove(StrEnum):
    """What a line of a thread does."""

    OPEN = "open"
    ANSWER = "answer"
    RESOLVE = "resolve"
    REOPEN = "reopen"


class ThreadRefusedError(Exception):
    """A thread that stands so cannot make this move; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


_RUNNING = frozenset({Role.CONTROLLER, Role.CHAMBER_ADMINISTRATOR, Role.ENTITY_ADMINISTRATOR})

_MOVES: Mapping[tuple[ThreadState, ThreadMove], ThreadState] = MappingProxyType(
    {
        (ThreadState.OPEN, ThreadMove.ANSWER): ThreadState.OPEN,
        (ThreadState.OPEN, ThreadMove.RESOLVE): ThreadState.RESOLVED,
        (ThreadState.RESOLVED, ThreadMove.REOPEN): ThreadState.OPEN,
    }
)

_REFUSALS: Mapping[ThreadState, str] = MappingProxyType(
    {ThreadState.OPEN: "thread_open", ThreadState.RESOLVED: "thread_resolved"}
)

_SETTLES: Mapping[Capacity, frozenset[Capacity]] = MappingProxyType(
    {
        Capacity.OIV: frozenset({Capacity.OIV}),
        Capacity.CONTROLLER: frozenset({Capacity.CONTROLLER, Capacity.OFFICE}),
        Capacity.OFFICE: frozenset(),
    }
)
"""Of whose threads somebody who speaks so settles all, beside their own."""


def capacity_of(roles: Iterable[Role]) -> Capacity:
    """As what somebody with these roles speaks: the OIV before who runs the cycle."""
    held = frozenset(roles)
    if Role.OIV in held:
        return Capacity.OIV
    return Capacity.OFFICE if held.isdisjoint(_RUNNING) else Capacity.CONTROLLER


def after(state: ThreadState, move: ThreadMove) -> ThreadState:
    """Where a thread stands after a move.

    Raises:
        ThreadRefusedError: ``thread_resolved`` or ``thread_open``.
    """
    found = _MOVES.get((state, move))
    if found is None:
        raise ThreadRefusedError(_REFUSALS[state])
    return found


def settles(own: Capacity, opened_as: Capacity, *, opener: bool) -> bool:
    """Whether somebody may resolve a thread, or open it again."""
    return opener or opened_as in _SETTLES[own]
