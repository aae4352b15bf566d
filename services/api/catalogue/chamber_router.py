"""``/v1/chambers/{chamber}/catalogue``: what a chamber may use, shared and its own."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import Access, ReadCall, WriteCall, permitted, reading, writing
from services.api.bodies import JSON, raw_body
from services.api.catalogue import repository, service, views
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
from services.api.db.session import ReadSession
from services.api.idempotency import IdempotencyKey, once
from services.api.openapi import refusals
from services.api.paging import Page, page
from services.api.responses import resource_response
from shared.contracts.catalogue import CatalogueFile
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/catalogue", tags=["cataloghi"])

Reading = Annotated[ReadCall, Depends(reading(Action.CATALOGUE_READ), scope="function")]
Managing = Annotated[WriteCall, Depends(writing(Action.CATALOGUE_MANAGE), scope="function")]


async def _owners(session: ReadSession) -> tuple[Owner, Owner]:
    """The chamber's own catalogue, then the one it shares."""
    return Owner.chamber(session.chamber), Owner.entity(await repository.entity_of(session))


def _actions(access: Access) -> list[Action]:
    return access.actions(Action.CATALOGUE_READ, Action.CATALOGUE_MANAGE)


@router.get(
    "",
    operation_id="chamber_catalogue_list",
    summary="Catalogo di una camera",
    description="Le voci proprie della camera (`own`) e quelle condivise dall'ente. `sort`: "
    "`name`.",
    response_model=CatalogueEntryList,
    responses=refusals("invalid_cursor"),
)
async def list_entries(
    request: Request,
    call: Reading,
    asked: Annotated[Page, Depends(page)],
    kind: KindFilter = None,
    source: SourceFilter = None,
) -> Response:
    """Everything that a plan of the chamber may adopt."""
    owners = await _owners(call.session)
    actions = _actions(call.access)
    return await views.list_of(
        request, call.session, owners, asked, actions, kind=kind, source=source
    )


@router.post(
    "",
    operation_id="chamber_catalogue_entry_new",
    summary="Nuova voce propria di una camera",
    description="Con `source` `own`. La formula può leggere anche misure condivise, per nome "
    "intero (`[pareto:694]`).",
    status_code=201,
    response_model=CatalogueEntry,
    responses=refusals("catalogue_entry_exists", "chamber_suspended", *views.WRITE_REFUSALS),
)
async def create_entry(
    request: Request, new: NewEntry, call: Managing, key: IdempotencyKey = None
) -> Response:
    """An entry that only this chamber uses."""

    async def make() -> Response:
        owner, shared = await _owners(call.session)
        made = await service.create(call.session, owner, (shared,), new)
        below = f"/v1/chambers/{call.access.chamber}/catalogue"
        return views.entry_response(request, made, _actions(call.access), below)

    return await once(request, call.session, key, new.model_dump_json().encode(), make)


@router.get(
    "/export",
    operation_id="chamber_catalogue_export",
    summary="Esportazione del catalogo di una camera",
    description="Le sole voci proprie, come file `ciclo/catalogue@1`.",
    response_model=CatalogueFile,
)
async def export_catalogue(request: Request, call: Reading) -> Response:
    """The canonical bytes of the chamber's own entries."""
    return await views.exported(request, call.session, Owner.chamber(call.access.chamber))


@router.post(
    "/import",
    operation_id="chamber_catalogue_import",
    summary="Importazione nel catalogo di una camera",
    description="Voci con `source` `own`, da un file `ciclo/catalogue@1`: tutto o niente.",
    response_model=CatalogueImport,
    dependencies=[Depends(permitted(Action.CATALOGUE_MANAGE))],
    responses=refusals("chamber_suspended", *views.IMPORT_REFUSALS),
    openapi_extra=raw_body(JSON, {"$ref": "#/components/schemas/CatalogueFile"}),
)
async def import_catalogue(request: Request, file: PostedCatalogue, call: Managing) -> Response:
    """Many entries at once."""
    owner, shared = await _owners(call.session)
    report = await service.import_file(call.session, owner, (shared,), file)
    return resource_response(request, report)


@router.get(
    "/{entry}",
    operation_id="chamber_catalogue_entry",
    summary="Una voce del catalogo di una camera",
    description="Propria o condivisa (`owner`), com'è ora.",
    response_model=CatalogueEntry,
    responses=refusals(*views.READ_REFUSALS),
)
async def show_entry(request: Request, entry: EntryPath, call: Reading) -> Response:
    """One entry."""
    owners = await _owners(call.session)
    found = await service.entry(call.session, owners, service.parse_name(entry))
    return views.entry_response(request, found, _actions(call.access))


@router.put(
    "/{entry}",
    operation_id="chamber_catalogue_entry_change",
    summary="Modifica di una voce propria di una camera",
    description="Ne fa una nuova versione; le precedenti restano. Richiede If-Match.",
    response_model=CatalogueEntry,
    responses=refusals(
        "catalogue_refused", "catalogue_entry_shared", "chamber_suspended", *views.CHANGE_REFUSALS
    ),
)
async def change_entry(
    request: Request, entry: EntryPath, new: NewEntry, call: Managing
) -> Response:
    """A new version of an entry."""
    owners = await _owners(call.session)
    return await views.changed(request, call.session, owners, entry, new, _actions(call.access))


@router.delete(
    "/{entry}",
    operation_id="chamber_catalogue_entry_withdraw",
    summary="Ritiro di una voce propria di una camera",
    description="La voce esce dal catalogo; le versioni restano agli atti. Richiede If-Match.",
    status_code=204,
    responses=refusals(
        "catalogue_entry_in_use",
        "catalogue_entry_shared",
        "chamber_suspended",
        *views.CHANGE_REFUSALS,
    ),
)
async def withdraw_entry(request: Request, entry: EntryPath, call: Managing) -> None:
    """Takes an entry out of the chamber's catalogue."""
    await views.withdrawn(request, call.session, await _owners(call.session), entry)


@router.get(
    "/{entry}/versions",
    operation_id="chamber_catalogue_entry_versions_list",
    summary="Versioni di una voce del catalogo di una camera",
    description="Dalla più recente. `sort`: `version`.",
    response_model=CatalogueEntryList,
    responses=refusals("invalid_cursor", *views.READ_REFUSALS),
)
async def list_versions(
    request: Request, entry: EntryPath, call: Reading, asked: Annotated[Page, Depends(page)]
) -> Response:
    """What an entry was, version by version."""
    owners = await _owners(call.session)
    return await views.versions_of(request, call.session, owners, entry, asked)
