"""The life of a report: its states, the moves between them, and why a move is refused.

``requested -> rendered -> approved -> validated -> signed -> published``, or ``refused`` by the
OIV in place of validated (D.Lgs. 150/2009, art. 14: the OIV validates what the body has approved;
D.Lgs. 33/2013, art. 10: what is validated is published under *Amministrazione trasparente*). A
report never goes back: what has to change is a new version, rendered again. A state or move that is
added goes into the two tables below, and every pair has to be decided. Documents that nobody
approves by themselves have fewer moves: they are made, and the Piano and the OIV's decision
published as they were made.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from shared.domain.permissions import Action
from shared.domain.workflow import MoveRefusedError


class ReportState(StrEnum):
    """Where a report stands."""

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
        """Whether the body has approved it: from then on another version needs a reason."""
        return self.has_document and self is not ReportState.RENDERED

    def after(self, move: "ReportMove", *, kind: str | None = None) -> "ReportState":
        """The state after a move, of a document of this kind (without one, of a Relazione).

        Raises:
            MoveRefusedError: this state does not allow it.
        """
        state = _moves(kind).get((self, move))
        if state is None:
            raise MoveRefusedError(_PARTICULAR.get((self, move), _REFUSALS[self]))
        return state

    def allows(self, action: Action, *, kind: str | None = None) -> bool:
        """Whether something can be done to a document that stands so; roles are another question.

        ``kind`` is as in :meth:`after`.
        """
        moves = [move for move, needed in MOVE_ACTIONS.items() if needed is action]
        table = _moves(kind)
        return not moves or any((self, move) in table for move in moves)


class ReportMove(StrEnum):
    """What brings a report from one state to another."""

    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"
    APPROVE = "approve"
    VALIDATE = "validate"
    REFUSE = "refuse"
    SIGN = "sign"
    """The last signature that was expected."""
    PUBLISH = "publish"


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

_MOVES: Mapping[tuple[ReportState, ReportMove], ReportState] = MappingProxyType(
    {
        (ReportState.REQUESTED, ReportMove.COMPLETE): ReportState.RENDERED,
        (ReportState.REQUESTED, ReportMove.FAIL): ReportState.FAILED,
        (ReportState.REQUESTED, ReportMove.CANCEL): ReportState.CANCELLED,
        (ReportState.RENDERED, ReportMove.APPROVE): ReportState.APPROVED,
        (ReportState.APPROVED, ReportMove.VALIDATE): ReportState.VALIDATED,
        (ReportState.APPROVED, ReportMove.REFUSE): ReportState.REFUSED,
        (ReportState.VALIDATED, ReportMove.SIGN): ReportState.SIGNED,
        (ReportState.SIGNED, ReportMove.PUBLISH): ReportState.PUBLISHED,
    }
)

APPROVED_KINDS = frozenset({"relazione"})
"""Documents that a body approves and the OIV validates (D.Lgs. 150/2009, art. 10 and 14), and
that persons sign."""

PUBLISHED_AS_MADE = frozenset({"piano", "validazione"})
"""Documents without an approval of their own: the act is the plan's, the decision the OIV's."""

_MADE: Mapping[tuple[ReportState, ReportMove], ReportState] = MappingProxyType(
    {pair: state for pair, state in _MOVES.items() if pair[0] is ReportState.REQUESTED}
)
_PUBLISHED: Mapping[tuple[ReportState, ReportMove], ReportState] = MappingProxyType(
    {**_MADE, (ReportState.RENDERED, ReportMove.PUBLISH): ReportState.PUBLISHED}
)


def _moves(kind: str | None) -> Mapping[tuple[ReportState, ReportMove], ReportState]:
    """The moves of a kind of document."""
    if kind is None or kind in APPROVED_KINDS:
        return _MOVES
    return _PUBLISHED if kind in PUBLISHED_AS_MADE else _MADE


_REFUSALS: Mapping[ReportState, str] = MappingProxyType(
    {
        ReportState.REQUESTED: "report_not_ready",
        ReportState.RENDERED: "report_not_approved",
        ReportState.APPROVED: "report_already_approved",
        ReportState.VALIDATED: "report_already_validated",
        ReportState.SIGNED: "report_already_signed",
        ReportState.PUBLISHED: "report_already_published",
        ReportState.REFUSED: "report_refused",
        ReportState.FAILED: "report_without_document",
        ReportState.CANCELLED: "report_without_document",
    }
)
"""Why a report that stands so cannot make any move that the table does not have."""

_PARTICULAR: Mapping[tuple[ReportState, ReportMove], str] = MappingProxyType(
    {
        (ReportState.APPROVED, ReportMove.PUBLISH): "report_not_validated",
        (ReportState.APPROVED, ReportMove.SIGN): "report_not_validated",
        (ReportState.VALIDATED, ReportMove.PUBLISH): "report_not_signed",
        (ReportState.SIGNED, ReportMove.VALIDATE): "report_already_validated",
        (ReportState.SIGNED, ReportMove.REFUSE): "report_already_validated",
    }
)
"""Where a state refuses one move for a reason of its own."""

MOVE_ACTIONS: Mapping[ReportMove, Action] = MappingProxyType(
    {
        ReportMove.APPROVE: Action.REPORT_APPROVE,
        ReportMove.VALIDATE: Action.REPORT_VALIDATE,
        ReportMove.REFUSE: Action.REPORT_VALIDATE,
        ReportMove.SIGN: Action.REPORT_SIGN,
        ReportMove.PUBLISH: Action.REPORT_PUBLISH,
    }
)
"""What a person must be allowed to do to make a move; the others follow from a render job."""
