"""The life of a document: every pair of state and move is decided, for every kind."""

from typing import get_args

import pytest

from services.api.problem_table import PROBLEMS
from shared.contracts.signing import SignedKind
from shared.contracts.snapshot import ReportKind
from shared.domain.permissions import Action, Role, allows
from shared.domain.publication import public_kind
from shared.domain.report_states import (
    LIVES,
    MOVE_ACTIONS,
    Life,
    ReportMove,
    ReportState,
    life_of,
)
from shared.domain.workflow import MoveRefusedError

PAIRS = [(state, move) for state in ReportState for move in ReportMove]
KINDS = sorted(LIVES)
MADE = {
    ("requested", "complete"): "rendered",
    ("requested", "fail"): "failed",
    ("requested", "cancel"): "cancelled",
    ("failed", "render"): "requested",
    ("cancelled", "render"): "requested",
}


def outcome(life: Life, state: ReportState, move: ReportMove) -> str:
    """The state that a move leads to, or the code of its refusal."""
    try:
        return life.after(state, move).value
    except MoveRefusedError as error:
        return error.code


def moves(life: Life) -> dict[tuple[str, str], str]:
    """What leads where, without what every document goes through."""
    states = {state.value for state in ReportState}
    found = {(s.value, m.value): outcome(life, s, m) for s, m in PAIRS}
    made = {pair: after for pair, after in found.items() if after in states}
    assert MADE.items() <= made.items()
    return {pair: after for pair, after in made.items() if pair not in MADE}


THE_WHOLE_WAY = {
    ("rendered", "approve"): "approved",
    ("approved", "validate"): "validated",
    ("approved", "refuse"): "refused",
    ("validated", "sign"): "signed",
    ("signed", "publish"): "published",
}


@pytest.mark.parametrize("kind", ["relazione", "relazione_ente"])
def test_a_relazione_goes_the_whole_way(kind: str) -> None:
    assert moves(life_of(kind)) == THE_WHOLE_WAY


def test_what_stands_on_the_plans_of_others_is_not_validated_again() -> None:
    assert moves(life_of("relazione_ente", own_plan=False)) == {
        ("rendered", "approve"): "approved",
        ("approved", "sign"): "signed",
        ("signed", "publish"): "published",
    }


def test_where_nobody_signs_there_is_no_such_step() -> None:
    assert moves(life_of("relazione", signed=False)) == {
        ("rendered", "approve"): "approved",
        ("approved", "validate"): "validated",
        ("approved", "refuse"): "refused",
        ("validated", "publish"): "published",
    }
    assert moves(life_of("validazione", signed=False)) == {("rendered", "publish"): "published"}
    assert moves(life_of("validazione")) == {
        ("rendered", "sign"): "signed",
        ("signed", "publish"): "published",
    }


def test_a_piano_is_adopted_by_the_act_of_its_plan() -> None:
    life = life_of("piano")
    assert moves(life) == {
        ("rendered", "approve"): "approved",
        ("approved", "sign"): "signed",
        ("signed", "publish"): "published",
    }
    assert not life.allows(ReportState.RENDERED, Action.REPORT_APPROVE)
    assert outcome(life, ReportState.RENDERED, ReportMove.PUBLISH) == "report_plan_not_approved"
    assert outcome(life, ReportState.RENDERED, ReportMove.SIGN) == "report_plan_not_approved"
    assert outcome(life, ReportState.APPROVED, ReportMove.VALIDATE) == "report_kind_not_validated"


@pytest.mark.parametrize("kind", ["monitoraggio", "scheda"])
def test_what_stays_inside_takes_no_step(kind: str) -> None:
    life = life_of(kind)
    assert moves(life) == {}
    refusals = {move: outcome(life, ReportState.RENDERED, move) for move in MOVE_ACTIONS}
    assert refusals == {
        ReportMove.RENDER: "report_already_rendered",
        ReportMove.APPROVE: "report_kind_not_approved",
        ReportMove.VALIDATE: "report_kind_not_validated",
        ReportMove.REFUSE: "report_kind_not_validated",
        ReportMove.SIGN: "report_kind_not_signed",
        ReportMove.PUBLISH: "report_kind_not_public",
    }
    steps = {action for move, action in MOVE_ACTIONS.items() if move is not ReportMove.RENDER}
    assert not any(life.allows(state, a) for state in ReportState for a in steps)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("own_plan", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_every_refusal_is_a_problem_people_can_read(
    kind: str, own_plan: bool, signed: bool
) -> None:
    life = life_of(kind, own_plan=own_plan, signed=signed)
    for state, move in PAIRS:
        code = outcome(life, state, move)
        assert code in {s.value for s in ReportState} or code in PROBLEMS, (state, move)


def test_the_table_agrees_with_the_others() -> None:
    """Every kind has a life; what is published is public, and what is signed may be signed."""
    assert set(KINDS) == set(get_args(ReportKind))
    published = {kind for kind in KINDS if ReportMove.PUBLISH in LIVES[kind].steps}
    assert published == {kind for kind in KINDS if public_kind(kind) is not None}
    signed = {kind for kind in KINDS if ReportMove.SIGN in LIVES[kind].steps}
    assert signed == set(get_args(SignedKind))


def test_a_refusal_names_the_step_that_is_awaited() -> None:
    life = life_of("relazione")
    publish = ReportMove.PUBLISH
    told = {state.value: outcome(life, state, publish) for state in ReportState}
    assert told == {
        "requested": "report_not_ready",
        "rendered": "report_not_approved",
        "approved": "report_not_validated",
        "validated": "report_not_signed",
        "signed": "published",
        "published": "report_already_published",
        "refused": "report_refused",
        "failed": "report_without_document",
        "cancelled": "report_without_document",
    }
    assert outcome(life, ReportState.SIGNED, ReportMove.APPROVE) == "report_already_approved"
    assert outcome(life, ReportState.SIGNED, ReportMove.REFUSE) == "report_already_validated"


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_not_there_is_made_again(kind: str) -> None:
    told = {state.value: outcome(LIVES[kind], state, ReportMove.RENDER) for state in ReportState}
    there = [s.value for s in ReportState if s.has_document]
    assert told == dict.fromkeys(there, "report_already_rendered") | {
        "requested": "report_not_ready",
        "failed": "requested",
        "cancelled": "requested",
    }
    possible = [s.value for s in ReportState if LIVES[kind].allows(s, Action.REPORT_RENDER)]
    assert possible == ["failed", "cancelled"]


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
        "render": running,
        "approve": running,
        "validate": {"oiv"},
        "refuse": {"oiv"},
        "sign": {"signer"},
        "publish": running,
    }


def test_what_can_be_done_follows_the_state() -> None:
    life = life_of("relazione")
    found = {
        s.value: [m.value for m, action in MOVE_ACTIONS.items() if life.allows(s, action)]
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
        "failed": ["render"],
        "cancelled": ["render"],
    }
    assert life.allows(ReportState.FAILED, Action.REPORT_READ)
