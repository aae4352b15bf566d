"""Every illegal move: refused with a stable code and a sentence, and nothing changes by it."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from services.api.problem_table import PROBLEMS
from tests.api.illegal_stages import (
    MANAGER,
    NEUTRALISED,
    OFFICE,
    REASON,
    amended,
    amending,
    approved,
    closed,
    commented,
    draft,
    empty,
    entered_by_the_manager,
    first_period_closed,
    measured,
    neutralised,
    submitted,
    unbalanced,
    validated,
    value,
    year_closed,
)
from tests.api.plan_office import ACT, AMENDING_ACT, indicator
from tests.api.plan_writer import Writer
from tests.api.system import Api, codes

pytestmark = pytest.mark.asyncio(loop_scope="module")

Case = dict[str, Any]
Stage = Callable[[Writer], Awaitable[None]]

CONTROLLER, OIV, READER = "controller", "oiv", "reader"


@dataclass(frozen=True)
class Move:
    """A request that must be refused. ``reads`` is the resource whose ETag it bears."""

    name: str
    stage: Stage
    method: str
    path: str
    code: str
    faults: tuple[str, ...] = ()
    body: Case | None = None
    role: str = CONTROLLER
    reads: str | None = None

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def plan_move(name: str, stage: Stage, move: str, code: str, /, *faults: str, **body: Any) -> Move:  # noqa: ANN401
    return Move(name, stage, "POST", f"/{move}", code, faults, body, reads="")


def edit(name: str, stage: Stage, path: str, code: str, /, *faults: str, **body: Any) -> Move:  # noqa: ANN401
    return Move(name, stage, "PATCH", path, code, faults, body, reads=path)


def add(name: str, stage: Stage, path: str, code: str, /, *faults: str, **body: Any) -> Move:  # noqa: ANN401
    return Move(name, stage, "POST", path, code, faults, body)


def remove(name: str, stage: Stage, path: str, code: str, *faults: str) -> Move:
    return Move(name, stage, "DELETE", path, code, faults, reads=path)


def step(name: str, stage: Stage, step_name: str, code: str, role: str) -> Move:
    body = REASON if step_name in {"rejection", "reopening"} else None
    path = f"/measurements/{{id}}/{step_name}"
    faults = () if code == "forbidden" else (code,)
    return Move(name, stage, "POST", path, code, faults, body, role, reads="/measurements/{id}")


LAW = {"motivation": "Chiusi per legge.", "cause": "exogenous"}
LATE = ACT | {"date": "2999-01-01"}
NEW_INDICATOR = indicator(2021, "I3", "10", "1")
TARGET = {"targets": {"2021": {"value": "1"}}}

MOVES = (
    # the life of a plan
    plan_move(
        "approve with weights off",
        unbalanced,
        "approval",
        "approval_refused",
        "mixed_weights",
        "weights_off_100",
        act=ACT,
    ),
    plan_move("approve nothing", empty, "approval", "approval_refused", "no_objectives", act=ACT),
    plan_move(
        "approve by an act to come",
        draft,
        "approval",
        "approval_refused",
        "date_in_future",
        act=LATE,
    ),
    plan_move("approve without an act", draft, "approval", "validation_failed", "field_required"),
    plan_move("approve twice", approved, "approval", "plan_already_approved", act=ACT),
    plan_move("approve what is closed", closed, "approval", "plan_closed", act=ACT),
    plan_move(
        "approve an amendment that changes nothing",
        amending,
        "approval",
        "amendment_without_changes",
        act=AMENDING_ACT,
    ),
    plan_move(
        "approve an amendment before the plan",
        amended,
        "approval",
        "approval_refused",
        "date_before_version",
        act=ACT | {"date": "2020-12-31"},
    ),
    plan_move(
        "amend without motivation",
        approved,
        "amendments",
        "validation_failed",
        "field_required",
        cause="exogenous",
    ),
    plan_move(
        "amend for a cause that is none",
        approved,
        "amendments",
        "validation_failed",
        "not_allowed",
        **LAW | {"cause": "bad luck"},
    ),
    plan_move("amend a draft", draft, "amendments", "plan_not_approved", **LAW),
    plan_move("amend twice at once", amending, "amendments", "amendment_open", **LAW),
    plan_move("amend what is closed", closed, "amendments", "plan_closed", **LAW),
    plan_move(
        "withdraw no amendment", approved, "withdrawal", "no_open_amendment", motivation="Errore."
    ),
    plan_move("close a draft", draft, "closure", "plan_not_approved"),
    plan_move("close while amending", amending, "closure", "amendment_open"),
    plan_move("close twice", closed, "closure", "plan_closed"),
    plan_move(
        "reopen what is open", approved, "reopening", "plan_not_closed", motivation="Dati tardivi."
    ),
    plan_move(
        "reopen without a reason", closed, "reopening", "validation_failed", "field_required"
    ),
    # the content of a plan
    edit(
        "edit what is approved",
        approved,
        "/indicators/I1",
        "plan_content_fixed",
        "approved_content_changed",
        **TARGET,
    ),
    edit(
        "change approved rules",
        approved,
        "",
        "plan_content_fixed",
        "approved_content_changed",
        policy={"cap": "120"},
    ),
    add(
        "add to what is approved",
        approved,
        "/indicators",
        "plan_content_fixed",
        "approved_content_added",
        **NEW_INDICATOR,
    ),
    remove(
        "remove what is approved",
        approved,
        "/indicators/I1",
        "plan_content_fixed",
        "approved_content_removed",
    ),
    edit(
        "edit what is closed",
        closed,
        "/indicators/I1",
        "plan_closed",
        "approved_content_changed",
        **TARGET,
    ),
    remove(
        "remove a measured indicator",
        measured,
        "/indicators/I2",
        "measured_element_removed",
        "unknown_indicator",
    ),
    remove(
        "remove a measured measure",
        measured,
        "/measures/m1",
        "measured_element_removed",
        "unknown_measure",
        "unknown_measure",
    ),
    remove(
        "remove an objective with a text",
        commented,
        "/objectives/A1",
        "measured_element_removed",
        *["unknown_objective"] * 3,
    ),
    remove(
        "remove a neutralised indicator",
        neutralised,
        "/indicators/I1",
        "measured_element_removed",
        "unknown_indicator",
    ),
    remove("remove a measure in use", draft, "/measures/m2", "element_in_use", "unknown_measure"),
    remove("remove a heading", draft, "/objectives/A", "element_in_use", "unknown_objective"),
    edit("rename an element", draft, "/indicators/I1", "edit_refused", "code_fixed", code="I9"),
    edit("close a circle", draft, "/objectives/A", "edit_refused", "circular", parent="A1"),
    add(
        "take a code that is taken",
        draft,
        "/indicators",
        "edit_refused",
        "duplicate_code",
        **NEW_INDICATOR | {"code": "I1"},
    ),
    add(
        "hang on nothing",
        draft,
        "/indicators",
        "edit_refused",
        "unknown_objective",
        **NEW_INDICATOR | {"objective": "Z"},
    ),
    add(
        "write no formula",
        draft,
        "/indicators",
        "edit_refused",
        "formula_syntax",
        **NEW_INDICATOR | {"formula": "[m1] +"},
    ),
    edit(
        "turn values into what they are not",
        measured,
        "/indicators/I2",
        "edit_refused",
        "wrong_value",
        value_type="date",
        targets=None,
    ),
    Move(
        "edit without having read",
        draft,
        "PATCH",
        "/indicators/I1",
        "precondition_required",
        body=TARGET,
    ),
    Move(
        "edit what has changed since",
        draft,
        "PATCH",
        "/indicators/I1",
        "stale_version",
        body=TARGET,
        reads="/indicators/I2",
    ),
    # values
    add(
        "measure after the plan was closed",
        closed,
        "/measurements",
        "plan_closed",
        measurements=[value("m1", "9")],
    ),
    add(
        "measure after the period was closed",
        first_period_closed,
        "/measurements",
        "measurements_held",
        "period_closed",
        measurements=[value("m1", "9", "Q1")],
    ),
    add(
        "measure what is validated",
        validated,
        "/measurements",
        "measurements_held",
        "measurement_validated",
        measurements=[value("m1", "9", "Q1")],
    ),
    add(
        "measure what is not there",
        draft,
        "/measurements",
        "measurements_refused",
        "unknown_measure",
        measurements=[value("m9", "9")],
    ),
    add(
        "say nothing",
        draft,
        "/measurements",
        "measurements_refused",
        "value_required",
        measurements=[{"indicator": "I1"}],
    ),
    step("validate an own entry", entered_by_the_manager, "validation", "own_entry", MANAGER),
    step("validate what was not submitted", measured, "validation", "move_not_allowed", MANAGER),
    step("submit twice", submitted, "submission", "move_not_allowed", OFFICE),
    step("reject what is validated", validated, "rejection", "move_not_allowed", MANAGER),
    step("reopen what is not validated", submitted, "reopening", "move_not_allowed", MANAGER),
    step("reopen in a closed period", first_period_closed, "reopening", "period_closed", MANAGER),
    step("validate as an office", submitted, "validation", "forbidden", OFFICE),
    # periods
    add(
        "close with data lacking",
        measured,
        "/periods/Q1/closure",
        "period_incomplete",
        "datum_not_validated",
    ),
    add(
        "close a period twice", first_period_closed, "/periods/Q1/closure", "period_already_closed"
    ),
    add("close a period that is none", draft, "/periods/M01/closure", "period_not_found"),
    add("reopen an open period", draft, "/periods/Q1/reopening", "period_not_closed", **REASON),
    add(
        "reopen a period of a closed year",
        year_closed,
        "/periods/Q1/reopening",
        "year_closed",
        **REASON,
    ),
    # evaluation
    add(
        "neutralise what is not there",
        draft,
        "/evaluations",
        "evaluation_refused",
        "unknown_indicator",
        **NEUTRALISED | {"indicator": "I9"},
    ),
    add(
        "neutralise in no scope",
        draft,
        "/evaluations",
        "evaluation_refused",
        "unknown_scope",
        **NEUTRALISED | {"scope": "A1"},
    ),
    add("neutralise twice", neutralised, "/evaluations", "evaluation_exists", **NEUTRALISED),
    add(
        "neutralise without a reason",
        draft,
        "/evaluations",
        "validation_failed",
        "too_short",
        **NEUTRALISED | {"reason": ""},
    ),
    # roles
    Move(
        "approve as an office",
        draft,
        "POST",
        "/approval",
        "forbidden",
        body={"act": ACT},
        role=OFFICE,
        reads="",
    ),
    Move(
        "edit as a reader",
        draft,
        "PATCH",
        "/indicators/I1",
        "forbidden",
        body=TARGET,
        role=READER,
        reads="/indicators/I1",
    ),
    Move(
        "measure as the OIV",
        draft,
        "POST",
        "/measurements",
        "forbidden",
        body={"measurements": [value("m1", "1")]},
        role=OIV,
    ),
    Move(
        "neutralise as an office",
        draft,
        "POST",
        "/evaluations",
        "forbidden",
        body=NEUTRALISED,
        role=OFFICE,
    ),
)


@pytest.fixture(scope="module")
def chamber_codes() -> Iterator[str]:
    """A chamber of its own for every move: all of them happen in 2021, which is over."""
    return (f"X{number}" for number in range(100, 1000))


@pytest_asyncio.fixture(loop_scope="module")
async def writer(api: Api, chamber_codes: Iterator[str]) -> Writer:
    """Whoever runs the cycle of a new chamber."""
    code = next(chamber_codes)
    await api.create_chambers(code)
    return Writer(api, code, 2021, CONTROLLER)


@pytest.mark.parametrize("move", MOVES, ids=str)
async def test_an_illegal_move(move: Move, writer: Writer) -> None:
    await move.stage(writer)
    rows = (await writer.get("/measurements?subject_kind=measure")).json()["items"]
    measurement = rows[0]["measurement_id"] if rows else ""
    headers = {}
    if move.reads is not None:
        read = await writer.get(move.reads.format(id=measurement))
        headers["If-Match"] = read.headers["etag"]
    before = (await writer.get("/export")).content, (await writer.get()).json()
    person = writer.colleague(move.role)
    path = move.path.format(id=measurement)
    refused = await person.call(move.method, path, json=move.body, headers=headers)
    problem = refused.json()
    assert problem["code"] == move.code, refused.text
    assert refused.status_code == problem["status"] == PROBLEMS[move.code].status
    assert sorted(code for _, code in codes(refused)) == sorted(move.faults)
    sentences = [problem["detail"], *(error["detail"] for error in problem["errors"])]
    assert all(sentences)
    english = await person.call(
        move.method, path, json=move.body, headers={**headers, "Accept-Language": "en"}
    )
    assert english.json()["code"] == move.code
    assert english.json()["detail"] not in {"", problem["detail"]}
    assert ((await writer.get("/export")).content, (await writer.get()).json()) == before


async def test_a_year_that_is_there_is_not_begun_again(writer: Writer) -> None:
    await draft(writer)
    refused = await writer.begin()
    assert (refused.status_code, refused.json()["code"]) == (409, "plan_exists")
    unknown = await Writer(writer.api, writer.chamber, 2022).begin(copy_from=1995)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "plan_not_found")


async def test_a_period_that_goes_on_is_not_closed(writer: Writer) -> None:
    coming = Writer(writer.api, writer.chamber, 2090, CONTROLLER)
    assert (await coming.begin()).status_code == 201
    refused = await coming.call("POST", "/periods/Q1/closure", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "period_not_over")
