"""``/v1/chambers/{chamber}/quarantine``."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from services.api.auth.access import Access, ReadCall, WriteCall, reading, writing
from services.api.errors import Refusal
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.quarantine import repository, service
from services.api.quarantine.schemas import (
    BulkOutcome,
    Discard,
    DiscardSelection,
    IntegrationGaps,
    QuarantineCounts,
    QuarantineFault,
    QuarantineItem,
    QuarantineList,
    ReasonCount,
    Selection,
    State,
)
from services.api.quarantine.service import Bulk, Wanted
from services.api.requests import request_info
from services.api.responses import resource_response, version_etag
from shared.contracts.issues import Issue
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/quarantine", tags=["integrazioni"])

QuarantineId = Annotated[
    str,
    Path(
        max_length=36,
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="Identificativo in quarantena.",
    ),
]
Reading = Annotated[ReadCall, Depends(reading(Action.QUARANTINE_READ), scope="function")]
Deciding = Annotated[WriteCall, Depends(writing(Action.QUARANTINE_DECIDE), scope="function")]


def _item(request: Request, row: sa.Row[Any], access: Access) -> QuarantineItem:
    language = request_info(request).language
    issues = [Issue.model_validate(stored) for stored in row.issues]
    actions = [Action.QUARANTINE_DECIDE] if row.state == "waiting" else []
    return QuarantineItem(
        quarantine_id=row.quarantine_id,
        integration=row.integration_id,
        message_id=row.message_id,
        position=row.position,
        item=row.item,
        code=row.code,
        errors=[
            QuarantineFault(pointer=i.pointer, code=i.code, detail=i.detail(language))
            for i in issues
        ],
        state=row.state,
        created_at=row.created_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        decision_reason=row.decision_reason,
        allowed_actions=[str(action) for action in access.actions(*actions)],
    )


@router.get(
    "",
    operation_id="quarantine_list",
    summary="Quarantena",
    description="Le rilevazioni che non si sono potute applicare, dalla più recente. "
    "`sort`: `created_at`.",
    response_model=QuarantineList,
    responses=refusals("invalid_cursor"),
)
async def list_quarantine(
    request: Request,
    call: Reading,
    asked: Annotated[Page, Depends(page)],
    state: Annotated[State | None, Query(description="Solo in questo stato.")] = None,
    integration: Annotated[
        str | None,
        Query(max_length=40, pattern=r"^[a-z][a-z0-9-]*$", description="Solo di un sistema."),
    ] = None,
    code: Annotated[
        str | None,
        Query(max_length=64, pattern=r"^[a-z][a-z0-9_]*$", description="Solo con questo motivo."),
    ] = None,
    message_id: Annotated[
        str | None,
        Query(
            max_length=256, pattern=r"^[\x21-\x2d\x2f-\x7e]+$", description="Solo di un messaggio."
        ),
    ] = None,
) -> Response:
    """What waits, and what was decided."""
    filters = {
        "state": state,
        "integration_id": integration,
        "code": code,
        "message_id": message_id,
    }
    found = await repository.list_items(call.session, asked, filters)
    items = [_item(request, row, call.access) for row in found.rows]
    return list_response(request, items, found.next, asked, QuarantineItem)


@router.get(
    "/counts",
    operation_id="quarantine_counts",
    summary="Quanto è in quarantena",
    description="Quante rilevazioni attendono, per sistema e motivo, quante sono state decise, e "
    "di quanti dati manca una versione intermedia.",
    response_model=QuarantineCounts,
)
async def show_counts(request: Request, call: Reading) -> Response:
    """What a dashboard shows."""
    rows = await repository.counts(call.session)
    gaps = await repository.gap_counts(call.session)

    def of(state: State) -> int:
        return sum(row.items for row in rows if row.state == state)

    counted = QuarantineCounts(
        waiting=of("waiting"),
        replayed=of("replayed"),
        discarded=of("discarded"),
        reasons=[
            ReasonCount(integration=row.integration, code=row.code, items=row.items)
            for row in rows
            if row.state == "waiting"
        ],
        gaps=[IntegrationGaps(integration=row.integration, items=row.items) for row in gaps],
    )
    return resource_response(request, counted)


@router.post(
    "/replay",
    operation_id="quarantine_replay_many",
    summary="Nuovo tentativo di molte",
    description="Applica le rilevazioni in attesa che corrispondono, al massimo 1000, dalla più "
    "vecchia. Ciò che non si può ancora applicare resta dov'è, con il motivo nella risposta.",
    response_model=BulkOutcome,
    responses=refusals("chamber_suspended"),
)
async def replay_many(request: Request, selection: Selection, call: Deciding) -> Response:
    """Lets many arrive again."""
    done = await service.replay_many(call.session, _wanted(selection))
    return resource_response(request, _outcome(done))


@router.post(
    "/discard",
    operation_id="quarantine_discard_many",
    summary="Scarto di molte",
    description="Chiude senza applicarle le rilevazioni in attesa che corrispondono, al massimo "
    "1000, dalla più vecchia; restano agli atti con il motivo.",
    response_model=BulkOutcome,
    responses=refusals("chamber_suspended"),
)
async def discard_many(request: Request, selection: DiscardSelection, call: Deciding) -> Response:
    """Closes many with one reason."""
    done = await service.discard_many(call.session, _wanted(selection), selection.reason)
    return resource_response(request, _outcome(done))


def _wanted(selection: Selection) -> Wanted:
    return Wanted(selection.integration, selection.code, selection.message_id, selection.ids)


def _outcome(done: Bulk) -> BulkOutcome:
    return BulkOutcome(
        decided=done.decided,
        refused=done.refused,
        remaining=done.remaining,
        reasons=[
            ReasonCount(integration=integration, code=code, items=items)
            for (integration, code), items in sorted(done.reasons.items())
        ],
    )


@router.get(
    "/{quarantine_id}",
    operation_id="quarantine_item",
    summary="Una rilevazione in quarantena",
    description="Com'era arrivata, e ogni motivo per cui non si è potuta applicare.",
    response_model=QuarantineItem,
)
async def show_item(request: Request, quarantine_id: QuarantineId, call: Reading) -> Response:
    """One item."""
    row = await repository.find(call.session, quarantine_id)
    if row is None:
        raise Refusal("not_found")
    item = _item(request, row, call.access)
    return resource_response(request, item, etag=version_etag(row.version))


@router.post(
    "/{quarantine_id}/replay",
    operation_id="quarantine_replay",
    summary="Nuovo tentativo",
    description="Applica la rilevazione, che conta come detta quando era arrivata. Se non si può "
    "ancora, resta dov'è e la risposta dice perché.",
    response_model=QuarantineItem,
    responses=refusals("quarantine_decided", "still_quarantined", "chamber_suspended"),
)
async def replay(request: Request, quarantine_id: QuarantineId, call: Deciding) -> Response:
    """Lets one item arrive again."""
    row = await service.replay(call.session, quarantine_id)
    item = _item(request, row, call.access)
    return resource_response(request, item, etag=version_etag(row.version))


@router.post(
    "/{quarantine_id}/discard",
    operation_id="quarantine_discard",
    summary="Scarto",
    description="Chiude la rilevazione senza applicarla; resta agli atti con il motivo.",
    response_model=QuarantineItem,
    responses=refusals("quarantine_decided", "chamber_suspended"),
)
async def discard(
    request: Request, quarantine_id: QuarantineId, decision: Discard, call: Deciding
) -> Response:
    """Closes one item with a reason."""
    row = await service.discard(call.session, quarantine_id, decision.reason)
    item = _item(request, row, call.access)
    return resource_response(request, item, etag=version_etag(row.version))
