"""``.../narratives/{key}/draft`` and ``.../plans/{year}/drafts``: what its author alone sees."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import ReadCall, WriteCall, reading, writing
from services.api.boundaries import service as boundaries
from services.api.boundaries.service import Reach
from services.api.errors import Refusal
from services.api.narratives import repository, service
from services.api.narratives.router import WRITING, narrative_view
from services.api.narratives.schemas import (
    Draft,
    DraftList,
    DraftSummary,
    Narrative,
    NewDraft,
    PublishedSince,
    TextPath,
)
from services.api.narratives.service import OwnDraft
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.plans import service as plans
from services.api.plans.rows import PlanHead
from services.api.plans.schemas import PlanYear
from services.api.responses import (
    require_content_match,
    require_read,
    resource_response,
    to_json,
    version_etag,
)
from services.api.texts import service as texts
from services.api.texts.keys import TextKey
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/plans/{year}", tags=["testi"])

Reading = Annotated[ReadCall, Depends(reading(Action.NARRATIVE_WRITE), scope="function")]
Writing = Annotated[WriteCall, Depends(writing(Action.NARRATIVE_WRITE), scope="function")]

_OWN = ("plan_not_found", "subject_not_found", "draft_not_found")


@router.get(
    "/drafts",
    operation_id="drafts_list",
    summary="Le proprie bozze",
    description="Le bozze di chi chiama non ancora inviate: quelle degli altri non si vedono. "
    "`sort`: `saved_at`, `key`.",
    response_model=DraftList,
    responses=refusals("plan_not_found", "invalid_cursor"),
)
async def list_drafts(
    request: Request, year: PlanYear, call: Reading, asked: Annotated[Page, Depends(page)]
) -> Response:
    """What the caller has begun."""
    head = await plans.head(call.session, year)
    hidden = await boundaries.hidden(call.session, head, call.access)
    person = call.access.principal.subject
    found = await repository.drafts_of(call.session, head.plan_id, person, asked, hidden.objectives)
    last = await texts.last_numbers(call.session, head.plan_id)
    items = [
        DraftSummary(
            key=f"{row.subject_kind}:{row.subject_code}",
            base_version=row.base_version,
            published_version=last.get(TextKey(row.subject_kind, row.subject_code), 0),
            begun_at=row.begun_at,
            saved_at=row.saved_at,
        )
        for row in found.rows
    ]
    return list_response(request, items, found.next, asked, DraftSummary)


@router.get(
    "/narratives/{key}/draft",
    operation_id="draft",
    summary="La propria bozza",
    description="La bozza di chi chiama, con il suo ETag; `conflict` è ciò che altri hanno "
    "pubblicato nel frattempo, da mettere insieme.",
    response_model=Draft,
    responses=refusals(*_OWN),
)
async def show_draft(request: Request, year: PlanYear, key: TextPath, call: Reading) -> Response:
    """What the caller has begun to write."""
    head = await plans.head(call.session, year)
    found = await _found(call, head, TextKey.parse(key))
    reach = await boundaries.reach(call.session, head, call.access, Action.NARRATIVE_WRITE)
    return _answer(request, found, reach)


@router.put(
    "/narratives/{key}/draft",
    operation_id="draft_save",
    summary="Salvataggio della propria bozza",
    description="Da chiamare quanto spesso si vuole: non fa versioni e nessun altro la vede. "
    "`base_version` è la versione del testo pubblicato di cui la bozza tiene conto. Se la bozza "
    "c'è già serve `If-Match` con l'ultimo ETag: due finestre della stessa persona non si "
    "sovrascrivono. Ripetere un salvataggio riuscito non nuoce.",
    response_model=Draft,
    responses=refusals(*WRITING),
)
async def save_draft(
    request: Request, year: PlanYear, key: TextPath, new: NewDraft, call: Writing
) -> Response:
    """Holds nothing but the draft's own row."""
    head = await plans.head(call.session, year)
    subject = TextKey.parse(key)
    reach = await service.reach_of(call.session, head, call.access, subject)
    before = await service.draft(call.session, head, subject, call.session.author.actor)
    if before is not None and _repeated(before, new) and "if-match" in request.headers:
        return _answer(request, before, reach)
    try:
        if before is None:
            require_read(request, None)
        else:
            require_content_match(request, before.etag(b""))
    except Refusal as refusal:
        if refusal.code != "stale_version":
            raise
        raise await service.stale_draft(call.session, head, subject, new.text) from refusal
    content = (new.text, new.base_version)
    if before is None:
        saved = await service.begin_draft(call.session, head, subject, *content)
    else:
        saved = await service.save_draft(call.session, head, before, *content)
    return _answer(request, saved, reach)


