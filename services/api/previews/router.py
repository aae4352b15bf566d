"""``.../plans/{year}/previews`` and ``.../previews/{preview_id}``."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.api.auth.access import Access, Parts, WriteCall, permitted, writing
from services.api.idempotency import IdempotencyKey, once
from services.api.openapi import refusals
from services.api.plans.schemas import PlanYear
from services.api.previews import service
from services.api.previews.schemas import NewPreview, Preview, PreviewFailure, PreviewPath
from services.api.requests import request_info
from services.api.responses import REVALIDATE, resource_response, to_json
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}", tags=["testi"])

Requesting = Annotated[WriteCall, Depends(writing(Action.PREVIEW_READ), scope="function")]
Allowed = Annotated[Access, Depends(permitted(Action.PREVIEW_READ))]

_LONGEST_WAIT = 10
# Laying out one part takes a second: asking more often tells nothing more.
_RETRY_AFTER = {"Retry-After": "1"}
_CLOSED = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox"

_LOST = {
    "it": ("preview_lost", "Nessuno l'ha composta in tempo: chiederla di nuovo."),
    "en": ("preview_lost", "Nobody made it in time: ask for it again."),
}


@router.post(
    "/plans/{year}/previews",
    operation_id="preview_new",
    summary="Anteprima di una parte della Relazione",
    description="Compone una sezione, o la parte di un obiettivo, com'è ora e come chi chiama può "
    "vederla, anche con le proprie bozze. Ogni pagina dice che è un'anteprima; non è firmata, non "
    "è un documento, la vede solo chi l'ha chiesta e dura dieci minuti.",
    status_code=202,
    response_model=Preview,
    responses=refusals(
        "plan_not_found",
        "subject_not_found",
        "chamber_suspended",
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
)
async def request_preview(
    request: Request,
    year: PlanYear,
    new: NewPreview,
    call: Requesting,
    parts: Parts,
    key: IdempotencyKey = None,
) -> Response:
    """What it would look like."""

    async def make() -> Response:
        row = await service.request(parts, call.session, call.access, year, new)
        path = f"/v1/chambers/{call.access.chamber}/previews/{row.preview_id}"
        return _answer(request, row, status=202, headers={"Location": path})

    return await once(request, call.session, key, to_json(new), make)


@router.get(
    "/previews/{preview_id}",
    operation_id="preview",
    summary="Lo stato di un'anteprima",
    description="Con `wait` risponde appena è pronta, o dopo tanti secondi.",
    response_model=Preview,
    responses=refusals("preview_not_found"),
)
async def show_preview(
    request: Request,
    preview_id: PreviewPath,
    access: Allowed,
    parts: Parts,
    wait: Annotated[
        int,
        Query(
            ge=0,
            le=_LONGEST_WAIT,
            description="Quanti secondi attendere.",
            json_schema_extra={"format": "int32"},
        ),
    ] = 0,
) -> Response:
    """Whether it is there."""
    person = access.principal.subject
    row = await service.wait(parts, access.chamber, preview_id, person, wait)
    return _answer(request, row)


@router.get(
    "/previews/{preview_id}/html",
    operation_id="preview_html",
    summary="Un'anteprima come pagina",
    description="HTML completo in sé: senza script né parti esterne.",
    responses={
        200: {
            "description": "La pagina.",
            "content": {"text/html": {"schema": {"type": "string", "format": "binary"}}},
        },
        **refusals("preview_not_found", "preview_not_ready"),
    },
    response_class=Response,
)
async def show_html(preview_id: PreviewPath, access: Allowed, parts: Parts) -> Response:
    """The page, in which nothing runs."""
    async with parts.database.read([access.chamber]) as session:
        row = await service.content(session, preview_id, access.principal.subject)
    headers = {"Cache-Control": REVALIDATE, "Content-Security-Policy": _CLOSED}
    return Response(row.html, media_type="text/html; charset=utf-8", headers=headers)


@router.get(
    "/previews/{preview_id}/pdf",
    operation_id="preview_pdf",
    summary="Un'anteprima come PDF",
    description="Il PDF senza sigillo; ogni pagina dice che è un'anteprima.",
    responses={
        200: {
            "description": "Il PDF.",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        },
        **refusals("preview_not_found", "preview_not_ready"),
    },
    response_class=Response,
)
async def show_pdf(preview_id: PreviewPath, access: Allowed, parts: Parts) -> Response:
    """The pages."""
    async with parts.database.read([access.chamber]) as session:
        row = await service.content(session, preview_id, access.principal.subject)
    headers = {
        "Cache-Control": REVALIDATE,
        "Content-Disposition": f'inline; filename="anteprima-{access.chamber.lower()}.pdf"',
    }
    return Response(row.pdf, media_type="application/pdf", headers=headers)


def _answer(request: Request, row: sa.Row[Any], **more: Any) -> Response:  # noqa: ANN401 - the response's
    failure = None if row.failure is None else PreviewFailure(**row.failure)
    state = row.state
    if failure is None and state != "done" and row.late:
        code, detail = _LOST[request_info(request).language]
        state, failure = "failed", PreviewFailure(code=code, detail=detail)
    view = Preview(
        preview_id=row.preview_id,
        key=row.key,
        own_drafts=row.drafts,
        state=state,
        pages=row.pages,
        warnings=row.warnings or [],
        failure=failure,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
    headers = {"Vary": "Authorization, Accept-Language", **more.pop("headers", {})}
    if state in {"queued", "leased"}:
        headers |= _RETRY_AFTER
    return resource_response(request, view, headers=headers, **more)
