"""Bodies of the life of a plan."""

from datetime import date
from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field

from services.api.paging import ListItem
from services.api.plans.schemas import Code, Cursor, Line, State, Text, Version
from services.api.responses import Resource
from services.api.tenants.schemas import Instant
from shared.contracts.case import CaseTarget
from shared.contracts.plan_content import PlanContent
from shared.domain.versions import Change
from shared.domain.workflow import Cause

VersionPath = Annotated[
    int,
    Path(
        ge=1,
        le=2_147_483_647,
        description="Numero della versione; anche quella in preparazione.",
        examples=[1],
        json_schema_extra={"format": "int32"},
    ),
]

Words = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]
Reason = Annotated[
    str,
    Field(
        min_length=1,
        max_length=20_000,
        pattern=r"\S",
        description="Perché: resta accanto ai valori vecchi e nuovi.",
    ),
]


class ActOfApproval(Resource):
    """L'atto: organo, numero e data."""

    document: Annotated[Words, Field(description="Che cosa approva.")] = "Piano della performance"
    organ: Annotated[Words, Field(examples=["Giunta camerale"])]
    number: Annotated[Words, Field(examples=["7"])]
    date: Annotated[date, Field(examples=["2021-01-29"])]


class NewApproval(Resource):
    """L'approvazione del piano o della variazione aperta."""

    act: ActOfApproval
    oiv_opinion: Annotated[
        Reason | None, Field(description="Parere dell'OIV, se giunto dopo l'apertura.")
    ] = None


class NewAmendment(Resource):
    """Una variazione del piano da aprire."""

    motivation: Reason
    cause: Cause
    oiv_opinion: Annotated[Reason | None, Field(description="Parere dell'OIV, se c'è.")] = None


class Motivated(Resource):
    """Il motivo di un ritiro o di una riapertura."""

    motivation: Reason


class PlanClosure(Resource):
    """La chiusura del piano; l'atto, se la dispone un atto."""

    act: ActOfApproval | None = None


class VersionFacts(ListItem):
    """Una versione del piano, senza il contenuto."""

    version: Version
    state: Annotated[
        Literal["draft", "approved", "superseded"],
        Field(description="In preparazione, in vigore o sostituita."),
    ]
    act: ActOfApproval | None
    motivation: Text | None
    cause: Cause | None
    oiv_opinion: Text | None
    approved_at: Instant | None
    sha256: Annotated[str, Field(max_length=64, pattern=r"^[0-9a-f]{64}$")] | None


class VersionList(Resource):
    """Le versioni approvate del piano."""

    items: Annotated[list[VersionFacts], Field(max_length=500)]
    next: Cursor
    state: State


class PlanVersion(Resource):
    """Una versione del piano con il suo contenuto."""

    facts: VersionFacts
    content: PlanContent


class FieldDifference(Resource):
    """Un campo che cambia, come lo legge una persona."""

    name: Annotated[str, Field(max_length=200, pattern=r"^.+$", examples=["targets/2021"])]
    old: Text | None
    new: Text | None


class RowDifference(Resource):
    """Che cosa è stato di un elemento."""

    section: Literal["policy", "objectives", "measures", "indicators"]
    code: Code | None
    title: Line | None
    change: Change
    fields: Annotated[list[FieldDifference], Field(max_length=500)]


class TargetDifference(Resource):
    """Target vecchio e target nuovo di un indicatore per un anno."""

    indicator: Code
    title: Line | None
    year: Annotated[int, Field(ge=1990, le=2200)]
    old: CaseTarget | None
    new: CaseTarget | None


class VersionDifferences(Resource):
    """Che cosa cambia da una versione a un'altra, e perché."""

    chamber: Annotated[str, Field(max_length=8, pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
    year: Annotated[int, Field(ge=1990, le=2200)]
    old_version: Version
    new_version: Version
    reasons: Annotated[
        list[VersionFacts],
        Field(max_length=10_000, description="Le versioni che stanno dopo la più vecchia."),
    ]
    targets: Annotated[list[TargetDifference], Field(max_length=20_000)]
    changes: Annotated[list[RowDifference], Field(max_length=60_001)]
