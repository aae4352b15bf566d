"""``/v1/chambers/{chamber}/exports`` and ``.../erasure-requests``."""

import base64
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response, StreamingResponse

from services.api.auth.access import (
    Access,
    Parts,
    ReadCall,
    WriteCall,
    author_of,
    permitted,
    reading,
    writing,
)
from services.api.idempotency import IdempotencyKey, once
from services.api.job_events import Changes, Events, as_events, job_event
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.requests import request_info
from services.api.responses import resource_response, to_json
from services.api.transfers import repository, service, views
from services.api.transfers.running import MEDIA_TYPE, OVER
from services.api.transfers.schemas import (
    ChamberErasure,
    ChamberExport,
    ChamberExportList,
    ExportId,
    NewErasure,
)
from shared.domain.permissions import Action
from shared.runtime.blobs import transit_key

router = APIRouter(prefix="/v1/chambers/{chamber}", tags=["enti e camere"])

_RETRY = {"Retry-After": "2"}

# An export changes nothing of the chamber: it may be suspended, and mostly is.
Making = Annotated[
    WriteCall, Depends(writing(Action.ARCHIVE_MAKE, suspended_too=True), scope="function")
]
Reading = Annotated[ReadCall, Depends(reading(Action.ARCHIVE_READ), scope="function")]
Erasing = Annotated[
    WriteCall, Depends(writing(Action.CHAMBER_ERASE, suspended_too=True), scope="function")
]


def _job(request: Request, row: sa.Row[Any], access: Access, *, status: int = 200) -> Response:
    headers = {"Vary": "Authorization, Accept-Language"}
    if row.state not in OVER:
        headers |= _RETRY
    if status == 202:  # noqa: PLR2004 - Accepted
        headers["Location"] = views.export_path(access.chamber, row.export_id)
    view = views.export_view(row, access, request_info(request).language)
    return resource_response(request, view, status=status, headers=headers)


@router.post(
    "/exports",
    operation_id="chamber_export_new",
    summary="Esportazione di una camera",
    description="Chiede l'archivio di tutta la camera (`ciclo/archive@1`): ogni riga con la sua "
    "storia, i documenti, gli anni come file `ciclo/case@1`, il registro. Il lavoro si segue "
    "all'indirizzo in `Location`; il file attende un giorno, poi non c'è più. Si può chiedere "
    "anche di una camera sospesa.",
    status_code=202,
    response_model=ChamberExport,
    responses=refusals("idempotency_key_reused", "idempotency_key_in_use"),
)
async def ask_export(
    request: Request, call: Making, parts: Parts, key: IdempotencyKey = None
) -> Response:
    """A job, to be followed."""

    async def make() -> Response:
        row = await service.ask_export(call.session, parts.signals)
        return _job(request, row, call.access, status=202)

    return await once(request, call.session, key, b"", make)


@router.get(
    "/exports",
    operation_id="chamber_exports_list",
    summary="Esportazioni della camera",
    description="Dalla più recente. `sort`: `requested_at`.",
    response_model=ChamberExportList,
    responses=refusals("invalid_cursor"),
)
async def list_exports(
    request: Request, call: Reading, asked: Annotated[Page, Depends(page)]
) -> Response:
    """Every one there was."""
    language = request_info(request).language
    found = await repository.list_exports(call.session, asked)
    items = [views.export_view(row, call.access, language) for row in found.rows]
    return list_response(request, items, found.next, asked, ChamberExport)


@router.get(
    "/exports/{export_id}",
    operation_id="chamber_export",
    summary="Un'esportazione",
    description="Fase e avanzamento; quando è conclusa, impronta, dimensione e da dove si scarica.",
    response_model=ChamberExport,
)
async def show_export(request: Request, export_id: ExportId, call: Reading) -> Response:
    """How far it is."""
    return _job(request, await repository.find_export(call.session, export_id), call.access)


