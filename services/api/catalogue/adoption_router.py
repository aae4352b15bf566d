"""``/v1/chambers/{chamber}/plans/{year}/adoptions``."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import WriteCall, writing
from services.api.catalogue.adoption import adopt
from services.api.catalogue.schemas import Adoption, NewAdoption
from services.api.idempotency import IdempotencyKey, once
from services.api.openapi import refusals
from services.api.plans.schemas import PlanYear
from services.api.responses import resource_response, to_json
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/plans/{year}/adoptions", tags=["cataloghi"])


@router.post(
    "",
    operation_id="catalogue_adopt",
    summary="Adozione di un indicatore di catalogo",
    description="Crea nel piano l'indicatore, che nomina la sua voce, e le misure elementari che "
    "mancano; quelle che ci sono già sono riconosciute da `external_ids` o dal codice.",
    status_code=201,
    response_model=Adoption,
    responses=refusals(
        "plan_not_found",
        "catalogue_entry_not_found",
        "entry_not_computable",
        "edit_refused",
        "plan_content_fixed",
        "plan_closed",
        "chamber_suspended",
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
)
async def adopt_entry(
    request: Request,
    year: PlanYear,
    new: NewAdoption,
    call: Annotated[WriteCall, Depends(writing(Action.PLAN_EDIT), scope="function")],
    key: IdempotencyKey = None,
) -> Response:
    """An indicator of the catalogue, in a plan."""

    async def make() -> Response:
        made = await adopt(call.session, year, new)
        plan = f"/v1/chambers/{call.access.chamber}/plans/{year}"
        return resource_response(
            request,
            Adoption(indicator=made.indicator, formula=made.formula, measures=list(made.measures)),
            status=201,
            headers={"Location": f"{plan}/indicators/{quote(made.indicator)}"},
        )

    return await once(request, call.session, key, to_json(new), make)
