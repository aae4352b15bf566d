"""``/v1/verifications``, and the public page of an issued document."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from services.api.auth.access import ChamberCode, Parts, authenticated
from services.api.errors import Refusal
from services.api.head_requests import answer_heads
from services.api.openapi import refusals
from services.api.reports import service as reports
from services.api.reports.schemas import ReportId
from services.api.requests import request_info
from services.api.responses import to_json
from services.api.verifications import service
from services.api.verifications.pages import issued_page
from services.api.verifications.schemas import Verification

router = APIRouter()

_PDF = "application/pdf"

_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
}


@router.post(
    "/v1/verifications",
    operation_id="verification_new",
    tags=["verifiche"],
    summary="Verifica di un PDF firmato",
    description="Dice se il file è integro, chi l'ha firmato e quando, a quale livello, e se è "
    "l'originale di un documento emesso da questa installazione. Il file non viene conservato.",
    response_model=Verification,
    dependencies=[Depends(authenticated)],
    responses=refusals("unsupported_media_type", "body_too_large"),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {_PDF: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def verify_document(request: Request, parts: Parts) -> Response:
    """The verdict on the file in the body."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _PDF:
        raise Refusal("unsupported_media_type", expected=_PDF)
    language = request_info(request).language
    verdict = await service.verify(parts, await request.body(), language)
    return Response(
        to_json(verdict), media_type="application/json", headers={"Content-Language": language}
    )


@router.get("/verifica/{chamber}/{report_id}", include_in_schema=False)
async def issued_document(chamber: ChamberCode, report_id: ReportId, parts: Parts) -> Response:
    """What was issued under this identifier, which only the document itself tells.

    Facts about the file, nothing of its content; no account is needed to compare a copy.
    """
    async with parts.database.read([chamber]) as session:
        issued = await reports.issued(session, report_id)
    page = issued_page(issued.row, issued.chamber_name, issued.latest_version)
    return HTMLResponse(page, headers=_PAGE_HEADERS)


answer_heads(router)
