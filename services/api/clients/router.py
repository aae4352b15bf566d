"""``/v1/chambers/{chamber}/clients``: systems with a key, their keys and their end."""

from collections.abc import Sequence
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from services.api.auth.access import Access, Parts, ReadCall, WriteCall, reading, writing
from services.api.bodies import merge_patch_of
from services.api.clients import repository, service
from services.api.clients.schemas import (
    Client,
    ClientChange,
    ClientKey,
    ClientList,
    ClientState,
    CreatedClient,
    IssuedKey,
    KeyRotation,
    NewClient,
)
from services.api.clients.service import Issued
from services.api.container import Container
from services.api.idempotency import IdempotencyKey, once_showing
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.responses import (
    Resource,
    require_match,
    resource_response,
    to_json,
    version_etag,
)
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/clients", tags=["persone e sistemi"])

ClientPath = Annotated[
    str,
    Path(
        max_length=36,
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="Identificativo del sistema.",
    ),
]
Reading = Annotated[ReadCall, Depends(reading(Action.CLIENT_READ), scope="function")]
Managing = Annotated[WriteCall, Depends(writing(Action.CLIENT_MANAGE), scope="function")]
_ACTIONS = (Action.CLIENT_READ, Action.CLIENT_MANAGE)


def _client(row: sa.Row[Any], keys: Sequence[sa.Row[Any]], access: Access) -> Client:
    state: ClientState = "active" if keys else "expired"
    if row.revoked_at is not None:
        state = "revoked"
    actions = access.actions(*(_ACTIONS[:1] if row.revoked_at else _ACTIONS))
    return Client(
        client_id=row.client_id,
        title=row.title,
        state=state,
        scopes=row.scopes,
        keys=[
            ClientKey(
                key_id=key.key_id,
                created_at=key.created_at,
                expires_at=key.expires_at,
                last_used_at=key.last_used_at,
            )
            for key in keys
        ],
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        allowed_actions=[str(action) for action in actions],
    )


async def _detail(parts: Container, call: ReadCall | WriteCall, row: sa.Row[Any]) -> Client:
    keys = await repository.valid_keys(call.session, [row.client_id], parts.clock.now())
    return _client(row, keys.get(row.client_id, ()), call.access)


def _issued(issued: Issued, *, shown: bool) -> IssuedKey:
    return IssuedKey(
        key_id=issued.key_id,
        key=issued.key if shown else None,
        expires_at=issued.expires_at,
        previous_valid_until=issued.previous_valid_until,
    )


def _created(request: Request, call: WriteCall, client_id: str, body: Resource) -> Response:
    location = f"/v1/chambers/{call.access.chamber}/clients/{client_id}"
    headers = {"Location": location, "Cache-Control": "no-store"}
    return resource_response(request, body, status=201, headers=headers)


@router.get(
    "",
    operation_id="clients_list",
    summary="Sistemi con una chiave",
    description="I sistemi che chiamano l'API della camera. `sort`: `created_at`, `title`.",
    response_model=ClientList,
    responses=refusals("invalid_cursor"),
)
async def list_clients(
    request: Request, call: Reading, parts: Parts, asked: Annotated[Page, Depends(page)]
) -> Response:
    """Every client, those revoked too."""
    found = await repository.list_clients(call.session, asked)
    ids = [row.client_id for row in found.rows]
    keys = await repository.valid_keys(call.session, ids, parts.clock.now())
    items = [_client(row, keys.get(row.client_id, ()), call.access) for row in found.rows]
    return list_response(request, items, found.next, asked, Client)


@router.post(
    "",
    operation_id="client_new",
    summary="Nuovo sistema",
    description="La risposta porta la chiave, che si vede solo qui. Le azioni consentite sono al "
    "più quelle di chi crea il sistema.",
    status_code=201,
    response_model=CreatedClient,
    responses=refusals(
        "scope_beyond_yours",
        "chamber_suspended",
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
)
async def create_client(
    request: Request, new: NewClient, call: Managing, parts: Parts, key: IdempotencyKey = None
) -> Response:
    """A new client, and the only look at its key."""

    async def make() -> tuple[Response, Response]:
        row, issued = await service.create(parts, call.session, call.access, new)
        detail = await _detail(parts, call, row)
        full, kept = (
            _created(
                request,
                call,
                row.client_id,
                CreatedClient(client=detail, issued=_issued(issued, shown=seen)),
            )
            for seen in (True, False)
        )
        return full, kept

    return await once_showing(request, call.session, key, to_json(new), make)


@router.get(
    "/{client_id}",
    operation_id="client",
    summary="Un sistema con una chiave",
    description="Azioni consentite e chiavi valide, con scadenza e ultimo uso.",
    response_model=Client,
)
async def show_client(
    request: Request, client_id: ClientPath, call: Reading, parts: Parts
) -> Response:
    """One client."""
    row = await service.client(call.session, client_id)
    detail = await _detail(parts, call, row)
    return resource_response(request, detail, etag=version_etag(row.version))


@router.patch(
    "/{client_id}",
    operation_id="client_change",
    summary="Modifica di un sistema",
    description="Merge patch (RFC 7396) di nome e azioni consentite; richiede If-Match.",
    response_model=Client,
    responses=refusals(
        "scope_beyond_yours",
        "client_revoked",
        "precondition_required",
        "stale_version",
        "chamber_suspended",
    ),
    openapi_extra=merge_patch_of(ClientChange),
)
async def change_client(
    request: Request, client_id: ClientPath, change: ClientChange, call: Managing, parts: Parts
) -> Response:
    """Changes what was sent."""
    current = await service.client(call.session, client_id, lock=True)
    require_match(request, version_etag(current.version))
    row = await service.change(call.session, call.access, current, change)
    call.session.on_commit(parts.machines.forget)
    detail = await _detail(parts, call, row)
    return resource_response(request, detail, etag=version_etag(row.version))


@router.post(
    "/{client_id}/keys",
    operation_id="client_key_new",
    summary="Nuova chiave",
    description="Sostituisce la chiave; la precedente resta valida per le ore indicate. Al più "
    "due chiavi valgono insieme.",
    status_code=201,
    response_model=IssuedKey,
    responses=refusals(
        "client_revoked", "chamber_suspended", "idempotency_key_reused", "idempotency_key_in_use"
    ),
)
async def rotate_key(
    request: Request,
    client_id: ClientPath,
    rotation: KeyRotation,
    call: Managing,
    parts: Parts,
    key: IdempotencyKey = None,
) -> Response:
    """A new key, seen once."""

    async def make() -> tuple[Response, Response]:
        issued = await service.rotate(parts, call.session, client_id, rotation)
        full, kept = (
            _created(request, call, client_id, _issued(issued, shown=seen))
            for seen in (True, False)
        )
        return full, kept

    return await once_showing(request, call.session, key, to_json(rotation), make)


@router.post(
    "/{client_id}/revocation",
    operation_id="client_revocation",
    summary="Revoca di un sistema",
    description="Tutte le chiavi finiscono subito e per sempre; richiede If-Match.",
    response_model=Client,
    responses=refusals(
        "client_revoked", "precondition_required", "stale_version", "chamber_suspended"
    ),
)
async def revoke_client(
    request: Request, client_id: ClientPath, call: Managing, parts: Parts
) -> Response:
    """Ends every key."""
    current = await service.client(call.session, client_id, lock=True)
    require_match(request, version_etag(current.version))
    row = await service.revoke(parts, call.session, current)
    call.session.on_commit(parts.machines.forget)
    detail = await _detail(parts, call, row)
    return resource_response(request, detail, etag=version_etag(row.version))
