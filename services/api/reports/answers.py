"""The answer that tells of a render job, wherever a document is asked for."""

from typing import Any

import sqlalchemy as sa
from fastapi import Request
from starlette.responses import Response

from services.api.auth.access import Access
from services.api.render_jobs.states import JobState
from services.api.reports.addresses import job_path
from services.api.reports.views import job_view
from services.api.requests import request_info
from services.api.responses import resource_response

# Rendering takes seconds: asking more often tells nothing more.
_RETRY_AFTER = {"Retry-After": "1"}


def job_response(
    request: Request, row: sa.Row[Any], access: Access, *, status: int = 200
) -> Response:
    """A job; with status 202 also where it is followed."""
    headers = {"Vary": "Authorization, Accept-Language"}
    if not JobState(row.state).over:
        headers |= _RETRY_AFTER
    if status == 202:  # noqa: PLR2004 - Accepted
        headers["Location"] = job_path(access.chamber, row.job_id)
    view = job_view(row, access, request_info(request).language)
    return resource_response(request, view, status=status, headers=headers)
