"""``/internal/metrics``: for a monitoring system on the inner network, not in the document."""

import secrets

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from services.api.auth.access import Parts
from services.api.errors import Refusal
from services.api.metrics import service

router = APIRouter(include_in_schema=False)


@router.get("/internal/metrics")
async def metrics(request: Request, parts: Parts) -> Response:
    """Who has the token of the monitoring system; without one configured there is nothing."""
    expected = parts.settings.metrics_token.get_secret_value()
    if not expected:
        raise Refusal("not_found")
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    known = secrets.compare_digest(given.encode(), expected.encode())
    if scheme.lower() != "bearer" or not known:
        raise Refusal("unauthenticated")
    text = await service.exposition(parts, request.app.state.metrics)
    return Response(text, media_type=CONTENT_TYPE_LATEST)
