"""The renderer, known by its service token."""

import secrets
from typing import Annotated

from fastapi import Depends, Request

from services.api.auth.access import Parts
from services.api.db.session import Author
from services.api.errors import Refusal
from services.api.requests import request_info

_ACTOR = "renderer"


def renderer_service(request: Request, parts: Parts) -> Author:
    """The renderer, known by its service token; 401 for anybody else."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    # All are compared, so that the time tells nothing; the old one is valid while it is given.
    matches = [
        secrets.compare_digest(given.encode(), token.encode())
        for token in parts.settings.renderer_tokens
    ]
    if scheme.lower() != "bearer" or not any(matches):
        raise Refusal("unauthenticated")
    return Author(_ACTOR, request_info(request).request_id)


Renderer = Annotated[Author, Depends(renderer_service)]
