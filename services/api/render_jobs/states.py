"""The life of a render job, as a table.

::

    queued --lease--> leased --complete--> done
      ^                 |----give_up-----> failed
      '-----requeue-----'
    queued or leased --cancel--> cancelled

``requeue`` follows a retryable failure or a lease that ended without one (the renderer was
killed); ``give_up`` follows a failure that another attempt would not change, or the last
attempt.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from shared.domain.report_states import ENDS_OF_MAKING, ReportMove, ReportState


class JobKind(StrEnum):
    """What a job makes."""

    RENDER = "render"
    SIGN = "sign"


class JobState(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """Whether nothing will happen to the job any more."""
        return self not in {JobState.QUEUED, JobState.LEASED}


class JobEvent(StrEnum):
    """What may happen to a job."""

    LEASE = "lease"
    REQUEUE = "requeue"
    COMPLETE = "complete"
    GIVE_UP = "give_up"
    CANCEL = "cancel"


TRANSITIONS: Mapping[JobEvent, tuple[frozenset[JobState], JobState]] = MappingProxyType(
    {
        # From "leased" only when that lease has ended.
        JobEvent.LEASE: (frozenset({JobState.QUEUED, JobState.LEASED}), JobState.LEASED),
        JobEvent.REQUEUE: (frozenset({JobState.LEASED}), JobState.QUEUED),
        JobEvent.COMPLETE: (frozenset({JobState.LEASED}), JobState.DONE),
        JobEvent.GIVE_UP: (frozenset({JobState.LEASED}), JobState.FAILED),
        JobEvent.CANCEL: (frozenset({JobState.QUEUED, JobState.LEASED}), JobState.CANCELLED),
    }
)
"""Event -> (states it may happen in, state it leads to)."""

REPORT_STATES: Mapping[JobState, ReportState] = MappingProxyType(
    {
        JobState.DONE: ENDS_OF_MAKING[ReportMove.COMPLETE],
        JobState.FAILED: ENDS_OF_MAKING[ReportMove.FAIL],
        JobState.CANCELLED: ENDS_OF_MAKING[ReportMove.CANCEL],
    }
)
"""What the end of its job makes of a report."""
