"""``/v1/chambers/{chamber}/plans/{year}/evaluations``."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from services.api.auth.access import ReadCall, WriteCall, reading, writing
from services.api.boundaries import service as boundaries
from services.api.boundaries.cuts import row_hidden
from services.api.errors import Refusal
from services.api.evaluations import repository, service
from services.api.evaluations.schemas import (
    ChangedEvaluation,
    Evaluation,
    EvaluationList,
    NewEvaluation,
    Withdrawal,
)
from services.api.idempotency import IdempotencyKey, once
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.plans import service as plans
from services.api.plans.rows import PlanHead
from services.api.plans.schemas import PlanYear
from services.api.responses import content_etag, require_match, resource_response, to_json
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/plans/{year}/evaluations", tags=["valutazioni"])

EvaluationId = Annotated[
    str,
    Path(
        max_length=36,
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="Identificativo della decisione.",
    ),
]
Reading = Annotated[ReadCall, Depends(reading(Action.EVALUATION_READ), scope="function")]
Deciding = Annotated[WriteCall, Depends(writing(Action.EVALUATION_DECIDE), scope="function")]


def _evaluation(row: sa.Row[Any]) -> Evaluation:
    mapping = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    return Evaluation.model_validate({name: mapping[name] for name in Evaluation.model_fields})


async def _seen(call: ReadCall | WriteCall, head: PlanHead, evaluation_id: str) -> sa.Row[Any]:
    """One decision, unless it is about a sheet that the caller does not see."""
    row = await repository.find(call.session, head.plan_id, evaluation_id)
    hidden = await boundaries.hidden(call.session, head, call.access)
    if row is None or row_hidden(dict(row._mapping), hidden):  # noqa: SLF001 - SQLAlchemy's public name
        raise Refusal("not_found")
    return row


@router.get(
    "",
    operation_id="evaluations_list",
    summary="Decisioni dell'OIV",
    description="Le sterilizzazioni del piano, ciascuna con ambito e motivo. `sort`: `position`.",
    response_model=EvaluationList,
    responses=refusals("plan_not_found", "invalid_cursor"),
)
async def list_evaluations(
    request: Request, year: PlanYear, call: Reading, asked: Annotated[Page, Depends(page)]
) -> Response:
    """Decisions in the order they were taken."""
    head = await plans.head(call.session, year)
    hidden = await boundaries.hidden(call.session, head, call.access)
    found = await repository.list_evaluations(call.session, head.plan_id, asked, hidden)
    items = [_evaluation(row) for row in found.rows]
    return list_response(request, items, found.next, asked, Evaluation)


@router.post(
    "",
    operation_id="evaluation_new",
    summary="Nuova decisione dell'OIV",
    description="Esclude un indicatore o un obiettivo dalla media di un ambito (`chamber` o il "
    "codice di una scheda individuale); gli altri ambiti restano com'erano.",
    status_code=201,
    response_model=Evaluation,
    responses=refusals(
        "plan_not_found",
        "evaluation_refused",
        "evaluation_exists",
        "chamber_suspended",
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
)
async def decide(
    request: Request,
    year: PlanYear,
    new: NewEvaluation,
    call: Deciding,
    key: IdempotencyKey = None,
) -> Response:
    """A row leaves the mean of one scope."""

    async def make() -> Response:
        row = await service.decide(call.session, year, new)
        path = f"/v1/chambers/{call.access.chamber}/plans/{year}/evaluations/{row.evaluation_id}"
        return resource_response(request, _evaluation(row), status=201, headers={"Location": path})

    return await once(request, call.session, key, new.model_dump_json().encode(), make)


@router.get(
    "/{evaluation_id}",
    operation_id="evaluation",
    summary="Una decisione dell'OIV",
    description="Ambito, oggetto, causa e motivo della decisione.",
    response_model=Evaluation,
    responses=refusals("plan_not_found"),
)
async def show_evaluation(
    request: Request, year: PlanYear, evaluation_id: EvaluationId, call: Reading
) -> Response:
    """One decision."""
    head = await plans.head(call.session, year)
    row = await _seen(call, head, evaluation_id)
    return resource_response(request, _evaluation(row))


@router.put(
    "/{evaluation_id}",
    operation_id="evaluation_change",
    summary="Modifica di una decisione",
    description="Un'altra causa o un'altra motivazione; la versione di prima resta nella storia. "
    "Ambito e oggetto non cambiano: per quelli si ritira la decisione. Richiede `If-Match`.",
    response_model=Evaluation,
    responses=refusals(
        "plan_not_found", "precondition_required", "stale_version", "chamber_suspended"
    ),
)
async def change(
    request: Request,
    year: PlanYear,
    evaluation_id: EvaluationId,
    given: ChangedEvaluation,
    call: Deciding,
) -> Response:
    """The same row stays out, for another reason."""
    head = await plans.lock_plan(call.session, year)
    row = await _seen(call, head, evaluation_id)
    require_match(request, content_etag(to_json(_evaluation(row))))
    content = {"cause": given.cause, "reason": given.reason}
    changed = await service.change(call.session, head, evaluation_id, content, given.change_reason)
    return resource_response(request, _evaluation(changed))


@router.post(
    "/{evaluation_id}/withdrawal",
    operation_id="evaluation_withdraw",
    summary="Ritiro di una decisione",
    description="La riga torna a contare; la decisione e il motivo del ritiro restano nella "
    "storia (`evaluation-history`).",
    status_code=204,
    responses=refusals("plan_not_found", "chamber_suspended"),
)
async def withdraw(
    year: PlanYear, evaluation_id: EvaluationId, given: Withdrawal, call: Deciding
) -> None:
    """Takes a decision back."""
    await _seen(call, await plans.lock_plan(call.session, year), evaluation_id)
    await service.withdraw(call.session, year, evaluation_id, given.reason)
