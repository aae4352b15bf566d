"""A job that somebody follows: Server-Sent Events, one at every change, until it is over.

A router's dependency finds the job and says what is shown of it, so that what is not there is
refused before the stream begins; its endpoint sends that on::

    @router.get(".../events", ..., **as_events("not_found"))
    async def stream_job(changes: Annotated[Changes, Depends(_changes)]) -> Events:
        async for view in changes:
            yield job_event(view)
"""

from collections.abc import AsyncIterator
from typing import Any, TypeAlias

from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.api.openapi import refusals
from services.api.responses import Resource, to_json

Changes: TypeAlias = AsyncIterator[Resource]
"""A job as it is shown, now and whenever it has changed."""

Events: TypeAlias = AsyncIterator[ServerSentEvent]


def as_events(*refused: str) -> dict[str, Any]:
    """What the route of a stream declares, with the codes of its refusals."""
    return {
        "response_class": EventSourceResponse,
        "responses": {200: {"description": "Gli eventi."}, **refusals(*refused)},
    }


def job_event(view: Resource) -> ServerSentEvent:
    """A change, as it is sent."""
    return ServerSentEvent(event="job", raw_data=to_json(view).decode())
