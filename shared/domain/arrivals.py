"""Which of several statements about the same datum stands.

Messages of a measuring system come late, twice and out of order. What stands afterwards must
not depend on that: :func:`decide` is the maximum of a total order over the statements of one
source, so any permutation and any repetition of a set of them ends in the same state.

The order, for statements of one source:

1. one that carries a source version ranks above one that does not;
2. a higher source version ranks above a lower one;
3. of two with the same version the one that went further ranks higher: a withdrawal above a
   validation above a plain statement (:class:`Stage`);
4. of two with the same version and stage the one that was said first ranks higher (the same
   version said again changes nothing);
5. of two without a version the one that was said last ranks higher.

"First" and "last" go by the instant of the event, then by the id of its message, then by the
place in it. A file import has no place in this order and gives way to any message; against
another source (a form, another system) the instant alone decides.
"""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple

FILE = "file"
"""Source of what came with an imported file."""

FORM = "form"
"""Source of what a person entered."""


WITHDRAWN = "withdrawn"
"""Status of a datum that its source has taken back: it has a history, and no value stands."""


class Stage(IntEnum):
    """How far the source itself has gone with a version of a datum."""

    RECORDED = 0
    VALIDATED = 1
    """Somebody in the source answers for the value."""
    WITHDRAWN = 2
    """The source takes the datum back."""


# Named tuples, not frozen dataclasses: a batch makes thousands of them, and they are made
# three times as fast.


class Content(NamedTuple):
    """What is said about a datum, as canonical text."""

    value: str | None = None
    status: str | None = None
    result: str | None = None
    value_text: str | None = None
    note: str | None = None

    @property
    def meaning(self) -> "Content":
        """What two statements must share to say the same; a status not given is ``measured``."""
        return self if self.status is not None else self._replace(status="measured")


class Origin(NamedTuple):
    """Where a statement comes from.

    ``source`` is ``file``, ``form`` or ``webhook:<integration>``; ``at`` the instant of the
    event; ``message_id`` and ``position`` tell statements of the same instant apart; ``stage``
    is how far the source has gone with it.
    """

    source: str
    at: datetime | None = None
    version: int | None = None
    message_id: str = ""
    position: int = 0
    stage: Stage = Stage.RECORDED


class Statement(NamedTuple):
    """A content and where it comes from."""

    content: Content
    origin: Origin


class Verdict(StrEnum):
    """What a statement that arrives does to the one that is held."""

    RECORDED = "recorded"
    """It stands from now on, and says something new."""
    CONFIRMED = "confirmed"
    """It stands from now on, and says what was held already: no figure changes."""
    REPEATED = "repeated"
    """It says what is held and ranks no higher: nothing changes."""
    SUPERSEDED = "superseded"
    """It says something else and ranks lower: it goes into the history, and does not stand."""


def decide(held: Statement | None, arriving: Statement) -> Verdict:
    """What becomes of a statement, given the one that stands."""
    if held is None:
        return Verdict.RECORDED
    same = held.content.meaning == arriving.content.meaning
    if outranks(arriving.origin, held.origin):
        # Without the validation it is another statement, which nobody has answered for yet.
        unvalidated = (
            held.origin.stage is Stage.VALIDATED and arriving.origin.stage is not Stage.VALIDATED
        )
        return Verdict.CONFIRMED if same and not unvalidated else Verdict.RECORDED
    return Verdict.REPEATED if same else Verdict.SUPERSEDED


def outranks(arriving: Origin, held: Origin) -> bool:
    """Whether a statement stands before the one that is held."""
    if held.source == FILE or held.at is None or arriving.at is None:
        return True
    if arriving.source != held.source:
        return arriving.at >= held.at
    if arriving.version is None or held.version is None:
        neither = arriving.version is held.version
        return _later(arriving, held) if neither else held.version is None
    if arriving.version == held.version:
        if arriving.stage is not held.stage:
            return arriving.stage > held.stage
        return _later(held, arriving)
    return arriving.version > held.version


def _later(one: Origin, other: Origin) -> bool:
    """Whether one was said after the other; both say when."""
    if one.at != other.at:
        return one.at > other.at  # type: ignore[operator]  # `outranks` answers for those without
    return (one.message_id, one.position) > (other.message_id, other.position)
