"""``/v1/entities`` and ``/v1/chambers``."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import (
    Access,
    Caller,
    Parts,
    ReadCall,
    WriteCall,
    access_to,
    author_of,
    permitted,
    person,
    reading,
    visible_chambers,
    writing,
)
from services.api.bodies import (
    JSON,
    MERGE_PATCH,
    JsonBytes,
    MergePatchBytes,
    json_object,
    merge_patch_of,
    raw_body,
)
from services.api.errors import Refusal
from services.api.idempotency import IdempotencyKey, once
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.plans.schemas import PlanYear
from services.api.responses import require_match, resource_response, to_json, version_etag
from services.api.tenants import repository, service
from services.api.tenants.schemas import (
    Chamber,
    ChamberChange,
    ChamberList,
    Configuration,
    ConfigurationChange,
    Entity,
    EntityList,
    NewEntity,
    PolicyOfYear,
    SettingDifference,
    Suspension,
)
from shared.contracts.chamber import ChamberConfiguration
from shared.domain.membership import Membership
from shared.domain.permissions import Action, allows

router = APIRouter(prefix="/v1", tags=["enti e camere"])

_ACTIONS = (
    Action.CHAMBER_READ,
    Action.CHAMBER_UPDATE,
    Action.PLAN_READ,
    Action.PLAN_IMPORT,
    Action.MEASUREMENT_RECORD,
    Action.INTEGRATION_MANAGE,
    Action.REPORT_REQUEST,
    Action.CHAMBER_CONFIGURE,
    Action.CHAMBER_SUSPEND,
    Action.ARCHIVE_READ,
    Action.ARCHIVE_MAKE,
)

_OF_SUSPENDED = (
    Action.CHAMBER_READ,
    Action.PLAN_READ,
    Action.CHAMBER_RESUME,
    Action.ARCHIVE_READ,
    Action.ARCHIVE_MAKE,
    Action.CHAMBER_ERASE,
)


def _entity(row: sa.Row[Any]) -> Entity:
    return Entity(code=row.entity_id, title=row.name, created_at=row.created_at)


def _chamber(row: sa.Row[Any], access: Access) -> Chamber:
    return Chamber(
        code=row.chamber_id,
        entity=row.entity_id,
        title=row.name,
        short_title=row.short_name,
        status=row.status,
        ipa_code=row.ipa_code,
        tax_code=row.tax_code,
        region=row.region,
        languages=row.settings.get("languages", ["it"]),
        colour=row.colour,
        logo_svg=row.logo_svg,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        successor=row.successor,
        created_at=row.created_at,
        updated_at=row.updated_at,
        allowed_actions=_actions(row, access),
    )


def _actions(row: sa.Row[Any], access: Access) -> list[str]:
    """What the caller may do: of a suspended chamber only read, and resume it."""
    candidates = _OF_SUSPENDED if row.status == "suspended" else _ACTIONS
    return [str(action) for action in access.actions(*candidates)]


@router.get(
    "/entities",
    operation_id="entities_list",
    summary="Enti",
    description="L'ente di chi chiama.",
    response_model=EntityList,
    responses=refusals("invalid_cursor"),
)
async def list_entities(
    request: Request, caller: Caller, parts: Parts, asked: Annotated[Page, Depends(page)]
) -> Response:
    """The caller's own entity: others are none of its business."""
    async with parts.database.read() as session:
        found = await repository.list_entities(session, caller.entity or "", asked)
    return list_response(request, [_entity(row) for row in found.rows], found.next, asked, Entity)


@router.post(
    "/entities",
    operation_id="entity_new",
    summary="Nuovo ente",
    description="Crea l'ente di cui chi chiama è amministratore.",
    status_code=201,
    response_model=Entity,
    responses=refusals("entity_exists", "idempotency_key_reused", "idempotency_key_in_use"),
)
async def create_entity(
    request: Request, new: NewEntity, caller: Caller, parts: Parts, key: IdempotencyKey = None
) -> Response:
    """Only the entity that the token names can be created with it."""
    administrator = person(caller)
    if caller.entity != new.code or not allows(administrator.everywhere, Action.ENTITY_CREATE):
        raise Refusal("forbidden")

    async with parts.database.write((), author_of(request, caller)) as session:

        async def make() -> Response:
            row = await service.create_entity(session, new)
            return resource_response(
                request, _entity(row), status=201, headers={"Location": "/v1/entities"}
            )

        return await once(request, session, key, to_json(new), make, entity=new.code)


