"""Parameters of the views of an entity; what they answer are contracts."""

from typing import Annotated

from fastapi import Path, Query

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
