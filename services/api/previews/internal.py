"""``/internal/v1/.../previews``: what only the renderer calls. Not in the public document."""

from typing import Annotated

from fastapi import APIRouter, Header, Path
from starlette.responses import Response

from services.api.auth.access import ChamberCode, Parts
from services.api.auth.renderer import Renderer
from services.api.previews import service
from services.api.previews.schemas import UUID
from shared.contracts.preview_job import RenderedPreview
from shared.contracts.render_job import RenderFailure

PreviewId = Annotated[str, Path(pattern=UUID)]
Token = Annotated[str, Header(alias="Ciclo-Lease-Token", max_length=100)]

router = APIRouter(
    prefix="/internal/v1/chambers/{chamber}/previews/{preview_id}", include_in_schema=False
)


@router.post("/lease")
async def lease_preview(
    chamber: ChamberCode, preview_id: PreviewId, author: Renderer, parts: Parts
) -> Response:
    """The right to make the preview."""
    lease = await service.lease(parts, chamber, preview_id, author)
    return Response(lease.model_dump_json(), media_type="application/json")


@router.put("/result", status_code=204)
async def deliver_preview(
    made: RenderedPreview,
    chamber: ChamberCode,
    preview_id: PreviewId,
    author: Renderer,
    parts: Parts,
    token: Token = "",
) -> Response:
    """What was made."""
    await service.deliver(parts, chamber, (preview_id, token), author, made)
    return Response(status_code=204)


@router.post("/failure", status_code=204)
async def report_failure(
    failure: RenderFailure,
    chamber: ChamberCode,
    preview_id: PreviewId,
    author: Renderer,
    parts: Parts,
    token: Token = "",
) -> Response:
    """It could not be made."""
    await service.fail(parts, chamber, (preview_id, token), author, failure)
    return Response(status_code=204)
