"""``.../text-assignments``, ``.../sections`` and ``.../outstanding`` of a plan."""

from datetime import date
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.api.assignments import service
from services.api.assignments.schemas import (
    Assignment,
    AssignmentList,
    KindName,
    NewAssignment,
    OfficeOutstanding,
    Outstanding,
    OutstandingList,
    ReportSection,
    ReportSectionList,
)
from services.api.assignments.service import Progress
from services.api.auth.access import Access, Parts, ReadCall, WriteCall, reading, writing
from services.api.boundaries import service as boundaries
from services.api.boundaries.service import Reach
from services.api.narratives.schemas import TextPath
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page, slice_of
from services.api.periods.working_days import italian_day
from services.api.plans import service as plans
from services.api.plans.rows import PlanHead
from services.api.plans.schemas import PlanYear
from services.api.responses import (
    require_content_match,
    require_read,
    resource_response,
    to_json,
    two_part_etag,
)
from services.api.texts.keys import TextKey
from shared.contracts.document_layout import RELAZIONE
from shared.contracts.plan_sections import PLAN_PLACES, of_plan
from shared.domain.permissions import Action
from shared.domain.responsibility import folded
from shared.domain.text_debts import Debt, by_office

router = APIRouter(prefix="/v1/chambers/{chamber}/plans/{year}", tags=["testi"])

Reading = Annotated[ReadCall, Depends(reading(Action.NARRATIVE_READ), scope="function")]
Assigning = Annotated[WriteCall, Depends(writing(Action.NARRATIVE_ASSIGN), scope="function")]
Asked = Annotated[Page, Depends(page)]
OfficeQuery = Annotated[
    str | None,
    Query(max_length=200, pattern=r"^\S(.*\S)?$", description="Solo ciò che deve quest'unità."),
]

_NEVER = "9999-12-31"
_CHANGING = (
    *("plan_not_found", "subject_not_found", "chamber_suspended"),
    *("precondition_required", "stale_version"),
)


@router.get(
    "/sections",
    operation_id="report_sections_list",
    summary="Le parti dei documenti",
    description="Sezioni e paragrafi della Relazione, anche propri della camera, e del Piano: se "
    "il testo c'è, chi lo deve ed entro quando, discussioni aperte, bozze in corso. `sort`: "
    "`position`, `section`.",
    response_model=ReportSectionList,
    responses=refusals("plan_not_found", "invalid_cursor"),
)
async def list_sections(
    request: Request, year: PlanYear, call: Reading, asked: Asked, parts: Parts
) -> Response:
    """What there is to write."""
    head = await plans.head(call.session, year)
    found = await service.progress(call.session, head, call.access)
    reach = await boundaries.reach(call.session, head, call.access, Action.NARRATIVE_WRITE)
    today = italian_day(parts.clock.now())
    keys = [key for key in found.titles if key.kind == "section"]
    items = [_section(found, reach, today, at, key) for at, key in enumerate(keys)]
    ranks = {"position": lambda s: s.position, "section": lambda s: s.section}
    shown, following = slice_of(items, asked, ranks, lambda s: s.section)
    return list_response(request, shown, following, asked, ReportSection)


def _section(
    found: Progress, reach: Reach, today: date, position: int, key: TextKey
) -> ReportSection:
    row = found.assigned.get(key)
    writes = reach.covers(Action.NARRATIVE_WRITE, key.kind, key.code)
    actions = [Action.NARRATIVE_WRITE] if writes else []
    actions.append(Action.NARRATIVE_ASSIGN)
    return ReportSection(
        document="piano" if of_plan(key.code) else "relazione",
        section=key.code,
        title=found.titles[key],
        own=key.code not in RELAZIONE and key.code not in PLAN_PLACES,
        position=position,
        key=str(key),
        version=found.written.get(key, 0),
        offices=[] if row is None else row.offices,
        due_on=None if row is None else row.due_on,
        overdue=found.overdue(key, today),
        open_threads=found.threads.get(key, 0),
        drafts=found.drafts.get(key, 0),
        allowed_actions=[str(action) for action in reach.access.actions(*actions)],
    )


@router.get(
    "/text-assignments",
    operation_id="text_assignments_list",
    summary="Testi affidati agli uffici",
    description="Chi deve quale testo ed entro quando, e se c'è già. `sort`: `due_on`, `key`.",
    response_model=AssignmentList,
    responses=refusals("plan_not_found", "invalid_cursor"),
)
async def list_assignments(
    request: Request,
    year: PlanYear,
    call: Reading,
    asked: Asked,
    parts: Parts,
    office: OfficeQuery = None,
) -> Response:
    """What was given to whom."""
    head = await plans.head(call.session, year)
    found = await service.progress(call.session, head, call.access)
    items = [
        _assignment(parts, row, found, call.access)
        for row in found.assigned.values()
        if _of_office(row.offices, office)
    ]
    ranks = {"due_on": lambda a: _rank(a.due_on), "key": lambda a: a.key}
    shown, following = slice_of(items, asked, ranks, lambda a: a.key)
    return list_response(request, shown, following, asked, Assignment)


@router.get(
    "/text-assignments/{key}",
    operation_id="text_assignment",
    summary="A chi è affidato un testo",
    description="Uffici, termine e nota, con l'ETag per cambiarli.",
    response_model=Assignment,
    responses=refusals("plan_not_found", "subject_not_found", "assignment_not_found"),
)
async def show_assignment(
    request: Request, year: PlanYear, key: TextPath, call: Reading, parts: Parts
) -> Response:
    """One assignment."""
    head = await plans.head(call.session, year)
    row = await service.find(call.session, head, call.access, TextKey.parse(key))
    return await _answer(request, call, parts, head, row)


