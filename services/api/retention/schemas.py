"""Bodies of retention runs."""

from datetime import date
from typing import Annotated

from pydantic import Field

from services.api.integrations.schemas import Identifier
from services.api.paging import ListItem
from services.api.plans.schemas import Cursor
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant


class Removed(Resource):
    """Quanto è stato tolto di un genere di dati."""

    rows: Annotated[int, Field(ge=0, le=10**12, json_schema_extra={"format": "int64"})]
    before: Annotated[date, Field(description="Solo ciò che precede questo giorno.")]


class RemovedByKind(Resource):
    """Quanto è stato tolto, per genere."""

    messages: Removed
    events: Removed
    memberships: Removed
    evidence: Removed
    sheets: Removed
    sheet_documents: Annotated[
        Removed | None,
        Field(description="Assente nelle applicazioni di prima che si togliessero."),
    ] = None
    audit: Removed


class RetentionRun(ListItem):
    """Un'applicazione dei tempi di conservazione della camera."""

    run_id: Identifier
    removed: RemovedByKind
    ran_at: Instant
    ran_by: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f]*$")]
    allowed_actions: Actions


class RetentionRunList(Resource):
    """Le applicazioni, dalla più recente."""

    items: Annotated[list[RetentionRun], Field(max_length=500)]
    next: Cursor
