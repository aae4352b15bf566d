"""``/v1/chambers/{chamber}/reports`` and ``.../render-jobs``."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Body, Depends, Path, Query, Request
from fastapi.openapi.models import Example
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
from services.api.plans.schemas import PlanYear
from services.api.reports import moves, repository, service
from services.api.reports.answers import job_response
from services.api.reports.reading import require_reading, withheld
from services.api.reports.schemas import (
    UUID_PATTERN,
    NewReport,
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
    matches,
    resource_response,
    to_json,
)
from shared.contracts.issues import Issue
from shared.contracts.snapshot import ReportKind
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}", tags=["relazioni"])

Reader = Annotated[Access, Depends(permitted(Action.REPORT_READ))]
Reading = Annotated[ReadCall, Depends(reading(Action.REPORT_READ), scope="function")]
Requesting = Annotated[WriteCall, Depends(writing(Action.REPORT_REQUEST), scope="function")]
Cancelling = Annotated[WriteCall, Depends(writing(Action.REPORT_CANCEL), scope="function")]
JobId = Annotated[
    str, Path(pattern=UUID_PATTERN, max_length=36, description="Identificativo del lavoro.")
]


_WANTED: dict[str, Example] = {
    "relazione": {"summary": "La Relazione dell'anno", "value": {"year": 2020}},
    "corretta": {
        "summary": "Un'altra versione della Relazione, dopo l'approvazione",
        "value": {"year": 2020, "reason": "Corretto il valore di un indicatore."},
    },
    "piano": {"summary": "Il Piano", "value": {"year": 2020, "kind": "piano"}},
    "monitoraggio": {
        "summary": "Il monitoraggio del primo quadrimestre",
        "value": {"year": 2020, "kind": "monitoraggio", "period": "Q1"},
    },
}


@router.post(
    "/reports",
    operation_id="report_new",
    summary="Richiesta di un documento",
    description="Congela il contenuto del documento com'è ora e ne chiede la composizione e il "
    "sigillo. `relazione`: i risultati dell'anno (il tipo se non se ne indica uno); `piano`: "
    "obiettivi e valori attesi, senza risultati, in qualunque momento dell'anno; `monitoraggio`: "
    "l'anno alla fine del periodo in `period`. Gli altri documenti hanno un indirizzo proprio: la "
    "`scheda` individuale sotto il piano (`sheets/{code}/report`), la `relazione_ente` sotto "
    "l'ente (`/v1/entities/{entity}/reports`), la `validazione` nasce dalla decisione dell'OIV. "
    "Risponde con il lavoro, da seguire all'indirizzo in `Location`; ogni richiesta è una "
    "versione nuova. Quando una è già stata approvata, o del Piano adottata, serve `reason`.",
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
    request: Request,
    new: Annotated[NewReport, Body(openapi_examples=_WANTED)],
    call: Requesting,
    parts: Parts,
    key: IdempotencyKey = None,
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
    description="I documenti richiesti, dal più recente, in tutte le loro versioni. `title` e "
    "`mark` dicono di che cosa tratta ognuno entro l'anno: periodo, scheda, camere, decisione "
    "dell'OIV. `sort`: `created_at`, `year`, `version`.",
    response_model=ReportList,
    responses=refusals("invalid_cursor"),
)
async def list_reports(
    request: Request,
    access: Reader,
    parts: Parts,
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
    async with parts.database.read([access.chamber]) as session:
        found = await repository.report_list(session, asked, filters, access.sight)
    hidden = await withheld(parts, access, found.rows)
    items = [report_view(row, access, withheld=row.report_id in hidden) for row in found.rows]
    return list_response(request, items, found.next, asked, Report)


@router.get(
    "/reports/{report_id}",
    operation_id="report",
    summary="Un documento",
    description="Il documento con la sua versione, i passi compiuti e, quando c'è, il PDF.",
    response_model=ReportDetail,
    responses=refusals("report_not_found"),
)
async def show_report(
    request: Request, report_id: ReportId, access: Reader, parts: Parts
) -> Response:
    """One report."""
    async with parts.database.read([access.chamber]) as session:
        row = await service.report(session, report_id)
        made = await repository.moves(session, report_id)
    require_existence(row, access)
    hidden = await withheld(parts, access, [row])
    body = report_detail(row, made, access, withheld=bool(hidden))
    return resource_response(request, body)


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
    access: Reader,
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
