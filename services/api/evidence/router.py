"""``.../plans/{year}/measurements/{measurement_id}/evidence``."""

from typing import Annotated
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import (
    Access,
    Parts,
    ReadCall,
    author_of,
    permitted,
    reading,
    refuse_suspended,
)
from services.api.bodies import require_media_type
from services.api.errors import Refusal
from services.api.evidence import repository, service
from services.api.evidence.schemas import Evidence, EvidenceId, EvidenceList, FileName
from services.api.evidence.service import File, Subject
from services.api.idempotency import IdempotencyKey, once
from services.api.measurements.schemas import MeasurementId
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.plans.schemas import PlanYear
from services.api.responses import REVALIDATE, matches, resource_response
from shared.domain.evidence import MEDIA_TYPES
from shared.domain.permissions import Action

router = APIRouter(
    prefix="/v1/chambers/{chamber}/plans/{year}/measurements/{measurement_id}/evidence",
    tags=["rilevazioni"],
)

_BINARY = {"schema": {"type": "string", "format": "binary"}}

Uploading = Annotated[Access, Depends(permitted(Action.MEASUREMENT_RECORD))]


def _view(row: sa.Row[object], access: Access, year: int) -> Evidence:
    base = f"/v1/chambers/{access.chamber}/plans/{year}/measurements/{row.measurement_id}"
    return Evidence(
        evidence_id=row.evidence_id,
        version=row.version,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        href=f"{base}/evidence/{row.evidence_id}/file",
        uploaded_at=row.uploaded_at,
        uploaded_by=row.uploaded_by,
        allowed_actions=[str(action) for action in access.actions(Action.MEASUREMENT_READ)],
    )


@router.get(
    "",
    operation_id="evidence_list",
    summary="Prove di una rilevazione",
    description="I file allegati, dal primo, con impronta e versione del valore. `sort`: "
    "`uploaded_at`.",
    response_model=EvidenceList,
    responses=refusals("plan_not_found", "invalid_cursor"),
)
async def list_evidence(
    request: Request,
    year: PlanYear,
    measurement_id: MeasurementId,
    call: Annotated[ReadCall, Depends(reading(Action.MEASUREMENT_READ), scope="function")],
    asked: Annotated[Page, Depends(page)],
) -> Response:
    """Everything that proves one measurement."""
    row = await service.subject_row(call.session, Subject(call.access, year, measurement_id))
    found = await repository.list_evidence(call.session, row.plan_id, measurement_id, asked)
    items = [_view(one, call.access, year) for one in found.rows]
    return list_response(request, items, found.next, asked, Evidence)


@router.post(
    "",
    operation_id="evidence_new",
    summary="Allegare una prova",
    description="Il file nel corpo, con il suo Content-Type (PDF, PNG, JPEG, testo, CSV, posta, "
    "p7m, ODF, OOXML). Si conserva com'è, con la sua impronta, accanto alla storia della "
    "rilevazione; non si cambia e non si toglie.",
    status_code=201,
    response_model=Evidence,
    responses=refusals(
        "plan_not_found",
        "evidence_refused",
        "evidence_too_large",
        "evidence_too_many",
        "outside_units",
        "unsupported_media_type",
        "chamber_suspended",
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
    openapi_extra={
        "requestBody": {"required": True, "content": dict.fromkeys(MEDIA_TYPES, _BINARY)}
    },
)
async def attach_evidence(
    request: Request,
    year: PlanYear,
    measurement_id: MeasurementId,
    name: FileName,
    access: Uploading,
    parts: Parts,
    key: IdempotencyKey = None,
) -> Response:
    """Bytes first, with no transaction open; then the row that speaks of them."""
    media_type = require_media_type(request, *MEDIA_TYPES)
    content = await request.body()
    if len(content) > parts.settings.evidence_max_bytes:
        raise Refusal("evidence_too_large", limit=parts.settings.evidence_max_bytes)
    subject = Subject(access, year, measurement_id)
    async with parts.database.read([access.chamber]) as session:
        await refuse_suspended(session)
        row = await service.subject_row(session, subject)
        await service.require_own(session, subject, row)
        await service.refuse_too_many(session, row)
    file = service.named(access.chamber, name, media_type, content)
    blobs = parts.blobs.of_chamber(access.chamber)
    await blobs.put(file.blob_key, content, media_type=media_type)
    try:
        answer = await _written(request, access, parts, subject, file, key)
    except Refusal:
        # Of any other fault nobody knows whether the row was written: the sweeper looks later.
        await blobs.delete(file.blob_key)
        raise
    if "idempotency-replayed" in answer.headers:
        await blobs.delete(file.blob_key)  # the first upload has its own
    return answer


async def _written(
    request: Request,
    access: Access,
    parts: Parts,
    subject: Subject,
    file: File,
    key: str | None,
) -> Response:
    author = author_of(request, access.principal)
    async with parts.database.write([access.chamber], author) as session:
        await refuse_suspended(session)

        async def make() -> Response:
            row = await service.attach(session, subject, file)
            view = _view(row, access, subject.year)
            headers = {"Location": view.href.removesuffix("/file")}
            return resource_response(request, view, status=201, headers=headers)

        said = f"{file.name}\n{file.media_type}\n{file.sha256}".encode()
        return await once(request, session, key, said, make)


@router.get(
    "/{evidence_id}",
    operation_id="evidence",
    summary="Una prova",
    description="Nome, tipo, impronta, e da dove si scarica.",
    response_model=Evidence,
    responses=refusals("plan_not_found"),
)
async def show_evidence(
    request: Request,
    year: PlanYear,
    measurement_id: MeasurementId,
    evidence_id: EvidenceId,
    call: Annotated[ReadCall, Depends(reading(Action.MEASUREMENT_READ), scope="function")],
) -> Response:
    """One file, without its bytes."""
    row = await service.find(call.session, Subject(call.access, year, measurement_id), evidence_id)
    return resource_response(request, _view(row, call.access, year))


@router.get(
    "/{evidence_id}/file",
    operation_id="evidence_file",
    summary="Il file di una prova",
    description="I byte com'erano; l'ETag è la loro impronta SHA-256.",
    response_class=Response,
    responses={
        200: {"description": "Il file.", "content": {"application/octet-stream": _BINARY}},
        **refusals("plan_not_found"),
    },
)
async def download_evidence(
    request: Request,
    year: PlanYear,
    measurement_id: MeasurementId,
    evidence_id: EvidenceId,
    access: Annotated[Access, Depends(permitted(Action.MEASUREMENT_READ))],
    parts: Parts,
) -> Response:
    """The bytes, read from the blob store with no transaction open."""
    async with parts.database.read([access.chamber]) as session:
        row = await service.find(session, Subject(access, year, measurement_id), evidence_id)
    etag = f'"{row.sha256}"'
    headers = {"ETag": etag, "Cache-Control": REVALIDATE, "Vary": "Authorization"}
    if matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    content = await parts.blobs.of_chamber(access.chamber).get(row.blob_key)
    # Never shown in the page of a browser: somebody else's file is no part of ours.
    headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(row.name)}"
    headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return Response(content, media_type=row.media_type, headers=headers)
