"""Bodies of measurements."""

from typing import Annotated, Literal

from pydantic import Field

from services.api.paging import ListItem
from services.api.plans.schemas import Code, Cursor, DecimalNumber, Line, Revision, Text
from services.api.responses import Resource
from services.api.tenants.schemas import Instant
from shared.contracts.case import CaseMeasurement

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


class NewMeasurements(Resource):
    """Rilevazioni da registrare, come nel file del piano: tutte o nessuna."""

    measurements: Annotated[tuple[CaseMeasurement, ...], Field(min_length=1, max_length=5000)]


class RecordedMeasurements(Resource):
    """Che cosa è stato registrato."""

    created: Count
    changed: Count
    unchanged: Count
    revision: Revision


class Measurement(ListItem):
    """Una rilevazione, con la versione che vale."""

    measurement_id: Annotated[str, Field(max_length=36, json_schema_extra={"format": "uuid"})]
    subject_kind: SubjectKind
    subject_code: Code
    year: Annotated[int, Field(ge=1990, le=2200)] | None
    period: Period | None
    value: Line | None
    status: Literal["measured", "missing", "suspended", "struck"] | None
    result: DecimalNumber | None
    value_text: Text | None
    note: Text | None
    version: Annotated[int, Field(ge=1, le=2_147_483_647)]
    source: Annotated[str, Field(max_length=200, pattern=r"^[a-z]+(:.+)?$")]
    updated_at: Instant


class MeasurementList(Resource):
    """Le rilevazioni del piano."""

    items: Annotated[list[Measurement], Field(max_length=500)]
    next: Cursor
