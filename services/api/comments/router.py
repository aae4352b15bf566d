"""``.../plans/{year}/comment-threads``."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.api.auth.access import Access, ReadCall, WriteCall, reading, writing
from services.api.boundaries import service as boundaries
from services.api.comments import repository, service
from services.api.comments.schemas import (
    Comment,
    NewComment,
    NewThread,
    Settlement,
    State,
    Thread,
    ThreadDetail,
    ThreadList,
    ThreadPath,
    ThreadReopening,
)
from services.api.idempotency import IdempotencyKey, once
from services.api.narratives.schemas import KEY
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.plans import service as plans
from services.api.plans.schemas import PlanYear
from services.api.responses import (
    require_content_match,
    resource_response,
    to_json,
    two_part_etag,
)
from services.api.texts.keys import TextKey
from shared.domain.comments import ThreadMove, ThreadRefusedError, ThreadState, after
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/plans/{year}/comment-threads", tags=["testi"])

Reading = Annotated[ReadCall, Depends(reading(Action.COMMENT_READ), scope="function")]
Writing = Annotated[WriteCall, Depends(writing(Action.COMMENT_WRITE), scope="function")]
Settling = Annotated[WriteCall, Depends(writing(Action.COMMENT_RESOLVE), scope="function")]

_KEYED = ("idempotency_key_reused", "idempotency_key_in_use", "chamber_suspended")
_SETTLING = (
    *("plan_not_found", "thread_not_found", "thread_of_others", "chamber_suspended"),
    *("precondition_required", "stale_version"),
)


@router.get(
    "",
    operation_id="comment_threads_list",
    summary="Discussioni sui testi",
    description="Le discussioni aperte da OIV, controllo di gestione e uffici, dalla più recente. "
    "`sort`: `opened_at`, `changed_at`.",
    response_model=ThreadList,
    responses=refusals("plan_not_found", "invalid_cursor"),
)
async def list_threads(
    request: Request,
    year: PlanYear,
    call: Reading,
    asked: Annotated[Page, Depends(page)],
    key: Annotated[
        str | None, Query(max_length=1020, pattern=KEY, description="Solo su questo testo.")
    ] = None,
    state: Annotated[State | None, Query(description="Solo in questo stato.")] = None,
) -> Response:
    """What is still talked about, and what was."""
    head = await plans.head(call.session, year)
    hidden = await boundaries.hidden(call.session, head, call.access)
    about = None if key is None else TextKey.parse(key)
    found = await repository.threads(
        call.session, head.plan_id, asked, key=about, state=state, hidden=hidden.objectives
    )
    items = [Thread(**_fields(row, call.access)) for row in found.rows]
    return list_response(request, items, found.next, asked, Thread)


@router.post(
    "",
    operation_id="comment_thread_new",
    summary="Nuova discussione",
    description="Apre una discussione su un testo o su un suo passo, anche se il testo non c'è "
    "ancora.",
    status_code=201,
    response_model=ThreadDetail,
    responses=refusals("plan_not_found", "subject_not_found", *_KEYED),
)
async def open_thread(
    request: Request, year: PlanYear, new: NewThread, call: Writing, key: IdempotencyKey = None
) -> Response:
    """Somebody asks for something, or asks why."""

    async def make() -> Response:
        head = await plans.head(call.session, year)
        row = await service.open_thread(call.session, head, call.access, new)
        path = f"/v1/chambers/{call.access.chamber}/plans/{year}/comment-threads/{row.thread_id}"
        return await _answer(request, call, row, status=201, headers={"Location": path})

    return await once(request, call.session, key, to_json(new), make)


@router.get(
    "/{thread_id}",
    operation_id="comment_thread",
    summary="Una discussione",
    description="Tutte le sue righe, con l'ETag che serve a risolverla.",
    response_model=ThreadDetail,
    responses=refusals("plan_not_found", "thread_not_found"),
)
async def show_thread(
    request: Request, year: PlanYear, thread_id: ThreadPath, call: Reading
) -> Response:
    """One thread."""
    head = await plans.head(call.session, year)
    row = await service.find(call.session, head, call.access, thread_id)
    return await _answer(request, call, row)


@router.post(
    "/{thread_id}/comments",
    operation_id="comment_new",
    summary="Risposta in una discussione",
    description="Aggiunge una riga a una discussione aperta.",
    status_code=201,
    response_model=ThreadDetail,
    responses=refusals(
        "plan_not_found", "thread_not_found", "thread_resolved", "thread_full", *_KEYED
    ),
)
async def answer(
    request: Request,
    year: PlanYear,
    thread_id: ThreadPath,
    new: NewComment,
    call: Writing,
    key: IdempotencyKey = None,
) -> Response:
    """Answers follow each other: none takes another's place."""

    async def make() -> Response:
        head = await plans.head(call.session, year)
        held = await service.find(call.session, head, call.access, thread_id, lock=True)
        row = await service.add(call.session, head, call.access, held, ThreadMove.ANSWER, new.text)
        return await _answer(request, call, row, status=201)

    return await once(request, call.session, key, to_json(new), make)


