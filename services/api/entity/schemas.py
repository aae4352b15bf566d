"""Parameters of the views of an entity; what they answer are contracts."""

from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import Field

from services.api.measurements.schemas import Reason
from services.api.plans.schemas import Code
from services.api.responses import Resource
from shared.contracts.case import Case
from shared.contracts.merger import LeftBehind
from shared.domain.catalogue import REFERENCE_PATTERN

MOST_YEARS = 20
"""Most years that one request may ask for."""

EntityYear = Annotated[
    int,
    Path(
        ge=1990,
        le=2100,
        description="Anno dei piani.",
        examples=[2020],
        json_schema_extra={"format": "int32"},
    ),
]
FromYear = Annotated[
    int, Query(ge=1990, le=2100, description="Primo anno.", json_schema_extra={"format": "int32"})
]
ToYear = Annotated[
    int, Query(ge=1990, le=2100, description="Ultimo anno.", json_schema_extra={"format": "int32"})
]
ChambersFilter = Annotated[
    str | None,
    Query(
        pattern=r"^[A-Z][A-Z0-9]{1,7}(,[A-Z][A-Z0-9]{1,7})*$",
        max_length=4000,
        description="Solo alcune camere, separate da virgole; senza, tutte quelle autorizzate.",
        examples=["LU,PI"],
    ),
]
EntryFilter = Annotated[
    str | None,
    Query(
        pattern=rf"^{REFERENCE_PATTERN}$",
        max_length=111,
        description="Solo un indicatore del catalogo.",
        examples=["dfp:DFP 1.3"],
    ),
]
DryRun = Annotated[bool, Query(description="Solo il risultato che si avrebbe: nulla è registrato.")]


class NewEntityReport(Resource):
    """La richiesta della relazione di un ente."""

    year: Annotated[int, Field(ge=1990, le=2100, description="Anno dei piani.", examples=[2020])]
    reason: Annotated[
        Reason | None,
        Field(description="Perché serve un'altra versione; richiesto dopo un'approvazione."),
    ] = None


class UnmappedElement(Resource):
    """Un elemento del piano di una camera che l'accorpamento non nomina."""

    chamber: Annotated[str, Field(max_length=8, pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
    section: Literal["objectives", "indicators"]
    code: Code
    title: Annotated[str, Field(max_length=1000, pattern=r"^[\s\S]*$")]


class MergerRemark(Resource):
    """Ciò che chi accorpa dovrebbe sapere della bozza."""

    pointer: Annotated[str, Field(max_length=1000, pattern=r"^(/.*)?$")]
    code: Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
    detail: Annotated[str, Field(max_length=4000, pattern=r"^[\s\S]*$")]


_Codes = Annotated[list[Code], Field(max_length=20_000)]


class Merger(Resource):
    """La bozza del piano dell'ente, e che cosa resta da guardare."""

    entity: Annotated[str, Field(max_length=8, pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
    year: Annotated[int, Field(ge=1990, le=2200)]
    dry_run: bool
    unmapped: Annotated[
        list[UnmappedElement],
        Field(max_length=20_000, description="Nessuna riga dell'accorpamento li nomina."),
    ]
    left_behind: Annotated[list[LeftBehind], Field(max_length=20_000)]
    without_target: Annotated[_Codes, Field(description="Indicatori ancora senza target.")]
    without_baseline: Annotated[
        _Codes, Field(description="Indicatori senza un valore consolidato di partenza.")
    ]
    warnings: Annotated[list[MergerRemark], Field(max_length=20_000)]
    draft: Annotated[Case, Field(description="Il piano, come file `ciclo/case@1`.")]
