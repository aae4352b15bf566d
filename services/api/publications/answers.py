"""How what is public travels: cacheable by anyone, checked by ETag or by date."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from fastapi import Request
from starlette.responses import Response

from services.api.responses import content_etag, matches

# What a published document says never changes; its last time stamp may be renewed, and that it is
# published may be looked up again.
CACHE = "public, max-age=300"


def public_response(
    request: Request,
    body: bytes,
    media_type: str,
    *,
    etag: str | None = None,
    modified: datetime | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The bytes, or 304 when the caller holds them already."""
    etag = etag or content_etag(body)
    shared = {"ETag": etag, "Cache-Control": CACHE, **(headers or {})}
    if modified is not None:
        shared["Last-Modified"] = format_datetime(modified.astimezone(UTC), usegmt=True)
    if unchanged(request, etag, modified):
        return Response(status_code=304, headers=shared)
    return Response(body, media_type=media_type, headers=shared)


def unchanged(request: Request, etag: str, modified: datetime | None) -> bool:
    """Whether the caller holds this; the ETag decides, the date only where none was sent."""
    given = request.headers.get("if-none-match")
    if given is not None:
        return matches(given, etag)
    since = request.headers.get("if-modified-since")
    if since is None or modified is None:
        return False
    try:
        return modified.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False  # not a date, or one without a time zone: as if it had not come
