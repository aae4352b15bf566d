"""``/v1/entities/{entity}/chamber-imports`` and ``.../chamber-erasures``."""

import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import Parts
from services.api.auth.entities import EntityAccess, administering
from services.api.bodies import raw_body, require_media_type
from services.api.container import Container
from services.api.errors import Refusal
from services.api.job_events import Changes, Events, as_events, job_event
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.requests import request_info
from services.api.responses import (
    REVALIDATE,
    content_etag,
    matches,
    resource_response,
)
from services.api.transfers import repository, service, views
from services.api.transfers.running import MEDIA_TYPE, OVER
from services.api.transfers.schemas import (
    ChamberErasure,
    ChamberErasureList,
    ChamberImport,
    ChamberImportList,
    ErasureId,
    ImportId,
)
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/entities/{entity}", tags=["ente"])

_RETRY = {"Retry-After": "2"}

Importing = Annotated[EntityAccess, Depends(administering(Action.CHAMBER_IMPORT))]
Erasing = Annotated[EntityAccess, Depends(administering(Action.CHAMBER_ERASE))]
Asked = Annotated[Page, Depends(page)]


def _job(request: Request, row: sa.Row[Any], *, status: int = 200) -> Response:
    headers = {"Vary": "Authorization, Accept-Language"}
    if row.state not in OVER:
        headers |= _RETRY
    if status == 202:  # noqa: PLR2004 - Accepted
        headers["Location"] = views.import_path(row.entity_id, row.import_id)
    view = views.import_view(row, request_info(request).language)
    return resource_response(request, view, status=status, headers=headers)


@router.post(
    "/chamber-imports",
    operation_id="chamber_import_new",
    summary="Importazione di una camera",
    description="L'archivio di una camera dell'ente (`ciclo/archive@1`) nel corpo, come "
    "`application/zip`. Se non è integro, o non è per questa installazione, la risposta dice "
    "tutto ciò che non torna e nulla è scritto. Altrimenti il lavoro si segue all'indirizzo in "
    "`Location`: la camera arriva intera e com'era, o per niente.",
    status_code=202,
    response_model=ChamberImport,
    responses=refusals(
        "archive_refused",
        "archive_of_other_version",
        "archive_too_large",
        "chamber_exists",
        "unsupported_media_type",
    ),
    openapi_extra=raw_body(MEDIA_TYPE, {"type": "string", "format": "binary"}),
)
async def bring(request: Request, access: Importing, parts: Parts) -> Response:
    """The body goes to the disk as it comes; a job does the rest."""
    require_media_type(request, MEDIA_TYPE)
    with tempfile.TemporaryDirectory(dir=parts.settings.spool_dir) as folder:
        path = Path(folder) / "archive.zip"
        await _received(request, parts, path)
        row = await service.bring(parts, access.author, access.entity, path)
    return _job(request, row, status=202)


async def _received(request: Request, parts: Container, path: Path) -> None:
    """Writes the body into a file, as long as it is no larger than it may be."""
    limit, size = parts.settings.archive_max_bytes, 0
    with path.open("wb") as file:
        async for piece in request.stream():
            size += len(piece)
            if size > limit:
                raise Refusal("archive_too_large", limit=limit)
            file.write(piece)


@router.get(
    "/chamber-imports",
    operation_id="chamber_imports_list",
    summary="Importazioni di camere",
    description="Dalla più recente. `sort`: `requested_at`.",
    response_model=ChamberImportList,
    responses=refusals("entity_unknown", "invalid_cursor"),
)
async def list_imports(request: Request, access: Importing, parts: Parts, asked: Asked) -> Response:
    """Every one there was."""
    language = request_info(request).language
    async with parts.database.read() as session:
        found = await repository.list_imports(session, access.entity, asked)
    items = [views.import_view(row, language) for row in found.rows]
    return list_response(request, items, found.next, asked, ChamberImport)


async def _read(parts: Container, access: EntityAccess, import_id: str) -> sa.Row[Any]:
    async with parts.database.read() as session:
        return await repository.find_import(session, access.entity, import_id)


@router.get(
    "/chamber-imports/{import_id}",
    operation_id="chamber_import",
    summary="Un'importazione",
    description="Fase e avanzamento; se non è riuscita, ogni punto che non torna.",
    response_model=ChamberImport,
    responses=refusals("entity_unknown"),
)
async def show_import(
    request: Request, import_id: ImportId, access: Importing, parts: Parts
) -> Response:
    """How far it is."""
    return _job(request, await _read(parts, access, import_id))


