"""Bodies of catalogues; their content is a contract (:mod:`shared.contracts.catalogue`)."""

from typing import Annotated, Literal, Self

from fastapi import Path, Query
from pydantic import Field, model_validator

from services.api.paging import ListItem
from services.api.plans.schemas import Code as PlanCode
from services.api.plans.schemas import Cursor, EntryReference
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant
from shared.contracts.case import CaseTarget, PositiveText
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


class NewAdoption(Resource):
    """Un indicatore di catalogo da portare in un piano."""

    entry: EntryReference
    objective: Annotated[PlanCode, Field(description="Sotto quale obiettivo.")]
    code: Annotated[
        PlanCode | None, Field(description="Codice nel piano; senza, quello del catalogo.")
    ] = None
    weight: PositiveText | None = None
    target: Annotated[CaseTarget | None, Field(description="Target di `target_year`.")] = None
    target_year: Annotated[int | None, Field(ge=1990, le=2100)] = None

    @model_validator(mode="after")
    def _target_of_a_year(self) -> Self:
        if (self.target is None) is not (self.target_year is None):
            raise ValueError("target_year")
        return self


class Adoption(Resource):
    """L'indicatore come sta nel piano, e le misure che vi mancavano."""

    indicator: PlanCode
    formula: Annotated[str, Field(max_length=4000, pattern=r"^[\s\S]+$")]
    measures: Annotated[list[PlanCode], Field(max_length=500)]


class CatalogueImport(Resource):
    """Che cosa è cambiato con l'importazione; le voci assenti dal file restano."""

    created: Annotated[int, Field(ge=0, le=40_000)]
    changed: Annotated[int, Field(ge=0, le=40_000)]
    unchanged: Annotated[int, Field(ge=0, le=40_000)]
