"""``/v1/chambers/{chamber}/plans/{year}/sheets/{code}/report``: the document of one sheet."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from services.api.auth.access import Parts, WriteCall, writing
from services.api.idempotency import IdempotencyKey, once
from services.api.openapi import refusals
from services.api.plans.schemas import PlanYear
from services.api.reports import sheet_document
from services.api.reports.answers import job_response
from services.api.reports.schemas import RenderJob
from shared.domain.permissions import Action

router = APIRouter(
    prefix="/v1/chambers/{chamber}/plans/{year}/sheets/{code}/report", tags=["relazioni"]
)

SheetCode = Annotated[
    str,
    Path(
        max_length=100,
        pattern=r"^[^\[\]\x00]+$",
        description="Codice della scheda nel piano.",
        examples=["SG"],
    ),
]


@router.post(
    "",
    operation_id="sheet_report_new",
    summary="Scheda individuale",
    description="Congela la scheda di un incarico com'è ora (obiettivi, pesi, misure, risultati, "
    "valutazione) e ne chiede la composizione e la firma. La chiede e la legge soltanto chi vede "
    "la scheda: la persona valutata, chi la valuta, l'OIV, chi firma per la camera; per chiunque "
    "altro non esiste. Per incarichi, senza nomi.",
    status_code=202,
    response_model=RenderJob,
    responses=refusals(
        "plan_not_found",
        "subject_not_found",
        "sheet_not_visible",
        "chamber_suspended",
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
)
async def request_sheet(
    request: Request,
    year: PlanYear,
    code: SheetCode,
    call: Annotated[WriteCall, Depends(writing(Action.SHEET_EXPORT), scope="function")],
    parts: Parts,
    key: IdempotencyKey = None,
) -> Response:
    """Snapshot, report, job and outbox event in one transaction."""

    async def make() -> Response:
        row = await sheet_document.request_sheet(parts, call.session, call.access, year, code)
        return job_response(request, row, call.access, status=202)

    return await once(request, call.session, key, f"{year}/{code}".encode(), make)
