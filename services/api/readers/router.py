"""``/v1/entities/{entity}/readers``, and what a chamber sees of them."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.api.auth.access import Parts, ReadCall, reading
from services.api.auth.entities import EntityAccess, governing
from services.api.errors import Refusal
from services.api.idempotency import IdempotencyKey, once
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.readers import repository, service
from services.api.readers.schemas import Grant, GrantId, GrantList, NewGrant
from services.api.responses import resource_response, to_json
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/entities/{entity}/readers", tags=["ente"])
chamber_router = APIRouter(prefix="/v1/chambers/{chamber}/readers", tags=["ente"])

Granting = Annotated[EntityAccess, Depends(governing(Action.READER_MANAGE))]
ReaderFilter = Annotated[
    str | None,
    Query(pattern=r"^[\x21-\x7e]+$", max_length=255, description="Solo quelle di qualcuno."),
]


def _grant(row: sa.Row[Any], parts: Parts, actions: list[Action]) -> Grant:
    in_force = row.revoked_at is None and row.expires_on >= parts.clock.now().date()
    return Grant(
        grant_id=row.grant_id,
        reader=row.reader,
        chambers=sorted(row.chambers),
        reason=row.reason,
        expires_on=row.expires_on,
        granted_at=row.granted_at,
        granted_by=row.granted_by,
        revoked_at=row.revoked_at,
        in_force=in_force,
        allowed_actions=[str(action) for action in actions] if in_force else [],
    )


@router.get(
    "",
    operation_id="readers_list",
    summary="Chi legge insieme più camere",
    description="Le autorizzazioni date, dalla più recente. `sort`: `grant_id`.",
    response_model=GrantList,
    responses=refusals("entity_unknown", "invalid_cursor"),
)
async def list_grants(
    request: Request,
    access: Granting,
    parts: Parts,
    asked: Annotated[Page, Depends(page)],
    reader: ReaderFilter = None,
) -> Response:
    """Everything that was ever granted."""
    async with parts.database.read(access.chambers) as session:
        found = await repository.list_grants(session, asked, reader)
    items = [_grant(row, parts, access.actions(Action.READER_MANAGE)) for row in found.rows]
    return list_response(request, items, found.next, asked, Grant)


@router.post(
    "",
    operation_id="reader_new",
    summary="Nuova autorizzazione a leggere insieme più camere",
    description="Chi, quali camere, perché, fino a quando. Anche chi ha un ruolo in tutte le "
    "camere ne ha bisogno per vederle a confronto; ogni lettura resta nel registro di ciascuna.",
    status_code=201,
    response_model=Grant,
    responses=refusals(
        "entity_unknown", "grant_refused", "idempotency_key_reused", "idempotency_key_in_use"
    ),
)
async def create_grant(
    request: Request, new: NewGrant, access: Granting, parts: Parts, key: IdempotencyKey = None
) -> Response:
    """Somebody may read some chambers together."""
    async with parts.database.write(access.chambers, access.author) as session:

        async def make() -> Response:
            row = await service.grant(session, access, new, parts.clock.now().date())
            made = _grant(row, parts, access.actions(Action.READER_MANAGE))
            below = f"/v1/entities/{access.entity}/readers"
            headers = {"Location": f"{below}/{made.grant_id}"}
            return resource_response(request, made, status=201, headers=headers)

        return await once(request, session, key, to_json(new), make, entity=access.entity)


@router.get(
    "/{grant_id}",
    operation_id="reader",
    summary="Un'autorizzazione",
    description="Chi può leggere quali camere, perché, fino a quando.",
    response_model=Grant,
    responses=refusals("entity_unknown"),
)
async def show_grant(
    request: Request, grant_id: GrantId, access: Granting, parts: Parts
) -> Response:
    """One grant."""
    async with parts.database.read(access.chambers) as session:
        row = await repository.find(session, grant_id)
    if row is None:
        raise Refusal("not_found")
    return resource_response(request, _grant(row, parts, access.actions(Action.READER_MANAGE)))


@router.delete(
    "/{grant_id}",
    operation_id="reader_revoke",
    summary="Revoca di un'autorizzazione",
    description="Vale subito; l'autorizzazione resta agli atti.",
    status_code=204,
    responses=refusals("entity_unknown"),
)
async def revoke_grant(grant_id: GrantId, access: Granting, parts: Parts) -> None:
    """Ends a grant before its last day."""
    async with parts.database.write(access.chambers, access.author) as session:
        await service.revoke(session, grant_id)


@chamber_router.get(
    "",
    operation_id="chamber_readers_list",
    summary="Chi legge la camera insieme ad altre",
    description="Le autorizzazioni che riguardano la camera, dalla più recente. `sort`: "
    "`grant_id`.",
    response_model=GrantList,
    responses=refusals("invalid_cursor"),
)
async def list_chamber_grants(
    request: Request,
    call: Annotated[ReadCall, Depends(reading(Action.READER_READ), scope="function")],
    parts: Parts,
    asked: Annotated[Page, Depends(page)],
    reader: ReaderFilter = None,
) -> Response:
    """To whom this chamber is open; other chambers of a grant are not told here."""
    found = await repository.list_grants(call.session, asked, reader)
    items = [_grant(row, parts, []) for row in found.rows]
    return list_response(request, items, found.next, asked, Grant)
