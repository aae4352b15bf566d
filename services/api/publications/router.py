"""``/v1/publications`` and the page of a chamber: no account is needed, nothing is hidden."""

from typing import Annotated, Any
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from services.api.auth.access import ChamberCode, Parts
from services.api.openapi import PUBLIC, refusals
from services.api.paging import Page, list_response, page
from services.api.publications import service
from services.api.publications.pages import LICENCE, pdf_path, publications_page
from services.api.publications.schemas import Publication, PublicationList
from services.api.reports.schemas import ReportId
from services.api.reports.views import title_of
from services.api.responses import matches

router = APIRouter(tags=["pubblicazioni"])

# The bytes of a published document never change; that it is published may be looked up again.
_CACHE = "public, max-age=300"


@router.get(
    "/v1/publications",
    operation_id="publications_list",
    summary="Documenti pubblicati",
    description="I documenti pubblicati di una camera, dal più recente. Non serve un "
    "token. `sort`: `published_at`, `year`.",
    response_model=PublicationList,
    openapi_extra=PUBLIC,
    responses=refusals("invalid_cursor"),
)
async def list_publications(
    request: Request,
    parts: Parts,
    chamber: Annotated[
        str,
        Query(max_length=8, pattern=r"^[A-Z][A-Z0-9]{1,7}$", description="Codice della camera."),
    ],
    asked: Annotated[Page, Depends(page)],
    year: Annotated[
        int | None, Query(ge=1990, le=2100, description="Solo i documenti di quest'anno.")
    ] = None,
) -> Response:
    """What anyone may read."""
    found = await service.published(parts, chamber, asked, year)
    items = [_view(chamber, row) for row in found.rows]
    return list_response(request, items, found.next, asked, Publication, licence=LICENCE)


@router.get(
    "/v1/publications/{chamber}/{report_id}/pdf",
    operation_id="publication_pdf",
    summary="Il PDF di un documento pubblicato",
    description="Il PDF firmato; l'ETag è la sua impronta SHA-256. Non serve un token.",
    openapi_extra=PUBLIC,
    responses={
        200: {
            "description": "Il PDF.",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        },
        **refusals("report_not_found"),
    },
    response_class=Response,
)
async def show_publication(
    request: Request, chamber: ChamberCode, report_id: ReportId, parts: Parts
) -> Response:
    """The very bytes that were signed."""
    row = await service.document(parts, chamber, report_id)
    etag = f'"{row.pdf_sha256}"'
    headers = {"ETag": etag, "Cache-Control": _CACHE}
    if matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    pdf = await service.content(parts, chamber, row)
    name = f"{title_of(row.kind)} {row.year} - {chamber}.pdf"
    headers["Content-Disposition"] = f"inline; filename=\"{name}\"; filename*=UTF-8''{quote(name)}"
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.get("/amministrazione-trasparente/{chamber}/performance", include_in_schema=False)
async def publication_page(chamber: ChamberCode, parts: Parts) -> Response:
    """The page that the chamber's site points to; search engines are welcome."""
    found = await service.published(parts, chamber)
    html = publications_page(chamber, found.rows)
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return HTMLResponse(html, headers={"Content-Security-Policy": policy, "Cache-Control": _CACHE})


def _view(chamber: str, row: sa.Row[Any]) -> Publication:
    return Publication(
        report_id=row.report_id,
        chamber=chamber,
        chamber_name=row.chamber_name,
        year=row.year,
        kind=row.kind,
        version=row.version,
        published_at=row.published_at,
        pdf=pdf_path(chamber, row.report_id),
        sha256=row.pdf_sha256,
        size=row.pdf_size,
        pages=row.pdf_pages,
    )
