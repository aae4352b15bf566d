"""``/v1/entities/{entity}/catalogue``: the catalogue that an entity's chambers share."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import Parts
from services.api.auth.entities import EntityAccess, governing, member
from services.api.bodies import JSON, raw_body
from services.api.catalogue import service, views
from services.api.catalogue.repository import Owner
from services.api.catalogue.schemas import (
    CatalogueEntry,
    CatalogueEntryList,
    CatalogueImport,
    EntryPath,
    KindFilter,
    NewEntry,
    SourceFilter,
)
from services.api.catalogue.views import PostedCatalogue
from services.api.idempotency import IdempotencyKey, once
from services.api.openapi import refusals
from services.api.paging import Page, page
from services.api.responses import resource_response
from shared.contracts.catalogue import CatalogueFile
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/entities/{entity}/catalogue", tags=["cataloghi"])

Member = Annotated[EntityAccess, Depends(member)]
Manager = Annotated[EntityAccess, Depends(governing(Action.CATALOGUE_MANAGE))]


def _actions(access: EntityAccess) -> list[Action]:
    """Every member reads; who may change it is a question of roles that hold everywhere."""
    return [Action.CATALOGUE_READ, *access.actions(Action.CATALOGUE_MANAGE)]


@router.get(
    "",
    operation_id="catalogue_list",
    summary="Catalogo condiviso",
    description="Indicatori e misure che le camere dell'ente condividono. `sort`: `name`.",
    response_model=CatalogueEntryList,
    responses=refusals("entity_unknown", "invalid_cursor"),
)
async def list_entries(
    request: Request,
    access: Member,
    parts: Parts,
    asked: Annotated[Page, Depends(page)],
    kind: KindFilter = None,
    source: SourceFilter = None,
) -> Response:
    """The catalogue of the entity, without what chambers added for themselves."""
    owners = (Owner.entity(access.entity),)
    async with parts.database.read(access.own) as session:
        return await views.list_of(
            request, session, owners, asked, _actions(access), kind=kind, source=source
        )


@router.post(
    "",
    operation_id="catalogue_entry_new",
    summary="Nuova voce del catalogo condiviso",
    description="La formula è controllata con tutto il catalogo: misure sconosciute, riferimenti "
    "circolari, tipi e unità che non stanno insieme.",
    status_code=201,
    response_model=CatalogueEntry,
    responses=refusals("entity_unknown", "catalogue_entry_exists", *views.WRITE_REFUSALS),
)
async def create_entry(
    request: Request, new: NewEntry, access: Manager, parts: Parts, key: IdempotencyKey = None
) -> Response:
    """An entry for all chambers of the entity."""
    owner = Owner.entity(access.entity)
    async with parts.database.write(access.chambers, access.author) as session:

        async def make() -> Response:
            made = await service.create(session, owner, (), new)
            below = f"/v1/entities/{access.entity}/catalogue"
            return views.entry_response(request, made, _actions(access), below)

        return await once(
            request, session, key, new.model_dump_json().encode(), make, entity=access.entity
        )


@router.get(
    "/export",
    operation_id="catalogue_export",
    summary="Esportazione del catalogo condiviso",
    description="Il file `ciclo/catalogue@1`, che un altro ente può importare.",
    response_model=CatalogueFile,
    responses=refusals("entity_unknown"),
)
async def export_catalogue(request: Request, access: Member, parts: Parts) -> Response:
    """The canonical bytes of the catalogue file."""
    async with parts.database.read(access.own) as session:
        return await views.exported(request, session, Owner.entity(access.entity))


@router.post(
    "/import",
    operation_id="catalogue_import",
    summary="Importazione nel catalogo condiviso",
    description="Il contenuto è un file `ciclo/catalogue@1`: tutto o niente. Le voci che il file "
    "non nomina restano; lo stesso file due volte non cambia nulla.",
    response_model=CatalogueImport,
    responses=refusals("entity_unknown", *views.IMPORT_REFUSALS),
    openapi_extra=raw_body(JSON, {"$ref": "#/components/schemas/CatalogueFile"}),
)
async def import_catalogue(
    request: Request, access: Manager, file: PostedCatalogue, parts: Parts
) -> Response:
    """Many entries at once."""
    async with parts.database.write(access.chambers, access.author) as session:
        report = await service.import_file(session, Owner.entity(access.entity), (), file)
    return resource_response(request, report)


@router.get(
    "/{entry}",
    operation_id="catalogue_entry",
    summary="Una voce del catalogo condiviso",
    description="La voce com'è ora, con la sua versione.",
    response_model=CatalogueEntry,
    responses=refusals("entity_unknown", *views.READ_REFUSALS),
)
async def show_entry(request: Request, entry: EntryPath, access: Member, parts: Parts) -> Response:
    """One entry."""
    async with parts.database.read(access.own) as session:
        owners = (Owner.entity(access.entity),)
        found = await service.entry(session, owners, service.parse_name(entry))
    return views.entry_response(request, found, _actions(access))


@router.put(
    "/{entry}",
    operation_id="catalogue_entry_change",
    summary="Modifica di una voce del catalogo condiviso",
    description="Ne fa una nuova versione; le precedenti restano. Richiede If-Match.",
    response_model=CatalogueEntry,
    responses=refusals("entity_unknown", "catalogue_refused", *views.CHANGE_REFUSALS),
)
async def change_entry(
    request: Request, entry: EntryPath, new: NewEntry, access: Manager, parts: Parts
) -> Response:
    """A new version of an entry."""
    owners = (Owner.entity(access.entity),)
    async with parts.database.write(access.chambers, access.author) as session:
        return await views.changed(request, session, owners, entry, new, _actions(access))


@router.delete(
    "/{entry}",
    operation_id="catalogue_entry_withdraw",
    summary="Ritiro di una voce del catalogo condiviso",
    description="La voce esce dal catalogo; le versioni restano agli atti. Richiede If-Match.",
    status_code=204,
    responses=refusals("entity_unknown", "catalogue_entry_in_use", *views.CHANGE_REFUSALS),
)
async def withdraw_entry(request: Request, entry: EntryPath, access: Manager, parts: Parts) -> None:
    """Takes an entry out of the catalogue."""
    owners = (Owner.entity(access.entity),)
    async with parts.database.write(access.chambers, access.author) as session:
        await views.withdrawn(request, session, owners, entry)


@router.get(
    "/{entry}/versions",
    operation_id="catalogue_entry_versions_list",
    summary="Versioni di una voce del catalogo condiviso",
    description="Dalla più recente. `sort`: `version`.",
    response_model=CatalogueEntryList,
    responses=refusals("entity_unknown", "invalid_cursor", *views.READ_REFUSALS),
)
async def list_versions(
    request: Request,
    entry: EntryPath,
    access: Member,
    parts: Parts,
    asked: Annotated[Page, Depends(page)],
) -> Response:
    """What an entry was, version by version."""
    owners = (Owner.entity(access.entity),)
    async with parts.database.read(access.own) as session:
        return await views.versions_of(request, session, owners, entry, asked)
