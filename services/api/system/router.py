"""Health, problem pages and documentation. None of it needs a token."""

import json
from importlib.metadata import version
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from services.api.auth.access import Parts
from services.api.db.session import DatabaseUnavailableError
from services.api.errors import Refusal
from services.api.head_requests import answer_heads
from services.api.openapi import PUBLIC, refusals
from services.api.responses import resource_response, to_json
from services.api.system.pages import (
    ASSETS,
    DOCUMENTATION,
    START_SCRIPT,
    TERMS,
    asset,
    problem_page,
)
from services.api.system.schemas import ServiceStatus
from shared.contracts.chamber import manifest_schema

router = APIRouter()

# Swagger UI sets styles from its script; everything else comes from this origin.
_DOCUMENTATION_POLICY = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'"
}
_PAGE_POLICY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "public, max-age=3600",
}
_ASSET_CACHE = {"Cache-Control": "public, max-age=86400"}

_OK = ServiceStatus(status="ok", version=version("ciclo"))


async def _ready(parts: Parts) -> Response:
    try:
        async with parts.database.read() as session:
            migrated = await session.scalar(sa.text("SELECT version_num FROM alembic_version"))
    except DatabaseUnavailableError as error:
        raise Refusal("not_ready", reason="database") from error
    if migrated is None:
        raise Refusal("not_ready", reason="schema")
    return Response(to_json(_OK), media_type="application/json")


@router.get(
    "/status",
    operation_id="service_status",
    tags=["servizio"],
    summary="Stato del servizio",
    description="200 se il servizio può rispondere alle richieste, altrimenti un problema.",
    response_model=ServiceStatus,
    responses=refusals("not_ready"),
    openapi_extra=PUBLIC,
)
async def service_status(parts: Parts) -> Response:
    """The status resource of the Italian guidelines."""
    return await _ready(parts)


@router.get(
    "/health/live",
    operation_id="service_liveness",
    tags=["servizio"],
    summary="Il processo è vivo",
    description="Risponde senza guardare altro: se tace, il processo va riavviato.",
    response_model=ServiceStatus,
    openapi_extra=PUBLIC,
)
async def service_liveness() -> Response:
    """Alive, whatever else is wrong."""
    return Response(to_json(_OK), media_type="application/json")


@router.get(
    "/health/ready",
    operation_id="service_readiness",
    tags=["servizio"],
    summary="Il processo può servire",
    description="200 se la base dati risponde ed è migrata; altrimenti non inviare traffico.",
    response_model=ServiceStatus,
    responses=refusals("not_ready"),
    openapi_extra=PUBLIC,
)
async def service_readiness(parts: Parts) -> Response:
    """Ready for traffic."""
    return await _ready(parts)


@router.get("/openapi.json", include_in_schema=False)
async def openapi_document(request: Request) -> Response:
    """The OpenAPI document, the same bytes until the service is updated."""
    return resource_response(
        request, request.app.state.openapi_bytes(), headers={"Cache-Control": "no-cache"}
    )


@router.get("/schemas/chamber@1.json", include_in_schema=False)
async def chamber_schema(request: Request) -> Response:
    """The JSON Schema of a chamber's manifest, for editors and other tools."""
    body = json.dumps(manifest_schema(), ensure_ascii=False, indent=1).encode()
    return resource_response(request, body, headers={"Cache-Control": "no-cache"})


@router.get("/problems/{code}", include_in_schema=False)
async def problem_description(code: Annotated[str, Path(max_length=64)]) -> Response:
    """The page that ``type`` of a problem names."""
    page = problem_page(code)
    if page is None:
        raise Refusal("not_found")
    return HTMLResponse(page, headers=_PAGE_POLICY)


@router.get("/docs", include_in_schema=False)
async def documentation() -> Response:
    """Interactive documentation."""
    return HTMLResponse(DOCUMENTATION, headers=_DOCUMENTATION_POLICY)


@router.get("/docs/condizioni", include_in_schema=False)
async def terms_of_service() -> Response:
    """Terms of service."""
    return HTMLResponse(TERMS, headers=_PAGE_POLICY)


@router.get("/docs/assets/{name}", include_in_schema=False)
async def documentation_asset(name: Annotated[str, Path(max_length=64)]) -> Response:
    """Script, style and icon of the documentation: nothing comes from elsewhere."""
    if name == "start.js":
        return Response(START_SCRIPT, media_type="text/javascript", headers=_ASSET_CACHE)
    if name not in ASSETS:
        raise Refusal("not_found")
    return Response(asset(name).read_bytes(), media_type=ASSETS[name], headers=_ASSET_CACHE)


answer_heads(router)