def _repeated(before: OwnDraft, new: NewDraft) -> bool:
    """Whether the answer to this very save was lost on its way."""
    return (before.row.text, before.row.base_version) == (new.text, new.base_version)


@router.delete(
    "/narratives/{key}/draft",
    operation_id="draft_discard",
    summary="Rinuncia alla propria bozza",
    description="La bozza non c'è più; il testo pubblicato resta com'è. Richiede `If-Match`.",
    status_code=204,
    responses=refusals(*_OWN, "precondition_required", "stale_version", "chamber_suspended"),
)
async def discard_draft(request: Request, year: PlanYear, key: TextPath, call: Writing) -> None:
    """Only as the author has seen it last."""
    head = await plans.head(call.session, year)
    found = await _found(call, head, TextKey.parse(key))
    require_content_match(request, found.etag(b""))
    await service.discard(call.session, head, found)


@router.post(
    "/narratives/{key}/draft/submission",
    operation_id="draft_submit",
    summary="Invio della propria bozza",
    description="La bozza diventa il testo pubblicato. Se qualcuno ne ha pubblicato un altro dopo "
    "la versione di cui la bozza tiene conto, la risposta è 409 con i testi da mettere insieme "
    "(`conflict`): si salva la bozza con la nuova `base_version` e si invia di nuovo. Richiede "
    "`If-Match` con l'ETag della bozza.",
    response_model=Narrative,
    responses=refusals(*WRITING, "draft_not_found", "draft_conflict"),
)
async def submit_draft(request: Request, year: PlanYear, key: TextPath, call: Writing) -> Response:
    """From here on everybody reads it."""
    head = await plans.lock_plan(call.session, year)
    subject = TextKey.parse(key)
    reach = await service.reach_of(call.session, head, call.access, subject)
    found = await _found(call, head, subject, lock=True)
    require_content_match(request, found.etag(b""))
    written = await service.submit(call.session, head, found)
    view = narrative_view(written, reach)
    return resource_response(request, view, etag=version_etag(written.version))


async def _found(
    call: ReadCall | WriteCall, head: PlanHead, key: TextKey, *, lock: bool = False
) -> OwnDraft:
    """The caller's draft.

    Raises:
        Refusal: ``subject_not_found`` in a sheet that the caller does not see,
            ``draft_not_found``.
    """
    await service.require_seen(call.session, head, call.access, key)
    person = call.access.principal.subject
    found = await service.draft(call.session, head, key, person, lock=lock)
    if found is None:
        raise Refusal("draft_not_found", code=str(key))
    return found


def _answer(request: Request, found: OwnDraft, reach: Reach) -> Response:
    row, key, published = found.row, found.key, found.published
    writes = reach.covers(Action.NARRATIVE_WRITE, key.kind, key.code)
    view = Draft(
        key=str(key),
        text=row.text,
        base_version=row.base_version,
        begun_at=row.begun_at,
        saved_at=row.saved_at,
        conflict=None
        if published is None
        else PublishedSince(
            version=published.number,
            text=published.text,
            base=found.base,
            written_at=published.written_at,
            written_by=published.written_by,
        ),
        allowed_actions=[str(Action.NARRATIVE_WRITE)] if writes else [],
    )
    return resource_response(request, view, etag=found.etag(to_json(view)))
