"""``/v1/chambers/{chamber}/reports/{report_id}``: what is asked for and decided of one document."""

from datetime import date
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import Parts, WriteCall, writing
from services.api.idempotency import IdempotencyKey, once
from services.api.openapi import refusals
from services.api.periods.working_days import italian_day
from services.api.reports import moves, repository
from services.api.reports.answers import job_response
from services.api.reports.reading import deciding
from services.api.reports.schemas import (
    NewReportApproval,
    NewReportRefusal,
    NewReportValidation,
    RenderJob,
    ReportDetail,
    ReportId,
)
from services.api.reports.sheets import require_existence
from services.api.reports.views import report_detail
from services.api.responses import content_etag, require_match, resource_response, to_json
from shared.contracts.case import Act
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/reports/{report_id}", tags=["relazioni"])

Validating = Annotated[WriteCall, Depends(writing(Action.REPORT_VALIDATE), scope="function")]

_MOVING = (
    "report_not_found",
    "precondition_required",
    "stale_version",
    "report_not_ready",
    "report_without_document",
    "report_not_approved",
    "report_already_approved",
    "report_refused",
    "chamber_suspended",
)
_BY_GRANT = ("reading_not_granted", "chamber_not_granted")
"""Of a document that shows several chambers."""

_VALIDATING = (
    *_BY_GRANT,
    "report_kind_not_validated",
    "report_already_validated",
    "report_already_published",
    "report_decision_refused",
)


