"""``/v1/publications``: what anyone may read, without an account."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as PathParameter
from starlette.responses import Response

from services.api.auth.access import ChamberCode, Parts
from services.api.errors import Refusal
from services.api.head_requests import answer_heads
from services.api.openapi import PUBLIC, refusals
from services.api.page_policy import page_headers
from services.api.paging import Page, list_response, page
from services.api.publications import addresses, files, service
from services.api.publications.answers import public_response, unchanged
from services.api.publications.catalogue import CatalogueForm, catalogue
from services.api.publications.files import DataFile
from services.api.publications.repository import document_of
from services.api.publications.schemas import (
    PublicationDetail,
    PublicationList,
    PublishedDocument,
    detail_view,
    publication_view,
)
from services.api.publications.shelf import LICENCE, last_modified
from services.api.reports.schemas import Kind, ReportId
from services.api.responses import to_json

router = APIRouter(tags=["pubblicazioni"])

_CODE = r"^[A-Z][A-Z0-9]{1,7}$"
EntityCode = Annotated[
    str,
    PathParameter(max_length=8, pattern=_CODE, description="Codice dell'ente.", examples=["TNO"]),
]


def _file(description: str, *media_types: str) -> dict[int | str, dict[str, Any]]:
    binary = {"schema": {"type": "string", "format": "binary"}}
    anything = {"schema": {"type": "object", "additionalProperties": {}, "maxProperties": 50}}
    content = {kind: anything if kind.endswith("json") else binary for kind in media_types}
    return {200: {"description": description, "content": content}}


@router.get(
    "/v1/publications",
    operation_id="publications_list",
    summary="Documenti pubblicati",
    description="I documenti pubblicati di una camera o di tutte le camere di un ente, dal più "
    "recente: `piano` adottato, `relazione` approvata e validata, `validazione` (o mancata "
    "validazione) dell'OIV, `relazione_ente` consolidata, che è della camera con il codice "
    "dell'ente. Monitoraggi e schede individuali non si pubblicano. Ogni versione pubblicata "
    "resta; quella che l'ha sostituita è in `superseded_by`. Di un anno possono esserci più "
    "validazioni e più relazioni dell'ente: `mark` e `title` dicono di che cosa trattano, "
    "`citation` è l'indirizzo di ciascuna. Serve `chamber` o `entity`, non un token. `sort`: "
    "`published_at`, `year`.",
    response_model=PublicationList,
    openapi_extra=PUBLIC,
    responses=refusals("invalid_cursor", "publisher_unknown", "chamber_or_entity"),
)
async def list_publications(
    request: Request,
    parts: Parts,
    asked: Annotated[Page, Depends(page)],
    chamber: Annotated[
        str | None, Query(max_length=8, pattern=_CODE, description="Codice della camera.")
    ] = None,
    entity: Annotated[
        str | None, Query(max_length=8, pattern=_CODE, description="Codice dell'ente.")
    ] = None,
    year: Annotated[
        int | None, Query(ge=1990, le=2100, description="Solo i documenti di quest'anno.")
    ] = None,
    kind: Annotated[Kind | None, Query(description="Solo i documenti di questo tipo.")] = None,
) -> Response:
    """What anyone may read."""
    codes = await service.codes_of(parts, chamber, entity)
    found, publishers = await service.published(parts, codes, asked, year, kind)
    documents = [document_of(row) for row in found.rows]
    items = [publication_view(one, publishers[one.chamber]) for one in documents]
    return list_response(request, items, found.next, asked, PublishedDocument, licence=LICENCE)


@router.get(
    "/v1/publications/{chamber}/{report_id}",
    operation_id="publication",
    summary="Un documento pubblicato",
    description="Una versione: le forme in cui si legge (PDF, HTML, dati), l'indirizzo per citare "
    "il documento, il suo identificativo nei cataloghi, la versione prima e quella dopo. Non "
    "serve un token.",
    response_model=PublicationDetail,
    openapi_extra=PUBLIC,
    responses=refusals("report_not_found"),
)
async def show_publication(
    request: Request, chamber: ChamberCode, report_id: ReportId, parts: Parts
) -> Response:
    """One version of a document."""
    found = await service.document(parts, chamber, report_id)
    shelf = await service.shelf(parts, chamber)
    if shelf is None:
        raise Refusal("report_not_found")
    body = to_json(detail_view(found, shelf.publisher))
    return public_response(request, body, "application/json")


@router.get(
    "/v1/publications/{chamber}/{report_id}/pdf",
    operation_id="publication_pdf",
    summary="Il PDF di un documento pubblicato",
    description="Il PDF firmato; l'ETag è la sua impronta SHA-256. Non serve un token.",
    openapi_extra=PUBLIC,
    responses={**_file("Il PDF.", "application/pdf"), **refusals("report_not_found")},
    response_class=Response,
)
async def show_pdf(
    request: Request, chamber: ChamberCode, report_id: ReportId, parts: Parts
) -> Response:
    """The very bytes that were signed."""
    found = await service.document(parts, chamber, report_id)
    etag = f'"{found.pdf_sha256}"'
    held = unchanged(request, etag, found.published_at)
    body = b"" if held else await service.pdf(parts, found)
    name = f"{found.title} - {chamber} - versione {found.version}.pdf"
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    shown = {"Content-Disposition": f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"}
    return public_response(
        *(request, body, "application/pdf"), etag=etag, modified=found.published_at, headers=shown
    )


@router.get(
    "/v1/publications/{chamber}/{report_id}/html",
    operation_id="publication_html",
    summary="La versione HTML di un documento pubblicato",
    description="La pagina accessibile con lo stesso contenuto del PDF, come è stata composta e "
    "come si conserva; l'ETag è la sua impronta SHA-256. Per leggerla c'è la pagina del documento.",
    openapi_extra=PUBLIC,
    responses={
        **_file("La pagina.", "text/html"),
        **refusals("report_not_found", "web_page_missing"),
    },
    response_class=Response,
)
async def show_html(
    request: Request, chamber: ChamberCode, report_id: ReportId, parts: Parts
) -> Response:
    """The very bytes that were made with the PDF."""
    found = await service.document(parts, chamber, report_id)
    body = await service.web_page(parts, found)
    return public_response(
        *(request, body, "text/html; charset=utf-8"),
        etag=f'"{found.web_sha256}"',
        modified=found.published_at,
        headers=page_headers(body),
    )


@router.get(
    "/v1/publications/{chamber}/{report_id}/data/{file}",
    operation_id="publication_data",
    summary="I dati di un documento pubblicato",
    description="Un file alla volta: le tabelle in CSV (con `metadati.json`, che dice che cosa "
    "contiene ogni colonna) o tutte insieme in JSON, e `snapshot.json`, i dati congelati da cui "
    "il documento è fatto. Decimali esatti con il punto.",
    openapi_extra=PUBLIC,
    responses={
        **_file("Il file.", "text/csv", "application/json", "application/csvm+json"),
        **refusals("report_not_found"),
    },
    response_class=Response,
)
async def show_data(
    request: Request,
    chamber: ChamberCode,
    report_id: ReportId,
    file: Annotated[DataFile, PathParameter(description="Quale file.")],
    parts: Parts,
) -> Response:
    """A file of data, made from the frozen content."""
    found = await service.document(parts, chamber, report_id)
    body = files.content(file, await service.snapshot(parts, found))
    described = f'<{addresses.data(found, DataFile.METADATA)}>; rel="describedby"'
    return public_response(
        *(request, body, file.media_type),
        modified=found.published_at,
        headers={"Link": described} if file.is_csv else None,
    )


@router.get(
    "/v1/publications/{chamber}/catalogue/{file}",
    operation_id="publications_catalogue",
    summary="Il catalogo dei documenti di una camera",
    description="Descrizione DCAT-AP_IT del catalogo, di ogni documento in vigore e delle sue "
    "distribuzioni, per i cataloghi nazionali ed europei: Turtle, RDF/XML o JSON-LD.",
    openapi_extra=PUBLIC,
    responses={**_file("Il catalogo.", *CatalogueForm.media_types()), **refusals("not_found")},
    response_class=Response,
)
async def show_catalogue(
    request: Request,
    chamber: ChamberCode,
    file: Annotated[CatalogueForm, PathParameter(description="In quale forma.")],
    parts: Parts,
) -> Response:
    """The catalogue of a chamber."""
    shelves = await service.shelves(parts, [chamber])
    body = await catalogue(parts.settings.public_url, shelves, None, file)
    return public_response(request, body, file.media_type, modified=last_modified(shelves))


@router.get(
    "/v1/entities/{entity}/publications/catalogue/{file}",
    operation_id="entity_publications_catalogue",
    summary="Il catalogo dei documenti di un ente",
    description="Come quello di una camera, con i documenti di tutte le camere dell'ente.",
    openapi_extra=PUBLIC,
    responses={**_file("Il catalogo.", *CatalogueForm.media_types()), **refusals("not_found")},
    response_class=Response,
)
async def show_entity_catalogue(
    request: Request,
    entity: EntityCode,
    file: Annotated[CatalogueForm, PathParameter(description="In quale forma.")],
    parts: Parts,
) -> Response:
    """The catalogue of an entity."""
    shelves = await service.shelves(parts, await parts.directory.chambers(entity))
    body = await catalogue(parts.settings.public_url, shelves, entity, file)
    return public_response(request, body, file.media_type, modified=last_modified(shelves))


answer_heads(router)