async def _changes(
    request: Request, import_id: ImportId, access: Importing, parts: Parts
) -> Changes:
    language = request_info(request).language
    rows = await service.watch(parts.signals, import_id, partial(_read, parts, access, import_id))
    return (views.import_view(row, language) async for row in rows)


@router.get(
    "/chamber-imports/{import_id}/events",
    operation_id="chamber_import_events",
    summary="Un'importazione come eventi",
    description="Server-Sent Events: un evento `job` a ogni cambiamento, con l'importazione in "
    "JSON; il flusso finisce con il lavoro.",
    **as_events("not_found", "entity_unknown"),
)
async def stream_import(changes: Annotated[Changes, Depends(_changes)]) -> Events:
    """The job at every change."""
    async for view in changes:
        yield job_event(view)


@router.get(
    "/chamber-erasures",
    operation_id="chamber_erasures_list",
    summary="Cancellazioni di camere",
    description="Richieste ed eseguite, dalla più recente, con i certificati di ciò che è stato "
    "tolto. `sort`: `erasure_id`.",
    response_model=ChamberErasureList,
    responses=refusals("entity_unknown", "invalid_cursor"),
)
async def list_erasures(request: Request, access: Erasing, parts: Parts, asked: Asked) -> Response:
    """Every one there was, of chambers that are gone too."""
    async with parts.database.read() as session:
        found = await service.list_erasures(session, access.entity, asked)
    actions = access.actions(Action.CHAMBER_ERASE)
    items = [views.erasure_view(row, actions) for row in found.rows]
    return list_response(request, items, found.next, asked, ChamberErasure)


@router.get(
    "/chamber-erasures/{erasure_id}",
    operation_id="chamber_erasure",
    summary="Una cancellazione",
    description="Chi l'ha chiesta e perché, se e quando è stata eseguita.",
    response_model=ChamberErasure,
    responses=refusals("entity_unknown"),
)
async def show_erasure(
    request: Request, erasure_id: ErasureId, access: Erasing, parts: Parts
) -> Response:
    """One of them."""
    async with parts.database.read() as session:
        row = await service.found_erasure(session, access.entity, erasure_id)
    return resource_response(request, views.erasure_view(row, access.actions(Action.CHAMBER_ERASE)))


@router.post(
    "/chamber-erasures/{erasure_id}/withdrawal",
    operation_id="chamber_erasure_withdraw",
    summary="Ritiro di una richiesta di cancellazione",
    description="Finché nessuno l'ha eseguita.",
    response_model=ChamberErasure,
    responses=refusals("entity_unknown", "erasure_decided"),
)
async def withdraw_erasure(
    request: Request, erasure_id: ErasureId, access: Erasing, parts: Parts
) -> Response:
    """The chamber stays."""
    async with parts.database.write((), access.author) as session:
        row = await service.withdraw_erasure(session, access.entity, erasure_id)
    return resource_response(request, views.erasure_view(row, access.actions(Action.CHAMBER_ERASE)))


@router.get(
    "/chamber-erasures/{erasure_id}/certificate",
    operation_id="chamber_erasure_certificate",
    summary="Il certificato di una cancellazione",
    description="Che cosa è stato tolto, quando, da chi: JSON Web Signature (RFC 7515) della "
    "chiave dell'installazione. Si verifica con `ciclo tenant certificate`.",
    response_class=Response,
    responses={
        200: {
            "description": "Il certificato.",
            "content": {
                "application/jose": {
                    "schema": {"type": "string", "maxLength": 1_000_000, "pattern": "^[ -~]+$"}
                }
            },
        },
        **refusals("entity_unknown", "not_found"),
    },
)
async def show_certificate(
    request: Request, erasure_id: ErasureId, access: Erasing, parts: Parts
) -> Response:
    """What remains of a chamber."""
    async with parts.database.read() as session:
        row = await service.found_erasure(session, access.entity, erasure_id)
    if row.certificate is None:
        raise Refusal("not_found")
    name = f"{row.chamber_code.lower()}-erased.txt"
    body = f"{row.certificate}\n".encode()
    etag = content_etag(body)
    headers = {"ETag": etag, "Cache-Control": REVALIDATE, "Vary": "Authorization"}
    if matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return Response(body, media_type="application/jose", headers=headers)
