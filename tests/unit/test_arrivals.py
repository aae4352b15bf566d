"""Which statement stands: the rule itself, and that no order of arrival changes it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.arrivals import (
    FILE,
    FORM,
    WITHDRAWN,
    Content,
    Origin,
    Stage,
    Statement,
    Verdict,
    decide,
)

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
HOOK = "webhook:integra"


def said(
    value: str, minutes: int = 0, version: int | None = None, message: str = "m", source: str = HOOK
) -> Statement:
    at = None if source == FILE else NOON + timedelta(minutes=minutes)
    return Statement(Content(value), Origin(source, at, version, message))


@pytest.mark.parametrize(
    ("held", "arriving", "verdict"),
    [
        (None, said("1"), Verdict.RECORDED),
        (said("1"), said("2", 1), Verdict.RECORDED),
        (said("2", 1), said("1"), Verdict.SUPERSEDED),
        (said("1"), said("1", 1), Verdict.CONFIRMED),
        (said("1", 1), said("1"), Verdict.REPEATED),
        (said("1", 9, 1), said("2", 0, 2), Verdict.RECORDED),
        (said("2", 0, 2), said("1", 9, 1), Verdict.SUPERSEDED),
        (said("1", 0, 3), said("1", 9, 3), Verdict.REPEATED),
        (said("1", 0, 3), said("2", 9, 3), Verdict.SUPERSEDED),
        (said("1", 0, 3), said("1", 0, 4), Verdict.CONFIRMED),
        (said("1", 0, 1), said("2", 9), Verdict.SUPERSEDED),
        (said("1", 9), said("2", 0, 1), Verdict.RECORDED),
        (said("1", 0, message="a"), said("2", 0, message="b"), Verdict.RECORDED),
        (said("1", 0, message="b"), said("2", 0, message="a"), Verdict.SUPERSEDED),
        (said("1", source=FILE), said("2", -999), Verdict.RECORDED),
        (said("1", 5, source=FORM), said("2", 4, 7), Verdict.SUPERSEDED),
        (said("1", 5, source=FORM), said("2", 6), Verdict.RECORDED),
        (said("1", 5, 9, source="webhook:altro"), said("2", 6, 1), Verdict.RECORDED),
    ],
)
def test_the_rule(held: Statement | None, arriving: Statement, verdict: Verdict) -> None:
    assert decide(held, arriving) is verdict


def test_a_status_that_is_not_given_is_measured() -> None:
    held = Statement(Content("1"), Origin(HOOK, NOON))
    spoken = Statement(Content("1", "measured"), Origin(HOOK, NOON))
    missing = Statement(Content(None, "missing"), Origin(HOOK, NOON + timedelta(1)))
    assert decide(held, spoken) is Verdict.REPEATED
    assert decide(held, missing) is Verdict.RECORDED


def _state(statements: Sequence[Statement]) -> Statement | None:
    held: Statement | None = None
    for arriving in statements:
        if decide(held, arriving) in {Verdict.RECORDED, Verdict.CONFIRMED}:
            held = arriving
    return held


_origins = st.builds(
    Origin,
    source=st.just(HOOK),
    at=st.integers(0, 5).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    version=st.none() | st.integers(0, 4),
    message_id=st.sampled_from(["a", "b", "c"]),
    position=st.integers(0, 2),
    stage=st.sampled_from(Stage),
)
_contents = st.builds(
    Content,
    value=st.sampled_from(["1", "2", "3"]),
    status=st.sampled_from([None, "measured", "suspended"]),
)


@given(data=st.data())
def test_any_order_and_any_repetition_ends_in_the_same_state(data: st.DataObject) -> None:
    # Two statements at the same place of the same message are one statement.
    origins = data.draw(
        st.lists(_origins, unique_by=lambda origin: (origin.message_id, origin.position))
    )
    statements = [Statement(data.draw(_contents), origin) for origin in origins]
    again = data.draw(st.lists(st.sampled_from(statements), max_size=9)) if statements else []
    shuffled = data.draw(st.permutations([*statements, *again]))
    assert _state(shuffled) == _state(statements)


@given(data=st.data(), base=st.sampled_from([said("0", source=FILE), None]))
def test_the_state_is_the_maximum_wherever_it_begins(
    data: st.DataObject, base: Statement | None
) -> None:
    origins = data.draw(
        st.lists(
            _origins, min_size=1, unique_by=lambda origin: (origin.message_id, origin.position)
        )
    )
    statements = [Statement(data.draw(_contents), origin) for origin in origins]
    start = [base] if base else []
    winner = _state([*start, *statements])
    assert winner is not None
    for other in statements:
        assert decide(winner, other) in {Verdict.REPEATED, Verdict.SUPERSEDED}


# --- how far the source has gone -------------------------------------------------------------


def staged(stage: Stage, value: str | None = "1", minutes: int = 0, version: int = 1) -> Statement:
    at = NOON + timedelta(minutes=minutes)
    status = WITHDRAWN if stage is Stage.WITHDRAWN else "measured"
    return Statement(Content(value, status), Origin(HOOK, at, version, "m", 0, stage))


@pytest.mark.parametrize(
    ("held", "arriving", "verdict"),
    [
        (staged(Stage.RECORDED), staged(Stage.VALIDATED, minutes=9), Verdict.CONFIRMED),
        (staged(Stage.VALIDATED, minutes=9), staged(Stage.RECORDED), Verdict.REPEATED),
        (staged(Stage.VALIDATED, "1"), staged(Stage.RECORDED, "2"), Verdict.SUPERSEDED),
        # The same figure again, but nobody has answered for it: no longer validated.
        (staged(Stage.VALIDATED), staged(Stage.RECORDED, version=2), Verdict.RECORDED),
        (staged(Stage.VALIDATED), staged(Stage.VALIDATED, version=2), Verdict.CONFIRMED),
        (staged(Stage.VALIDATED), staged(Stage.WITHDRAWN, None), Verdict.RECORDED),
        (staged(Stage.WITHDRAWN, None), staged(Stage.VALIDATED, minutes=9), Verdict.SUPERSEDED),
        (staged(Stage.WITHDRAWN, None), staged(Stage.RECORDED, version=2), Verdict.RECORDED),
    ],
)
def test_a_source_goes_further_with_a_version(
    held: Statement, arriving: Statement, verdict: Verdict
) -> None:
    assert decide(held, arriving) is verdict