async def _changes(
    request: Request,
    export_id: ExportId,
    access: Annotated[Access, Depends(permitted(Action.ARCHIVE_READ))],
    parts: Parts,
) -> Changes:
    language = request_info(request).language

    async def read() -> sa.Row[Any]:
        async with parts.database.read([access.chamber]) as session:
            return await repository.find_export(session, export_id)

    rows = await service.watch(parts.signals, export_id, read)
    return (views.export_view(row, access, language) async for row in rows)


@router.get(
    "/exports/{export_id}/events",
    operation_id="chamber_export_events",
    summary="Un'esportazione come eventi",
    description="Server-Sent Events: un evento `job` a ogni cambiamento, con l'esportazione in "
    "JSON; il flusso finisce con il lavoro.",
    **as_events("not_found"),
)
async def stream_export(changes: Annotated[Changes, Depends(_changes)]) -> Events:
    """The job at every change."""
    async for view in changes:
        yield job_event(view)


@router.get(
    "/exports/{export_id}/file",
    operation_id="chamber_export_file",
    summary="L'archivio di una camera",
    description="I byte dell'archivio, un poco alla volta; ETag e `Repr-Digest` (RFC 9530) ne "
    "portano l'impronta SHA-256. Chi lo scarica resta nel registro dell'ente. Se porta schede "
    "individuali, lo scarica solo chi può vederle tutte.",
    response_class=Response,
    responses={
        200: {
            "description": "L'archivio.",
            "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
            "headers": {
                "Repr-Digest": {
                    "description": "Impronta dei byte (RFC 9530).",
                    "schema": {"type": "string", "maxLength": 100, "pattern": "^sha-256=:.+:$"},
                }
            },
        },
        **refusals("not_found", "archive_not_ready", "sheet_not_visible"),
    },
)
async def fetch_export(
    request: Request,
    export_id: ExportId,
    access: Annotated[Access, Depends(permitted(Action.ARCHIVE_READ))],
    parts: Parts,
) -> Response:
    """The bytes, with no transaction open while they travel."""
    author = author_of(request, access.principal)
    async with parts.database.write([access.chamber], author) as session:
        row = await service.fetchable(session, access, export_id)
        await service.note_fetched(session, await service.entity_of(session), row)
    store = parts.blobs.of_chamber(access.chamber)
    digest = base64.b64encode(bytes.fromhex(row.sha256)).decode()
    headers = {
        "Content-Length": str(row.size),
        "Content-Disposition": f'attachment; filename="{access.chamber.lower()}.zip"',
        "ETag": f'"{row.sha256}"',
        "Repr-Digest": f"sha-256=:{digest}:",
    }
    pieces = store.stream(transit_key(access.chamber, export_id))
    return StreamingResponse(pieces, media_type=MEDIA_TYPE, headers=headers)


@router.post(
    "/erasure-requests",
    operation_id="chamber_erasure_new",
    summary="Richiesta di cancellare una camera",
    description="Vale per una camera sospesa ed esportata dopo la sospensione, da meno di un "
    "giorno: si scrivono di nuovo il codice e l'impronta dell'archivio che si conserva. L'API non "
    "cancella nulla: la richiesta attende chi la esegue sulla macchina, come proprietario della "
    "base dati (`ciclo tenant erase --request`).",
    status_code=202,
    response_model=ChamberErasure,
    responses=refusals(
        "erasure_not_confirmed",
        "erasure_of_active_chamber",
        "erasure_without_export",
        "erasure_requested",
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
)
async def ask_erasure(
    request: Request, new: NewErasure, call: Erasing, key: IdempotencyKey = None
) -> Response:
    """Written down, for somebody else to carry out."""
    chamber = call.access.chamber
    entity = await service.entity_of(call.session)

    async def make() -> Response:
        row = await service.ask_erasure(
            call.session,
            entity,
            chamber=chamber,
            typed=new.code,
            archive=new.archive_sha256,
            reason=new.reason,
        )
        view = views.erasure_view(row, call.access.actions(Action.CHAMBER_ERASE))
        headers = {"Location": views.erasure_path(entity, row.erasure_id)}
        return resource_response(request, view, status=202, headers=headers)

    return await once(request, call.session, key, to_json(new), make)
