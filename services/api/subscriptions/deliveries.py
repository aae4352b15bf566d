"""``/v1/chambers/{chamber}/subscriptions/{subscription_id}``: the messages to a subscriber."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from services.api.auth.access import Access, Parts, ReadCall, WriteCall
from services.api.idempotency import IdempotencyKey, once
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.responses import resource_response
from services.api.subscriptions import repository, service
from services.api.subscriptions.router import (
    CREATING,
    UUID,
    Managing,
    Reading,
    SubscriptionId,
    path_of,
)
from services.api.subscriptions.schemas import (
    Delivery,
    DeliveryAttempt,
    DeliveryDetail,
    DeliveryList,
    Replayed,
    SentEvent,
)
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/subscriptions", tags=["eventi"])

DeliveryId = Annotated[
    str, Path(max_length=36, pattern=UUID, description="Identificativo dell'invio.")
]


def _delivery_fields(row: sa.Row[Any], access: Access) -> dict[str, Any]:
    return {
        "delivery_id": row.delivery_id,
        "event_id": row.event_id,
        "event": row.event,
        "subject": row.subject,
        "state": row.state,
        "attempts": row.attempts,
        "created_at": row.created_at,
        "next_at": row.next_at if row.state == "pending" else None,
        "settled_at": row.settled_at,
        "allowed_actions": [str(action) for action in access.actions(Action.SUBSCRIPTION_MANAGE)],
    }


async def _delivery(call: ReadCall | WriteCall, row: sa.Row[Any]) -> DeliveryDetail:
    made = await repository.attempts(call.session, row.delivery_id)
    return DeliveryDetail(
        **_delivery_fields(row, call.access),
        body=row.body.decode(),
        log=[
            DeliveryAttempt(
                attempt=one.attempt,
                at=one.at,
                status=one.status,
                failure=one.failure,
                milliseconds=one.milliseconds,
            )
            for one in made
        ],
    )


async def _accepted(request: Request, call: WriteCall, row: sa.Row[Any]) -> Response:
    location = f"{path_of(call.access.chamber, row.subscription_id)}/deliveries/{row.delivery_id}"
    headers = {"Location": location, "Retry-After": "2"}
    return resource_response(request, await _delivery(call, row), status=202, headers=headers)


@router.post(
    "/{subscription_id}/test",
    operation_id="subscription_test",
    summary="Messaggio di prova",
    description="Invia `subscription.test`; l'esito è nell'invio indicato da `Location`.",
    status_code=202,
    response_model=DeliveryDetail,
    responses=refusals(*CREATING),
)
async def send_test(
    request: Request,
    subscription_id: SubscriptionId,
    call: Managing,
    parts: Parts,
    key: IdempotencyKey = None,
) -> Response:
    """Sends something that means nothing."""

    async def make() -> Response:
        await service.subscription(call.session, subscription_id)
        delivery_id = await service.send_test(parts, call.session, subscription_id)
        row = await service.delivery(call.session, subscription_id, delivery_id)
        return await _accepted(request, call, row)

    return await once(request, call.session, key, b"", make)


@router.get(
    "/{subscription_id}/deliveries",
    operation_id="deliveries_list",
    summary="Invii",
    description="Gli eventi inviati e da inviare, dal più recente. `sort`: `created_at`.",
    response_model=DeliveryList,
    responses=refusals("invalid_cursor"),
)
async def list_deliveries(
    request: Request,
    subscription_id: SubscriptionId,
    call: Reading,
    asked: Annotated[Page, Depends(page)],
    state: Annotated[
        str | None,
        Query(
            max_length=9,
            pattern="^(pending|delivered|failed)$",
            description="Solo in questo stato.",
        ),
    ] = None,
    event: Annotated[SentEvent | None, Query(description="Solo di questo genere.")] = None,
) -> Response:
    """What was sent, and what came of it."""
    await service.subscription(call.session, subscription_id)
    filters = {"state": state, "event": event}
    found = await repository.list_deliveries(call.session, subscription_id, asked, filters)
    items = [Delivery(**_delivery_fields(row, call.access)) for row in found.rows]
    return list_response(request, items, found.next, asked, Delivery)


@router.get(
    "/{subscription_id}/deliveries/{delivery_id}",
    operation_id="delivery",
    summary="Un invio",
    description="Il contenuto e ogni tentativo.",
    response_model=DeliveryDetail,
)
async def show_delivery(
    request: Request, subscription_id: SubscriptionId, delivery_id: DeliveryId, call: Reading
) -> Response:
    """One delivery."""
    row = await service.delivery(call.session, subscription_id, delivery_id)
    return resource_response(request, await _delivery(call, row))


@router.post(
    "/{subscription_id}/deliveries/{delivery_id}/replay",
    operation_id="delivery_replay",
    summary="Nuovo invio",
    description="Invia di nuovo lo stesso evento, con lo stesso `webhook-id`.",
    status_code=202,
    response_model=DeliveryDetail,
    responses=refusals("chamber_suspended"),
)
async def replay_delivery(
    request: Request,
    subscription_id: SubscriptionId,
    delivery_id: DeliveryId,
    call: Managing,
    parts: Parts,
) -> Response:
    """Sends one event again."""
    await service.replay(parts, call.session, subscription_id, delivery_id)
    row = await service.delivery(call.session, subscription_id, delivery_id)
    return await _accepted(request, call, row)


@router.post(
    "/{subscription_id}/replay",
    operation_id="subscription_replay",
    summary="Nuovo invio di ciò che non è riuscito",
    description="Invia di nuovo ogni evento i cui tentativi sono finiti.",
    response_model=Replayed,
    responses=refusals("chamber_suspended"),
)
async def replay_failed(
    request: Request, subscription_id: SubscriptionId, call: Managing, parts: Parts
) -> Response:
    """Sends everything again that was given up."""
    await service.subscription(call.session, subscription_id, lock=True)
    count = await service.replay_failed(parts, call.session, subscription_id)
    return resource_response(request, Replayed(deliveries=count))