@router.post(
    "/rendering",
    operation_id="report_render",
    dependencies=[Depends(deciding(Action.REPORT_RENDER))],
    summary="Nuova composizione di un documento",
    description="Compone di nuovo il documento che non è riuscito o è stato annullato (`failed`, "
    "`cancelled`): lo stesso contenuto congelato, la stessa versione, un lavoro nuovo. Serve "
    "soprattutto alla `validazione`, che nasce dalla decisione dell'OIV e non si chiede; per dati "
    "più recenti si chiede invece una versione nuova. La scheda individuale, solo a chi la vede. "
    "Risponde con il lavoro, da seguire all'indirizzo in `Location`.",
    status_code=202,
    response_model=RenderJob,
    responses=refusals(
        "report_not_found",
        "report_not_ready",
        "report_already_rendered",
        *_BY_GRANT,
        "chamber_suspended",
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
)
async def render(
    request: Request,
    report_id: ReportId,
    call: Annotated[WriteCall, Depends(writing(Action.REPORT_RENDER), scope="function")],
    parts: Parts,
    key: IdempotencyKey = None,
) -> Response:
    """State, job, outbox event and audit line in one transaction."""

    async def make() -> Response:
        row = await moves.held(call.session, report_id)
        require_existence(row, call.access)
        made = await moves.render(parts, call.session, row)
        return job_response(request, made, call.access, status=202)

    return await once(request, call.session, key, b"", make)


@router.post(
    "/approval",
    operation_id="report_approve",
    dependencies=[Depends(deciding(Action.REPORT_APPROVE))],
    summary="Approvazione di un documento",
    description="Registra l'atto dell'organo che approva la `relazione` o la `relazione_ente`. Si "
    "approva il documento com'è congelato: ciò che lo impedisce è elencato tutto insieme, con i "
    "puntatori nella fotografia allegata al PDF. Della Relazione: uno scostamento senza causa, un "
    "obiettivo senza risultato né testo, il giudizio complessivo che non è definitivo. Di quella "
    "dell'ente: una camera la cui Relazione non è approvata. Il `piano` è adottato con l'atto del "
    "piano, senza chiederlo; `validazione`, `monitoraggio` e `scheda` non si approvano. Richiede "
    "`If-Match`.",
    response_model=ReportDetail,
    responses=refusals(
        *_MOVING,
        *_BY_GRANT,
        "report_kind_not_approved",
        "report_plan_not_approved",
        "report_already_published",
        "report_superseded",
        "report_approval_refused",
    ),
)
async def approve(
    request: Request,
    report_id: ReportId,
    new: NewReportApproval,
    call: Annotated[WriteCall, Depends(writing(Action.REPORT_APPROVE), scope="function")],
    parts: Parts,
) -> Response:
    """The act of the body."""
    row = await _held(request, call, report_id)
    act = Act.model_validate(new.act.model_dump(mode="json"))
    today = italian_day(parts.clock.now())
    moved = await moves.approve(call.session, call.access, row, act, new.remarks, today)
    return await _shown(request, call, moved)


@router.post(
    "/validation",
    operation_id="report_validate",
    dependencies=[Depends(deciding(Action.REPORT_VALIDATE))],
    summary="Validazione dell'OIV",
    description="L'OIV valida la `relazione` approvata, anche a condizioni; e la "
    "`relazione_ente`, quando l'ente ha nell'anno un piano proprio (senza, poggia su Relazioni già "
    "validate camera per camera). Ne nasce da sé il documento di `validazione`. Richiede "
    "`If-Match`.",
    response_model=ReportDetail,
    responses=refusals(*_MOVING, *_VALIDATING),
)
async def validate(
    request: Request,
    report_id: ReportId,
    new: NewReportValidation,
    call: Validating,
    parts: Parts,
) -> Response:
    """What the OIV says of what was approved."""
    row = await _held(request, call, report_id)
    said = {"conditions": new.conditions, "remarks": new.remarks}
    act = _oiv_act("validazione", new.number, new.date)
    today = italian_day(parts.clock.now())
    return await _shown(
        request, call, await moves.validate(parts, call.session, row, act, said, today)
    )


@router.post(
    "/refusal",
    operation_id="report_refuse",
    dependencies=[Depends(deciding(Action.REPORT_VALIDATE))],
    summary="Mancata validazione",
    description="L'OIV non valida la `relazione` o la `relazione_ente` approvata, e dice perché: "
    "occorre una versione nuova. Ne nasce da sé il documento di `validazione`. Richiede "
    "`If-Match`.",
    response_model=ReportDetail,
    responses=refusals(*_MOVING, *_VALIDATING),
)
async def refuse(
    request: Request,
    report_id: ReportId,
    new: NewReportRefusal,
    call: Validating,
    parts: Parts,
) -> Response:
    """Not like this, says the OIV."""
    row = await _held(request, call, report_id)
    act = _oiv_act("mancata validazione", new.number, new.date)
    today = italian_day(parts.clock.now())
    return await _shown(
        request, call, await moves.refuse(parts, call.session, row, act, new.reason, today)
    )


@router.post(
    "/publication",
    operation_id="report_publish",
    dependencies=[Depends(deciding(Action.REPORT_PUBLISH))],
    summary="Pubblicazione di un documento",
    description="Rende leggibile a chiunque, sotto Amministrazione trasparente, il documento che "
    "ha compiuto i suoi passi: `relazione` e `relazione_ente` approvate, validate (la seconda "
    "quando l'ente ha un piano proprio) e firmate; `piano` di una versione approvata; "
    "`validazione`, appena composta. Piano e validazione attendono firme solo se la camera lo ha "
    "stabilito (`signing`). `monitoraggio` e `scheda` non si pubblicano. PDF firmato, pagina "
    "accessibile e dati; non si torna indietro. Richiede `If-Match`.",
    response_model=ReportDetail,
    responses=refusals(
        *_MOVING,
        *_BY_GRANT,
        "report_not_validated",
        "report_not_signed",
        "report_already_published",
        "report_kind_not_public",
        "report_plan_not_approved",
    ),
)
async def publish(
    request: Request,
    report_id: ReportId,
    call: Annotated[WriteCall, Depends(writing(Action.REPORT_PUBLISH), scope="function")],
    parts: Parts,
) -> Response:
    """For anyone to read, from now on."""
    row = await _held(request, call, report_id)
    moved = await moves.publish(call.session, row, italian_day(parts.clock.now()))
    return await _shown(request, call, moved)


def _oiv_act(document: str, number: str | None, day: date) -> Act:
    return Act(document=document, organ="OIV", number=number, date=day.isoformat())


async def _detail(call: WriteCall, row: sa.Row[Any]) -> ReportDetail:
    made = await repository.moves(call.session, row.report_id)
    return report_detail(row, made, call.access)


async def _shown(request: Request, call: WriteCall, row: sa.Row[Any]) -> Response:
    return resource_response(request, await _detail(call, row))


async def _held(request: Request, call: WriteCall, report_id: str) -> sa.Row[Any]:
    """The report, locked, as the caller has read it (``If-Match``)."""
    row = await moves.held(call.session, report_id)
    require_existence(row, call.access)
    require_match(request, content_etag(to_json(await _detail(call, row))))
    return row
