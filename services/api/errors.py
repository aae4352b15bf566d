"""From a refusal to an answer: the one table that knows HTTP statuses.

Code that refuses raises :class:`Refusal` with a stable code (or an exception of another
layer that carries a ``code`` found here); the handlers below make it an RFC 9457 problem in
the caller's language. Nothing else in the API builds an error answer.
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.api.db.session import DatabaseUnavailableError
from services.api.problem_kind import Problem
from services.api.problem_table import PROBLEMS
from services.api.problems import ProblemDetails, ProblemError, TextConflict
from services.api.requests import RequestInfo, request_info
from shared.contracts.case_reading import CaseRefusedError
from shared.contracts.issues import Issue, issues_from

PROBLEM_JSON = "application/problem+json"

_log = logging.getLogger("ciclo.api")

_BY_STATUS = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.UNAUTHORIZED: "unauthenticated",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
}


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault of the program
    """The request cannot be granted, for the reason that ``code`` names.

    Args:
        code: a key of :data:`~services.api.problem_table.PROBLEMS`.
        issues: what is wrong and where, all of it.
        headers: further headers of the answer.
        conflict: the texts to put together, where two have written the same one.
        parts: values for the placeholders in the problem's detail.
    """

    def __init__(
        self,
        code: str,
        /,  # so that a part of the detail may be named "code"
        *,
        issues: Sequence[Issue] = (),
        headers: Mapping[str, str] | None = None,
        conflict: TextConflict | None = None,
        **parts: object,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.issues = tuple(issues)
        self.headers = dict(headers or {})
        self.conflict = conflict
        self.parts = parts


def problem_response(
    info: RequestInfo,
    code: str,
    *,
    issues: Sequence[Issue] = (),
    headers: Mapping[str, str] | None = None,
    parts: Mapping[str, object] | None = None,
    conflict: TextConflict | None = None,
) -> Response:
    """The answer to a refused request."""
    problem: Problem = PROBLEMS[code]
    body = ProblemDetails(
        type=f"{info.public_url}/problems/{code}",
        title=problem.title(info.language),
        status=problem.status,
        detail=problem.detail(info.language, parts or {}),
        instance=info.path,
        code=code,
        request_id=info.request_id,
        errors=[
            ProblemError(pointer=issue.pointer, code=issue.code, detail=issue.detail(info.language))
            for issue in issues
        ],
        conflict=conflict,
    )
    return Response(
        body.model_dump_json(exclude_none=True),
        status_code=problem.status,
        media_type=PROBLEM_JSON,
        headers={
            "Content-Language": info.language,
            **problem.headers,
            **(headers or {}),
        },
    )


def install(app: FastAPI) -> None:
    """Makes every refusal, the framework's own included, a problem."""
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(CaseRefusedError, _case_refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DatabaseUnavailableError, _unavailable)
    app.add_exception_handler(DBAPIError, _unstorable)


def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 - what the handler is registered for
    return problem_response(
        request_info(request),
        error.code,
        issues=error.issues,
        headers=error.headers,
        parts=error.parts,
        conflict=error.conflict,
    )


def _case_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, CaseRefusedError)  # noqa: S101 - as above
    return problem_response(request_info(request), error.code, issues=error.issues)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    # Pointers are into the body; a parameter is found under where it stands (/query/limit).
    details: list[ErrorDetails] = [detail.copy() for detail in error.errors()]
    for detail in details:
        if detail["loc"][0] == "body":
            detail["loc"] = detail["loc"][1:]
    return problem_response(request_info(request), "validation_failed", issues=issues_from(details))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    code = _BY_STATUS.get(HTTPStatus(error.status_code), "bad_request")
    return problem_response(
        request_info(request), code, headers=error.headers, parts={"limit": error.detail}
    )


def _unavailable(request: Request, error: Exception) -> Response:
    _log.warning("database unavailable: %s", error)
    return problem_response(request_info(request), "database_unavailable")


# A character that PostgreSQL cannot hold in a text: NUL, whatever field it came in.
_CHARACTER_NOT_IN_REPERTOIRE = "22021"


def _unstorable(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)  # noqa: S101 - as above
    if getattr(error.orig, "sqlstate", None) != _CHARACTER_NOT_IN_REPERTOIRE:
        raise error
    issue = Issue(
        pointer="",
        code="bad_characters",
        it="il testo contiene caratteri non ammessi",
        en="the text contains characters that are not allowed",
    )
    return problem_response(request_info(request), "validation_failed", issues=[issue])
