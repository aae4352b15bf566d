"""``/v1/verifications``, and the public page of an issued document."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from services.api.auth.access import Caller, ChamberCode, Parts
from services.api.bodies import require_media_type
from services.api.errors import Refusal
from services.api.head_requests import answer_heads
from services.api.openapi import PUBLIC, refusals
from services.api.page_policy import page_headers
from services.api.publications.answers import public_response
from services.api.publications.page_route import PageRoute
from services.api.reports.schemas import ReportId
from services.api.requests import request_info
from services.api.responses import to_json
from services.api.verifications import service
from services.api.verifications.pages import document_page, unknown_page
from services.api.verifications.recognition import published
from services.api.verifications.schemas import Recognition, Verification

router = APIRouter()
_pages = APIRouter(route_class=PageRoute)

_PDF = "application/pdf"

Digest = Annotated[
    str,
    Path(
        pattern=r"^[0-9a-f]{64}$",
        max_length=64,
        description="Impronta SHA-256 del file, esadecimale.",
        examples=["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ),
]


@router.post(
    "/v1/verifications",
    operation_id="verification_new",
    tags=["verifiche"],
    summary="Verifica di un PDF firmato",
    description="Dice se il file è integro, chi l'ha firmato e quando, a quale livello, che cosa è "
    "cambiato dopo l'ultima firma, e di quale documento emesso da questa installazione è copia, in "
    "quale fase. Il file non viene conservato.",
    response_model=Verification,
    responses=refusals("unsupported_media_type", "body_too_large"),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {_PDF: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def verify_document(request: Request, parts: Parts, caller: Caller) -> Response:
    """The verdict on the file in the body."""
    require_media_type(request, _PDF)
    language = request_info(request).language
    verdict = await service.verify(parts, caller, await request.body(), language)
    return Response(
        to_json(verdict), media_type="application/json", headers={"Content-Language": language}
    )


@router.get(
    "/v1/verifications/{digest}",
    operation_id="verification",
    tags=["verifiche"],
    summary="Il documento pubblicato che ha questa impronta",
    description="Di quale documento pubblicato è copia il file che ha questa impronta SHA-256, in "
    "quale fase (prima del sigillo, dopo ciascuna firma), se ne esiste una versione successiva. Il "
    "file resta a chi lo ha. Non serve un token.",
    response_model=Recognition,
    openapi_extra=PUBLIC,
    responses=refusals("document_not_recognised"),
)
async def recognise_digest(request: Request, digest: Digest, parts: Parts) -> Response:
    """What anybody may know of a file that stays where it is."""
    language = request_info(request).language
    found = await service.look_up(parts, digest, language)
    vary = {"Vary": "Accept-Language", "Content-Language": language}
    return public_response(request, to_json(found), "application/json", headers=vary)


@_pages.get("/verifica/{chamber}/{report_id}", include_in_schema=False)
async def issued_document(
    request: Request, chamber: ChamberCode, report_id: ReportId, parts: Parts
) -> Response:
    """What is published under this identifier, which the document itself tells.

    Of what is not published the page says the same as of what does not exist.
    """
    found = await published(parts, chamber, report_id)
    base = parts.settings.public_url
    if found is None:
        body = unknown_page(base, chamber, report_id)
        return HTMLResponse(body, status_code=404, headers=page_headers(body))
    body = document_page(base, found)
    return public_response(request, body, "text/html; charset=utf-8", headers=page_headers(body))


@_pages.get("/verifica", include_in_schema=False)
@_pages.get("/verifica/{rest:path}", include_in_schema=False)
async def nowhere() -> Response:
    """An address that was cut short.

    Raises:
        Refusal: ``not_found``.
    """
    raise Refusal("not_found")


answer_heads(_pages)
answer_heads(router)
router.include_router(_pages)
