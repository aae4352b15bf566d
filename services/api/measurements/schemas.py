"""Bodies of measurements."""

from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field

from services.api.paging import ListItem
from services.api.plans.schemas import Code, Cursor, DecimalNumber, Line, Revision, Text
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant
from shared.contracts.case import CaseMeasurement

PERIOD = r"^(Q[1-3]|S[12]|T[1-4]|M(0[1-9]|1[0-2])|Y)$"
"""Periods where the year has a name, too."""

Period = Annotated[
    str,
    Field(
        max_length=3,
        pattern=r"^(Q[1-3]|S[12]|T[1-4]|M(0[1-9]|1[0-2]))$",
        description="Assente per l'anno intero.",
    ),
]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
SubjectKind = Literal["measure", "indicator", "objective"]
MeasurementState = Annotated[
    Literal["recorded", "submitted", "validated", "rejected", "reopened"],
    Field(description="Dove è il valore nel suo percorso; un valore nuovo riparte da `recorded`."),
]
MeasurementId = Annotated[
    str,
    Path(
        max_length=36,
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="Identificativo della rilevazione.",
    ),
]
Reason = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2000,
        pattern=r"^[^\x00]*\S[^\x00]*$",
        examples=["Manca il dato di aprile."],
    ),
]


class NewMeasurements(Resource):
    """Rilevazioni da registrare, come nel file del piano: tutte o nessuna."""

    measurements: Annotated[tuple[CaseMeasurement, ...], Field(min_length=1, max_length=5000)]


class RecordedMeasurements(Resource):
    """Che cosa è stato registrato."""

    created: Count
    changed: Count
    unchanged: Count
    revision: Revision


class NewContent(Resource):
    """Che cosa si dice ora di un dato: prende il posto di ciò che valeva, che resta agli atti."""

    value: Line | None = None
    status: Literal["measured", "missing", "suspended", "struck"] | None = None
    result: DecimalNumber | None = None
    value_text: Text | None = None
    note: Text | None = None


class Measurement(ListItem):
    """Una rilevazione, con la versione che vale."""

    measurement_id: Annotated[str, Field(max_length=36, json_schema_extra={"format": "uuid"})]
    subject_kind: SubjectKind
    subject_code: Code
    year: Annotated[int, Field(ge=1990, le=2200)] | None
    period: Period | None
    value: Line | None
    status: Annotated[
        Literal["measured", "missing", "suspended", "struck", "withdrawn"] | None,
        Field(description="`withdrawn`: chi l'ha inviato l'ha ritirato; nessun valore vale."),
    ]
    result: DecimalNumber | None
    value_text: Text | None
    note: Text | None
    version: Annotated[int, Field(ge=1, le=2_147_483_647)]
    source: Annotated[str, Field(max_length=200, pattern=r"^[a-z]+(:.+)?$")]
    updated_at: Instant
    state: MeasurementState
    validated_by: Annotated[
        str | None,
        Field(
            max_length=40, pattern=r"^[a-z_]+$", description="Ruolo di chi ha validato il valore."
        ),
    ]
    state_reason: Annotated[Reason | None, Field(description="Perché è stata respinta o riaperta.")]
    allowed_actions: Actions


class MeasurementList(Resource):
    """Le rilevazioni del piano."""

    items: Annotated[list[Measurement], Field(max_length=500)]
    next: Cursor
