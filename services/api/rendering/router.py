"""``/internal/v1``: what only the renderer calls. Not in the public OpenAPI document."""

import base64
import binascii
import hashlib
import re
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import ChamberCode, Parts
from services.api.auth.renderer import Renderer
from services.api.bodies import require_media_type
from services.api.errors import Refusal
from services.api.render_jobs.leases import Leaseholder
from services.api.rendering import service
from services.api.rendering.schemas import JobId, LeaseToken
from services.api.signatures import delivery as signatures
from shared.contracts.issues import Issue
from shared.contracts.render_job import RenderFailure, RenderProgress
from shared.contracts.sign_job import SignLease
from shared.contracts.web_page import MEDIA_TYPE

_DIGEST = re.compile(r"(?:^|,)\s*sha-256\s*=\s*:([A-Za-z0-9+/=]{44}):")


def leaseholder(
    chamber: ChamberCode,
    job_id: JobId,
    author: Renderer,
    lease_token: LeaseToken = "",
) -> Leaseholder:
    """Who says something about a job; whether the lease lives is seen with the job."""
    return Leaseholder(chamber, job_id, lease_token, author)


Holder = Annotated[Leaseholder, Depends(leaseholder)]

router = APIRouter(
    prefix="/internal/v1/chambers/{chamber}/render-jobs/{job_id}", include_in_schema=False
)


@router.post("/lease")
async def lease_job(
    chamber: ChamberCode, job_id: JobId, author: Renderer, parts: Parts
) -> Response:
    """The right to render the job."""
    lease = await service.lease(parts, chamber, job_id, author)
    content = lease.revealed() if isinstance(lease, SignLease) else lease.model_dump_json()
    # It may carry what a person gave for a signature.
    headers = {"Cache-Control": "no-store"}
    return Response(content, media_type="application/json", headers=headers)


@router.post("/heartbeat", status_code=204)
async def report_progress(progress: RenderProgress, holder: Holder, parts: Parts) -> Response:
    """The renderer is alive."""
    await service.heartbeat(parts, holder, progress)
    return Response(status_code=204)


@router.put("/document", status_code=204)
async def deliver_document(request: Request, holder: Holder, parts: Parts) -> Response:
    """The signed PDF."""
    await service.deliver(parts, holder, await _file(request, "application/pdf"))
    return Response(status_code=204)


@router.get("/base")
async def show_base(holder: Holder, parts: Parts) -> Response:
    """What is to be signed."""
    pdf = await signatures.base(parts, holder)
    return Response(pdf, media_type="application/pdf")


@router.put("/signature", status_code=204)
async def deliver_signature(request: Request, holder: Holder, parts: Parts) -> Response:
    """The same document with one more signature."""
    await signatures.deliver(parts, holder, await _file(request, "application/pdf"))
    return Response(status_code=204)


@router.put("/web-page", status_code=204)
async def deliver_web_page(request: Request, holder: Holder, parts: Parts) -> Response:
    """The same content as a page of the web."""
    await service.deliver_web_page(parts, holder, await _file(request, MEDIA_TYPE))
    return Response(status_code=204)


@router.post("/failure", status_code=204)
async def report_failure(failure: RenderFailure, holder: Holder, parts: Parts) -> Response:
    """The attempt failed."""
    await service.fail(parts, holder, failure)
    return Response(status_code=204)


async def _file(request: Request, expected: str) -> bytes:
    """The body, if it is of this type and what its sender hashed."""
    require_media_type(request, expected)
    content = await request.body()
    _check_digest(request.headers.get("content-digest", ""), content)
    return content


def _check_digest(header: str, content: bytes) -> None:
    """Refuses content that is not what its sender hashed (RFC 9530)."""
    found = _DIGEST.search(header)
    try:
        given = base64.b64decode(found.group(1), validate=True) if found else b""
    except binascii.Error:
        given = b""
    if given != hashlib.sha256(content).digest():
        raise Refusal(
            "document_refused",
            issues=[
                Issue(
                    pointer="/header/content-digest",
                    code="digest_mismatch",
                    it="il contenuto ricevuto non ha l'impronta dichiarata",
                    en="the content received does not have the digest declared",
                )
            ],
        )