@router.post(
    "/{thread_id}/resolution",
    operation_id="comment_thread_resolve",
    summary="Chiusura di una discussione",
    description="La risolve chi l'ha aperta; quelle degli uffici anche chi gestisce il ciclo, "
    "quelle dell'OIV l'OIV soltanto. Richiede `If-Match`: nessuno chiude una risposta che non ha "
    "letto.",
    response_model=ThreadDetail,
    responses=refusals(*_SETTLING, "thread_resolved"),
)
async def resolve(
    request: Request, year: PlanYear, thread_id: ThreadPath, given: Settlement, call: Settling
) -> Response:
    """What was asked for is done, or not needed."""
    return await _settle(request, call, (year, thread_id), ThreadMove.RESOLVE, given.text)


@router.post(
    "/{thread_id}/reopening",
    operation_id="comment_thread_reopen",
    summary="Riapertura di una discussione",
    description="Con il perché; la riapre chi può risolverla. Richiede `If-Match`.",
    response_model=ThreadDetail,
    responses=refusals(*_SETTLING, "thread_open", "thread_full"),
)
async def reopen(
    request: Request, year: PlanYear, thread_id: ThreadPath, given: ThreadReopening, call: Settling
) -> Response:
    """It was not done after all."""
    return await _settle(request, call, (year, thread_id), ThreadMove.REOPEN, given.text)


async def _settle(
    request: Request, call: WriteCall, what: tuple[int, str], move: ThreadMove, text: str | None
) -> Response:
    year, thread_id = what
    head = await plans.head(call.session, year)
    held = await service.find(call.session, head, call.access, thread_id, lock=True)
    require_content_match(request, two_part_etag(_read(held), b""))
    row = await service.add(call.session, head, call.access, held, move, text)
    return await _answer(request, call, row)


def _read(row: sa.Row[Any]) -> bytes:
    """What somebody has read of a thread: all that was said until then."""
    return f"{row.thread_id} {row.lines}".encode()


async def _answer(
    request: Request,
    call: ReadCall | WriteCall,
    row: sa.Row[Any],
    **more: Any,  # noqa: ANN401 - the response's
) -> Response:
    lines = await repository.lines(call.session, row.thread_id)
    view = ThreadDetail(
        **_fields(row, call.access),
        comments=[
            Comment(
                number=line.number,
                move=line.move,
                text=line.text,
                capacity=line.capacity,
                written_at=line.written_at,
                written_by=line.written_by,
            )
            for line in lines
        ],
    )
    return resource_response(request, view, etag=two_part_etag(_read(row), to_json(view)), **more)


def _fields(row: sa.Row[Any], access: Access) -> dict[str, Any]:
    names = ("thread_id", "quote", "text_version", "state", "capacity", "lines")
    when = ("opened_at", "opened_by", "changed_at")
    return {name: getattr(row, name) for name in (*names, *when)} | {
        "key": str(service.key_of(row)),
        "allowed_actions": [str(action) for action in _actions(row, access)],
    }


def _actions(row: sa.Row[Any], access: Access) -> list[Action]:
    """What the caller may do with a thread as it stands."""
    found = [Action.COMMENT_READ]
    try:
        after(ThreadState(row.state), ThreadMove.ANSWER)
        found.append(Action.COMMENT_WRITE)
    except ThreadRefusedError:
        pass
    if service.may_settle(access, row):
        found.append(Action.COMMENT_RESOLVE)
    return access.actions(*found)
