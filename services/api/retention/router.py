"""``/v1/chambers/{chamber}/retention-runs``: what was removed, and removing what is due now."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import Access, Parts, ReadCall, WriteCall, reading, writing
from services.api.idempotency import IdempotencyKey, once
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.responses import resource_response
from services.api.retention import repository, service
from services.api.retention.schemas import RemovedByKind, RetentionRun, RetentionRunList
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/retention-runs", tags=["enti e camere"])

Reading = Annotated[ReadCall, Depends(reading(Action.AUDIT_READ), scope="function")]
Running = Annotated[WriteCall, Depends(writing(Action.RETENTION_APPLY), scope="function")]


def _view(row: sa.Row[Any], access: Access) -> RetentionRun:
    return RetentionRun(
        run_id=row.run_id,
        removed=RemovedByKind.model_validate(row.removed),
        ran_at=row.ran_at,
        ran_by=row.ran_by,
        allowed_actions=[str(action) for action in access.actions(Action.RETENTION_APPLY)],
    )


@router.get(
    "",
    operation_id="retention_runs_list",
    summary="Tempi di conservazione: che cosa si è tolto",
    description="Ogni giorno si toglie ciò che la camera ha conservato abbastanza; qui quanto, e "
    "di quando. `sort`: `ran_at`.",
    response_model=RetentionRunList,
    responses=refusals("invalid_cursor"),
)
async def list_runs(
    request: Request, call: Reading, asked: Annotated[Page, Depends(page)]
) -> Response:
    """What was removed, run by run."""
    found = await repository.runs(call.session, asked)
    items = [_view(row, call.access) for row in found.rows]
    return list_response(request, items, found.next, asked, RetentionRun)


@router.post(
    "",
    operation_id="retention_run_new",
    summary="Applicazione dei tempi di conservazione",
    description="Toglie ora ciò che è dovuto, senza attendere il giorno; la risposta dice quanto.",
    status_code=201,
    response_model=RetentionRun,
    responses=refusals("chamber_suspended", "idempotency_key_reused", "idempotency_key_in_use"),
)
async def apply_retention(
    request: Request, call: Running, parts: Parts, key: IdempotencyKey = None
) -> Response:
    """Removes what is due."""

    async def make() -> Response:
        row = await service.apply(call.session, parts.clock.now())
        headers = {"Location": f"/v1/chambers/{call.access.chamber}/retention-runs"}
        return resource_response(request, _view(row, call.access), status=201, headers=headers)

    return await once(request, call.session, key, b"", make)
