"""``/v1/entities`` and ``/v1/chambers``."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import (
    Access,
    Caller,
    Parts,
    ReadCall,
    WriteCall,
    author_of,
    reading,
    roles_in,
    visible_chambers,
    writing,
)
from services.api.errors import Refusal
from services.api.idempotency import IdempotencyKey, once
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.responses import require_match, resource_response, to_json, version_etag
from services.api.tenants import repository, service
from services.api.tenants.schemas import (
    Chamber,
    ChamberChange,
    ChamberList,
    Entity,
    EntityList,
    NewChamber,
    NewEntity,
)
from shared.domain.permissions import Action, allows

router = APIRouter(prefix="/v1", tags=["enti e camere"])

_ACTIONS = (
    Action.CHAMBER_READ,
    Action.CHAMBER_UPDATE,
    Action.PLAN_READ,
    Action.PLAN_IMPORT,
    Action.MEASUREMENT_RECORD,
    Action.INTEGRATION_MANAGE,
    Action.REPORT_REQUEST,
)


def _entity(row: sa.Row[Any]) -> Entity:
    return Entity(code=row.entity_id, title=row.name, created_at=row.created_at)


def _chamber(row: sa.Row[Any], access: Access) -> Chamber:
    return Chamber(
        code=row.chamber_id,
        entity=row.entity_id,
        title=row.name,
        status=row.status,
        colour=row.colour,
        logo_svg=row.logo_svg,
        created_at=row.created_at,
        updated_at=row.updated_at,
        allowed_actions=[str(action) for action in access.actions(*_ACTIONS)],
    )


@router.get(
    "/entities",
    operation_id="entities_list",
    summary="Enti",
    description="L'ente di chi chiama.",
    response_model=EntityList,
    responses=refusals("invalid_cursor"),
)
async def list_entities(
    request: Request, caller: Caller, parts: Parts, asked: Annotated[Page, Depends(page)]
) -> Response:
    """The caller's own entity: others are none of its business."""
    async with parts.database.read() as session:
        found = await repository.list_entities(session, caller.entity or "", asked)
    return list_response(request, [_entity(row) for row in found.rows], found.next, asked, Entity)


@router.post(
    "/entities",
    operation_id="entity_new",
    summary="Nuovo ente",
    description="Crea l'ente di cui chi chiama è amministratore.",
    status_code=201,
    response_model=Entity,
    responses=refusals("entity_exists", "idempotency_key_reused", "idempotency_key_in_use"),
)
async def create_entity(
    request: Request, new: NewEntity, caller: Caller, parts: Parts, key: IdempotencyKey = None
) -> Response:
    """Only the entity that the token names can be created with it."""
    if caller.entity != new.code or not allows(caller.everywhere, Action.ENTITY_CREATE):
        raise Refusal("forbidden")

    async with parts.database.write((), author_of(request, caller)) as session:

        async def make() -> Response:
            row = await service.create_entity(session, new)
            return resource_response(
                request, _entity(row), status=201, headers={"Location": "/v1/entities"}
            )

        return await once(request, session, key, to_json(new), make, entity=new.code)


@router.get(
    "/chambers",
    operation_id="chambers_list",
    summary="Camere",
    description="Le camere in cui chi chiama ha un ruolo. `sort`: `code`, `title`.",
    response_model=ChamberList,
    responses=refusals("invalid_cursor"),
)
async def list_chambers(
    request: Request, caller: Caller, parts: Parts, asked: Annotated[Page, Depends(page)]
) -> Response:
    """Only what the caller has a role in is there at all."""
    codes = await visible_chambers(parts, caller)
    async with parts.database.read(codes) as session:
        found = await repository.list_chambers(session, asked)
    items = [
        _chamber(row, Access(caller, row.chamber_id, await roles_in(parts, caller, row.chamber_id)))
        for row in found.rows
    ]
    return list_response(request, items, found.next, asked, Chamber)


@router.post(
    "/chambers",
    operation_id="chamber_new",
    summary="Nuova camera",
    description="Aggiunge una camera all'ente.",
    status_code=201,
    response_model=Chamber,
    responses=refusals(
        "entity_not_found",
        "chamber_exists",
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
)
async def create_chamber(
    request: Request, new: NewChamber, caller: Caller, parts: Parts, key: IdempotencyKey = None
) -> Response:
    """An administrator of the entity adds a chamber to it."""
    if caller.entity != new.entity or not allows(caller.everywhere, Action.CHAMBER_CREATE):
        raise Refusal("forbidden")

    async with parts.database.write([new.code], author_of(request, caller)) as session:

        async def make() -> Response:
            row = await service.create_chamber(session, new)
            made = _chamber(row, Access(caller, new.code, caller.everywhere))
            return resource_response(
                request,
                made,
                status=201,
                etag=version_etag(row.version),
                headers={"Location": f"/v1/chambers/{new.code}"},
            )

        session.on_commit(lambda: parts.directory.forget(new.entity))
        return await once(request, session, key, to_json(new), make)


@router.get(
    "/chambers/{chamber}",
    operation_id="chamber",
    summary="Una camera",
    description="I dati della camera e ciò che chi chiama può farvi.",
    response_model=Chamber,
)
async def show_chamber(
    request: Request,
    call: Annotated[ReadCall, Depends(reading(Action.CHAMBER_READ), scope="function")],
) -> Response:
    """One chamber."""
    row = await service.chamber(call.session)
    return resource_response(request, _chamber(row, call.access), etag=version_etag(row.version))


@router.patch(
    "/chambers/{chamber}",
    operation_id="chamber_change",
    summary="Modifica di una camera",
    description="Merge patch (RFC 7396); richiede If-Match.",
    response_model=Chamber,
    responses=refusals("precondition_required", "stale_version", "chamber_suspended"),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/merge-patch+json": {
                    "schema": {"$ref": "#/components/schemas/ChamberChange"}
                }
            },
        }
    },
)
async def change_chamber(
    request: Request,
    change: ChamberChange,
    call: Annotated[WriteCall, Depends(writing(Action.CHAMBER_UPDATE), scope="function")],
) -> Response:
    """Changes what was sent."""
    current = await service.chamber(call.session, lock=True)
    require_match(request, version_etag(current.version))
    row = await service.change_chamber(call.session, change)
    return resource_response(request, _chamber(row, call.access), etag=version_etag(row.version))
