"""The life of a report: every pair of state and move is decided."""

import pytest

from services.api.problem_table import PROBLEMS
from shared.domain.permissions import Role, allows
from shared.domain.report_states import MOVE_ACTIONS, ReportMove, ReportState
from shared.domain.workflow import MoveRefusedError

PAIRS = [(state, move) for state in ReportState for move in ReportMove]


def outcome(state: ReportState, move: ReportMove) -> str:
    """The state that a move leads to, or the code of its refusal."""
    try:
        return state.after(move).value
    except MoveRefusedError as error:
        return error.code


def test_the_moves_are_these_and_no_others() -> None:
    states = {state.value for state in ReportState}
    found = {(s.value, m.value): outcome(s, m) for s, m in PAIRS if outcome(s, m) in states}
    assert found == {
        ("requested", "complete"): "rendered",
        ("requested", "fail"): "failed",
        ("requested", "cancel"): "cancelled",
        ("rendered", "approve"): "approved",
        ("approved", "validate"): "validated",
        ("approved", "refuse"): "refused",
        ("validated", "sign"): "signed",
        ("signed", "publish"): "published",
    }


@pytest.mark.parametrize(("state", "move"), PAIRS)
def test_every_refusal_is_a_problem_people_can_read(state: ReportState, move: ReportMove) -> None:
    code = outcome(state, move)
    assert code in {s.value for s in ReportState} or code in PROBLEMS


def test_a_document_stays_to_be_read_whatever_is_said_of_it() -> None:
    assert [s.value for s in ReportState if s.has_document] == [
        "rendered",
        "approved",
        "validated",
        "signed",
        "published",
        "refused",
    ]
    decided = [s.value for s in ReportState if s.decided]
    assert decided == ["approved", "validated", "signed", "published", "refused"]


def test_the_controller_records_the_act_and_the_oiv_validates() -> None:
    may = {
        move.value: {role.value for role in Role if allows([role], action)}
        for move, action in MOVE_ACTIONS.items()
    }
    running = {"entity_administrator", "chamber_administrator", "controller"}
    assert may == {
        "approve": running,
        "validate": {"oiv"},
        "refuse": {"oiv"},
        "sign": {"signer"},
        "publish": running,
    }


def test_what_can_be_done_follows_the_state() -> None:
    found = {
        s.value: [m.value for m, action in MOVE_ACTIONS.items() if s.allows(action)]
        for s in ReportState
    }
    assert found == {
        "requested": [],
        "rendered": ["approve"],
        "approved": ["validate", "refuse"],
        "validated": ["sign"],
        "signed": ["publish"],
        "published": [],
        "refused": [],
        "failed": [],
        "cancelled": [],
    }


def test_documents_without_an_approval_of_their_own_have_fewer_moves() -> None:
    for kind, published in (("piano", True), ("validazione", True), ("monitoraggio", False)):
        rendered = ReportState.RENDERED
        assert not rendered.allows(MOVE_ACTIONS[ReportMove.APPROVE], kind=kind)
        assert rendered.allows(MOVE_ACTIONS[ReportMove.PUBLISH], kind=kind) == published
        with pytest.raises(MoveRefusedError):
            rendered.after(ReportMove.APPROVE, kind=kind)
    assert ReportState.RENDERED.after(ReportMove.PUBLISH, kind="piano") is ReportState.PUBLISHED
    with pytest.raises(MoveRefusedError):
        ReportState.PUBLISHED.after(ReportMove.PUBLISH, kind="piano")
