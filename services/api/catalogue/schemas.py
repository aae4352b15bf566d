"""Bodies of catalogues; their content is a contract (:mod:`shared.contracts.catalogue`)."""

from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import Field

from services.api.paging import ListItem
from services.api.plans.schemas import Cursor
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant
from shared.contracts.catalogue import IndicatorEntry, MeasureEntry
from shared.contracts.chamber import Code
from shared.domain.catalogue import REFERENCE_PATTERN, SOURCE_PATTERN

NAME_PATTERN = rf"^(indicator|measure):{REFERENCE_PATTERN}$"

EntryPath = Annotated[
    str,
    Path(
        max_length=121,
        pattern=NAME_PATTERN,
        description="Genere, catalogo e codice della voce.",
        examples=["indicator:pareto:C1.1_07"],
    ),
]
KindFilter = Annotated[
    Literal["indicator", "measure"] | None, Query(description="Solo voci di un genere.")
]
SourceFilter = Annotated[
    str | None,
    Query(pattern=rf"^{SOURCE_PATTERN}$", max_length=30, description="Solo di un catalogo."),
]

NewEntry = Annotated[IndicatorEntry | MeasureEntry, Field(discriminator="kind")]

Name = Annotated[
    str,
    Field(max_length=121, pattern=NAME_PATTERN, examples=["indicator:pareto:C1.1_07"]),
]
VersionNumber = Annotated[int, Field(ge=1, le=2_147_483_647)]


class CatalogueEntry(ListItem):
    """Una voce di catalogo."""

    name: Name
    owner: Annotated[Code, Field(description="L'ente che la condivide, o la camera di cui è.")]
    version: VersionNumber
    discouraged: Annotated[
        bool,
        Field(description="La fonte è autodichiarata: da mostrare con un avvertimento."),
    ]
    recorded_at: Instant
    entry: NewEntry
    allowed_actions: Actions


class CatalogueEntryList(Resource):
    """Le voci del catalogo."""

    items: Annotated[list[CatalogueEntry], Field(max_length=500)]
    next: Cursor


class CatalogueImport(Resource):
    """Che cosa è cambiato con l'importazione; le voci assenti dal file restano."""

    created: Annotated[int, Field(ge=0, le=40_000)]
    changed: Annotated[int, Field(ge=0, le=40_000)]
    unchanged: Annotated[int, Field(ge=0, le=40_000)]
