"""The way of a measurement from the office that enters it to the manager who answers for it.

A value is *recorded*; its office *submits* it; the manager *validates* or *rejects* it; what
was validated is *reopened* before it may change. :data:`MOVES` is the whole table of moves;
which role may make one stands in :mod:`shared.domain.permissions`, under the move's action.

A state belongs to a version of the value. A new value starts again as recorded, so nobody's
validation ever covers a figure that was not there when it was given.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from shared.domain.permissions import Action, Role, allows


class State(StrEnum):
    """Where the value that stands is on its way."""

    RECORDED = "recorded"
    SUBMITTED = "submitted"
    VALIDATED = "validated"
    REJECTED = "rejected"
    REOPENED = "reopened"


class Move(StrEnum):
    """A step that a person makes."""

    SUBMIT = "submit"
    VALIDATE = "validate"
    REJECT = "reject"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table: from which states, to which one, by whom, and whether with a reason."""

    origins: frozenset[State]
    result: State
    action: Action
    needs_reason: bool = False


MOVES: Mapping[Move, Rule] = MappingProxyType(
    {
        Move.SUBMIT: Rule(
            frozenset({State.RECORDED, State.REJECTED, State.REOPENED}),
            State.SUBMITTED,
            Action.MEASUREMENT_SUBMIT,
        ),
        Move.VALIDATE: Rule(
            frozenset({State.SUBMITTED}), State.VALIDATED, Action.MEASUREMENT_VALIDATE
        ),
        Move.REJECT: Rule(
            frozenset({State.SUBMITTED}),
            State.REJECTED,
            Action.MEASUREMENT_REJECT,
            needs_reason=True,
        ),
        Move.REOPEN: Rule(
            frozenset({State.VALIDATED}),
            State.REOPENED,
            Action.MEASUREMENT_REOPEN,
            needs_reason=True,
        ),
    }
)
"""Every move there is."""

_SPEAKING_FIRST = (
    Role.VALIDATOR,
    Role.CONTROLLER,
    Role.CONTRIBUTOR,
    Role.CHAMBER_ADMINISTRATOR,
    Role.ENTITY_ADMINISTRATOR,
)
"""Of several roles that allow a move, the one in which it is made: the nearest to the value."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a move depends on.

    ``own_entry``: who asks entered the value that stands. ``closed``: the period it belongs
    to is closed. ``withdrawn``: its source has taken the value back, so there is none.
    """

    state: State
    own_entry: bool = False
    closed: bool = False
    withdrawn: bool = False


def state_of(version: int, last: tuple[State, int] | None) -> State:
    """The state of a value: that of the last move if it was about this version of it."""
    if last is None or last[1] != version:
        return State.RECORDED
    return last[0]


def accepts_value(state: State) -> bool:
    """Whether a new value may take the place of the one that stands."""
    return state is not State.VALIDATED


def obstacle(move: Move, standing: Standing, *, own_validation: bool) -> str | None:
    """Why a move cannot be made now, whoever asks; ``None`` when it can.

    Args:
        move: what is asked.
        standing: the measurement as it is.
        own_validation: the chamber lets a person validate what they entered themselves.

    Returns:
        ``period_closed``, ``value_withdrawn``, ``move_not_allowed`` or ``own_entry``.
    """
    if standing.closed:
        return "period_closed"
    if standing.withdrawn:
        return "value_withdrawn"
    if standing.state not in MOVES[move].origins:
        return "move_not_allowed"
    if move is Move.VALIDATE and standing.own_entry and not own_validation:
        return "own_entry"
    return None


def allowed_moves(
    standing: Standing, allowed: Collection[Action], *, own_validation: bool
) -> tuple[Move, ...]:
    """The moves that somebody who may do ``allowed`` can make now."""
    return tuple(
        move
        for move, rule in MOVES.items()
        if rule.action in allowed
        and obstacle(move, standing, own_validation=own_validation) is None
    )


def role_for(move: Move, roles: Iterable[Role]) -> Role:
    """The role in which somebody makes a move, to be kept with it.

    Raises:
        LookupError: none of the roles allows it.
    """
    held = frozenset(roles)
    action = MOVES[move].action
    found = next((r for r in _SPEAKING_FIRST if r in held and allows((r,), action)), None)
    if found is None:
        raise LookupError(f"no role allows {move}")
    return found
