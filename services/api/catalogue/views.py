"""What the routers of both kinds of catalogue have in common: bodies in, resources out."""

from collections.abc import Sequence
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import Depends, Request
from starlette.responses import Response

from services.api.bodies import JsonBytes
from services.api.catalogue import repository, service
from services.api.catalogue.repository import Owner
from services.api.catalogue.schemas import CatalogueEntry
from services.api.catalogue.service import StoredEntry
from services.api.db.session import ReadSession, WriteSession
from services.api.errors import Refusal
from services.api.paging import Page, list_response
from services.api.responses import require_match, resource_response, version_etag
from shared.contracts.catalogue import (
    CatalogueFile,
    CatalogueRefusedError,
    Entry,
    read_catalogue,
    write_catalogue,
)
from shared.domain.permissions import Action

READ_REFUSALS = ("catalogue_entry_not_found",)
WRITE_REFUSALS = ("catalogue_refused", "idempotency_key_reused", "idempotency_key_in_use")
CHANGE_REFUSALS = ("catalogue_entry_not_found", "precondition_required", "stale_version")
IMPORT_REFUSALS = ("catalogue_refused", "unsupported_media_type", "body_too_large")


async def _posted(raw: JsonBytes) -> CatalogueFile:
    """The catalogue file in the body, read before any transaction begins."""
    try:
        return read_catalogue(raw)
    except CatalogueRefusedError as refused:
        raise Refusal(refused.code, issues=refused.issues) from refused


PostedCatalogue = Annotated[CatalogueFile, Depends(_posted)]


def entry_view(found: StoredEntry, actions: Sequence[Action]) -> CatalogueEntry:
    """An entry, with what the caller may do to it."""
    source = found.content.source_class
    return CatalogueEntry(
        name=str(found.name),
        owner=found.owner,
        version=found.version,
        discouraged=source is not None and source.discouraged,
        recorded_at=found.recorded_at,
        entry=found.content,
        allowed_actions=[str(action) for action in actions],
    )


def entry_response(
    request: Request, found: StoredEntry, actions: Sequence[Action], created_below: str = ""
) -> Response:
    """One entry; with ``created_below`` as a new resource below that address."""
    headers = {"Location": f"{created_below}/{quote(str(found.name))}"} if created_below else {}
    status = 201 if created_below else 200
    view = entry_view(found, actions)
    etag = version_etag(found.version)
    return resource_response(request, view, status=status, etag=etag, headers=headers)


async def list_of(
    request: Request,
    session: ReadSession,
    owners: Sequence[Owner],
    asked: Page,
    actions: Sequence[Action],
    *,
    kind: Literal["indicator", "measure"] | None,
    source: str | None,
) -> Response:
    """Entries as a list."""
    found = await repository.list_entries(session, owners, asked, kind=kind, source=source)
    items = [entry_view(service.stored(row), actions) for row in found.rows]
    return list_response(request, items, found.next, asked, CatalogueEntry)


async def versions_of(
    request: Request, session: ReadSession, owners: Sequence[Owner], name: str, asked: Page
) -> Response:
    """The versions of one entry as a list."""
    known = await service.entry(session, owners, service.parse_name(name))
    owner = next(owner for owner in owners if owner.code == known.owner)
    found = await repository.list_versions(session, owner, known.name, asked)
    items = [entry_view(service.stored(row), ()) for row in found.rows]
    return list_response(request, items, found.next, asked, CatalogueEntry)


async def exported(request: Request, session: ReadSession, owner: Owner) -> Response:
    """The canonical file of a catalogue."""
    entries = await service.entries(session, (owner,))
    name = f"catalogo-{owner.code.lower()}.json"
    return resource_response(
        request,
        write_catalogue(entries.values()),
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def changed(
    request: Request,
    session: WriteSession,
    owners: Sequence[Owner],
    name: str,
    new: Entry,
    actions: Sequence[Action],
) -> Response:
    """A new version of an entry of the first of ``owners``, from the one the caller has read."""
    owner, *beside = owners
    found = await service.held(session, owner, service.parse_name(name))
    require_match(request, version_etag(found.version))
    made = await service.replace(session, owner, beside, new, found.name)
    return entry_response(request, made, actions)


async def withdrawn(
    request: Request, session: WriteSession, owners: Sequence[Owner], name: str
) -> None:
    """Takes an entry out of the first of ``owners``."""
    owner, *beside = owners
    found = await service.held(session, owner, service.parse_name(name))
    require_match(request, version_etag(found.version))
    await service.withdraw(session, owner, beside, found)
