"""``/v1/chambers/{chamber}/plans/{year}/measurements``."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.api.auth.access import ReadCall, WriteCall, reading, writing
from services.api.boundaries import service as boundaries
from services.api.idempotency import IdempotencyKey, once
from services.api.measurements import repository, service
from services.api.measurements.repository import Filters
from services.api.measurements.schemas import (
    PERIOD,
    Measurement,
    MeasurementId,
    MeasurementList,
    MeasurementState,
    NewContent,
    NewMeasurements,
    RecordedMeasurements,
    SubjectKind,
)
from services.api.measurements.views import measurement_etag
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.plans import service as plans
from services.api.plans.schemas import PlanYear
from services.api.responses import require_match, resource_response, to_json
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
    state: Annotated[
        MeasurementState | None, Query(description="Solo quelle in questo stato.")
    ] = None,
    period: Annotated[
        str | None,
        Query(
            max_length=3,
            pattern=PERIOD,
            description="Solo quelle di un periodo; `Y` per quelle dell'anno intero.",
        ),
    ] = None,
    office: Annotated[
        str | None,
        Query(
            max_length=1000,
            pattern=r"^[^\x00]+$",
            description="Solo quelle che un ufficio deve: `source_office` dell'indicatore o, se "
            "manca, le unità del suo obiettivo.",
        ),
    ] = None,
) -> Response:
    """Measurements in the order they came."""
    head = await plans.head(call.session, year)
    subjects = (
        None if office is None else await service.subjects_of_office(call.session, head, office)
    )
    hidden = await boundaries.hidden(call.session, head, call.access)
    named = {"subject_kind": subject_kind, "subject_code": subject_code}
    filters = Filters(named, state, period, subjects, hidden.subjects())
    found = await repository.list_measurements(call.session, head.plan_id, asked, filters)
    viewer = await service.viewer(call.session, head, call.access)
    items = [viewer.view(row) for row in found.rows]
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
        "outside_units",
        "sheet_not_visible",
        "measurements_held",
        "plan_closed",
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
        written, revision = await service.enter(call.session, call.access, year, new.measurements)
        recorded = RecordedMeasurements(
            created=written.created,
            changed=written.changed,
            unchanged=written.unchanged,
            revision=revision,
        )
        location = f"/v1/chambers/{call.access.chamber}/plans/{year}/measurements"
        return resource_response(request, recorded, status=201, headers={"Location": location})

    return await once(request, call.session, key, to_json(new), make)


@router.get(
    "/{measurement_id}",
    operation_id="measurement",
    summary="Una rilevazione",
    description="Il valore che vale, il suo stato, e che cosa chi chiama può farne ora.",
    response_model=Measurement,
    responses=refusals("plan_not_found"),
)
async def show_measurement(
    request: Request,
    year: PlanYear,
    measurement_id: MeasurementId,
    call: Annotated[ReadCall, Depends(reading(Action.MEASUREMENT_READ), scope="function")],
) -> Response:
    """One measurement."""
    head = await plans.head(call.session, year)
    row = await service.found(call.session, head, call.access, measurement_id)
    viewer = await service.viewer(call.session, head, call.access)
    return resource_response(request, viewer.view(row), etag=measurement_etag(row))


@router.put(
    "/{measurement_id}",
    operation_id="measurement_change",
    summary="Nuovo valore di una rilevazione",
    description="Il contenuto prende il posto di quello che vale, come nuova versione. Richiede "
    "If-Match: di due uffici che modificano insieme nessuno perde il valore dell'altro.",
    response_model=Measurement,
    responses=refusals(
        "plan_not_found",
        "measurements_refused",
        "outside_units",
        "sheet_not_visible",
        "measurements_held",
        "plan_closed",
        "chamber_suspended",
        "precondition_required",
        "stale_version",
    ),
)
async def change_measurement(
    request: Request,
    year: PlanYear,
    measurement_id: MeasurementId,
    content: NewContent,
    call: Annotated[WriteCall, Depends(writing(Action.MEASUREMENT_RECORD), scope="function")],
) -> Response:
    """Another content for what the caller has read."""
    current = await service.locked(call.session, call.access, year, measurement_id)
    require_match(request, measurement_etag(current))
    await service.change(call.session, call.access, year, current, content.model_dump())
    head = await plans.head(call.session, year)
    row = await service.found(call.session, head, call.access, measurement_id)
    viewer = await service.viewer(call.session, head, call.access)
    return resource_response(request, viewer.view(row), etag=measurement_etag(row))
