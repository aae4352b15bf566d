"""Bodies of publications."""

from typing import Annotated

from pydantic import Field

from services.api.paging import ListItem
from services.api.plans.schemas import Cursor
from services.api.publications import addresses
from services.api.publications.catalogue import dataset_identifier
from services.api.publications.files import of_kind
from services.api.publications.shelf import LICENCE, Document, Publisher
from services.api.reports.schemas import (
    Count,
    Id,
    Instant,
    Kind,
    Link,
    Mark,
    Sha256,
    Title,
    Year,
)
from services.api.responses import Resource
from shared.contracts.chamber import Code, Label

_Licence = Annotated[
    str,
    Field(max_length=100, pattern=r"^https://\S+$", description="Licenza d'uso di testi e dati."),
]


class WebPage(Resource):
    """La versione HTML, come è stata composta e come si conserva."""

    href: Link
    sha256: Sha256
    size: Annotated[Count, Field(description="Byte.")]


class DataLink(Resource):
    """Un file di dati."""

    href: Link
    title: Annotated[str, Field(max_length=200, description="Che cosa contiene.")]
    media_type: Annotated[str, Field(max_length=100, description="Tipo del contenuto.")]


class PublishedDocument(ListItem):
    """Una versione pubblicata di un documento."""

    report_id: Id
    chamber: Code
    chamber_name: Label
    year: Year
    kind: Kind
    title: Title
    mark: Mark
    version: Annotated[int, Field(ge=1, le=1_000_000, description="Versione del documento.")]
    reason: Annotated[
        str | None,
        Field(max_length=4000, description="Perché questa versione, dopo una già approvata."),
    ]
    published_at: Instant
    page: Annotated[Link, Field(description="La pagina del documento, per le persone.")]
    citation: Annotated[
        str,
        Field(
            max_length=6000,
            description="Indirizzo permanente del documento, da citare: porta alla versione in "
            "vigore.",
            json_schema_extra={"format": "uri-reference"},
            examples=["/amministrazione-trasparente/PI/performance/2020/relazione"],
        ),
    ]
    dataset: Annotated[
        str,
        Field(
            max_length=6000,
            pattern=r"^[^\s:]+(:[^\s:]+)+$",
            description="Identificativo nei cataloghi DCAT-AP_IT (`dct:identifier`), lo stesso "
            "per ogni versione.",
            examples=["cciaa_pi:relazione:2020"],
        ),
    ]
    pdf: Annotated[Link, Field(description="Il PDF firmato, con i dati allegati.")]
    sha256: Sha256
    size: Annotated[Count, Field(description="Byte.")]
    pages: Annotated[Count, Field(description="Pagine.")]
    html: Annotated[
        WebPage | None, Field(description="Assente nei documenti composti prima che esistesse.")
    ]
    data: Annotated[list[DataLink], Field(max_length=20, description="I dati, file per file.")]
    verification: Annotated[Link, Field(description="Come si verifica una copia.")]
    supersedes: Annotated[
        Link | None, Field(description="La versione pubblicata prima, che resta.")
    ]
    superseded_by: Annotated[Link | None, Field(description="La versione che l'ha sostituita.")]


class PublicationDetail(PublishedDocument):
    """Una versione pubblicata, con la sua licenza."""

    licence: _Licence


class PublicationList(Resource):
    """I documenti pubblicati di una camera o di un ente."""

    items: Annotated[list[PublishedDocument], Field(max_length=500)]
    next: Cursor
    licence: _Licence


def publication_view(document: Document, publisher: Publisher) -> PublishedDocument:
    """A document as everybody sees it."""
    below = f"/v1/publications/{document.chamber}"
    return PublishedDocument(
        report_id=document.report_id,
        chamber=document.chamber,
        chamber_name=publisher.name,
        year=document.year,
        kind=document.kind,  # type: ignore[arg-type]  # the table's check allows no other
        title=document.title,
        mark=document.designation.mark or None,
        version=document.version,
        reason=document.reason,
        published_at=document.published_at,
        page=addresses.document_page(document),
        citation=addresses.permanent(document),
        dataset=dataset_identifier(publisher, document),
        pdf=addresses.pdf(document),
        sha256=document.pdf_sha256,
        size=document.pdf_size,
        pages=document.pdf_pages,
        html=_web_page(document),
        data=[
            DataLink(
                href=addresses.data(document, file), title=file.label, media_type=file.media_type
            )
            for file in of_kind(document.kind)
        ],
        verification=addresses.verification(document),
        supersedes=document.supersedes and f"{below}/{document.supersedes}",
        superseded_by=document.superseded_by and f"{below}/{document.superseded_by}",
    )


def detail_view(document: Document, publisher: Publisher) -> PublicationDetail:
    """The same, alone."""
    view = publication_view(document, publisher)
    return PublicationDetail(**view.model_dump(), licence=LICENCE)


def _web_page(document: Document) -> WebPage | None:
    if document.web_sha256 is None or document.web_size is None:
        return None
    return WebPage(
        href=f"{addresses.resource(document)}/html",
        sha256=document.web_sha256,
        size=document.web_size,
    )
