"""The public pages, and what search engines ask first: no account, no filter."""

from collections.abc import Awaitable, Callable
from typing import Any
from xml.sax.saxutils import escape

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.api.auth.access import ChamberCode, Parts
from services.api.errors import Refusal
from services.api.head_requests import answer_heads
from services.api.page_policy import page_headers
from services.api.publications import addresses, pages, service
from services.api.publications.answers import CACHE, public_response
from services.api.publications.page_route import PageRoute
from services.api.publications.router import EntityCode
from services.api.publications.shelf import Document, last_modified
from services.api.reports.schemas import ReportId, Year

router = APIRouter(route_class=PageRoute)

_HTML = "text/html; charset=utf-8"


def _page(path: str) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., Awaitable[Any]]]:
    """A route for people and robots."""
    return router.get(path, include_in_schema=False)


def _answer(request: Request, body: bytes, **more: Any) -> Response:  # noqa: ANN401 - passed on
    return public_response(request, body, _HTML, headers=page_headers(body), **more)


@_page(addresses.SITE)
async def all_chambers(request: Request, parts: Parts) -> Response:
    """Who publishes here."""
    shelves = await service.everyone(parts)
    return _answer(request, pages.all_chambers_page(parts.settings.public_url, shelves))


@_page(f"{addresses.SITE}/enti/{{entity}}/performance")
async def entity_page(request: Request, entity: EntityCode, parts: Parts) -> Response:
    """What the chambers of an entity have published.

    Raises:
        Refusal: ``publisher_unknown``.
    """
    shelves = await service.known_shelves(parts, await parts.directory.chambers(entity))
    return _answer(request, pages.entity_page(parts.settings.public_url, entity, shelves))


@_page(f"{addresses.SITE}/{{chamber}}/performance")
async def chamber_page(request: Request, chamber: ChamberCode, parts: Parts) -> Response:
    """The page that the chamber's site points to.

    Raises:
        Refusal: ``publisher_unknown``.
    """
    (shelf,) = await service.known_shelves(parts, [chamber])
    return _answer(request, pages.chamber_page(parts.settings.public_url, shelf))


@_page(f"{addresses.SITE}/{{chamber}}/performance/documenti/{{report_id}}")
async def document_page(
    request: Request, chamber: ChamberCode, report_id: ReportId, parts: Parts
) -> Response:
    """One version of a document.

    Raises:
        Refusal: ``report_not_found``.
    """
    shelf = await service.shelf(parts, chamber)
    series = None if shelf is None else shelf.of(report_id)
    if shelf is None or series is None:
        raise Refusal("report_not_found")
    found = next(one for one in series.versions if one.report_id == report_id)
    body = pages.document_page(parts.settings.public_url, shelf, series, found)
    return _answer(request, body)


@_page(f"{addresses.SITE}/{{chamber}}/performance/documenti/{{report_id}}/testo")
async def text_page(
    request: Request, chamber: ChamberCode, report_id: ReportId, parts: Parts
) -> Response:
    """The document itself, with what could not be known when it was made."""
    found = await service.document(parts, chamber, report_id)
    shelf = await service.shelf(parts, chamber)
    series = None if shelf is None else shelf.of(report_id)
    if shelf is None or series is None:
        raise Refusal("report_not_found")
    kept = await service.web_page(parts, found)
    return _answer(request, service.with_notices(kept, pages.notices(shelf, series, found)))


# After the pages of documents, whose addresses have the same shape.
@_page(f"{addresses.SITE}/{{chamber}}/performance/{{year}}/{{kind}}")
async def of_year(
    request: Request, chamber: ChamberCode, year: Year, kind: str, parts: Parts
) -> Response:
    """Leads to the document of a kind and year that holds now; of several it shows them all.

    Raises:
        Refusal: ``report_not_found``.
    """
    shelf = await service.shelf(parts, chamber)
    found = [] if shelf is None else shelf.leading(year, kind)
    if shelf is None or not found:
        raise Refusal("report_not_found")
    if len(found) == 1:
        return _lead(found[0].latest)
    return _answer(request, pages.choice_page(parts.settings.public_url, shelf, found))


@_page(f"{addresses.SITE}/{{chamber}}/performance/{{year}}/{{kind}}/{{mark}}")
async def version_in_force(
    chamber: ChamberCode, year: Year, kind: str, mark: str, parts: Parts
) -> Response:
    """Leads to the version in force of one document.

    Raises:
        Refusal: ``report_not_found``.
    """
    shelf = await service.shelf(parts, chamber)
    found = None if shelf is None else shelf.at(year, kind, mark)
    if found is None:
        raise Refusal("report_not_found")
    return _lead(found.latest)


def _lead(document: Document) -> Response:
    target = addresses.document_page(document)
    return RedirectResponse(target, status_code=302, headers={"Cache-Control": CACHE})


@_page(f"{addresses.SITE}/{{rest:path}}")
async def nothing(rest: str) -> Response:
    """Whatever else is asked for below the front page; a slash too many is taken away.

    Raises:
        Refusal: ``not_found``.
    """
    if rest and not rest.endswith("/"):
        raise Refusal("not_found")
    return RedirectResponse(f"{addresses.SITE}/{rest}".rstrip("/"), status_code=301)


@_page("/")
async def front_door() -> Response:
    """Who comes with the name of the host alone looks for the pages."""
    return RedirectResponse(addresses.SITE, status_code=302, headers={"Cache-Control": CACHE})


@_page("/robots.txt")
async def robots(request: Request, parts: Parts) -> Response:
    """Everything may be read and kept."""
    text = f"User-agent: *\nAllow: /\nSitemap: {parts.settings.public_url}/sitemap.xml\n"
    return public_response(request, text.encode(), "text/plain; charset=utf-8")


@_page("/sitemap.xml")
async def sitemap(request: Request, parts: Parts) -> Response:
    """Every page of what is published here."""
    shelves = await service.everyone(parts)
    found: dict[str, str | None] = {addresses.SITE: None}
    for shelf in shelves:
        page = addresses.chamber_page(shelf.publisher.code)
        found[page] = None if shelf.modified is None else shelf.modified.date().isoformat()
        found[addresses.entity_page(shelf.publisher.entity)] = None
        for document in (version for series in shelf.series for version in series.versions):
            day = document.published_at.date().isoformat()
            found[addresses.document_page(document)] = day
            if document.web_size is not None:
                found[addresses.text_page(document)] = day
    base = parts.settings.public_url
    entries = (
        f"<url><loc>{escape(base + path)}</loc>"
        + (f"<lastmod>{day}</lastmod>" if day else "")
        + "</url>"
        for path, day in found.items()
    )
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        + "".join(entries)
        + "</urlset>\n"
    )
    return public_response(
        request, body.encode(), "application/xml", modified=last_modified(shelves)
    )


answer_heads(router)
