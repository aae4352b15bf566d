"""Public pages answer people with a page also when there is nothing to show."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import Response

from services.api.db.session import DatabaseUnavailableError
from services.api.errors import Refusal
from services.api.page_policy import page_headers
from services.api.problem_table import PROBLEMS
from services.api.publications import pages

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """A route for browsers: what is refused is a page where the caller asks for HTML.

    Programs, which do not ask for it, are answered with a problem as everywhere.
    """

    def get_route_handler(self) -> Handler:
        """The route's own handler, with its refusals in words."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            if "text/html" not in request.headers.get("accept", ""):
                return await handle(request)
            try:
                return await handle(request)
            except DatabaseUnavailableError:
                return _page("database_unavailable")
            except (Refusal, RequestValidationError):
                return _page("not_found")

        return answer


def _page(code: str) -> Response:
    problem = PROBLEMS[code]
    body = pages.missing_page(found_later=problem.status != PROBLEMS["not_found"].status)
    headers = {
        **problem.headers,
        **page_headers(body),
        "Cache-Control": "no-store",
        "Vary": "Accept",
    }
    return Response(
        body, status_code=problem.status, media_type="text/html; charset=utf-8", headers=headers
    )
