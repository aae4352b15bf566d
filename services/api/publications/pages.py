"""The pages that people read: what is published by a chamber, by an entity, and one document."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from services.api.publications import addresses
from services.api.publications.catalogue import CatalogueForm
from services.api.publications.files import of_kind
from services.api.publications.shelf import LICENCE, Document, Publisher, Series, Shelf
from shared.domain.italian import of_the

_HERE = "services.api.publications"
_ROME = ZoneInfo("Europe/Rome")
_KILO = 1000


def chamber_page(base: str, shelf: Shelf) -> bytes:
    """What a chamber has published, also where it is nothing."""
    publisher = shelf.publisher
    return _page(
        "list.html.j2",
        base=base,
        path=addresses.chamber_page(publisher.code),
        title=f"Performance {of_the(publisher.name)}",
        shelves=[shelf],
        catalogues=[addresses.chamber_catalogue(publisher.code, file) for file in CatalogueForm],
        up=[("Amministrazione trasparente", addresses.SITE)],
    )


def entity_page(base: str, entity: str, shelves: Sequence[Shelf]) -> bytes:
    """What the chambers of an entity have published; what is the entity's own comes first.

    ``shelves`` is not empty.
    """
    shelves = sorted(shelves, key=lambda shelf: shelf.publisher.code != entity)
    name = shelves[0].publisher.entity_name
    return _page(
        "list.html.j2",
        base=base,
        path=addresses.entity_page(entity),
        title=f"Performance {of_the(name)}",
        shelves=shelves,
        catalogues=[addresses.entity_catalogue(entity, file) for file in CatalogueForm],
        up=[("Amministrazione trasparente", addresses.SITE)],
    )


def all_chambers_page(base: str, shelves: Sequence[Shelf]) -> bytes:
    """Who publishes here."""
    return _page(
        "chambers.html.j2",
        base=base,
        path=addresses.SITE,
        title="Amministrazione trasparente: performance",
        publishers=[shelf.publisher for shelf in shelves],
        up=[],
    )


def choice_page(base: str, shelf: Shelf, found: Sequence[Series]) -> bytes:
    """The documents of one kind and year that hold side by side."""
    publisher, first = shelf.publisher, found[0].latest
    return _page(
        "list.html.j2",
        base=base,
        path=addresses.of_year(first),
        title=f"{first.designation.heading} {first.year}, {publisher.name}",
        shelves=[replace(shelf, series=tuple(found))],
        catalogues=[],
        up=_up(publisher),
    )


def document_page(base: str, shelf: Shelf, series: Series, document: Document) -> bytes:
    """One version of a document: its forms, its data, its other versions."""
    publisher = shelf.publisher
    return _page(
        "document.html.j2",
        base=base,
        path=addresses.document_page(document),
        title=f"{document.title}, {publisher.name}",
        publisher=publisher,
        series=series,
        current=shelf.current(series),
        document=document,
        decided=shelf.published_version(document.subject),
        files=of_kind(document.kind),
        linked_data=_linked_data(base, publisher, document),
        up=_up(publisher),
    )


def missing_page(*, found_later: bool) -> bytes:
    """What stands where there is no page, or where none can be made at the moment."""
    title = "Servizio non disponibile" if found_later else "Pagina non trovata"
    up = [("Amministrazione trasparente", addresses.SITE)]
    return _page("missing.html.j2", title=title, path="", up=up, found_later=found_later)


def notices(shelf: Shelf, series: Series, document: Document) -> str:
    """What stands above the text of a document: where else it is, and what has replaced it."""
    return (
        templates(_HERE)
        .get_template("notices.html.j2")
        .render(
            publisher=shelf.publisher,
            series=series,
            current=shelf.current(series),
            document=document,
        )
    )


def _up(publisher: Publisher) -> list[tuple[str, str]]:
    return [
        ("Amministrazione trasparente", addresses.SITE),
        (f"Performance {of_the(publisher.name)}", addresses.chamber_page(publisher.code)),
    ]


def _page(template: str, **values: Any) -> bytes:  # noqa: ANN401 - what its template shows
    return templates(_HERE).get_template(template).render(values).encode()


@cache
def templates(package: str) -> Environment:
    """The templates of a feature's pages, on the skeleton (``site.html.j2``) of all of them."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(_HERE)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(day=_day, instant=_instant, size=_size, pages=_pages, of_the=of_the)
    environment.globals.update(addresses=addresses, licence=LICENCE)
    return environment


def _day(when: datetime) -> str:
    return when.astimezone(_ROME).strftime("%d/%m/%Y")


def _instant(when: datetime) -> str:
    return when.astimezone(_ROME).isoformat(timespec="seconds")


def _pages(count: int) -> str:
    return "1 pagina" if count == 1 else f"{count} pagine"


def _size(count: int) -> str:
    """Bytes as people say them: ``373 kB``."""
    kilobytes = max(1, round(count / _KILO))
    if kilobytes < _KILO:
        return f"{kilobytes} kB"
    return f"{kilobytes / _KILO:.1f} MB".replace(".", ",")


def _linked_data(base: str, publisher: Publisher, document: Document) -> Markup:
    """What search engines read (schema.org), as JSON that cannot end its element."""
    forms = [("application/pdf", addresses.pdf(document))]
    forms += [
        (file.media_type.partition(";")[0], addresses.data(document, file))
        for file in of_kind(document.kind)
        if file.is_csv
    ]
    about = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": f"{document.title}, {publisher.name}",
        "description": f"{document.about}. {publisher.name}, {document.year}.",
        "url": f"{base}{addresses.document_page(document)}",
        "identifier": document.report_id,
        "version": str(document.version),
        "inLanguage": "it",
        "license": LICENCE,
        "isAccessibleForFree": True,
        "datePublished": _instant(document.published_at),
        "temporalCoverage": f"{document.year}-01-01/{document.year}-12-31",
        "publisher": {"@type": "GovernmentOrganization", "name": publisher.name},
        "distribution": [
            {"@type": "DataDownload", "encodingFormat": kind, "contentUrl": f"{base}{at}"}
            for kind, at in forms
        ],
    }
    text = json.dumps(about, ensure_ascii=False).replace("<", "\\u003c")
    return Markup(text)  # noqa: S704 - no mark-up is left in it
