"""The life of a plan: its states, the moves between them, and why a move is refused.

``draft -> approved -> amending -> approved -> ... -> closed``. Every approval makes a version
that never changes afterwards (D.Lgs. 150/2009, art. 10: changes during the year enter the
plan promptly, each with its own act). Pure data and look-ups.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from shared.domain.permissions import Action


class PlanState(StrEnum):
    """Where a plan stands."""

    DRAFT = "draft"
    """Being written: its content changes freely."""
    APPROVED = "approved"
    """In force: its content does not change."""
    AMENDING = "amending"
    """In force, and its next version is being written."""
    CLOSED = "closed"
    """The year is over: no content and no measurement changes; evaluation goes on."""


class PlanMove(StrEnum):
    """What brings a plan from one state to another."""

    APPROVE = "approve"
    AMEND = "amend"
    WITHDRAW = "withdraw"
    """Gives an open amendment up."""
    CLOSE = "close"
    REOPEN = "reopen"
    """Takes a closure back, to decide on late data."""


class Cause(StrEnum):
    """Why a plan is amended; the causes are those of a shortfall (scoring rule 6)."""

    EXOGENOUS = "exogenous"
    ENDOGENOUS = "endogenous"
    INDICATOR_ERROR = "indicator_error"


class MoveRefusedError(Exception):
    """The plan's state does not allow the move; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a plan and the number of the version its content belongs to.

    Version 1 is the draft and its approval; while an amendment is open the version is
    already that of the text being written.
    """

    state: PlanState = PlanState.DRAFT
    version: int = 1

    def after(self, move: PlanMove) -> "Standing":
        """The standing after a move.

        Raises:
            MoveRefusedError: the state does not allow it.
        """
        state = _MOVES.get((self.state, move))
        if state is None:
            raise MoveRefusedError(_REFUSALS[self.state, move])
        return Standing(state, self.version + _STEPS.get(move, 0))

    @property
    def open_to_content(self) -> bool:
        """Whether objectives, indicators, measures, targets and policy may change."""
        return self.state in (PlanState.DRAFT, PlanState.AMENDING)

    @property
    def open_to_measurements(self) -> bool:
        """Whether values may still be recorded."""
        return self.state is not PlanState.CLOSED

    @property
    def last_approved(self) -> int:
        """Number of the newest version that was approved; 0 when none was."""
        return self.version - 1 if self.open_to_content else self.version

    def allows(self, action: Action) -> bool:
        """Whether something can be done to a plan that stands so; roles are another question."""
        if action is Action.MEASUREMENT_RECORD:
            return self.open_to_measurements
        if action is Action.PLAN_EDIT:
            return self.open_to_content
        moves = [move for move, needed in MOVE_ACTIONS.items() if needed is action]
        return not moves or any((self.state, move) in _MOVES for move in moves)


_MOVES: Mapping[tuple[PlanState, PlanMove], PlanState] = MappingProxyType(
    {
        (PlanState.DRAFT, PlanMove.APPROVE): PlanState.APPROVED,
        (PlanState.APPROVED, PlanMove.AMEND): PlanState.AMENDING,
        (PlanState.AMENDING, PlanMove.APPROVE): PlanState.APPROVED,
        (PlanState.AMENDING, PlanMove.WITHDRAW): PlanState.APPROVED,
        (PlanState.APPROVED, PlanMove.CLOSE): PlanState.CLOSED,
        (PlanState.CLOSED, PlanMove.REOPEN): PlanState.APPROVED,
    }
)

_STEPS: Mapping[PlanMove, int] = MappingProxyType({PlanMove.AMEND: 1, PlanMove.WITHDRAW: -1})
"""What a move adds to the number of the version."""

_REFUSALS: Mapping[tuple[PlanState, PlanMove], str] = MappingProxyType(
    {
        (PlanState.DRAFT, PlanMove.AMEND): "plan_not_approved",
        (PlanState.DRAFT, PlanMove.WITHDRAW): "no_open_amendment",
        (PlanState.DRAFT, PlanMove.CLOSE): "plan_not_approved",
        (PlanState.DRAFT, PlanMove.REOPEN): "plan_not_closed",
        (PlanState.APPROVED, PlanMove.APPROVE): "plan_already_approved",
        (PlanState.APPROVED, PlanMove.WITHDRAW): "no_open_amendment",
        (PlanState.APPROVED, PlanMove.REOPEN): "plan_not_closed",
        (PlanState.AMENDING, PlanMove.AMEND): "amendment_open",
        (PlanState.AMENDING, PlanMove.CLOSE): "amendment_open",
        (PlanState.AMENDING, PlanMove.REOPEN): "plan_not_closed",
        (PlanState.CLOSED, PlanMove.APPROVE): "plan_closed",
        (PlanState.CLOSED, PlanMove.AMEND): "plan_closed",
        (PlanState.CLOSED, PlanMove.WITHDRAW): "plan_closed",
        (PlanState.CLOSED, PlanMove.CLOSE): "plan_closed",
    }
)
"""Every pair that is not a move, with the stable code of its refusal."""

MOVE_ACTIONS: Mapping[PlanMove, Action] = MappingProxyType(
    {
        PlanMove.APPROVE: Action.PLAN_APPROVE,
        PlanMove.AMEND: Action.PLAN_AMEND,
        PlanMove.WITHDRAW: Action.PLAN_WITHDRAW,
        PlanMove.CLOSE: Action.PLAN_CLOSE,
        PlanMove.REOPEN: Action.PLAN_REOPEN,
    }
)
"""What somebody must be allowed to do to make a move."""
