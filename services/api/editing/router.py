"""``/v1/chambers/{chamber}/plans``: writing plans and their elements."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import ReadCall, WriteCall, permitted, reading, writing
from services.api.bodies import JSON, MERGE_PATCH, JsonBytes, MergePatchBytes, raw_body
from services.api.editing import heads, service
from services.api.editing.kinds import KINDS
from services.api.editing.routes import routes_of
from services.api.editing.schemas import PlanRemarks, SavedPlan
from services.api.editing.views import remarks, saved_plan_view
from services.api.idempotency import IdempotencyKey, once
from services.api.openapi import refusals
from services.api.plans import service as plans
from services.api.plans.schemas import PlanYear
from services.api.plans.views import plan_etag, plan_view
from services.api.requests import request_info
from services.api.responses import require_content_match, resource_response
from shared.domain.permissions import Action

router = APIRouter()
_own = APIRouter(prefix="/v1/chambers/{chamber}/plans", tags=["piani"])

_BODY = ("edit_refused", "unsupported_media_type", "body_too_large", "chamber_suspended")


@_own.post(
    "",
    operation_id="plan_new",
    summary="Nuovo piano",
    description="Inizia la bozza del piano di un anno: vuota, o con `copy_from` la struttura di "
    "un altro anno. Le regole sono quelle inviate, o l'SMVP che la camera ha adottato per "
    "quell'anno, o quelle copiate, o le più diffuse. Gli elementi si aggiungono poi uno a uno.",
    status_code=201,
    response_model=SavedPlan,
    dependencies=[Depends(permitted(Action.PLAN_CREATE))],
    responses=refusals(
        "plan_not_found",
        "plan_exists",
        "chamber_not_begun",
        "chamber_ended",
        *_BODY,
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
    openapi_extra=raw_body(JSON, {"$ref": "#/components/schemas/NewPlan"}),
)
async def create_plan(
    request: Request,
    raw: JsonBytes,
    call: Annotated[WriteCall, Depends(writing(Action.PLAN_CREATE), scope="function")],
    key: IdempotencyKey = None,
) -> Response:
    """A draft."""

    async def make() -> Response:
        saved = await heads.create(call.session, raw)
        return await _saved(request, call, saved, HTTPStatus.CREATED)

    return await once(request, call.session, key, raw, make)


@_own.patch(
    "/{year}",
    operation_id="plan_change",
    summary="Modifica dei dati generali di un piano",
    description="Merge patch (RFC 7396) di genere, atti, regole e risultati pubblicati; richiede "
    "`If-Match` con l'ETag del piano, che resta buono mentre altri ne scrivono gli elementi. Le "
    "regole cambiano solo in bozza o in una variazione aperta; gli atti di approvazione restano.",
    response_model=SavedPlan,
    dependencies=[Depends(permitted(Action.PLAN_UPDATE))],
    responses=refusals(
        "plan_not_found",
        "plan_content_fixed",
        "plan_closed",
        *_BODY,
        "precondition_required",
        "stale_version",
    ),
    openapi_extra=raw_body(MERGE_PATCH, {"$ref": "#/components/schemas/PlanChange"}),
)
async def change_plan(
    request: Request,
    year: PlanYear,
    raw: MergePatchBytes,
    call: Annotated[WriteCall, Depends(writing(Action.PLAN_UPDATE), scope="function")],
) -> Response:
    """Changes what was sent."""
    held = await service.hold(call.session, year)
    counts = {name: len(rows) for name, rows in held.rows.items()}
    require_content_match(request, plan_etag(plan_view(held.head, counts, call.access)))
    saved = await heads.change(call.session, held, raw)
    return await _saved(request, call, saved, HTTPStatus.OK)


@_own.get(
    "/{year}/remarks",
    operation_id="plan_remarks",
    summary="Osservazioni sul piano",
    description="Per chi scrive il piano: tutti gli avvertimenti sul contenuto, e ciò che oggi "
    "impedirebbe di approvarlo (pesi misti o che non sommano a 100, somme di unità diverse).",
    response_model=PlanRemarks,
    responses=refusals("plan_not_found"),
)
async def show_remarks(
    request: Request,
    year: PlanYear,
    call: Annotated[ReadCall, Depends(reading(Action.PLAN_UPDATE), scope="function")],
) -> Response:
    """What to look at before asking for approval; it names individual sheets, too."""
    stored = await plans.read_plan(call.session, year)
    warnings, obstacles = heads.remarks_on(stored.case)
    language = request_info(request).language
    view = PlanRemarks(warnings=remarks(warnings, language), obstacles=remarks(obstacles, language))
    return resource_response(request, view)


async def _saved(
    request: Request, call: WriteCall, saved: heads.SavedHead, status: HTTPStatus
) -> Response:
    counts = await plans.count_parts(call.session, saved.head)
    plan = plan_view(saved.head, counts, call.access)
    view = saved_plan_view(plan, saved.warnings, request_info(request).language)
    location = f"/v1/chambers/{call.access.chamber}/plans/{plan.year}"
    headers = {"Location": location} if status == HTTPStatus.CREATED else {}
    return resource_response(request, view, status=status, etag=plan_etag(plan), headers=headers)


router.include_router(_own)
for _kind in KINDS:
    router.include_router(routes_of(_kind))
