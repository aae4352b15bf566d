"""Bodies of plans and their parts."""

from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field

from services.api.paging import ListItem
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant
from shared.contracts.case import Act, CasePolicy, Published
from shared.domain.catalogue import REFERENCE_PATTERN
from shared.domain.workflow import PlanState

PlanYear = Annotated[
    int,
    Path(
        ge=1990,
        le=2100,
        description="Primo anno del piano.",
        examples=[2020],
        json_schema_extra={"format": "int32"},
    ),
]

Cursor = Annotated[
    str | None,
    Field(
        max_length=600,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="Da dare come `cursor` per proseguire; `null` alla fine.",
    ),
]
Text = Annotated[str, Field(max_length=200_000, pattern=r"^[\s\S]*$")]
Line = Annotated[str, Field(max_length=1000, pattern=r"^[\s\S]*$")]
Code = Annotated[str, Field(max_length=100, pattern=r"^[^\[\]]+$", examples=["A1.1"])]
DecimalNumber = Annotated[
    str,
    Field(
        max_length=64,
        pattern=r"^-?\d+(\.\d+)?$",
        json_schema_extra={"format": "decimal"},
        examples=["94.88"],
    ),
]
Revision = Annotated[
    int,
    Field(
        ge=0,
        le=9_007_199_254_740_991,
        json_schema_extra={"format": "int64"},
        description="Quante volte sono cambiati i dati da cui dipendono i risultati.",
    ),
]

State = Annotated[
    PlanState,
    Field(description="`draft` bozza, `approved` in vigore, `amending` in variazione, `closed`."),
]
Version = Annotated[
    int,
    Field(
        ge=1,
        le=2_147_483_647,
        description="Versione a cui appartiene il contenuto; in `draft` e `amending` non è "
        "ancora approvata.",
    ),
]


EntryReference = Annotated[
    str,
    Field(
        max_length=111,
        pattern=rf"^{REFERENCE_PATTERN}$",
        description="Voce di un catalogo: il catalogo e il suo codice.",
        examples=["pareto:C1.1_07"],
    ),
]


class PlanSummary(ListItem):
    """Un piano, in un elenco."""

    year: Annotated[int, Field(ge=1990, le=2200)]
    kind: Literal["piano", "relazione"]
    state: State
    version: Version
    revision: Revision
    updated_at: Instant


class PlanList(Resource):
    """I piani della camera."""

    items: Annotated[list[PlanSummary], Field(max_length=500)]
    next: Cursor


class Counts(Resource):
    """Quanti elementi ha il piano."""

    objectives: Annotated[int, Field(ge=0, le=20_000)]
    measures: Annotated[int, Field(ge=0, le=20_000)]
    indicators: Annotated[int, Field(ge=0, le=20_000)]
    measurements: Annotated[int, Field(ge=0, le=1_000_000)]
    evaluations: Annotated[int, Field(ge=0, le=20_000)]
    narratives: Annotated[int, Field(ge=0, le=20_000)]
    tables: Annotated[int, Field(ge=0, le=1_000)]


class Plan(Resource):
    """Un piano della performance."""

    chamber: Annotated[str, Field(max_length=8, pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
    year: Annotated[int, Field(ge=1990, le=2200)]
    kind: Literal["piano", "relazione"]
    state: State
    version: Version
    acts: Annotated[tuple[Act, ...], Field(max_length=50)]
    policy: CasePolicy
    published: Published | None
    counts: Counts
    revision: Revision
    updated_at: Instant
    allowed_actions: Actions