@router.get(
    "/chambers",
    operation_id="chambers_list",
    summary="Camere",
    description="Le camere in cui chi chiama ha un ruolo. `sort`: `code`, `title`.",
    response_model=ChamberList,
    responses=refusals("invalid_cursor"),
)
async def list_chambers(
    request: Request, caller: Caller, parts: Parts, asked: Annotated[Page, Depends(page)]
) -> Response:
    """Only what the caller has a role in is there at all."""
    codes = await visible_chambers(parts, caller)
    async with parts.database.read(codes) as session:
        found = await repository.list_chambers(session, asked)
    items = [_chamber(row, await access_to(parts, caller, row.chamber_id)) for row in found.rows]
    return list_response(request, items, found.next, asked, Chamber)


@router.post(
    "/chambers",
    operation_id="chamber_new",
    summary="Nuova camera",
    description="Aggiunge una camera all'ente, impostata come dice la configurazione: di "
    "obbligatorio ci sono codice, ente e denominazione.",
    status_code=201,
    response_model=Chamber,
    responses=refusals(
        "entity_not_found",
        "chamber_exists",
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
    openapi_extra=raw_body(JSON, {"$ref": "#/components/schemas/ChamberConfiguration"}),
)
async def create_chamber(
    request: Request, caller: Caller, body: JsonBytes, parts: Parts, key: IdempotencyKey = None
) -> Response:
    """An administrator of the entity adds a chamber to it."""
    administrator = person(caller)
    if not allows(administrator.everywhere, Action.CHAMBER_CREATE):
        raise Refusal("forbidden")
    new = service.read_or_refuse(json_object(body))
    if caller.entity != new.entity:
        raise Refusal("forbidden")
    siblings = await parts.directory.chambers(new.entity)

    async with parts.database.write([new.code], author_of(request, caller)) as session:

        async def make() -> Response:
            row = await service.create_chamber(session, new, siblings)
            everywhere = Membership(administrator.everywhere)
            made = _chamber(row, Access(caller, new.code, everywhere))
            return resource_response(
                request,
                made,
                status=201,
                etag=version_etag(row.version),
                headers={"Location": f"/v1/chambers/{new.code}"},
            )

        session.on_commit(lambda: parts.directory.forget(new.entity))
        return await once(request, session, key, body, make)


@router.get(
    "/chambers/{chamber}",
    operation_id="chamber",
    summary="Una camera",
    description="I dati della camera e ciò che chi chiama può farvi.",
    response_model=Chamber,
)
async def show_chamber(
    request: Request,
    call: Annotated[ReadCall, Depends(reading(Action.CHAMBER_READ), scope="function")],
) -> Response:
    """One chamber."""
    row = await service.chamber(call.session)
    return resource_response(request, _chamber(row, call.access), etag=version_etag(row.version))


@router.patch(
    "/chambers/{chamber}",
    operation_id="chamber_change",
    summary="Modifica di una camera",
    description="Merge patch (RFC 7396); richiede If-Match.",
    response_model=Chamber,
    responses=refusals("precondition_required", "stale_version", "chamber_suspended"),
    openapi_extra=merge_patch_of(ChamberChange),
)
async def change_chamber(
    request: Request,
    change: ChamberChange,
    call: Annotated[WriteCall, Depends(writing(Action.CHAMBER_UPDATE), scope="function")],
    parts: Parts,
) -> Response:
    """Changes what was sent."""
    current = await service.chamber(call.session, lock=True)
    require_match(request, version_etag(current.version))
    patch = change.model_dump(include=change.model_fields_set)
    siblings = await parts.directory.chambers(current.entity_id)
    row = (await service.configure(call.session, patch, siblings)).row
    return resource_response(request, _chamber(row, call.access), etag=version_etag(row.version))


def _configuration(row: sa.Row[Any], found: ChamberConfiguration, access: Access) -> Configuration:
    return Configuration(**dict(found), status=row.status, allowed_actions=_actions(row, access))


@router.get(
    "/chambers/{chamber}/configuration",
    operation_id="chamber_configuration",
    summary="Configurazione di una camera",
    description="Tutto ciò che la camera è e come è impostata (`ciclo/chamber@1`), senza segreti.",
    response_model=Configuration,
)
async def show_configuration(
    request: Request,
    call: Annotated[ReadCall, Depends(reading(Action.CHAMBER_READ), scope="function")],
) -> Response:
    """What a manifest of this chamber would say."""
    row = await service.chamber(call.session)
    found = await service.configuration(call.session, row)
    return resource_response(
        request, _configuration(row, found, call.access), etag=version_etag(row.version)
    )


@router.patch(
    "/chambers/{chamber}/configuration",
    operation_id="chamber_configure",
    summary="Modifica della configurazione",
    description="Merge patch (RFC 7396); richiede If-Match. Risponde ogni punto che è cambiato. Le "
    "integrazioni non nominate restano; i piani che già ci sono tengono il loro SMVP.",
    dependencies=[Depends(permitted(Action.CHAMBER_CONFIGURE))],
    response_model=ConfigurationChange,
    responses=refusals("precondition_required", "stale_version", "chamber_suspended"),
    openapi_extra=raw_body(MERGE_PATCH, {"$ref": "#/components/schemas/ChamberConfigurationPatch"}),
)
async def configure_chamber(
    request: Request,
    body: MergePatchBytes,
    call: Annotated[WriteCall, Depends(writing(Action.CHAMBER_CONFIGURE), scope="function")],
    parts: Parts,
) -> Response:
    """Sets the chamber as the patch says."""
    current = await service.chamber(call.session, lock=True)
    require_match(request, version_etag(current.version))
    siblings = await parts.directory.chambers(current.entity_id)
    done = await service.configure(call.session, json_object(body), siblings)
    change = ConfigurationChange(
        changes=[
            SettingDifference(
                pointer=one.pointer,
                before=service.as_json(one.before),
                after=service.as_json(one.after),
            )
            for one in done.changes
        ],
        configuration=_configuration(done.row, done.configuration, call.access),
    )
    return resource_response(request, change, etag=version_etag(done.row.version))


@router.get(
    "/chambers/{chamber}/policies/{year}",
    operation_id="chamber_policy",
    summary="SMVP di un anno",
    description="Da quale SMVP parte un piano nuovo di quell'anno. Un piano che già c'è ha il "
    "proprio.",
    response_model=PolicyOfYear,
    responses=refusals("policy_not_set"),
)
async def show_policy(
    request: Request,
    year: PlanYear,
    call: Annotated[ReadCall, Depends(reading(Action.PLAN_READ), scope="function")],
) -> Response:
    """The version of the policy that is valid in a year."""
    found = await service.policy_for(call.session, year)
    answer = PolicyOfYear(year=year, from_year=found.from_year, act=found.act, policy=found.policy)
    return resource_response(request, answer)


@router.post(
    "/chambers/{chamber}/suspension",
    operation_id="chamber_suspend",
    summary="Sospensione di una camera",
    description="La camera si può solo leggere: nessuno scrive, i messaggi firmati sono "
    "rifiutati, i documenti in attesa restano in attesa.",
    response_model=Chamber,
    responses=refusals("chamber_suspended"),
)
async def suspend_chamber(
    request: Request,
    given: Suspension,
    call: Annotated[WriteCall, Depends(writing(Action.CHAMBER_SUSPEND), scope="function")],
) -> Response:
    """From now on the chamber is only read."""
    row = await service.suspend(call.session, given.reason)
    return resource_response(request, _chamber(row, call.access), etag=version_etag(row.version))


@router.post(
    "/chambers/{chamber}/resumption",
    operation_id="chamber_resume",
    summary="Riattivazione di una camera",
    description="Fine della sospensione: ciò che attendeva riprende.",
    response_model=Chamber,
    responses=refusals("chamber_not_suspended"),
)
async def resume_chamber(
    request: Request,
    call: Annotated[
        WriteCall,
        Depends(writing(Action.CHAMBER_RESUME, suspended_too=True), scope="function"),
    ],
) -> Response:
    """The chamber is written again."""
    row = await service.resume(call.session)
    return resource_response(request, _chamber(row, call.access), etag=version_etag(row.version))
