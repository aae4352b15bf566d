"""The life of a document: its states, the moves between them, and why a move is refused.

``requested -> rendered -> approved -> validated -> signed -> published``, or ``refused`` by the
OIV in place of validated. A document that could not be made, or whose making was cancelled, may be
asked for again as it was frozen: ``failed`` or ``cancelled -> requested``. One that is there never
goes back: what has to change is a new version. Which of these steps a kind of document takes is one
table, :data:`LIVES`, and every move and every refusal follows from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from shared.domain.permissions import Action
from shared.domain.workflow import MoveRefusedError


class ReportState(StrEnum):
    """Where a document stands."""

    REQUESTED = "requested"
    """Its content is frozen; the document is being made."""
    RENDERED = "rendered"
    """The document is there, sealed."""
    APPROVED = "approved"
    """By an act of the body that answers for it."""
    VALIDATED = "validated"
    """By the OIV."""
    SIGNED = "signed"
    """By everybody who was expected to, after the seal."""
    PUBLISHED = "published"
    """For anyone to read."""
    REFUSED = "refused"
    """Not validated by the OIV."""
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def has_document(self) -> bool:
        """Whether there is a document to read, whatever was said of it since."""
        return self in _WITH_DOCUMENT

    @property
    def decided(self) -> bool:
        """Whether somebody has decided on it: from then on another version needs a reason."""
        return self.has_document and self is not ReportState.RENDERED


_WITH_DOCUMENT = frozenset(
    {
        ReportState.RENDERED,
        ReportState.APPROVED,
        ReportState.VALIDATED,
        ReportState.SIGNED,
        ReportState.PUBLISHED,
        ReportState.REFUSED,
    }
)


class ReportMove(StrEnum):
    """What brings a document from one state to another."""

    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"
    RENDER = "render"
    """Asked for again, with the content that was frozen."""
    APPROVE = "approve"
    VALIDATE = "validate"
    REFUSE = "refuse"
    SIGN = "sign"
    """The last signature that was expected."""
    PUBLISH = "publish"


MOVE_ACTIONS: Mapping[ReportMove, Action] = MappingProxyType(
    {
        ReportMove.RENDER: Action.REPORT_RENDER,
        ReportMove.APPROVE: Action.REPORT_APPROVE,
        ReportMove.VALIDATE: Action.REPORT_VALIDATE,
        ReportMove.REFUSE: Action.REPORT_VALIDATE,
        ReportMove.SIGN: Action.REPORT_SIGN,
        ReportMove.PUBLISH: Action.REPORT_PUBLISH,
    }
)
"""What a person must be allowed to do to make a move; the others follow from a render job."""

ENDS_OF_MAKING: Mapping[ReportMove, ReportState] = MappingProxyType(
    {
        ReportMove.COMPLETE: ReportState.RENDERED,
        ReportMove.FAIL: ReportState.FAILED,
        ReportMove.CANCEL: ReportState.CANCELLED,
    }
)
"""What becomes of a requested document, of whatever kind."""

_UNMADE = frozenset({ReportState.FAILED, ReportState.CANCELLED})
"""Where a document ended that there is none of; from here it is asked for again."""

_OF_MAKING = frozenset({*ENDS_OF_MAKING, ReportMove.RENDER})

_LEADS_TO: Mapping[ReportMove, ReportState] = MappingProxyType(
    {
        ReportMove.APPROVE: ReportState.APPROVED,
        ReportMove.VALIDATE: ReportState.VALIDATED,
        ReportMove.SIGN: ReportState.SIGNED,
        ReportMove.PUBLISH: ReportState.PUBLISHED,
    }
)


@dataclass(frozen=True, slots=True)
class Life:
    """What happens to a document once it is rendered.

    ``steps`` follow one another; where the OIV validates, it may refuse instead. ``adopted``: it
    is approved by the act of its plan, and by nobody apart. ``act_of_year``: its own acts stand
    among those of the year's plan.
    """

    steps: tuple[ReportMove, ...] = ()
    adopted: bool = False
    act_of_year: bool = False

    def after(self, state: ReportState, move: ReportMove) -> ReportState:
        """The state after a move.

        Raises:
            MoveRefusedError: this state does not allow it, or such a document never makes it.
        """
        found = self._moves_from(state).get(move)
        if found is None:
            raise MoveRefusedError(self._refusal(state, move))
        return found

    def allows(self, state: ReportState, action: Action) -> bool:
        """Whether somebody can do this to a document that stands so; roles are another question."""
        moves = {move for move, needed in MOVE_ACTIONS.items() if needed is action}
        possible = set(self._moves_from(state))
        if self.adopted:
            possible.discard(ReportMove.APPROVE)
        return not moves or not possible.isdisjoint(moves)

    def _moves_from(self, state: ReportState) -> Mapping[ReportMove, ReportState]:
        if state is ReportState.REQUESTED:
            return ENDS_OF_MAKING
        if state in _UNMADE:
            return {ReportMove.RENDER: ReportState.REQUESTED}
        if state in _ENDS or (step := self._next(state)) is None:
            return {}
        found = {step: _LEADS_TO[step]}
        if step is ReportMove.VALIDATE:
            found[ReportMove.REFUSE] = ReportState.REFUSED
        return found

    def _next(self, state: ReportState) -> ReportMove | None:
        """The step that a rendered document waits for."""
        states = [ReportState.RENDERED, *(_LEADS_TO[step] for step in self.steps)]
        return dict(zip(states, self.steps, strict=False)).get(state)

    def _refusal(self, state: ReportState, move: ReportMove) -> str:
        step = ReportMove.VALIDATE if move is ReportMove.REFUSE else move
        if step in _OF_MAKING:
            return _refusal_of_making(state, step)
        if step not in self.steps:
            return _NEVER[step]
        if state in _ENDS:
            return _ENDS[state]
        awaited = self._next(state)
        if awaited is None or self.steps.index(step) < self.steps.index(awaited):
            return _MADE[step]
        if self.adopted and awaited is ReportMove.APPROVE:
            return "report_plan_not_approved"
        return _AWAITED[awaited]


def _refusal_of_making(state: ReportState, move: ReportMove) -> str:
    if move in ENDS_OF_MAKING:
        return "job_over"
    return "report_already_rendered" if state.has_document else "report_not_ready"


LIVES: Mapping[str, Life] = MappingProxyType(
    {
        # D.Lgs. 150/2009, art. 10 and 14: the body approves, the OIV validates what was approved.
        "relazione": Life(
            (ReportMove.APPROVE, ReportMove.VALIDATE, ReportMove.SIGN, ReportMove.PUBLISH),
            act_of_year=True,
        ),
        # The same, for a body that is made of several chambers (see :func:`life_of`).
        "relazione_ente": Life(
            (ReportMove.APPROVE, ReportMove.VALIDATE, ReportMove.SIGN, ReportMove.PUBLISH)
        ),
        # Art. 10: adopted by the act that approves the version of the plan; the OIV validates no
        # plan.
        "piano": Life((ReportMove.APPROVE, ReportMove.SIGN, ReportMove.PUBLISH), adopted=True),
        # The decision is the OIV's, and complete when it is made; its own members may sign it.
        "validazione": Life((ReportMove.SIGN, ReportMove.PUBLISH)),
        # Figures of a year that is not over, for those who run it.
        "monitoraggio": Life(),
        # About one person, for those who see the sheet.
        "scheda": Life(),
    }
)
"""Every kind of document: the steps it takes, and no others."""


def life_of(kind: str, *, own_plan: bool = True, signed: bool = True) -> Life:
    """The life of a document.

    Args:
        kind: of the document.
        own_plan: whether it stands on a plan of the chamber that it belongs to. The OIV of an
            entity validates how the entity fared against its own plan; what stands on plans of its
            chambers alone was validated there, chamber by chamber.
        signed: whether persons sign it after the seal. Otherwise there is no such step.
    """
    life = LIVES[kind]
    left_out = set[ReportMove]()
    if not own_plan:
        left_out.add(ReportMove.VALIDATE)
    if not signed:
        left_out.add(ReportMove.SIGN)
    return replace(life, steps=tuple(step for step in life.steps if step not in left_out))


_ENDS: Mapping[ReportState, str] = MappingProxyType(
    {
        ReportState.REQUESTED: "report_not_ready",
        ReportState.REFUSED: "report_refused",
        ReportState.FAILED: "report_without_document",
        ReportState.CANCELLED: "report_without_document",
        ReportState.PUBLISHED: "report_already_published",
    }
)
"""States in which no step is left to people, and why."""

_NEVER: Mapping[ReportMove, str] = MappingProxyType(
    {
        ReportMove.APPROVE: "report_kind_not_approved",
        ReportMove.VALIDATE: "report_kind_not_validated",
        ReportMove.SIGN: "report_kind_not_signed",
        ReportMove.PUBLISH: "report_kind_not_public",
    }
)
"""Why a document makes no such move, however it stands."""

_MADE: Mapping[ReportMove, str] = MappingProxyType(
    {
        ReportMove.APPROVE: "report_already_approved",
        ReportMove.VALIDATE: "report_already_validated",
        ReportMove.SIGN: "report_already_signed",
        ReportMove.PUBLISH: "report_already_published",
    }
)
"""Why a move is not made twice."""

_AWAITED: Mapping[ReportMove, str] = MappingProxyType(
    {
        ReportMove.APPROVE: "report_not_approved",
        ReportMove.VALIDATE: "report_not_validated",
        ReportMove.SIGN: "report_not_signed",
    }
)
"""Why a later move is not made yet: the one that is awaited."""
