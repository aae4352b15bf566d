"""Bodies of imports."""

from typing import Annotated, Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from services.api.paging import ListItem
from services.api.plans.schemas import Cursor, Revision
from services.api.responses import Resource
from services.api.tenants.schemas import Instant

Identifier = Annotated[
    str,
    Field(
        max_length=36,
        json_schema_extra={"format": "uuid"},
        examples=["019aa3c2-6f1e-7c3b-9b1a-0c5e8d2f4a61"],
    ),
]
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class SectionReport(Resource):
    """Che cosa è cambiato in una sezione."""

    created: Count
    changed: Count
    unchanged: Count
    removed: Count


class SectionReports(Resource):
    """Che cosa è cambiato, sezione per sezione."""

    plan: SectionReport
    objectives: SectionReport
    measures: SectionReport
    indicators: SectionReport
    measurements: SectionReport
    evaluations: SectionReport
    narratives: SectionReport
    tables: SectionReport
    statements: Annotated[
        SectionReport | None,
        Field(description="Cause, analisi e giudizi della valutazione, se il file ne ha."),
    ] = None

    @model_serializer(mode="wrap")
    def _only_what_is_there(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: part for name, part in handler(self).items() if part is not None}


class ImportRemark(Resource):
    """Ciò che chi importa dovrebbe sapere, e che non impedisce l'importazione."""

    pointer: Annotated[str, Field(max_length=1000, pattern=r"^(/[\s\S]*)?$")]
    code: Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
    detail: Annotated[str, Field(max_length=4000, pattern=r"^[\s\S]*$")]


class Import(ListItem):
    """Il resoconto di un'importazione."""

    import_id: Identifier
    chamber: Annotated[str, Field(max_length=8, pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
    year: Annotated[int, Field(ge=1990, le=2200)]
    revision: Revision
    created_at: Instant
    sections: SectionReports
    warnings: Annotated[list[ImportRemark], Field(max_length=20_000)]


class ImportList(Resource):
    """Le importazioni della camera."""

    items: Annotated[list[Import], Field(max_length=500)]
    next: Cursor
