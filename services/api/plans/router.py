"""``/v1/chambers/{chamber}/plans``."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import ReadCall, reading
from services.api.boundaries.cuts import seen_case
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.plans import repository, service
from services.api.plans.schemas import (
    Plan,
    PlanList,
    PlanSummary,
    PlanYear,
)
from services.api.plans.views import plan_etag, plan_view
from services.api.responses import resource_response
from shared.contracts.case import Case, write_case
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/plans", tags=["piani"])

Reading = Annotated[ReadCall, Depends(reading(Action.PLAN_READ), scope="function")]
Asked = Annotated[Page, Depends(page)]


@router.get(
    "",
    operation_id="plans_list",
    summary="Piani della camera",
    description="I piani, dal più recente. `sort`: `year`.",
    response_model=PlanList,
    responses=refusals("invalid_cursor"),
)
async def list_plans(request: Request, call: Reading, asked: Asked) -> Response:
    """All years of the chamber."""
    found = await repository.list_plans(call.session, asked)
    items = [
        PlanSummary.model_validate({name: row._mapping[name] for name in PlanSummary.model_fields})  # noqa: SLF001 - SQLAlchemy's public name
        for row in found.rows
    ]
    return list_response(request, items, found.next, asked, PlanSummary)


@router.get(
    "/{year}",
    operation_id="plan",
    summary="Un piano",
    description="Dati generali del piano, quanti elementi ha, e che cosa si può farvi.",
    response_model=Plan,
    responses=refusals("plan_not_found"),
)
async def show_plan(request: Request, year: PlanYear, call: Reading) -> Response:
    """A plan without its parts, which have lists of their own."""
    head = await service.head(call.session, year)
    view = plan_view(head, await service.count_parts(call.session, head), call.access)
    return resource_response(request, view, etag=plan_etag(view))


@router.get(
    "/{year}/export",
    operation_id="plan_export",
    summary="Esportazione del piano",
    description="Il file `ciclo/case@1` con tutto il piano: importato altrove dà gli stessi "
    "risultati e la stessa esportazione, byte per byte. Di una scheda individuale che chi chiama "
    "non può vedere mancano rilevazioni, valutazioni e testi (e la scheda stessa, per chi non "
    "gestisce il ciclo): `Ciclo-Withheld` dice di quante schede.",
    response_model=Case,
    responses={
        200: {
            "headers": {
                "Ciclo-Withheld": {
                    "description": "Di quante schede individuali il file non dice tutto.",
                    "schema": {"type": "integer", "format": "int32"},
                }
            }
        },
        **refusals("plan_not_found"),
    },
)
async def export_plan(
    request: Request,
    year: PlanYear,
    call: Annotated[ReadCall, Depends(reading(Action.PLAN_EXPORT), scope="function")],
) -> Response:
    """The canonical bytes of the plan's case file."""
    stored = await service.read_plan(call.session, year)
    case, withheld = seen_case(stored, call.access.sight)
    name = f"{stored.case.chamber.lower()}-{year}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if withheld:
        headers["Ciclo-Withheld"] = str(withheld)
    return resource_response(request, write_case(case), headers=headers)
