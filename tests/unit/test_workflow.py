"""The life of a plan: every pair of state and move is decided, and leads where it should."""

import pytest

from shared.domain.permissions import Action, Role, allows
from shared.domain.workflow import (
    MOVE_ACTIONS,
    MoveRefusedError,
    PlanMove,
    PlanState,
    Standing,
)

PAIRS = [(state, move) for state in PlanState for move in PlanMove]


def outcome(state: PlanState, move: PlanMove) -> str:
    """The state that a move leads to, or the code of its refusal."""
    try:
        return Standing(state, 2).after(move).state.value
    except MoveRefusedError as error:
        return error.code


@pytest.mark.parametrize(("state", "move"), PAIRS)
def test_every_pair_is_decided(state: PlanState, move: PlanMove) -> None:
    assert outcome(state, move)


def test_the_moves_are_these_and_no_others() -> None:
    allowed = {(s, m): outcome(s, m) for s, m in PAIRS if outcome(s, m) in set(PlanState)}
    assert allowed == {
        ("draft", "approve"): "approved",
        ("approved", "amend"): "amending",
        ("approved", "close"): "closed",
        ("amending", "approve"): "approved",
        ("amending", "withdraw"): "approved",
        ("closed", "reopen"): "approved",
    }


@pytest.mark.parametrize(
    ("state", "move", "code"),
    [
        ("draft", "amend", "plan_not_approved"),
        ("draft", "close", "plan_not_approved"),
        ("approved", "approve", "plan_already_approved"),
        ("amending", "amend", "amendment_open"),
        ("amending", "close", "amendment_open"),
        ("approved", "withdraw", "no_open_amendment"),
        ("closed", "amend", "plan_closed"),
        ("closed", "close", "plan_closed"),
        ("draft", "reopen", "plan_not_closed"),
    ],
)
def test_a_refusal_says_what_stands_in_the_way(state: str, move: str, code: str) -> None:
    assert outcome(PlanState(state), PlanMove(move)) == code


def test_versions_count_approvals() -> None:
    standing = Standing()
    seen = [(standing.version, standing.last_approved)]
    for move in ("approve", "amend", "withdraw", "amend", "approve", "close", "reopen"):
        standing = standing.after(PlanMove(move))
        seen.append((standing.version, standing.last_approved))
    assert seen == [(1, 0), (1, 1), (2, 1), (1, 1), (2, 1), (2, 2), (2, 2), (2, 2)]


def test_content_changes_in_drafts_and_amendments_only() -> None:
    assert [s.value for s in PlanState if Standing(s).open_to_content] == ["draft", "amending"]


def test_what_can_be_done_follows_the_state() -> None:
    moves = [*MOVE_ACTIONS.values(), Action.MEASUREMENT_RECORD, Action.PLAN_READ]
    found = {s.value: [a.value for a in moves if Standing(s).allows(a)] for s in PlanState}
    assert found == {
        "draft": ["plan.approve", "measurement.record", "plan.read"],
        "approved": ["plan.amend", "plan.close", "measurement.record", "plan.read"],
        "amending": ["plan.approve", "plan.withdraw", "measurement.record", "plan.read"],
        "closed": ["plan.reopen", "plan.read"],
    }


def test_who_records_the_acts() -> None:
    for action in MOVE_ACTIONS.values():
        allowed = {role for role in Role if allows([role], action)}
        assert allowed == {
            Role.ENTITY_ADMINISTRATOR,
            Role.CHAMBER_ADMINISTRATOR,
            Role.CONTROLLER,
        }