@router.put(
    "/text-assignments/{key}",
    operation_id="text_assign",
    summary="Affidamento di un testo",
    description="Uno o più uffici devono il testo, eventualmente entro un giorno: da allora "
    "possono scriverlo, e finché manca la Relazione non si approva. Se è già affidato serve "
    "`If-Match`.",
    response_model=Assignment,
    responses=refusals(*_CHANGING),
)
async def assign(
    request: Request,
    year: PlanYear,
    key: TextPath,
    new: NewAssignment,
    call: Assigning,
    parts: Parts,
) -> Response:
    """From now on it is theirs."""
    head = await plans.lock_plan(call.session, year)
    subject = TextKey.parse(key)
    before = await service.standing(call.session, head, subject)
    if before is None:
        require_read(request, None)
    else:
        require_content_match(request, two_part_etag(_own(before), b""))
    row = await service.assign(call.session, head, call.access, subject, new)
    return await _answer(request, call, parts, head, row)


@router.delete(
    "/text-assignments/{key}",
    operation_id="text_unassign",
    summary="Fine di un affidamento",
    description="Nessun ufficio deve più il testo; ciò che è scritto resta. Richiede `If-Match`.",
    status_code=204,
    responses=refusals(*_CHANGING, "assignment_not_found"),
)
async def unassign(request: Request, year: PlanYear, key: TextPath, call: Assigning) -> None:
    """It is nobody's again."""
    head = await plans.lock_plan(call.session, year)
    row = await service.find(call.session, head, call.access, TextKey.parse(key))
    require_content_match(request, two_part_etag(_own(row), b""))
    await service.withdraw(call.session, head, row)


@router.get(
    "/outstanding",
    operation_id="outstanding_list",
    summary="Chi deve ancora che cosa",
    description="I testi affidati e non scritti, le cause di scostamento non registrate, le "
    "discussioni senza soluzione, con chi le deve; e quanto deve ogni ufficio. `sort`: `due_on`, "
    "`key`, `kind`.",
    response_model=OutstandingList,
    responses=refusals("plan_not_found", "invalid_cursor"),
)
async def list_outstanding(
    request: Request,
    year: PlanYear,
    call: Reading,
    asked: Asked,
    parts: Parts,
    office: OfficeQuery = None,
    kind: Annotated[KindName | None, Query(description="Solo di questo genere.")] = None,
) -> Response:
    """What lacks, by office."""
    today = italian_day(parts.clock.now())
    owed = await service.outstanding(call.session, call.access, year, today)
    debts = [
        debt
        for debt in owed.debts
        if _of_office(debt.offices, office) and kind in {None, debt.kind.value}
    ]
    ranks = {
        "due_on": lambda d: _rank(d.due_on),
        "key": lambda d: d.key,
        "kind": lambda d: d.kind.value,
    }
    shown, following = slice_of(debts, asked, ranks, lambda d: f"{d.key} {d.kind}")
    offices = [
        OfficeOutstanding(
            office=row.office,
            texts=row.texts,
            explanations=row.explanations,
            comments=row.comments,
            overdue=row.overdue,
        ).model_dump()
        for row in by_office(owed.debts)
        if _of_office([row.office], office)
    ]
    return list_response(
        request,
        [_outstanding(debt, owed) for debt in shown],
        following,
        asked,
        Outstanding,
        offices=offices,
        unassigned=sum(not debt.offices for debt in owed.debts),
    )


def _outstanding(debt: Debt, owed: service.Owed) -> Outstanding:
    return Outstanding(
        kind=debt.kind.value,
        key=debt.key,
        title=owed.titles.get(debt.key),
        offices=list(debt.offices),
        due_on=debt.due_on,
        overdue=debt.overdue,
        count=debt.count,
        drafts=owed.drafts.get(debt.key, 0) if debt.kind.value == "text" else 0,
    )


def _of_office(offices: Any, office: str | None) -> bool:  # noqa: ANN401 - names, however kept
    """Whether an office is among these; spaces and capitals make no other."""
    return office is None or not folded([office]).isdisjoint(folded(offices))


def _rank(due_on: Any) -> str:  # noqa: ANN401 - a date or none
    return _NEVER if due_on is None else due_on.isoformat()


def _own(row: sa.Row[Any]) -> bytes:
    """What a change of an assignment replaces: with its instant, so that none comes back."""
    return f"{row.assigned_at.isoformat()} {row.offices} {row.due_on} {row.note}".encode()


def _assignment(parts: Parts, row: sa.Row[Any], found: Progress, access: Access) -> Assignment:
    key = service.key_of(row)
    return Assignment(
        key=str(key),
        title=found.titles.get(key),
        offices=row.offices,
        due_on=row.due_on,
        note=row.note,
        written=key in found.written,
        overdue=found.overdue(key, italian_day(parts.clock.now())),
        assigned_at=row.assigned_at,
        assigned_by=row.assigned_by,
        allowed_actions=[str(action) for action in access.actions(Action.NARRATIVE_ASSIGN)],
    )


async def _answer(
    request: Request, call: ReadCall | WriteCall, parts: Parts, head: PlanHead, row: sa.Row[Any]
) -> Response:
    found = await service.progress(call.session, head, call.access)
    view = _assignment(parts, row, found, call.access)
    return resource_response(request, view, etag=two_part_etag(_own(row), to_json(view)))
