"""``/v1/chambers/{chamber}/plans/{year}/measurements``."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.api.auth.access import ReadCall, WriteCall, reading, writing
from services.api.idempotency import IdempotencyKey, once
from services.api.measurements import repository, service
from services.api.measurements.schemas import (
    Measurement,
    MeasurementList,
    NewMeasurements,
    RecordedMeasurements,
    SubjectKind,
)
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.plans import service as plans
from services.api.plans.schemas import PlanYear
from services.api.responses import resource_response, to_json
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/plans/{year}/measurements", tags=["rilevazioni"])


@router.get(
    "",
    operation_id="measurements_list",
    summary="Rilevazioni del piano",
    description="Le rilevazioni con la versione che vale. `sort`: `position`, `updated_at`.",
    response_model=MeasurementList,
    responses=refusals("plan_not_found", "invalid_cursor"),
)
async def list_measurements(
    request: Request,
    year: PlanYear,
    call: Annotated[ReadCall, Depends(reading(Action.MEASUREMENT_READ), scope="function")],
    asked: Annotated[Page, Depends(page)],
    subject_kind: Annotated[
        SubjectKind | None, Query(description="Solo quelle di misure, indicatori o obiettivi.")
    ] = None,
    subject_code: Annotated[
        str | None,
        Query(max_length=100, pattern=r"^[^\[\]\x00]+$", description="Solo quelle di un codice."),
    ] = None,
) -> Response:
    """Measurements in the order they came."""
    head = await plans.head(call.session, year)
    filters = {"subject_kind": subject_kind, "subject_code": subject_code}
    found = await repository.list_measurements(call.session, head.plan_id, asked, filters)
    items = [
        Measurement.model_validate({name: row._mapping[name] for name in Measurement.model_fields})  # noqa: SLF001 - SQLAlchemy's public name
        for row in found.rows
    ]
    return list_response(request, items, found.next, asked, Measurement)


@router.post(
    "",
    operation_id="measurements_new",
    summary="Registrazione di rilevazioni",
    description="Registra i valori immessi da un ufficio: tutti, o nessuno con l'elenco di tutti "
    "gli errori. Un valore già presente riceve una nuova versione; la storia resta.",
    status_code=201,
    response_model=RecordedMeasurements,
    responses=refusals(
        "plan_not_found",
        "measurements_refused",
        "chamber_suspended",
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
)
async def record_measurements(
    request: Request,
    year: PlanYear,
    new: NewMeasurements,
    call: Annotated[WriteCall, Depends(writing(Action.MEASUREMENT_RECORD), scope="function")],
    key: IdempotencyKey = None,
) -> Response:
    """All of them or none."""

    async def make() -> Response:
        written, revision = await service.enter(call.session, year, new.measurements)
        recorded = RecordedMeasurements(
            created=written.created,
            changed=written.changed,
            unchanged=written.unchanged,
            revision=revision,
        )
        location = f"/v1/chambers/{call.access.chamber}/plans/{year}/measurements"
        return resource_response(request, recorded, status=201, headers={"Location": location})

    return await once(request, call.session, key, to_json(new), make)
