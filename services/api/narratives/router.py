"""``.../plans/{year}/narratives``: the texts that stand, and every version of them."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import ReadCall, WriteCall, reading, writing
from services.api.boundaries import service as boundaries
from services.api.boundaries.service import Reach
from services.api.errors import Refusal
from services.api.narratives import repository, service
from services.api.narratives.schemas import (
    Narrative,
    NarrativeList,
    NarrativeVersion,
    NarrativeVersionList,
    NarrativeVersionSummary,
    NewNarrative,
    NumberPath,
    TextPath,
)
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.plans import service as plans
from services.api.plans.schemas import PlanYear
from services.api.responses import require_match, require_read, resource_response, version_etag
from services.api.texts import service as texts
from services.api.texts.keys import TextKey
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/plans/{year}/narratives", tags=["testi"])

Reading = Annotated[ReadCall, Depends(reading(Action.NARRATIVE_READ), scope="function")]
Writing = Annotated[WriteCall, Depends(writing(Action.NARRATIVE_WRITE), scope="function")]
Asked = Annotated[Page, Depends(page)]

WRITING = (
    "plan_not_found",
    "subject_not_found",
    "outside_units",
    "precondition_required",
    "stale_version",
    "chamber_suspended",
)


@router.get(
    "",
    operation_id="narratives_list",
    summary="Testi del piano",
    description="I testi di obiettivi e sezioni, ciascuno con la sua versione. `sort`: `position`, "
    "`key`.",
    response_model=NarrativeList,
    responses=refusals("plan_not_found", "invalid_cursor"),
)
async def list_narratives(
    request: Request, year: PlanYear, call: Reading, asked: Asked
) -> Response:
    """Texts in document order."""
    head = await plans.head(call.session, year)
    hidden = await boundaries.hidden(call.session, head, call.access)
    found = await repository.list_texts(call.session, head.plan_id, asked, hidden.objectives)
    reach = await boundaries.reach(call.session, head, call.access, Action.NARRATIVE_WRITE)
    items = [narrative_view(row, reach) for row in found.rows]
    return list_response(request, items, found.next, asked, Narrative)


@router.get(
    "/{key}",
    operation_id="narrative",
    summary="Un testo",
    description="Il testo di un obiettivo o di una sezione della Relazione.",
    response_model=Narrative,
    responses=refusals("plan_not_found", "subject_not_found"),
)
async def show_narrative(
    request: Request, year: PlanYear, key: TextPath, call: Reading
) -> Response:
    """A text, with the ETag that changing it asks for."""
    head = await plans.head(call.session, year)
    subject = TextKey.parse(key)
    await service.require_seen(call.session, head, call.access, subject)
    row = await texts.find(call.session, head.plan_id, subject)
    if row is None:
        raise Refusal("subject_not_found", code=key)
    reach = await boundaries.reach(call.session, head, call.access, Action.NARRATIVE_WRITE)
    view = narrative_view(row, reach)
    return resource_response(request, view, etag=version_etag(row.version))


@router.put(
    "/{key}",
    operation_id="narrative_write",
    summary="Scrittura di un testo",
    description="Scrive il testo. Se esiste già serve `If-Match` con il suo ETag; per il primo "
    "testo `If-Match` non serve, o `If-None-Match: *` per non sovrascriverne uno. Chi scrive su un "
    "testo che non ha letto riceve entrambi i testi (`conflict`).",
    response_model=Narrative,
    responses=refusals(*WRITING),
)
async def write_narrative(
    request: Request, year: PlanYear, key: TextPath, new: NewNarrative, call: Writing
) -> Response:
    """Two offices write here: nobody overwrites what they have not read."""
    head = await plans.lock_plan(call.session, year)
    subject = TextKey.parse(key)
    reach = await service.reach_of(call.session, head, call.access, subject)
    current = await texts.find(call.session, head.plan_id, subject, lock=True)
    try:
        require_read(request, None if current is None else version_etag(current.version))
    except Refusal as refusal:
        if refusal.code != "stale_version":
            raise
        raise await service.stale_text(call.session, head, subject, new.text) from refusal
    written = await service.write(call.session, head, subject, new.text)
    view = narrative_view(written, reach)
    return resource_response(request, view, etag=version_etag(written.version))


@router.delete(
    "/{key}",
    operation_id="narrative_remove",
    summary="Eliminazione di un testo",
    description="Richiede `If-Match` con l'ETag del testo. Le sue versioni restano.",
    status_code=204,
    responses=refusals(*WRITING),
)
async def remove_narrative(request: Request, year: PlanYear, key: TextPath, call: Writing) -> None:
    """Takes a text back, as the caller has read it."""
    head = await plans.lock_plan(call.session, year)
    subject = TextKey.parse(key)
    await service.reach_of(call.session, head, call.access, subject)
    current = await texts.find(call.session, head.plan_id, subject, lock=True)
    if current is None:
        raise Refusal("subject_not_found", code=key)
    require_match(request, version_etag(current.version))
    await service.remove(call.session, head, subject)


@router.get(
    "/{key}/versions",
    operation_id="narrative_versions_list",
    summary="Storia di un testo",
    description="Ogni versione pubblicata, dalla più recente, anche di un testo tolto. "
    "`sort`: `number`.",
    response_model=NarrativeVersionList,
    responses=refusals("plan_not_found", "subject_not_found", "invalid_cursor"),
)
async def list_versions(
    request: Request, year: PlanYear, key: TextPath, call: Reading, asked: Asked
) -> Response:
    """Who wrote when."""
    head = await plans.head(call.session, year)
    subject = TextKey.parse(key)
    await service.require_seen(call.session, head, call.access, subject)
    found = await repository.versions(call.session, head.plan_id, subject, asked)
    items = [NarrativeVersionSummary(**_version(row)) for row in found.rows]
    return list_response(request, items, found.next, asked, NarrativeVersionSummary)


@router.get(
    "/{key}/versions/{version}",
    operation_id="narrative_version",
    summary="Una versione di un testo",
    description="Il testo com'era in quella versione.",
    response_model=NarrativeVersion,
    responses=refusals("plan_not_found", "subject_not_found"),
)
async def show_version(
    request: Request, year: PlanYear, key: TextPath, version: NumberPath, call: Reading
) -> Response:
    """What was written then."""
    head = await plans.head(call.session, year)
    subject = TextKey.parse(key)
    await service.require_seen(call.session, head, call.access, subject)
    row = await repository.version(call.session, head.plan_id, subject, version)
    if row is None:
        raise Refusal("subject_not_found", code=f"{key}/{version}")
    return resource_response(request, NarrativeVersion(**_version(row), text=row.text))


def _version(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "number": row.number,
        "written_at": row.written_at,
        "written_by": row.written_by,
        "characters": row.characters,
    }


def narrative_view(row: sa.Row[Any], reach: Reach) -> Narrative:
    """A text with what the caller may do to it."""
    actions = [
        action
        for action in reach.access.actions(Action.NARRATIVE_READ, Action.NARRATIVE_WRITE)
        if reach.covers(action, row.subject_kind, row.subject_code)
    ]
    return Narrative(
        key=f"{row.subject_kind}:{row.subject_code}",
        text=row.text,
        version=row.version,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
        allowed_actions=[str(action) for action in actions],
    )
