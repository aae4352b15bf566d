"""When an event is sent to a subscriber again, and when it is given up. Pure rules.

The schedule is that of Standard Webhooks 1.0: ten attempts over some 75 hours, so that a
receiver that fails on a Friday evening has everything on Monday.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Pauses before the second and every further attempt."""

JITTER = Fraction(1, 10)
"""Part of a pause that chance may add: receivers that failed together do not return together."""

LONGEST_RETRY_AFTER = timedelta(hours=24)
"""A receiver that asks for more rest than this is asked again after so much."""

DISABLED_AFTER = timedelta(days=5)
"""A subscriber that has taken nothing for so long is not asked any more."""

_SUCCESS = range(200, 300)
_GONE = 410


class Verdict(StrEnum):
    """What becomes of a delivery after an attempt."""

    DELIVERED = "delivered"
    RETRY = "retry"
    FAILED = "failed"
    """Every attempt was used up; it can still be sent again by hand."""


class Standing(StrEnum):
    """Whether a subscriber is sent events. Events happen meanwhile: they wait."""

    ACTIVE = "active"
    PAUSED = "paused"
    """By its chamber."""
    DISABLED = "disabled"
    """By the service: the receiver said it is gone, or failed for days."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt.

    ``status`` is the HTTP status, absent when there was no answer; ``retry_after`` is how
    long the receiver asks to be left alone.
    """

    status: int | None
    retry_after: timedelta | None = None

    @property
    def accepted(self) -> bool:
        """Whether the receiver took the event. A redirect is not followed, so it did not."""
        return self.status is not None and self.status in _SUCCESS

    @property
    def gone(self) -> bool:
        """Whether the receiver says that nothing should be sent here any more."""
        return self.status == _GONE


@dataclass(frozen=True, slots=True)
class Next:
    """What follows an attempt; ``at`` is the instant of the next one, for a retry."""

    verdict: Verdict
    at: datetime | None = None


def after(answer: Answer, tries: int, now: datetime, chance: Fraction) -> Next:
    """What follows the attempt just made.

    Args:
        answer: how the receiver took it.
        tries: attempts made so far, this one included.
        now: the instant of the answer.
        chance: between 0 and 1, spreads the retries.
    """
    if answer.accepted:
        return Next(Verdict.DELIVERED)
    if answer.gone or tries > len(RETRIES):
        return Next(Verdict.FAILED)
    pause = RETRIES[tries - 1]
    pause += pause * float(JITTER * chance)
    asked = min(answer.retry_after or timedelta(), LONGEST_RETRY_AFTER)
    return Next(Verdict.RETRY, now + max(pause, asked))


def given_up(answer: Answer, failing_since: datetime | None, now: datetime) -> str | None:
    """Why a subscriber is not asked any more after this answer: ``gone``, ``failing``, or not.

    ``failing_since`` is the first failure after the last success.
    """
    if answer.gone:
        return "gone"
    if failing_since is not None and now - failing_since >= DISABLED_AFTER:
        return "failing"
    return None
