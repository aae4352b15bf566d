"""When an event is sent again, and when it is given up."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.deliveries import (
    DISABLED_AFTER,
    JITTER,
    LONGEST_RETRY_AFTER,
    RETRIES,
    Answer,
    Verdict,
    after,
    given_up,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MOST = len(RETRIES) + 1

chances = st.fractions(min_value=0, max_value=1)
tries = st.integers(min_value=1, max_value=MOST + 3)
pauses = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=30))
answers = st.builds(Answer, st.none() | st.integers(100, 599), st.none() | pauses)


def test_the_schedule_covers_75_hours() -> None:
    assert timedelta(hours=75) < sum(RETRIES, timedelta()) < timedelta(hours=76)


@given(answers, tries, chances)
def test_every_answer_has_one_verdict(answer: Answer, made: int, chance: Fraction) -> None:
    following = after(answer, made, NOW, chance)
    assert (following.verdict is Verdict.DELIVERED) == answer.accepted
    assert (following.at is not None) == (following.verdict is Verdict.RETRY)
    if following.verdict is Verdict.RETRY:
        assert made < MOST
        assert not answer.gone


@given(answers, st.integers(min_value=1, max_value=MOST - 1), chances)
def test_a_retry_is_never_early_and_never_much_later(
    answer: Answer, made: int, chance: Fraction
) -> None:
    following = after(answer, made, NOW, chance)
    if following.at is None:
        return
    pause = following.at - NOW
    assert pause >= RETRIES[made - 1]
    if answer.retry_after is not None:
        assert pause >= min(answer.retry_after, LONGEST_RETRY_AFTER)
    longest = max(RETRIES[made - 1] * float(1 + JITTER), LONGEST_RETRY_AFTER)
    assert pause <= longest + timedelta(microseconds=1)


@pytest.mark.parametrize("status", [100, 301, 302, 307, 400, 404, 429, 500, 503, None])
def test_only_2xx_is_taken(status: int | None) -> None:
    assert after(Answer(status), 1, NOW, Fraction(0)).verdict is Verdict.RETRY


def test_gone_is_not_asked_again() -> None:
    assert after(Answer(410), 1, NOW, Fraction(0)).verdict is Verdict.FAILED
    assert given_up(Answer(410), None, NOW) == "gone"


def test_a_subscriber_is_given_up_after_days_of_failure_not_before() -> None:
    late = NOW + DISABLED_AFTER
    assert given_up(Answer(500), None, late) is None
    assert given_up(Answer(500), NOW, late - timedelta(seconds=1)) is None
    assert given_up(Answer(500), NOW, late) == "failing"
