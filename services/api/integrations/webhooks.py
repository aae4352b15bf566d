"""``POST .../integrations/{integration}/webhooks``: the door for signed messages."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import ChamberCode, Parts
from services.api.bodies import JSON, raw_body
from services.api.errors import Refusal
from services.api.integrations.receiving import MAX_BODY_BYTES, Address, receive
from services.api.integrations.router import IntegrationPath
from services.api.integrations.schemas import WebhookReceipt
from services.api.openapi import refusals
from services.api.requests import request_info
from services.api.responses import to_json
from shared.runtime.webhooks import Delivery

router = APIRouter(prefix="/v1/chambers/{chamber}/integrations", tags=["integrazioni"])


async def signed_delivery(request: Request) -> Delivery:
    """Dependency: headers and exact body of a message, of bounded size."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise Refusal("body_too_large", limit=MAX_BODY_BYTES)
    return Delivery(dict(request.headers), bytes(body))


@router.post(
    "/{integration}/webhooks",
    operation_id="integration_webhook",
    summary="Messaggio firmato di un sistema",
    description="Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp` (entro 5 minuti) e "
    "`webhook-signature` sul contenuto esatto; oppure `Agid-JWT-Signature` e `Digest` (ModI "
    "INTEGRITY_REST_01), secondo il profilo dell'integrazione. Il messaggio si conserva, poi si "
    "applica una sola volta: ripeterlo risponde 200 e non cambia nulla. Ciò che non si può "
    "applicare va in quarantena, il resto vale. Contratto ed esempi: `docs/integrations.md`.",
    response_model=WebhookReceipt,
    responses=refusals(
        "signature_refused",
        "integration_paused",
        "chamber_suspended",
        "message_id_reused",
        "event_refused",
        "body_too_large",
    ),
    openapi_extra={
        **raw_body(JSON, {"$ref": "#/components/schemas/MeasurementEvent"}),
        "security": [{"webhook": []}],
    },
)
async def receive_webhook(
    request: Request,
    chamber: ChamberCode,
    integration: IntegrationPath,
    delivery: Annotated[Delivery, Depends(signed_delivery)],
    parts: Parts,
) -> Response:
    """Whoever holds a secret of the integration may knock; nobody else learns anything."""
    request_id = request_info(request).request_id
    receipt = await receive(parts, Address(chamber, integration), delivery, request_id)
    body = WebhookReceipt(
        message_id=receipt.message_id,
        repeated=receipt.repeated,
        applied=receipt.counts.applied,
        unchanged=receipt.counts.unchanged,
        superseded=receipt.counts.superseded,
        quarantined=receipt.counts.quarantined,
    )
    return Response(to_json(body), media_type=JSON)
