"""``/v1/chambers/{chamber}/reports`` and ``.../render-jobs``."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from services.api.auth.access import (
    Access,
    Parts,
    ReadCall,
    WriteCall,
    permitted,
    reading,
    writing,
)
from services.api.idempotency import IdempotencyKey, once
from services.api.job_events import Changes, Events, as_events, job_event
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.periods.working_days import italian_day
from services.api.plans.schemas import PlanYear
from services.api.reports import moves, repository, service
from services.api.reports.answers import job_response
from services.api.reports.reading import require_reading
from services.api.reports.schemas import (
    UUID_PATTERN,
    NewReport,
    NewReportApproval,
    NewReportRefusal,
    NewReportValidation,
    Obstacle,
    RenderJob,
    Report,
    ReportCheck,
    ReportDetail,
    ReportId,
    ReportList,
    ReportStateName,
)
from services.api.reports.sheets import require_existence
from services.api.reports.views import file_name, job_view, report_detail, report_view
from services.api.requests import request_info
from services.api.responses import (
    REVALIDATE,
    content_etag,
    matches,
    require_match,
    resource_response,
    to_json,
)
from shared.contracts.case import Act
from shared.contracts.issues import Issue
from shared.contracts.snapshot import ReportKind
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}", tags=["relazioni"])

Reading = Annotated[ReadCall, Depends(reading(Action.REPORT_READ), scope="function")]
Requesting = Annotated[WriteCall, Depends(writing(Action.REPORT_REQUEST), scope="function")]
Cancelling = Annotated[WriteCall, Depends(writing(Action.REPORT_CANCEL), scope="function")]
Validating = Annotated[WriteCall, Depends(writing(Action.REPORT_VALIDATE), scope="function")]
JobId = Annotated[
    str, Path(pattern=UUID_PATTERN, max_length=36, description="Identificativo del lavoro.")
]


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


@router.post(
    "/reports",
    operation_id="report_new",
    summary="Richiesta di un documento",
    description="Congela il contenuto del documento com'è ora e ne chiede la composizione e la "
    "firma: la Relazione dell'anno, o il report di monitoraggio di un periodo. "
    "Risponde con il lavoro, da seguire all'indirizzo in `Location`; ogni richiesta è una "
    "versione nuova. Quando una è già stata approvata serve `reason`.",
    status_code=202,
    response_model=RenderJob,
    responses=refusals(
        "plan_not_found",
        "period_not_found",
        "report_reason_required",
        "chamber_suspended",
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
)
async def request_report(
    request: Request, new: NewReport, call: Requesting, parts: Parts, key: IdempotencyKey = None
) -> Response:
    """Snapshot, report, job and outbox event in one transaction."""

    async def make() -> Response:
        row = await service.request_report(parts, call.session, new)
        return job_response(request, row, call.access, status=202)

    return await once(request, call.session, key, to_json(new), make)


@router.get(
    "/reports",
    operation_id="reports_list",
    summary="Documenti della camera",
    description="I documenti richiesti, dal più recente. `sort`: `created_at`, `year`, `version`.",
    response_model=ReportList,
    responses=refusals("invalid_cursor"),
)
async def list_reports(
    request: Request,
    call: Reading,
    asked: Annotated[Page, Depends(page)],
    year: Annotated[
        int | None, Query(ge=1990, le=2100, description="Solo i documenti di quest'anno.")
    ] = None,
    state: Annotated[
        ReportStateName | None, Query(description="Solo i documenti in questo stato.")
    ] = None,
    kind: Annotated[ReportKind | None, Query(description="Solo di questo tipo.")] = None,
) -> Response:
    """Every report of the chamber."""
    filters = {"year": year, "state": state, "kind": kind}
    found = await repository.report_list(call.session, asked, filters, call.access.sight)
    items = [report_view(row, call.access) for row in found.rows]
    return list_response(request, items, found.next, asked, Report)


@router.get(
    "/reports/{report_id}",
    operation_id="report",
    summary="Un documento",
    description="Il documento con la sua versione, i passi compiuti e, quando c'è, il PDF.",
    response_model=ReportDetail,
    responses=refusals("report_not_found"),
)
async def show_report(request: Request, report_id: ReportId, call: Reading) -> Response:
    """One report."""
    row = await service.report(call.session, report_id)
    require_existence(row, call.access)
    return await _shown(request, call, row)


async def _detail(call: ReadCall | WriteCall, row: sa.Row[Any]) -> ReportDetail:
    made = await repository.moves(call.session, row.report_id)
    return report_detail(row, made, call.access)


async def _shown(request: Request, call: ReadCall | WriteCall, row: sa.Row[Any]) -> Response:
    return resource_response(request, await _detail(call, row))


async def _held(request: Request, call: WriteCall, report_id: str) -> sa.Row[Any]:
    """The report, locked, as the caller has read it (``If-Match``)."""
    row = await moves.held(call.session, report_id)
    require_existence(row, call.access)
    require_match(request, content_etag(to_json(await _detail(call, row))))
    return row


@router.get(
    "/plans/{year}/report-check",
    operation_id="report_check",
    summary="Che cosa manca alla Relazione",
    description="Tutto ciò che impedirebbe di approvare la Relazione se fosse congelata ora: "
    "scostamenti senza causa, obiettivi senza risultato né testo, testi affidati e sezioni proprie "
    "che mancano, giudizio complessivo. `warnings` è ciò che non lo impedisce: sezioni vuote, "
    "discussioni aperte, bozze non inviate. I puntatori sono nella fotografia.",
    response_model=ReportCheck,
    responses=refusals("plan_not_found"),
)
async def check_report(request: Request, year: PlanYear, call: Reading, parts: Parts) -> Response:
    """Before anything is rendered."""
    checked = await moves.check(parts, call.session, call.access, year)

    def told(issues: list[Issue]) -> list[Obstacle]:
        language = request_info(request).language
        return [
            Obstacle(pointer=issue.pointer, code=issue.code, detail=issue.detail(language))
            for issue in issues
        ]

    body = ReportCheck(
        year=year,
        plan_revision=checked.snapshot.plan_revision,
        ready=not checked.obstacles,
        obstacles=told(checked.obstacles),
        warnings=told(checked.warnings),
    )
    headers = {"Vary": "Authorization, Accept-Language"}
    return resource_response(request, body, headers=headers)


@router.post(
    "/reports/{report_id}/approval",
    operation_id="report_approve",
    summary="Approvazione di un documento",
    description="Registra l'atto dell'organo che approva la Relazione. Si approva il documento "
    "com'è congelato: se uno scostamento è senza causa, un obiettivo senza risultato né testo, o "
    "manca il giudizio complessivo definitivo, la risposta li elenca tutti (i puntatori sono "
    "nella fotografia allegata al PDF). Richiede `If-Match`.",
    response_model=ReportDetail,
    responses=refusals(
        *_MOVING,
        "report_kind_not_approved",
        "report_already_validated",
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
    "/reports/{report_id}/validation",
    operation_id="report_validate",
    summary="Validazione dell'OIV",
    description="L'OIV valida il documento approvato, anche a condizioni. Richiede `If-Match`.",
    response_model=ReportDetail,
    responses=refusals(*_MOVING, "report_already_validated", "report_decision_refused"),
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
    "/reports/{report_id}/refusal",
    operation_id="report_refuse",
    summary="Mancata validazione",
    description="L'OIV non valida il documento approvato, e dice perché: occorre una versione "
    "nuova. Richiede `If-Match`.",
    response_model=ReportDetail,
    responses=refusals(*_MOVING, "report_already_validated", "report_decision_refused"),
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
    "/reports/{report_id}/publication",
    operation_id="report_publish",
    summary="Pubblicazione di un documento",
    description="Rende leggibile a chiunque il documento validato, sotto Amministrazione "
    "trasparente: PDF firmato, con i dati allegati. Richiede `If-Match`.",
    response_model=ReportDetail,
    responses=refusals(
        *_MOVING,
        "report_not_validated",
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


@router.get(
    "/reports/{report_id}/pdf",
    operation_id="report_pdf",
    summary="Il PDF di un documento",
    description="Il PDF firmato; l'ETag è la sua impronta SHA-256. Se porta schede individuali, "
    "fino alla pubblicazione lo legge solo chi può vederle tutte; se mostra più camere, chi è "
    "autorizzato a leggerle insieme.",
    responses={
        200: {
            "description": "Il PDF.",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        },
        **refusals(
            "report_not_found",
            "report_not_ready",
            "report_without_document",
            "sheet_not_visible",
            "reading_not_granted",
            "chamber_not_granted",
        ),
    },
    response_class=Response,
)
async def show_pdf(
    request: Request,
    report_id: ReportId,
    access: Annotated[Access, Depends(permitted(Action.REPORT_READ))],
    parts: Parts,
) -> Response:
    """The signed bytes, read from the blob store with no transaction open."""
    async with parts.database.read([access.chamber]) as session:
        row = await service.rendered_report(session, report_id)
    await require_reading(parts, request, row, access)
    etag = f'"{row.pdf_sha256}"'
    headers = {"ETag": etag, "Cache-Control": REVALIDATE, "Vary": "Authorization"}
    if matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    pdf = await parts.blobs.of_chamber(access.chamber).get(row.blob_key)
    name = file_name(row, access.chamber)
    headers["Content-Disposition"] = f"inline; filename=\"{name}\"; filename*=UTF-8''{quote(name)}"
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.get(
    "/render-jobs/{job_id}",
    operation_id="render_job",
    summary="Lo stato di un lavoro",
    description="Fase e avanzamento; finché il lavoro non è concluso `Retry-After` dice quando "
    "chiedere di nuovo.",
    response_model=RenderJob,
    responses=refusals("job_not_found"),
)
async def show_job(request: Request, job_id: JobId, call: Reading) -> Response:
    """One job."""
    return job_response(request, await service.job(call.session, job_id), call.access)


@router.delete(
    "/render-jobs/{job_id}",
    operation_id="render_job_cancel",
    summary="Annullamento di un lavoro",
    description="Annulla un lavoro non ancora concluso; il documento resta senza PDF.",
    status_code=204,
    responses=refusals("job_not_found", "job_over"),
)
async def cancel_job(job_id: JobId, call: Cancelling, parts: Parts) -> Response:
    """Cancels a job."""
    await service.cancel(parts, call.session, job_id)
    return Response(status_code=204)


async def _changes(
    request: Request,
    job_id: JobId,
    access: Annotated[Access, Depends(permitted(Action.REPORT_READ))],
    parts: Parts,
) -> Changes:
    language = request_info(request).language
    rows = await service.watch(parts, access.chamber, job_id)
    return (job_view(row, access, language) async for row in rows)


@router.get(
    "/render-jobs/{job_id}/events",
    operation_id="render_job_events",
    summary="Un lavoro come eventi",
    description="Server-Sent Events: un evento `job` a ogni cambiamento, con il lavoro in JSON; "
    "il flusso finisce con il lavoro.",
    **as_events("job_not_found"),
)
async def stream_job(changes: Annotated[Changes, Depends(_changes)]) -> Events:
    """The job at every change."""
    async for view in changes:
        yield job_event(view)
