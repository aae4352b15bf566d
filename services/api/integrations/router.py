"""``/v1/chambers/{chamber}/integrations``: the systems, their secrets and their messages."""

from datetime import timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from services.api.auth.access import Access, Parts, ReadCall, WriteCall, reading, writing
from services.api.bodies import merge_patch_of
from services.api.idempotency import IdempotencyKey, once, once_showing
from services.api.integrations import repository, service
from services.api.integrations.schemas import (
    AddedPublicKey,
    CreatedIntegration,
    Integration,
    IntegrationChange,
    IntegrationDetail,
    IntegrationKey,
    IntegrationList,
    IssuedSecret,
    MessageCounts,
    NewIntegration,
    NewPublicKey,
    Rotation,
    WebhookMessage,
    WebhookMessageList,
)
from services.api.integrations.service import DEFAULTS, SETTINGS, Issued
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

router = APIRouter(prefix="/v1/chambers/{chamber}/integrations", tags=["integrazioni"])

IntegrationPath = Annotated[
    str,
    Path(
        pattern=r"^[a-z][a-z0-9-]{0,38}[a-z0-9]$",
        max_length=40,
        description="Codice dell'integrazione.",
        examples=["integra"],
    ),
]
Reading = Annotated[ReadCall, Depends(reading(Action.INTEGRATION_READ), scope="function")]
Managing = Annotated[WriteCall, Depends(writing(Action.INTEGRATION_MANAGE), scope="function")]
_ACTIONS = (
    Action.INTEGRATION_READ,
    Action.INTEGRATION_MANAGE,
    Action.INTEGRATION_RECONCILE,
)


def path_of(chamber: str, integration: str) -> str:
    """Address of an integration."""
    return f"/v1/chambers/{chamber}/integrations/{integration}"


def _fields(row: sa.Row[Any], access: Access) -> dict[str, Any]:
    return {
        "code": row.integration_id,
        "title": row.title,
        "adapter": row.adapter,
        "active": row.active,
        **{name: row.settings.get(name, DEFAULTS[name]) for name in SETTINGS},
        "pull_url": row.settings.get("pull_url"),
        "webhook_path": f"{path_of(access.chamber, row.integration_id)}/webhooks",
        "created_at": row.created_at,
        "allowed_actions": [str(action) for action in access.actions(*_ACTIONS)],
    }


async def _detail(parts: Parts, call: ReadCall | WriteCall, code: str) -> IntegrationDetail:
    row = await service.integration(call.session, code)
    secrets = await repository.secrets(call.session, code, parts.clock.now())
    counted = await repository.counts(call.session, code)
    return IntegrationDetail(
        **_fields(row, call.access),
        secrets=[
            IntegrationKey(
                secret_id=s.secret_id,
                kind="secret" if s.public_key is None else "public_key",
                public_key=s.public_key,
                created_at=s.created_at,
                expires_at=s.expires_at,
            )
            for s in secrets
        ],
        waiting=counted.waiting,
        gaps=counted.gaps,
    )


def _issued(issued: Issued, *, shown: bool) -> IssuedSecret:
    return IssuedSecret(
        secret_id=issued.secret_id,
        secret=issued.secret if shown else None,
        previous_valid_until=issued.previous_valid_until,
    )


@router.get(
    "",
    operation_id="integrations_list",
    summary="Integrazioni",
    description="I sistemi che inviano rilevazioni. `sort`: `code`, `title`.",
    response_model=IntegrationList,
    responses=refusals("invalid_cursor"),
)
async def list_integrations(
    request: Request, call: Reading, asked: Annotated[Page, Depends(page)]
) -> Response:
    """Every system of the chamber."""
    found = await repository.list_integrations(call.session, asked)
    items = [Integration(**_fields(row, call.access)) for row in found.rows]
    return list_response(request, items, found.next, asked, Integration)


