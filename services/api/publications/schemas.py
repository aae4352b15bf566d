"""Bodies of publications."""

from typing import Annotated

from pydantic import Field

from services.api.paging import ListItem
from services.api.plans.schemas import Cursor
from services.api.reports.schemas import Count, Id, Instant, Kind, Link, Sha256, Year
from services.api.responses import Resource
from shared.contracts.chamber import Code, Label


class Publication(ListItem):
    """Un documento pubblicato."""

    report_id: Id
    chamber: Code
    chamber_name: Label
    year: Year
    kind: Kind
    version: Annotated[int, Field(ge=1, le=1_000_000, description="Versione del documento.")]
    published_at: Instant
    pdf: Annotated[Link, Field(description="Il PDF firmato, con i dati allegati.")]
    sha256: Sha256
    size: Annotated[Count, Field(description="Byte.")]
    pages: Annotated[Count, Field(description="Pagine.")]


class PublicationList(Resource):
    """I documenti pubblicati di una camera."""

    items: Annotated[list[Publication], Field(max_length=500)]
    next: Cursor
    licence: Annotated[
        str,
        Field(max_length=100, pattern=r"^https://\S+$", description="Licenza d'uso dei dati."),
    ]
