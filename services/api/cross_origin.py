"""What a browser may do for a front end that is served from another origin."""

from collections.abc import Sequence
from typing import TypedDict


class CrossOrigin(TypedDict):
    """Arguments of Starlette's middleware."""

    allow_origins: Sequence[str]
    allow_methods: Sequence[str]
    allow_headers: Sequence[str]
    expose_headers: Sequence[str]
    max_age: int


def cross_origin(origins: Sequence[str]) -> CrossOrigin:
    """The rules for these origins: bearer tokens only, so no cookies and no credentials."""
    return CrossOrigin(
        allow_origins=origins,
        allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
        allow_headers=(
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "If-Match",
            "If-None-Match",
            "Request-Id",
        ),
        # What a program needs to read; anything else stays hidden from scripts.
        expose_headers=(
            "ETag",
            "Location",
            "Retry-After",
            "Request-Id",
            "RateLimit-Limit",
            "RateLimit-Remaining",
            "RateLimit-Reset",
            "Idempotency-Replayed",
            "Content-Disposition",
        ),
        max_age=600,
    )
