"""What the edge knows about a request before any feature sees it."""

import re
from collections.abc import MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from shared.contracts.issues import Language

_KEY = "ciclo.request"

_LONGEST_AGENT = 200
_TAG = re.compile(r"\s*([a-zA-Z*-]+)\s*(?:;\s*q\s*=\s*([0-9.]+))?\s*")


@dataclass(frozen=True, slots=True)
class Origin:
    """From where a request came: the caller's address and the program that sent it."""

    client: str | None = None
    agent: str | None = None


_origin: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 - frozen


def come_from(client: str | None, agent: str | None) -> None:
    """Notes the origin of the request that this task serves."""
    _origin.set(Origin(client, agent[:_LONGEST_AGENT] if agent else None))


def origin() -> Origin:
    """From where came what happens now; nothing outside requests."""
    return _origin.get()


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """Identity of a request and the language of its answer."""

    request_id: str
    language: Language
    path: str
    public_url: str


def remember(scope: MutableMapping[str, Any], info: RequestInfo) -> None:
    """Leaves the information where :func:`request_info` finds it."""
    scope[_KEY] = info


def request_info(request: Request) -> RequestInfo:
    """What the edge noted about this request."""
    found = request.scope[_KEY]
    assert isinstance(found, RequestInfo)  # noqa: S101 - written by `remember` alone
    return found


def preferred_language(header: str | None) -> Language:
    """Italian or English by ``Accept-Language`` (RFC 9110); Italian when in doubt."""
    best: Language = "it"
    best_quality = 0.0
    for part in (header or "").split(",")[:20]:
        match = _TAG.fullmatch(part)
        if match is None:
            continue
        language = match.group(1).lower().split("-")[0]
        try:
            quality = float(match.group(2) or 1)
        except ValueError:
            continue
        if language in ("it", "en") and quality > best_quality:
            best, best_quality = ("en" if language == "en" else "it"), quality
    return best
