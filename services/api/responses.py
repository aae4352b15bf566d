"""How resources travel: JSON bytes, ETags and the conditions on them, and the model base.

``ETag``: a resource that two offices may edit has the ETag of its version
(:func:`version_etag`), required in ``If-Match`` to change it. Any other has the hash of what
is sent.
"""

import hashlib
from collections.abc import Mapping

from fastapi import Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from services.api.errors import Refusal

# Revalidated every time, kept by nobody but the caller.
REVALIDATE = "private, no-cache"


class Resource(BaseModel):
    """Base of every request and response body: closed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def version_etag(version: int) -> str:
    """ETag of the given version of an editable resource."""
    return f'"v{version}"'


def content_etag(body: bytes) -> str:
    """ETag of exactly these bytes."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def two_part_etag(changeable: bytes, shown: bytes) -> str:
    """ETag of a resource that also shows what others change.

    The first part is that of the content which a change replaces, the second that of
    everything else in the body (a position, counts, what the caller may do now). Reading
    compares both, a change the first alone: see :func:`require_content_match`.
    """
    first, second = (hashlib.sha256(part).hexdigest()[:24] for part in (changeable, shown))
    return f'"{first}.{second}"'


def resource_response(
    request: Request,
    resource: Resource | bytes,
    *,
    status: int = 200,
    etag: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A resource with its ETag; 304 without content when the caller holds it already."""
    body = resource if isinstance(resource, bytes) else to_json(resource)
    etag = etag or content_etag(body)
    shared = {"ETag": etag, "Cache-Control": REVALIDATE, "Vary": "Authorization", **(headers or {})}
    if request.method == "GET" and matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=shared)
    return Response(body, status_code=status, media_type="application/json", headers=shared)


def to_json(resource: Resource) -> bytes:
    """The bytes of a body."""
    return resource.model_dump_json(by_alias=True).encode()


def matches(header: str | None, etag: str) -> bool:
    """Whether a list of ETags (``If-Match``, ``If-None-Match``) holds this one.

    A weak validator is compared by its value: proxies that compress make ours weak.
    """
    if header is None:
        return False
    if header.strip() == "*":
        return True
    return etag in {part.strip().removeprefix("W/") for part in header.split(",")}


def require_match(request: Request, etag: str) -> None:
    """Refuses a change of something the caller has not read in its present version.

    Raises:
        Refusal: ``precondition_required`` (428) without ``If-Match``, ``stale_version``
            (412) with another one.
    """
    if not matches(_if_match(request), etag):
        raise Refusal("stale_version", headers={"ETag": etag})


def require_read(request: Request, etag: str | None) -> None:
    """As :func:`require_match`, for what may not be there yet (then ``etag`` is absent).

    The first writing needs no condition; ``If-None-Match: *`` makes sure that it is the first.

    Raises:
        Refusal: ``precondition_required`` or ``stale_version``.
    """
    if etag is None:
        if "if-match" in request.headers:
            raise Refusal("stale_version")
    elif request.headers.get("if-none-match") == "*":
        raise Refusal("stale_version", headers={"ETag": etag})
    else:
        require_match(request, etag)


def require_content_match(request: Request, etag: str) -> None:
    """As :func:`require_match`, by the first part of a :func:`two_part_etag` alone.

    Raises:
        Refusal: as :func:`require_match`.
    """
    read = ",".join(_first_part(given) for given in _if_match(request).split(","))
    if not matches(read, _first_part(etag)):
        raise Refusal("stale_version", headers={"ETag": etag})


def _first_part(etag: str) -> str:
    return etag.strip().removeprefix("W/").strip('"').partition(".")[0]


def _if_match(request: Request) -> str:
    header = request.headers.get("if-match")
    if header is None:
        raise Refusal("precondition_required")
    return header
