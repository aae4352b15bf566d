"""``.../integrations/{integration}/mapping``: what a system's codes are in the plan."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from services.api.auth.access import Access, Parts, ReadCall, WriteCall, reading, writing
from services.api.integrations.schemas import IntegrationCode
from services.api.mappings import repository, service
from services.api.mappings.schemas import (
    Mapping,
    MappingEntry,
    MappingVersion,
    MappingVersionList,
    NewMapping,
    Trial,
    TrialFault,
    TrialItem,
    TrialResult,
)
from services.api.mappings.service import Found, Tried
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.requests import request_info
from services.api.responses import require_match, resource_response, to_json, version_etag
from shared.contracts.issues import Issue, Language
from shared.domain.permissions import Action

router = APIRouter(
    prefix="/v1/chambers/{chamber}/integrations/{integration}/mapping", tags=["integrazioni"]
)

IntegrationName = Annotated[IntegrationCode, Path(description="Codice dell'integrazione.")]
VersionNumber = Annotated[
    int,
    Path(ge=1, le=2_147_483_647, description="Versione.", json_schema_extra={"format": "int32"}),
]
Reading = Annotated[ReadCall, Depends(reading(Action.INTEGRATION_READ), scope="function")]
Managing = Annotated[WriteCall, Depends(writing(Action.INTEGRATION_MANAGE), scope="function")]


def _mapping(found: Found, access: Access) -> Mapping:
    made = found.made
    return Mapping(
        version=found.version,
        entries=[
            MappingEntry(
                external=row.external,
                subject_kind=row.subject_kind,
                code=row.code,
                unit=row.unit,
                conversion=row.conversion,
            )
            for row in found.entries
        ],
        note=None if made is None else made.note,
        changed_at=None if made is None else made.changed_at,
        changed_by=None if made is None else made.changed_by,
        allowed_actions=[str(action) for action in access.actions(Action.INTEGRATION_MANAGE)],
    )


@router.get(
    "",
    operation_id="integration_mapping",
    summary="Mappatura",
    description="I codici del sistema e che cosa sono nel piano, con le unità. Versione 0, senza "
    "righe, finché non se ne scrive una. Un codice che non c'è si cerca fra gli identificativi "
    "esterni e i codici del piano.",
    response_model=Mapping,
)
async def show_mapping(request: Request, integration: IntegrationName, call: Reading) -> Response:
    """What holds now."""
    found = await service.read(call.session, integration)
    mapping = _mapping(found, call.access)
    return resource_response(request, mapping, etag=version_etag(found.version))


@router.put(
    "",
    operation_id="integration_mapping_replace",
    summary="Nuova mappatura",
    description="Prende il posto di quella che vale, come nuova versione; richiede If-Match. Vale "
    "per i messaggi da ora in poi e per ciò che si ritenta dalla quarantena.",
    response_model=Mapping,
    responses=refusals("precondition_required", "stale_version", "chamber_suspended"),
)
async def replace_mapping(
    request: Request, integration: IntegrationName, new: NewMapping, call: Managing
) -> Response:
    """Another one from now on."""
    current = await service.locked_version(call.session, integration)
    require_match(request, version_etag(current))
    found = await service.replace(call.session, integration, current, new)
    mapping = _mapping(found, call.access)
    return resource_response(request, mapping, etag=version_etag(found.version))


@router.get(
    "/versions",
    operation_id="integration_mapping_versions_list",
    summary="Versioni della mappatura",
    description="Chi l'ha cambiata, quando e perché, dalla più recente. `sort`: `version`.",
    response_model=MappingVersionList,
    responses=refusals("invalid_cursor"),
)
async def list_versions(
    request: Request,
    integration: IntegrationName,
    call: Reading,
    asked: Annotated[Page, Depends(page)],
) -> Response:
    """Every one there was."""
    await service.read(call.session, integration)
    found = await repository.list_versions(call.session, integration, asked)
    items = [
        MappingVersion(
            version=row.version,
            entries=row.entries,
            note=row.note,
            changed_at=row.changed_at,
            changed_by=row.changed_by,
        )
        for row in found.rows
    ]
    return list_response(request, items, found.next, asked, MappingVersion)


@router.get(
    "/versions/{version}",
    operation_id="integration_mapping_version",
    summary="Una versione della mappatura",
    description="Le righe com'erano in quella versione.",
    response_model=Mapping,
)
async def show_version(
    request: Request, integration: IntegrationName, version: VersionNumber, call: Reading
) -> Response:
    """As it was."""
    found = await service.read(call.session, integration, version)
    return resource_response(request, _mapping(found, call.access))


@router.post(
    "/test",
    operation_id="integration_mapping_test",
    summary="Prova della mappatura",
    description="Che cosa farebbe ora un messaggio di esempio, rilevazione per rilevazione, con la "
    "mappatura che vale o con quella data. Nulla è registrato.",
    response_model=TrialResult,
    responses=refusals("event_refused"),
)
async def try_mapping(
    request: Request, integration: IntegrationName, trial: Trial, call: Reading, parts: Parts
) -> Response:
    """What would come of it."""
    tried = await service.attempt(call.session, integration, trial, parts.clock.now())
    result = _result(tried, request_info(request).language)
    return Response(to_json(result), media_type="application/json")


def _result(tried: Tried, language: Language) -> TrialResult:
    faults = {item.position: item.issues for item in tried.event.faulty}
    faults.update(tried.considered.faults)
    items = [_apart(at, issues, language) for at, issues in faults.items()]
    for at, verdicts in tried.considered.verdicts.items():
        item = tried.considered.items[at]
        targets = tried.considered.targets[at]
        items.append(
            TrialItem(
                position=at,
                outcome=service.outcome(verdicts),  # type: ignore[arg-type]  # one of the words
                subject_kind=targets[0].kind,  # type: ignore[arg-type]  # one of the words
                code=targets[0].code,
                value=item.value,
                result=item.result,
                plans=sorted(tried.considered.ledger.year_of(one.plan_id) for one in targets),
                errors=[],
            )
        )
    items.sort(key=lambda item: item.position)
    return TrialResult(mapping_version=tried.version, items=items)


def _apart(at: int, issues: tuple[Issue, ...], language: Language) -> TrialItem:
    return TrialItem(
        position=at,
        outcome="quarantined",
        subject_kind=None,
        code=None,
        value=None,
        result=None,
        plans=[],
        errors=[
            TrialFault(pointer=i.pointer, code=i.code, detail=i.detail(language)) for i in issues
        ],
    )
