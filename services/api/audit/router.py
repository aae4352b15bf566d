"""``.../audit-log`` of a chamber and of an entity."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.api.audit import repository, service, views
from services.api.audit.schemas import AuditLine, AuditLineList, AuditVerification
from services.api.auth.access import Parts, ReadCall, reading
from services.api.auth.entities import EntityAccess, governing
from services.api.errors import Refusal
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.requests import request_info
from services.api.responses import resource_response
from shared.contracts.issues import Issue
from shared.domain.audit_chain import Head
from shared.domain.confidentiality import NO_SIGHT
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/audit-log", tags=["registro"])

of_entities = APIRouter(prefix="/v1/entities/{entity}/audit-log", tags=["registro"])

Reading = Annotated[ReadCall, Depends(reading(Action.AUDIT_READ), scope="function")]
Governing = Annotated[EntityAccess, Depends(governing(Action.AUDIT_READ))]
Filter = Annotated[str | None, Query(max_length=200, pattern=r"^[\S ]+$")]

_LIST = "Le righe dalla più recente, con i filtri dati. `sort`: `audit_id`."
_VERIFICATION = (
    "Ricalcola l'hash di ogni riga e dice quali sono state alterate, tolte, spostate o aggiunte "
    "fuori dalla catena. `sequence` e `hash`, annotati da una verifica precedente, scoprono anche "
    "un registro riscritto per intero."
)


async def filters(
    actor: Annotated[Filter, Query(description="Solo ciò che ha fatto costui.")] = None,
    action: Annotated[Filter, Query(description="Solo questa azione.")] = None,
    subject: Annotated[Filter, Query(description="Solo ciò che riguarda questo.")] = None,
    request_id: Annotated[Filter, Query(description="Solo ciò che fece questa richiesta.")] = None,
    since: Annotated[datetime | None, Query(description="Da questo istante.")] = None,
    until: Annotated[datetime | None, Query(description="Prima di questo istante.")] = None,
) -> dict[str, Any]:
    """Dependency: what a caller looks for."""
    given = {
        "actor": actor,
        "action": action,
        "subject": subject,
        "request_id": request_id,
        "since": since,
        "until": until,
    }
    return {name: value for name, value in given.items() if value is not None}


async def anchor(
    sequence: Annotated[
        int | None,
        Query(
            ge=1,
            le=9_007_199_254_740_991,
            description="Numero di riga annotato in precedenza.",
            json_schema_extra={"format": "int64"},
        ),
    ] = None,
    hash: Annotated[  # noqa: A002 - the word that the answer uses
        str | None,
        Query(max_length=64, pattern=r"^[0-9a-f]{64}$", description="Il suo hash di allora."),
    ] = None,
) -> Head | None:
    """Dependency: what an earlier verification answered as head."""
    if sequence is None and hash is None:
        return None
    if sequence is None or hash is None:
        missing = "sequence" if sequence is None else "hash"
        text = "`sequence` e `hash` vanno dati insieme", "`sequence` and `hash` go together"
        issue = Issue(pointer=f"/query/{missing}", code="field_required", it=text[0], en=text[1])
        raise Refusal("validation_failed", issues=[issue])
    return Head(sequence, bytes.fromhex(hash))


Filters = Annotated[dict[str, Any], Depends(filters)]
Anchor = Annotated[Head | None, Depends(anchor)]
Asked = Annotated[Page, Depends(page)]


@router.get(
    "",
    operation_id="audit_lines_list",
    summary="Registro delle operazioni",
    description=_LIST,
    response_model=AuditLineList,
    responses=refusals("invalid_cursor"),
)
async def list_lines(request: Request, call: Reading, asked: Asked, wanted: Filters) -> Response:
    """Who did what in the chamber."""
    trail = repository.of_chamber(call.access.chamber)
    found = await repository.lines(call.session, trail, asked, wanted)
    items = [views.line(row, call.access.sight) for row in found.rows]
    return list_response(request, items, found.next, asked, AuditLine)


@router.get(
    "/verification",
    operation_id="audit_verification",
    summary="Verifica del registro",
    description=_VERIFICATION,
    response_model=AuditVerification,
)
async def verify_lines(request: Request, call: Reading, noted: Anchor) -> Response:
    """Whether the chamber's audit is what was written."""
    found = await service.verify(call.session, repository.of_chamber(call.access.chamber), noted)
    language = request_info(request).language
    return resource_response(
        request, views.verification(found, language), headers={"Content-Language": language}
    )


@of_entities.get(
    "",
    operation_id="entity_audit_lines_list",
    summary="Registro dell'ente",
    description=f"Le operazioni sull'ente stesso. {_LIST}",
    response_model=AuditLineList,
    responses=refusals("entity_unknown", "invalid_cursor"),
)
async def list_entity_lines(
    request: Request, access: Governing, parts: Parts, asked: Asked, wanted: Filters
) -> Response:
    """Who did what to the entity itself."""
    async with parts.database.read(access.own) as session:
        trail = repository.of_entity(access.entity)
        found = await repository.lines(session, trail, asked, wanted)
    items = [views.line(row, NO_SIGHT) for row in found.rows]
    return list_response(request, items, found.next, asked, AuditLine)


@of_entities.get(
    "/verification",
    operation_id="entity_audit_verification",
    summary="Verifica del registro dell'ente",
    description=_VERIFICATION,
    response_model=AuditVerification,
    responses=refusals("entity_unknown"),
)
async def verify_entity_lines(
    request: Request, access: Governing, parts: Parts, noted: Anchor
) -> Response:
    """Whether the entity's audit is what was written."""
    async with parts.database.read(access.own) as session:
        found = await service.verify(session, repository.of_entity(access.entity), noted)
    language = request_info(request).language
    return resource_response(
        request, views.verification(found, language), headers={"Content-Language": language}
    )