@router.post(
    "",
    operation_id="integration_new",
    summary="Nuova integrazione",
    description="La risposta porta il segreto con cui il sistema firmerà: si vede solo qui. Con "
    "una chiave pubblica non si crea alcun segreto.",
    status_code=201,
    response_model=CreatedIntegration,
    responses=refusals(
        "integration_exists",
        "chamber_suspended",
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
)
async def create_integration(
    request: Request,
    new: NewIntegration,
    call: Managing,
    parts: Parts,
    key: IdempotencyKey = None,
) -> Response:
    """A new system, and the only look at its secret."""

    async def make() -> tuple[Response, Response]:
        issued = await service.create(parts, call.session, new)
        detail = await _detail(parts, call, new.code)
        bodies = [
            CreatedIntegration(
                integration=detail,
                issued=None if issued is None else _issued(issued, shown=shown),
            )
            for shown in (True, False)
        ]
        full, kept = (_created(request, call, new.code, body) for body in bodies)
        return full, kept

    return await once_showing(request, call.session, key, to_json(new), make)


@router.get(
    "/{integration}",
    operation_id="integration",
    summary="Un'integrazione",
    description="Il sistema e quali segreti sono validi, mai i segreti stessi.",
    response_model=IntegrationDetail,
)
async def show_integration(
    request: Request, integration: IntegrationPath, call: Reading, parts: Parts
) -> Response:
    """One system."""
    row = await service.integration(call.session, integration)
    detail = await _detail(parts, call, integration)
    return resource_response(request, detail, etag=version_etag(row.version))


@router.patch(
    "/{integration}",
    operation_id="integration_change",
    summary="Modifica di un'integrazione",
    description="Merge patch (RFC 7396); richiede If-Match. `active: false` la sospende.",
    response_model=IntegrationDetail,
    responses=refusals("precondition_required", "stale_version", "chamber_suspended"),
    openapi_extra=merge_patch_of(IntegrationChange),
)
async def change_integration(
    request: Request,
    integration: IntegrationPath,
    change: IntegrationChange,
    call: Managing,
    parts: Parts,
) -> Response:
    """Changes what was sent."""
    current = await service.integration(call.session, integration, lock=True)
    require_match(request, version_etag(current.version))
    row = await service.change(parts, call.session, integration, change)
    detail = await _detail(parts, call, integration)
    return resource_response(request, detail, etag=version_etag(row.version))


@router.post(
    "/{integration}/secrets",
    operation_id="integration_secret_new",
    summary="Nuovo segreto",
    description="Sostituisce il segreto; i precedenti restano validi per le ore indicate.",
    status_code=201,
    response_model=IssuedSecret,
    responses=refusals(
        "no_secrets", "chamber_suspended", "idempotency_key_reused", "idempotency_key_in_use"
    ),
)
async def rotate_secret(
    request: Request,
    integration: IntegrationPath,
    rotation: Rotation,
    call: Managing,
    parts: Parts,
    key: IdempotencyKey = None,
) -> Response:
    """A new secret, seen once."""

    async def make() -> tuple[Response, Response]:
        overlap = timedelta(hours=rotation.overlap_hours)
        issued = await service.rotate(parts, call.session, integration, overlap)
        full, kept = (
            _created(request, call, integration, _issued(issued, shown=seen))
            for seen in (True, False)
        )
        return full, kept

    return await once_showing(request, call.session, key, to_json(rotation), make)


@router.post(
    "/{integration}/public-keys",
    operation_id="integration_public_key_new",
    summary="Nuova chiave pubblica",
    description="Da ora si accettano i messaggi firmati con la chiave privata corrispondente; "
    "segreti e chiavi precedenti restano validi per le ore indicate.",
    status_code=201,
    response_model=AddedPublicKey,
    responses=refusals("chamber_suspended", "idempotency_key_reused", "idempotency_key_in_use"),
)
async def add_public_key(
    request: Request,
    integration: IntegrationPath,
    new: NewPublicKey,
    call: Managing,
    parts: Parts,
    key: IdempotencyKey = None,
) -> Response:
    """A key that everybody may see."""

    async def make() -> Response:
        overlap = timedelta(hours=new.overlap_hours)
        secret_id, until = await service.add_public_key(
            parts, call.session, integration, new.public_key, overlap
        )
        added = AddedPublicKey(
            secret_id=secret_id, public_key=new.public_key.strip(), previous_valid_until=until
        )
        return _created(request, call, integration, added)

    return await once(request, call.session, key, to_json(new), make)


def _created(request: Request, call: WriteCall, code: str, body: Resource) -> Response:
    location = path_of(call.access.chamber, code)
    headers = {"Location": location, "Cache-Control": "no-store"}
    return resource_response(request, body, status=201, headers=headers)


@router.get(
    "/{integration}/messages",
    operation_id="integration_messages_list",
    summary="Messaggi ricevuti",
    description="I messaggi con firma valida, dal più recente. `sort`: `received_at`.",
    response_model=WebhookMessageList,
    responses=refusals("invalid_cursor"),
)
async def list_messages(
    request: Request,
    integration: IntegrationPath,
    call: Reading,
    asked: Annotated[Page, Depends(page)],
) -> Response:
    """What came, and what became of it."""
    await service.integration(call.session, integration)
    found = await repository.list_messages(call.session, integration, asked)
    items = [_message(row) for row in found.rows]
    return list_response(request, items, found.next, asked, WebhookMessage)


def _message(row: sa.Row[Any]) -> WebhookMessage:
    return WebhookMessage(
        message_id=row.message_id,
        event_type=row.event_type,
        outcome=row.outcome,
        sent_at=row.sent_at,
        received_at=row.received_at,
        applied_at=row.applied_at,
        bytes=row.bytes,
        counts=MessageCounts(**row.detail) if row.outcome == "applied" else None,
    )
