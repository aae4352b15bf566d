"""The pull API of a simulated source: what it holds, page by page (``docs/integrations.md``)."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.api.cli.simulator.truth import Held, Key

Truth = Callable[[], Mapping[Key, Held]]

_MOST = 5000


def pull_app(truth: Truth, token: str | None = None) -> Starlette:
    """An application that answers ``GET /measurements`` with what ``truth`` holds when asked.

    Args:
        truth: what the source holds.
        token: bearer token that callers have to show; anybody may ask without one.
    """

    async def measurements(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if token is not None and not hmac.compare_digest(given, f"Bearer {token}"):
            return JSONResponse({"title": "Unauthorized"}, 401)
        try:
            year = int(request.query_params["year"])
            begin = int(request.query_params.get("cursor", "0"))
            limit = min(int(request.query_params.get("limit", "500")), _MOST)
        except (KeyError, ValueError):
            return JSONResponse({"title": "Bad Request"}, 400)
        found = _asked(truth(), year, request.query_params.get("period"))
        page = found[begin : begin + limit]
        more = str(begin + limit) if begin + limit < len(found) else None
        body = json.dumps({"items": page, "next": more}, ensure_ascii=False).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"ETag": etag})
        return Response(body, media_type="application/json", headers={"ETag": etag})

    return Starlette(routes=[Route("/measurements", measurements)])


def _asked(held: Mapping[Key, Held], year: int, period: str | None) -> list[dict[str, Any]]:
    found = [
        {**datum.item, "source_version": datum.version, "timestamp": datum.said.isoformat()}
        for (_, _, when, part), datum in held.items()
        if when == year and (period is None or part == (None if period == "Y" else period))
    ]
    return [{name: value for name, value in item.items() if value is not None} for item in found]


@contextmanager
def serving(app: Starlette, port: int) -> Iterator[str]:
    """Serves an application on this machine while the block lasts; gives its address."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = Thread(target=server.run, name="simulated-source", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
