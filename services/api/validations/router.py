"""Moves and history, under ``/v1/chambers/{chamber}/plans/{year}/measurements``."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import ReadCall, WriteCall, reading, writing
from services.api.idempotency import IdempotencyKey, once
from services.api.measurements import service as measuring
from services.api.measurements.schemas import Measurement, MeasurementId
from services.api.measurements.views import measurement_etag
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.plans import service as plans
from services.api.plans.schemas import PlanYear
from services.api.responses import require_match, resource_response, to_json
from services.api.validations import repository, service
from services.api.validations.schemas import (
    History,
    HistoryEntry,
    Moved,
    MoveReason,
    Transitions,
)
from services.api.validations.service import Step
from shared.domain.measurement_states import MOVES, Move
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/plans/{year}/measurements", tags=["rilevazioni"])

_REFUSALS = refusals(
    "plan_not_found",
    "plan_closed",
    "move_not_allowed",
    "value_withdrawn",
    "period_closed",
    "chamber_suspended",
    "precondition_required",
    "stale_version",
)


async def _moved(
    request: Request, year: int, measurement_id: str, call: WriteCall, step: Step
) -> Response:
    """Makes a move of the measurement that the caller has read."""
    current = await measuring.locked(call.session, call.access, year, measurement_id)
    require_match(request, measurement_etag(current))
    row = await service.move_one(call.session, year, measurement_id, step)
    head = await plans.head(call.session, year)
    viewer = await measuring.viewer(call.session, head, call.access)
    return resource_response(request, viewer.view(row), etag=measurement_etag(row))


@router.post(
    "/transitions",
    operation_id="measurements_move",
    summary="Lo stesso passo per molte rilevazioni",
    description="Trasmette, valida, respinge o riapre: tutte, o nessuna con tutti i motivi.",
    response_model=Moved,
    responses=refusals(
        "plan_not_found",
        "plan_closed",
        "transitions_refused",
        "stale_version",
        "chamber_suspended",
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
)
async def move_measurements(
    request: Request,
    year: PlanYear,
    asked: Transitions,
    call: Annotated[WriteCall, Depends(writing(Action.MEASUREMENT_SUBMIT), scope="function")],
    key: IdempotencyKey = None,
) -> Response:
    """All of them or none. Whoever may make any move may submit; the rest is checked inside."""

    async def make() -> Response:
        step = Step(call.access, Move(asked.move), asked.reason)
        moved = await service.move_many(call.session, year, asked.ids, step, asked.revision)
        result = MOVES[step.move].result
        return resource_response(request, Moved(moved=moved, state=result.value))

    return await once(request, call.session, key, to_json(asked), make)


@router.post(
    "/{measurement_id}/submission",
    operation_id="measurement_submit",
    summary="Trasmissione",
    description="L'ufficio dice che il valore è quello; passa a chi valida. Richiede If-Match.",
    response_model=Measurement,
    responses=_REFUSALS,
)
async def submit(
    request: Request,
    year: PlanYear,
    measurement_id: MeasurementId,
    call: Annotated[WriteCall, Depends(writing(Action.MEASUREMENT_SUBMIT), scope="function")],
) -> Response:
    """From the office to the manager."""
    return await _moved(request, year, measurement_id, call, Step(call.access, Move.SUBMIT))


@router.post(
    "/{measurement_id}/validation",
    operation_id="measurement_validate",
    summary="Validazione",
    description="Chi risponde del dato lo fa proprio. Non chi lo ha immesso, salvo che le regole "
    "della camera lo consentano (403 `own_entry`). Richiede If-Match.",
    response_model=Measurement,
    responses={**_REFUSALS, **refusals("own_entry")},
)
async def validate(
    request: Request,
    year: PlanYear,
    measurement_id: MeasurementId,
    call: Annotated[WriteCall, Depends(writing(Action.MEASUREMENT_VALIDATE), scope="function")],
) -> Response:
    """The manager answers for the value."""
    return await _moved(request, year, measurement_id, call, Step(call.access, Move.VALIDATE))


@router.post(
    "/{measurement_id}/rejection",
    operation_id="measurement_reject",
    summary="Rifiuto",
    description="Rimanda il valore all'ufficio, con il motivo. Richiede If-Match.",
    response_model=Measurement,
    responses=_REFUSALS,
)
async def reject(
    request: Request,
    year: PlanYear,
    measurement_id: MeasurementId,
    given: MoveReason,
    call: Annotated[WriteCall, Depends(writing(Action.MEASUREMENT_REJECT), scope="function")],
) -> Response:
    """Back to the office."""
    step = Step(call.access, Move.REJECT, given.reason)
    return await _moved(request, year, measurement_id, call, step)


@router.post(
    "/{measurement_id}/reopening",
    operation_id="measurement_reopen",
    summary="Riapertura",
    description="Toglie la validazione, con il motivo: il valore può di nuovo cambiare. Richiede "
    "If-Match.",
    response_model=Measurement,
    responses=_REFUSALS,
)
async def reopen(
    request: Request,
    year: PlanYear,
    measurement_id: MeasurementId,
    given: MoveReason,
    call: Annotated[WriteCall, Depends(writing(Action.MEASUREMENT_REOPEN), scope="function")],
) -> Response:
    """A validated value may change again."""
    step = Step(call.access, Move.REOPEN, given.reason)
    return await _moved(request, year, measurement_id, call, step)


@router.get(
    "/{measurement_id}/history",
    operation_id="measurement_history_list",
    summary="Storia di una rilevazione",
    description="Ogni valore arrivato, anche quelli che non hanno prevalso, e ogni passo, dal "
    "primo. `sort`: `at`.",
    response_model=History,
    responses=refusals("plan_not_found", "invalid_cursor"),
)
async def show_history(
    request: Request,
    year: PlanYear,
    measurement_id: MeasurementId,
    call: Annotated[ReadCall, Depends(reading(Action.MEASUREMENT_READ), scope="function")],
    asked: Annotated[Page, Depends(page)],
) -> Response:
    """Who said and did what, and when."""
    head = await plans.head(call.session, year)
    await measuring.found(call.session, head, call.access, measurement_id)
    found = await repository.history(call.session, head.plan_id, measurement_id, asked)
    items = [
        HistoryEntry.model_validate(
            {name: row._mapping[name] for name in HistoryEntry.model_fields}  # noqa: SLF001 - SQLAlchemy's public name
        )
        for row in found.rows
    ]
    return list_response(request, items, found.next, asked, HistoryEntry)
