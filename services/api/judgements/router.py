"""``.../plans/{year}/judgements``, ``.../overall-judgement``, ``.../evaluation-history``."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.api.auth.access import Access, ReadCall, WriteCall, reading, writing
from services.api.boundaries import service as boundaries
from services.api.boundaries.cuts import case_without_sheets
from services.api.deviations import service as deviations
from services.api.deviations.schemas import CodePath
from services.api.evaluations.schemas import Withdrawal
from services.api.judgements import service
from services.api.judgements.schemas import (
    Judgement,
    JudgementList,
    NewJudgement,
    NewOverallJudgement,
    OverallJudgement,
    Proposal,
    Statement,
    StatementList,
    TopicName,
)
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.plans import service as plans
from services.api.plans.schemas import PlanYear
from services.api.responses import require_read, resource_response, version_etag
from services.api.statements import service as statements
from services.api.statements.topics import JUDGEMENT, THE_CHAMBER, About
from shared.domain.confidentiality import hidden_in
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/plans/{year}", tags=["valutazioni"])

Reading = Annotated[ReadCall, Depends(reading(Action.EVALUATION_READ), scope="function")]
Judging = Annotated[WriteCall, Depends(writing(Action.EVALUATION_JUDGE), scope="function")]

_CONDITIONS = ("plan_not_found", "precondition_required", "stale_version", "chamber_suspended")


def _actions(access: Access) -> list[str]:
    return [str(action) for action in access.actions(Action.EVALUATION_JUDGE)]


def _judgement(line: sa.Row[Any], access: Access) -> Judgement:
    return Judgement(
        objective=line.subject_code,
        text=line.body["text"],
        evaluated=line.body.get("evaluated"),
        version=line.number,
        written_at=line.written_at,
        written_by=line.written_by,
        allowed_actions=_actions(access),
    )


def _overall(line: sa.Row[Any], access: Access) -> OverallJudgement:
    body = line.body
    optional = {
        name: body.get(name) for name in ("proposed", "measured", "evaluated", "motivation")
    }
    return OverallJudgement(
        label=body["label"],
        text=body["text"],
        final=body["final"],
        version=line.number,
        written_at=line.written_at,
        written_by=line.written_by,
        allowed_actions=_actions(access),
        **optional,
    )


def _about(code: str) -> About:
    return About(JUDGEMENT.name, "objective", code)


async def _require_read(request: Request, call: WriteCall, plan_id: str, about: About) -> None:
    line = await statements.standing_line(call.session, plan_id, about)
    require_read(request, None if line is None else version_etag(line.number))


async def _take_back(
    request: Request, call: WriteCall, year: int, about: About, reason: str
) -> None:
    head = await plans.lock_plan(call.session, year)
    line = await statements.find(call.session, head.plan_id, about)
    require_read(request, version_etag(line.number))
    await statements.take_back(call.session, (head.plan_id, year), about, reason)


@router.get(
    "/judgements",
    operation_id="judgements",
    summary="Giudizi dell'OIV",
    description="I giudizi qualitativi su obiettivi e schede, nell'ordine del piano.",
    response_model=JudgementList,
    responses=refusals("plan_not_found"),
)
async def list_judgements(request: Request, year: PlanYear, call: Reading) -> Response:
    """Every judgement but the overall one."""
    stored = await plans.read_plan(call.session, year)
    lines = await statements.standing(call.session, stored.head.plan_id)
    written = {a.subject_code: row for a, row in lines.items() if a.topic == JUDGEMENT.name}
    case = case_without_sheets(stored.case, hidden_in(stored.to_domain(), call.access.sight))
    items = [_judgement(written[row.objective], call.access) for row in case.judgements]
    return resource_response(request, JudgementList(items=items))


@router.get(
    "/judgements/{code}",
    operation_id="judgement",
    summary="Il giudizio su un obiettivo",
    description="Il giudizio dell'OIV su un obiettivo o su una scheda, con il suo ETag.",
    response_model=Judgement,
    responses=refusals("plan_not_found", "statement_not_found"),
)
async def show_judgement(
    request: Request, year: PlanYear, code: CodePath, call: Reading
) -> Response:
    """One judgement."""
    head = await plans.head(call.session, year)
    await boundaries.require_seen(call.session, head, call.access, "objective", code)
    line = await statements.find(call.session, head.plan_id, _about(code))
    etag = version_etag(line.number)
    return resource_response(request, _judgement(line, call.access), etag=etag)


@router.put(
    "/judgements/{code}",
    operation_id="judgement_write",
    summary="Giudizio su un obiettivo o una scheda",
    description="Il testo dell'OIV e, se li dà, i punti: restano accanto al risultato calcolato, "
    "che non cambia. Se il giudizio c'è già serve `If-Match`.",
    response_model=Judgement,
    responses=refusals(*_CONDITIONS, "subject_not_found", "statement_refused"),
)
async def write_judgement(
    request: Request, year: PlanYear, code: CodePath, given: NewJudgement, call: Judging
) -> Response:
    """What the OIV says of one objective."""
    head = await plans.lock_plan(call.session, year)
    await _require_read(request, call, head.plan_id, _about(code))
    said = (given.model_dump(exclude={"reason"}), given.reason)
    line = await deviations.write(call.session, head, JUDGEMENT, _about(code), said)
    etag = version_etag(line.number)
    return resource_response(request, _judgement(line, call.access), etag=etag)


@router.post(
    "/judgements/{code}/withdrawal",
    operation_id="judgement_withdraw",
    summary="Ritiro di un giudizio",
    description="Il giudizio non vale più; resta nella storia. Richiede `If-Match`.",
    status_code=204,
    responses=refusals(*_CONDITIONS, "statement_not_found"),
)
async def withdraw_judgement(
    request: Request, year: PlanYear, code: CodePath, given: Withdrawal, call: Judging
) -> None:
    """Takes a judgement back."""
    await _take_back(request, call, year, _about(code), given.reason)


@router.get(
    "/overall-judgement/proposal",
    operation_id="overall_judgement_proposal",
    summary="Giudizio proposto",
    description="Il risultato della Camera com'è ora e il giudizio che il SMVP ne trae; "
    "`outdated` dice se l'OIV si è espresso su un altro risultato.",
    response_model=Proposal,
    responses=refusals("plan_not_found"),
)
async def show_proposal(request: Request, year: PlanYear, call: Reading) -> Response:
    """What the policy says."""
    stored = await plans.read_plan(call.session, year)
    proposed = service.propose(stored)
    given = stored.case.overall_judgement
    body = Proposal(
        figure=proposed.figure,
        proposed=proposed.figure.judgement,
        labels=list(proposed.labels),
        judgement=None if given is None else given.label,
        outdated=given is not None and given.measured != proposed.figure.measured,
    )
    return resource_response(request, body)


@router.get(
    "/overall-judgement",
    operation_id="overall_judgement",
    summary="Giudizio complessivo",
    description="Il giudizio dell'OIV sulla Camera, con il risultato su cui è stato dato.",
    response_model=OverallJudgement,
    responses=refusals("plan_not_found", "statement_not_found"),
)
async def show_overall(request: Request, year: PlanYear, call: Reading) -> Response:
    """What the OIV says of the chamber."""
    head = await plans.head(call.session, year)
    line = await statements.find(call.session, head.plan_id, THE_CHAMBER)
    etag = version_etag(line.number)
    return resource_response(request, _overall(line, call.access), etag=etag)


@router.put(
    "/overall-judgement",
    operation_id="overall_judgement_write",
    summary="Giudizio complessivo dell'OIV",
    description="Conferma il giudizio proposto dal SMVP o ne motiva un altro. Il risultato e il "
    "giudizio proposto si conservano accanto. Se c'è già serve `If-Match`; per cambiarne uno "
    "definitivo serve anche `reason`.",
    response_model=OverallJudgement,
    responses=refusals(*_CONDITIONS, "judgement_refused"),
)
async def write_overall(
    request: Request, year: PlanYear, given: NewOverallJudgement, call: Judging
) -> Response:
    """Confirms what the policy proposes, or says why not."""
    head = await plans.lock_plan(call.session, year)
    stored = await plans.read_parts(call.session, head)
    await _require_read(request, call, head.plan_id, THE_CHAMBER)
    content = given.model_dump(exclude={"reason"})
    line = await service.judge(call.session, stored, content, given.reason)
    etag = version_etag(line.number)
    return resource_response(request, _overall(line, call.access), etag=etag)


@router.post(
    "/overall-judgement/withdrawal",
    operation_id="overall_judgement_withdraw",
    summary="Ritiro del giudizio complessivo",
    description="Il giudizio non vale più; resta nella storia. Richiede `If-Match`.",
    status_code=204,
    responses=refusals(*_CONDITIONS, "statement_not_found"),
)
async def withdraw_overall(
    request: Request, year: PlanYear, given: Withdrawal, call: Judging
) -> None:
    """Takes the overall judgement back."""
    await _take_back(request, call, year, THE_CHAMBER, given.reason)


@router.get(
    "/evaluation-history",
    operation_id="evaluation_history",
    summary="Storia della valutazione",
    description="Ogni sterilizzazione, causa, analisi e giudizio, come scritti e ritirati, con "
    "il motivo: nulla si perde. Dal più recente. `sort`: `written_at`.",
    response_model=StatementList,
    responses=refusals("plan_not_found", "invalid_cursor"),
)
async def list_history(
    request: Request,
    year: PlanYear,
    call: Reading,
    asked: Annotated[Page, Depends(page)],
    topic: Annotated[TopicName | None, Query(description="Solo le righe di questo tipo.")] = None,
    subject: Annotated[
        str | None,
        Query(
            max_length=120,
            pattern=r"^(objective|indicator|overall):[^\[\]]+$",
            description="Solo le righe su questo oggetto (`objective:A4`).",
        ),
    ] = None,
) -> Response:
    """Everything that was ever said."""
    head = await plans.head(call.session, year)
    kind, _, code = (subject or "").partition(":")
    about = (kind, code) if subject is not None else None
    hidden = await boundaries.hidden(call.session, head, call.access)
    found = await statements.history(
        call.session, head.plan_id, asked, topic=topic, subject=about, hidden=hidden
    )
    items = [_statement(row) for row in found.rows]
    return list_response(request, items, found.next, asked, Statement)


def _statement(row: sa.Row[Any]) -> Statement:
    return Statement(
        statement_id=row.statement_id,
        topic=row.topic,
        scope=row.scope,
        subject_kind=row.subject_kind,
        subject_code=row.subject_code,
        number=row.number,
        move="withdrawn" if row.body is None else "written",
        content=row.body,
        reason=row.reason,
        written_at=row.written_at,
        written_by=row.written_by,
    )
