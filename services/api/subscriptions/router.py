"""``/v1/chambers/{chamber}/subscriptions``: who is told of events, and with which secrets."""

from datetime import timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from services.api.auth.access import Access, Parts, ReadCall, WriteCall, reading, writing
from services.api.bodies import merge_patch_of
from services.api.idempotency import IdempotencyKey, once_showing
from services.api.integrations.schemas import IssuedSecret, Rotation, SecretInfo
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.responses import (
    Resource,
    require_match,
    resource_response,
    to_json,
    version_etag,
)
from services.api.subscriptions import repository, service
from services.api.subscriptions.schemas import (
    CreatedSubscription,
    NewSubscription,
    Subscription,
    SubscriptionChange,
    SubscriptionDetail,
    SubscriptionList,
)
from services.api.subscriptions.service import Issued
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/subscriptions", tags=["eventi"])

UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
SubscriptionId = Annotated[
    str, Path(max_length=36, pattern=UUID, description="Identificativo dell'iscrizione.")
]
Reading = Annotated[ReadCall, Depends(reading(Action.SUBSCRIPTION_READ), scope="function")]
Managing = Annotated[WriteCall, Depends(writing(Action.SUBSCRIPTION_MANAGE), scope="function")]
_ACTIONS = (Action.SUBSCRIPTION_READ, Action.SUBSCRIPTION_MANAGE)
CREATING = ("chamber_suspended", "idempotency_key_reused", "idempotency_key_in_use")


def path_of(chamber: str, subscription_id: str) -> str:
    """Address of a subscription."""
    return f"/v1/chambers/{chamber}/subscriptions/{subscription_id}"


def _fields(row: sa.Row[Any], access: Access) -> dict[str, Any]:
    return {
        "subscription_id": row.subscription_id,
        "title": row.title,
        "url": row.url,
        "events": tuple(row.events),
        "standing": row.standing,
        "disabled_reason": row.disabled_reason,
        "failing_since": row.failing_since,
        "created_at": row.created_at,
        "allowed_actions": [str(action) for action in access.actions(*_ACTIONS)],
    }


async def _detail(parts: Parts, call: ReadCall | WriteCall, row: sa.Row[Any]) -> SubscriptionDetail:
    valid = await repository.secrets(call.session, row.subscription_id, parts.clock.now())
    return SubscriptionDetail(
        **_fields(row, call.access),
        secrets=[
            SecretInfo(secret_id=s.secret_id, created_at=s.created_at, expires_at=s.expires_at)
            for s in valid
        ],
    )


def _issued(issued: Issued, *, shown: bool) -> IssuedSecret:
    return IssuedSecret(
        secret_id=issued.secret_id,
        secret=issued.secret if shown else None,
        previous_valid_until=issued.previous_valid_until,
    )


def _created(request: Request, call: WriteCall, subscription_id: str, body: Resource) -> Response:
    headers = {
        "Location": path_of(call.access.chamber, subscription_id),
        "Cache-Control": "no-store",
    }
    return resource_response(request, body, status=201, headers=headers)


@router.get(
    "",
    operation_id="subscriptions_list",
    summary="Iscrizioni agli eventi",
    description="Chi viene avvisato di ciò che succede. `sort`: `created_at`, `title`.",
    response_model=SubscriptionList,
    responses=refusals("invalid_cursor"),
)
async def list_subscriptions(
    request: Request, call: Reading, asked: Annotated[Page, Depends(page)]
) -> Response:
    """Every subscriber of the chamber."""
    found = await repository.list_subscriptions(call.session, asked)
    items = [Subscription(**_fields(row, call.access)) for row in found.rows]
    return list_response(request, items, found.next, asked, Subscription)


