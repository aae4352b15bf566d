"""Request bodies that are read as bytes, because their model reads bytes or they are no JSON."""

import json
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel

from services.api.errors import Refusal
from shared.contracts.issues import Issue

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"


async def json_bytes(request: Request) -> bytes:
    """Dependency: the exact bytes of a JSON body.

    Declare it before the dependency that opens a transaction (none should wait for a body),
    and the check of the caller among the route's own dependencies, which come first.
    """
    return await _bytes(request, JSON)


JsonBytes = Annotated[bytes, Depends(json_bytes)]


async def merge_patch_bytes(request: Request) -> bytes:
    """Dependency: the exact bytes of a merge patch; as :func:`json_bytes` otherwise.

    Plain JSON is taken for one, as everywhere else here.
    """
    return await _bytes(request, MERGE_PATCH, JSON)


MergePatchBytes = Annotated[bytes, Depends(merge_patch_bytes)]


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body.

    Raises:
        Refusal: ``validation_failed`` when there is none.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        issue = Issue(
            pointer="",
            code="invalid_json",
            it="il contenuto non è un oggetto JSON",
            en="the content is no JSON object",
        )
        raise Refusal("validation_failed", issues=[issue])
    return found


async def _bytes(request: Request, *expected: str) -> bytes:
    require_media_type(request, *expected)
    return await request.body()


def require_media_type(request: Request, *expected: str) -> str:
    """What kind of body a request says it has: one of these.

    Raises:
        Refusal: ``unsupported_media_type`` when it says another, or none.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in expected:
        raise Refusal("unsupported_media_type", expected=", ".join(expected))
    return given


def raw_body(media_type: str, schema: dict[str, object]) -> dict[str, object]:
    """``openapi_extra`` that describes a body read as bytes."""
    content = {media_type: {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


def merge_patch_of(model: type[BaseModel]) -> dict[str, object]:
    """``openapi_extra`` that describes a merge patch (RFC 7396) of these fields."""
    return raw_body(MERGE_PATCH, {"$ref": f"#/components/schemas/{model.__name__}"})
