"""``/v1/chambers/{chamber}/reports/{report_id}/signatures``."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from services.api.auth.access import (
    Access,
    Parts,
    ReadCall,
    WriteCall,
    author_of,
    permitted,
    reading,
    writing,
)
from services.api.bodies import require_media_type
from services.api.idempotency import IdempotencyKey, once
from services.api.openapi import refusals
from services.api.reports import moves
from services.api.reports.addresses import job_path, report_path
from services.api.reports.answers import job_response
from services.api.reports.reading import deciding
from services.api.reports.schemas import RenderJob, ReportId
from services.api.responses import require_match, resource_response
from services.api.signatures import recording, service
from services.api.signatures.recording import SignedElsewhere
from services.api.signatures.schemas import (
    NewSignature,
    ReportSignature,
    ReportSignatures,
    SignatureMade,
    Stage,
)
from services.api.signatures.service import Signatures, may_sign_for
from shared.contracts.signing import OFFICE_PATTERN, SEAL
from shared.domain.permissions import Action
from shared.domain.signatures import Standing

router = APIRouter(prefix="/v1/chambers/{chamber}/reports/{report_id}", tags=["relazioni"])

SignedOffice = Annotated[
    str,
    Path(
        pattern=OFFICE_PATTERN,
        max_length=40,
        description="Ufficio che firma.",
        examples=["segretario_generale"],
    ),
]

_PDF = "application/pdf"

_State = Literal["made", "under_way", "next", "waiting"]

_TURN = (
    "report_not_found",
    "report_not_ready",
    "report_without_document",
    "report_not_approved",
    "report_not_validated",
    "report_refused",
    "report_already_signed",
    "report_already_published",
    "report_kind_not_signed",
    "report_plan_not_approved",
    "reading_not_granted",
    "chamber_not_granted",
    "office_not_yours",
    "office_not_expected",
    "signature_already_made",
    "signature_not_next",
    "signature_under_way",
    "signer_signed_already",
    "chamber_suspended",
)


@router.get(
    "/signatures",
    operation_id="report_signatures",
    summary="Le firme di un documento",
    description="Sigillo e firme, nell'ordine: chi ha firmato, a quale livello e quando, a chi "
    "tocca, chi attende. Ogni firma è una fase del documento, con la sua impronta.",
    response_model=ReportSignatures,
    responses=refusals("report_not_found"),
)
async def list_signatures(
    request: Request,
    report_id: ReportId,
    call: Annotated[ReadCall, Depends(reading(Action.REPORT_READ), scope="function")],
) -> Response:
    """What is waited for, and what is there."""
    found = await service.read(call.session, report_id)
    return resource_response(request, _view(found, call.access))


@router.post(
    "/signatures",
    operation_id="report_sign",
    dependencies=[Depends(deciding(Action.REPORT_SIGN))],
    summary="Richiesta di una firma",
    description="Chiede al renderer la firma di un ufficio sul documento validato, con l'identità "
    "che la camera ha configurato: si firma nell'ordine, persone diverse, una alla volta. Risponde "
    "con il lavoro, da seguire all'indirizzo in `Location`. Un PIN errato non si ritenta. Chi "
    "firma ha il ruolo `signer` e l'ufficio fra le proprie unità.",
    status_code=202,
    response_model=RenderJob,
    responses=refusals(*_TURN, "idempotency_key_reused", "idempotency_key_in_use"),
)
async def request_signature(
    request: Request,
    report_id: ReportId,
    new: NewSignature,
    call: Annotated[WriteCall, Depends(writing(Action.REPORT_SIGN), scope="function")],
    parts: Parts,
    key: IdempotencyKey = None,
) -> Response:
    """A job, its outbox event and an audit line in one transaction."""

    async def make() -> Response:
        held = await moves.held(call.session, report_id)
        secrets = {"pin": new.pin, "otp": new.otp}
        row = await service.request_signature(
            parts, call.session, call.access, held, new.office, secrets
        )
        return job_response(request, row, call.access, status=202)

    return await once(request, call.session, key, new.without_secrets(), make)


@router.post(
    "/signatures/renewal",
    operation_id="report_renew_stamps",
    summary="Rinnovo delle marche temporali",
    description="Chiede al renderer una nuova marca temporale su tutto il documento, con lo stato "
    "dei certificati di quella precedente, prima che il suo certificato finisca (`renew_before`): "
    "così le firme di livello B-LTA restano verificabili per decenni. Il contenuto non cambia.",
    status_code=202,
    response_model=RenderJob,
    responses=refusals(
        "report_not_found",
        "stamps_not_renewable",
        "signature_under_way",
        "chamber_suspended",
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
)
async def renew_stamps(
    request: Request,
    report_id: ReportId,
    call: Annotated[WriteCall, Depends(writing(Action.REPORT_RENEW), scope="function")],
    parts: Parts,
    key: IdempotencyKey = None,
) -> Response:
    """A job, as for a signature."""

    async def make() -> Response:
        held = await moves.held(call.session, report_id)
        row = await service.request_renewal(parts, call.session, held)
        return job_response(request, row, call.access, status=202)

    return await once(request, call.session, key, b"", make)


@router.put(
    "/signatures/{office}/pdf",
    operation_id="report_signed_copy",
    dependencies=[Depends(deciding(Action.REPORT_SIGN))],
    summary="Una copia firmata altrove",
    description="Riprende il documento firmato fuori da qui: il PDF scaricato, con in più la sola "
    "firma PAdES dell'ufficio. Se qualcosa non va la risposta elenca tutto. `If-Match` porta "
    "l'ETag del PDF che si è firmato.",
    response_model=ReportSignatures,
    responses=refusals(
        *_TURN,
        "signed_copy_refused",
        "precondition_required",
        "stale_version",
        "unsupported_media_type",
        "body_too_large",
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {_PDF: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def take_signed_copy(
    request: Request,
    report_id: ReportId,
    office: SignedOffice,
    access: Annotated[Access, Depends(permitted(Action.REPORT_SIGN))],
    parts: Parts,
) -> Response:
    """The very bytes that were issued, and one more signature."""
    require_media_type(request, _PDF)
    author = author_of(request, access.principal)

    def as_read(row: sa.Row[Any]) -> None:
        require_match(request, f'"{row.pdf_sha256}"')

    copy = SignedElsewhere(office, await request.body(), as_read)
    await recording.take_copy(parts, author, access, report_id, copy)
    async with parts.database.read([access.chamber]) as session:
        found = await service.read(session, report_id)
    return resource_response(request, _view(found, access))


def _view(found: Signatures, access: Access) -> ReportSignatures:
    standings = found.standings()
    made = {row.office: row for row in found.made}
    titles = {SEAL: "Sigillo elettronico", **{slot.office: slot.title for slot in found.slots}}
    items = [
        ReportSignature(
            office=office,
            title=title,
            state=_state(found, office, standings),
            made=_made(made[office]) if office in made else None,
            job=_job(found, office, access),
            allowed_actions=_actions(found, office, standings, access),
        )
        for office, title in titles.items()
    ]
    return ReportSignatures(
        complete=all(office in made for office in titles),
        renew_before=found.renew_before,
        document=f"{report_path(access.chamber, found.row.report_id)}/pdf",
        items=items,
        allowed_actions=[
            str(action)
            for action in access.actions(Action.REPORT_RENEW)
            if found.renew_before is not None and found.open_job is None
        ],
    )


def _state(found: Signatures, office: str, standings: Mapping[str, Standing]) -> _State:
    if found.open_job is not None and found.open_job.office == office:
        return "under_way"
    if office == SEAL:
        return "made" if found.made else "waiting"
    return standings[office].value


def _job(found: Signatures, office: str, access: Access) -> str | None:
    if found.open_job is None or found.open_job.office != office:
        return None
    return job_path(access.chamber, found.open_job.job_id)


def _actions(
    found: Signatures, office: str, standings: Mapping[str, Standing], access: Access
) -> list[str]:
    turn = standings.get(office) is Standing.NEXT and found.open_job is None
    if not turn or not may_sign_for(access, office):
        return []
    return [str(action) for action in access.actions(Action.REPORT_SIGN)]


def _made(row: sa.Row[Any]) -> SignatureMade:
    return SignatureMade(
        signer=row.signer,
        level=row.level,
        claimed_at=row.claimed_at,
        stamped_at=row.stamped_at,
        origin=row.origin,
        development=row.development,
        stage=Stage(sha256=row.pdf_sha256, size=row.pdf_size),
        made_at=row.made_at,
    )
