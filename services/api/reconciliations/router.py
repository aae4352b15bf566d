"""``.../integrations/{integration}/reconciliations``: what the source holds, and what differs."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from services.api.auth.access import (
    Access,
    Parts,
    ReadCall,
    WriteCall,
    permitted,
    reading,
    writing,
)
from services.api.idempotency import IdempotencyKey, once
from services.api.integrations.schemas import IntegrationCode
from services.api.job_events import Changes, Events, as_events, job_event
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.reconciliations import repository, service
from services.api.reconciliations.schemas import (
    FoundDifference,
    FoundDifferenceList,
    NewReconciliation,
    Reconciliation,
    ReconciliationCounts,
    ReconciliationList,
)
from services.api.responses import resource_response, to_json
from shared.domain.permissions import Action

router = APIRouter(
    prefix="/v1/chambers/{chamber}/integrations/{integration}/reconciliations",
    tags=["integrazioni"],
)

IntegrationName = Annotated[IntegrationCode, Path(description="Codice dell'integrazione.")]
ReconciliationId = Annotated[
    str,
    Path(
        max_length=36,
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="Identificativo del confronto.",
    ),
]
Reading = Annotated[ReadCall, Depends(reading(Action.INTEGRATION_READ), scope="function")]
Asking = Annotated[WriteCall, Depends(writing(Action.INTEGRATION_RECONCILE), scope="function")]
_RETRY = {"Retry-After": "1"}


def _path(access: Access, integration: str, reconciliation_id: str) -> str:
    return (
        f"/v1/chambers/{access.chamber}/integrations/{integration}"
        f"/reconciliations/{reconciliation_id}"
    )


def _job(row: sa.Row[Any], access: Access) -> Reconciliation:
    return Reconciliation(
        reconciliation_id=row.reconciliation_id,
        integration=row.integration_id,
        year=row.year,
        period=row.period,
        repair=row.repair,
        state=row.state,
        stage=row.stage,
        progress=row.progress,
        failure=row.failure,
        counts=ReconciliationCounts(**row.counts),
        created_at=row.created_at,
        created_by=row.created_by,
        finished_at=row.finished_at,
        events=f"{_path(access, row.integration_id, row.reconciliation_id)}/events",
        allowed_actions=[str(action) for action in access.actions(Action.INTEGRATION_RECONCILE)],
    )


@router.post(
    "",
    operation_id="source_reconciliation_new",
    summary="Confronto con il sistema",
    description="Chiede al sistema che cosa ha di un anno o di un periodo e lo confronta con ciò "
    "che vale qui: che cosa manca, che cosa differisce, che cosa non conosce più. Con `repair` "
    "applica le differenze. Il lavoro si segue all'indirizzo in Location.",
    status_code=202,
    response_model=Reconciliation,
    responses=refusals(
        "no_pull_address", "chamber_suspended", "idempotency_key_reused", "idempotency_key_in_use"
    ),
)
async def ask(
    request: Request,
    integration: IntegrationName,
    new: NewReconciliation,
    call: Asking,
    key: IdempotencyKey = None,
) -> Response:
    """A job, to be followed."""

    async def make() -> Response:
        row = await service.request(call.session, integration, new)
        job = _job(row, call.access)
        location = _path(call.access, integration, job.reconciliation_id)
        headers = {"Location": location, **_RETRY}
        return resource_response(request, job, status=202, headers=headers)

    return await once(request, call.session, key, to_json(new), make)


@router.get(
    "",
    operation_id="source_reconciliations_list",
    summary="Confronti con il sistema",
    description="Dal più recente. `sort`: `created_at`.",
    response_model=ReconciliationList,
    responses=refusals("invalid_cursor"),
)
async def list_jobs(
    request: Request,
    integration: IntegrationName,
    call: Reading,
    asked: Annotated[Page, Depends(page)],
) -> Response:
    """Every one there was."""
    await service.refuse_unknown(call.session, integration)
    found = await repository.list_jobs(call.session, integration, asked)
    items = [_job(row, call.access) for row in found.rows]
    return list_response(request, items, found.next, asked, Reconciliation)


@router.get(
    "/{reconciliation_id}",
    operation_id="source_reconciliation",
    summary="Un confronto",
    description="A che punto è e che cosa ha trovato. Finché è in corso la risposta porta "
    "Retry-After.",
    response_model=Reconciliation,
)
async def show_job(
    request: Request,
    integration: IntegrationName,
    reconciliation_id: ReconciliationId,
    call: Reading,
) -> Response:
    """How far it is."""
    row = await service.found(call.session, integration, reconciliation_id)
    headers = _RETRY if row.state in {"queued", "running"} else {}
    return resource_response(request, _job(row, call.access), headers=headers)


async def _changes(
    integration: IntegrationName,
    reconciliation_id: ReconciliationId,
    access: Annotated[Access, Depends(permitted(Action.INTEGRATION_READ))],
    parts: Parts,
) -> Changes:
    rows = await service.watch(parts, access.chamber, integration, reconciliation_id)
    return (_job(row, access) async for row in rows)


@router.get(
    "/{reconciliation_id}/events",
    operation_id="source_reconciliation_events",
    summary="Un confronto come eventi",
    description="Server-Sent Events: un evento `job` a ogni cambiamento, con il confronto in JSON; "
    "il flusso finisce con il confronto.",
    **as_events(),
)
async def stream_job(changes: Annotated[Changes, Depends(_changes)]) -> Events:
    """The job at every change."""
    async for view in changes:
        yield job_event(view)


@router.get(
    "/{reconciliation_id}/differences",
    operation_id="source_reconciliation_differences_list",
    summary="Differenze trovate",
    description="Che cosa non era uguale dalle due parti, al massimo le prime 5000. `sort`: "
    "`number`.",
    response_model=FoundDifferenceList,
    responses=refusals("invalid_cursor"),
)
async def list_differences(
    request: Request,
    integration: IntegrationName,
    reconciliation_id: ReconciliationId,
    call: Reading,
    asked: Annotated[Page, Depends(page)],
) -> Response:
    """What was found."""
    await service.found(call.session, integration, reconciliation_id)
    found = await repository.list_differences(call.session, reconciliation_id, asked)
    names = list(FoundDifference.model_fields)
    items = [FoundDifference(**{name: getattr(row, name) for name in names}) for row in found.rows]
    return list_response(request, items, found.next, asked, FoundDifference)
