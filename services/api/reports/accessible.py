"""``.../reports/{report_id}/html``: the web page of a document, before it is published too."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import Access, Parts, permitted
from services.api.openapi import refusals
from services.api.page_policy import page_headers
from services.api.reports import service as reports
from services.api.reports.schemas import ReportId
from services.api.reports.sheets import require_sight
from services.api.responses import REVALIDATE, content_etag, matches
from services.api.web_pages import service as web_pages
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}", tags=["relazioni"])


@router.get(
    "/reports/{report_id}/html",
    operation_id="report_html",
    summary="La versione HTML di un documento",
    description="La pagina accessibile con lo stesso contenuto del PDF, per chi la legge prima "
    "della pubblicazione. Se porta schede individuali, fino alla pubblicazione la legge solo chi "
    "può vederle tutte.",
    responses={
        200: {
            "description": "La pagina.",
            "content": {"text/html": {"schema": {"type": "string", "format": "binary"}}},
        },
        **refusals(
            "report_not_found",
            "report_not_ready",
            "report_without_document",
            "sheet_not_visible",
            "web_page_missing",
        ),
    },
    response_class=Response,
)
async def show_html(
    request: Request,
    report_id: ReportId,
    access: Annotated[Access, Depends(permitted(Action.REPORT_READ))],
    parts: Parts,
) -> Response:
    """The page as it was made, read from the blob store with no transaction open."""
    async with parts.database.read([access.chamber]) as session:
        row = await reports.rendered_report(session, report_id)
        require_sight(row, access)
        key = await web_pages.require(session, report_id)
    page = await parts.blobs.of_chamber(access.chamber).get(key)
    etag = content_etag(page)
    headers = {"ETag": etag, "Cache-Control": REVALIDATE, "Vary": "Authorization"}
    if matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(
        page, media_type="text/html; charset=utf-8", headers=headers | page_headers(page)
    )