@router.post(
    "",
    operation_id="subscription_new",
    summary="Nuova iscrizione",
    description="Da ora gli eventi scelti si inviano all'indirizzo, firmati (Standard Webhooks "
    "1.0), almeno una volta e in ordine per ogni soggetto. La risposta porta il segreto con cui "
    "verificarli: si vede solo qui.",
    status_code=201,
    response_model=CreatedSubscription,
    responses=refusals(*CREATING),
)
async def create_subscription(
    request: Request,
    new: NewSubscription,
    call: Managing,
    parts: Parts,
    key: IdempotencyKey = None,
) -> Response:
    """A new subscriber, and the only look at its secret."""

    async def make() -> tuple[Response, Response]:
        subscription_id, issued = await service.create(parts, call.session, new)
        row = await service.subscription(call.session, subscription_id)
        detail = await _detail(parts, call, row)
        full, kept = (
            _created(
                request,
                call,
                subscription_id,
                CreatedSubscription(subscription=detail, issued=_issued(issued, shown=seen)),
            )
            for seen in (True, False)
        )
        return full, kept

    return await once_showing(request, call.session, key, to_json(new), make)


@router.get(
    "/{subscription_id}",
    operation_id="subscription",
    summary="Un'iscrizione",
    description="A chi, che cosa, e se gli invii riescono; mai i segreti.",
    response_model=SubscriptionDetail,
)
async def show_subscription(
    request: Request, subscription_id: SubscriptionId, call: Reading, parts: Parts
) -> Response:
    """One subscriber."""
    row = await service.subscription(call.session, subscription_id)
    detail = await _detail(parts, call, row)
    return resource_response(request, detail, etag=version_etag(row.version))


@router.patch(
    "/{subscription_id}",
    operation_id="subscription_change",
    summary="Modifica di un'iscrizione",
    description="Merge patch (RFC 7396); richiede If-Match. `paused` ferma e riprende gli invii.",
    response_model=SubscriptionDetail,
    responses=refusals("precondition_required", "stale_version", "chamber_suspended"),
    openapi_extra=merge_patch_of(SubscriptionChange),
)
async def change_subscription(
    request: Request,
    subscription_id: SubscriptionId,
    change: SubscriptionChange,
    call: Managing,
    parts: Parts,
) -> Response:
    """Changes what was sent."""
    current = await service.subscription(call.session, subscription_id, lock=True)
    require_match(request, version_etag(current.version))
    row = await service.change(parts, call.session, subscription_id, change)
    detail = await _detail(parts, call, row)
    return resource_response(request, detail, etag=version_etag(row.version))


@router.delete(
    "/{subscription_id}",
    operation_id="subscription_end",
    summary="Fine di un'iscrizione",
    description="Richiede If-Match. Ciò che attende non si invia; gli invii fatti si cancellano.",
    status_code=204,
    responses=refusals("precondition_required", "stale_version", "chamber_suspended"),
)
async def remove_subscription(
    request: Request, subscription_id: SubscriptionId, call: Managing
) -> Response:
    """Ends a subscription."""
    current = await service.subscription(call.session, subscription_id, lock=True)
    require_match(request, version_etag(current.version))
    await service.remove(call.session, subscription_id)
    return Response(status_code=204)


@router.post(
    "/{subscription_id}/secrets",
    operation_id="subscription_secret_new",
    summary="Nuovo segreto",
    description="Per le ore indicate i messaggi portano la firma del nuovo e dei precedenti.",
    status_code=201,
    response_model=IssuedSecret,
    responses=refusals(*CREATING),
)
async def rotate_secret(
    request: Request,
    subscription_id: SubscriptionId,
    rotation: Rotation,
    call: Managing,
    parts: Parts,
    key: IdempotencyKey = None,
) -> Response:
    """A new secret, seen once."""

    async def make() -> tuple[Response, Response]:
        await service.subscription(call.session, subscription_id, lock=True)
        overlap = timedelta(hours=rotation.overlap_hours)
        issued = await service.rotate(parts, call.session, subscription_id, overlap)
        full, kept = (
            _created(request, call, subscription_id, _issued(issued, shown=seen))
            for seen in (True, False)
        )
        return full, kept

    return await once_showing(request, call.session, key, to_json(rotation), make)
