"""Bodies of moves and histories."""

from typing import Annotated, Literal

from pydantic import Field

from services.api.measurements.schemas import Count, MeasurementState, Reason
from services.api.paging import ListItem
from services.api.plans.schemas import Cursor, DecimalNumber, Line, Revision, Text
from services.api.responses import Resource
from services.api.tenants.schemas import Instant

Identifier = Annotated[
    str,
    Field(
        max_length=36,
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        examples=["0199f3a0-7b5c-7c11-8f3e-2b6d5a1c9e04"],
    ),
]


class MoveReason(Resource):
    """Perché la rilevazione torna indietro."""

    reason: Reason


class Transitions(Resource):
    """Lo stesso passo per molte rilevazioni: tutte, o nessuna con tutti i motivi."""

    move: Literal["submit", "validate", "reject", "reopen"]
    ids: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=5000)]
    reason: Annotated[Reason | None, Field(description="Richiesto per `reject` e `reopen`.")] = None
    revision: Annotated[
        Revision | None,
        Field(
            description="Se indicata, il passo vale solo se nessun valore del piano è cambiato "
            "da quella revisione."
        ),
    ] = None


class Moved(Resource):
    """Quante rilevazioni hanno fatto il passo, e dove sono ora."""

    moved: Count
    state: MeasurementState


class HistoryEntry(ListItem):
    """Un fatto nella storia di una rilevazione: un valore, un passo, una prova."""

    event: Annotated[
        Literal["value", "submitted", "validated", "rejected", "reopened", "evidence"],
        Field(
            description="`value`: un valore arrivato; `evidence`: un file allegato; gli altri "
            "sono passi."
        ),
    ]
    at: Instant
    by: Annotated[str, Field(max_length=300, pattern=r"^[\s\S]*$", description="Chi.")]
    role: Annotated[str, Field(max_length=40, pattern=r"^[a-z_]+$")] | None
    reason: Reason | None
    version: Annotated[
        int | None,
        Field(
            ge=1,
            le=2_147_483_647,
            description="Versione del valore; assente se è arrivato più vecchio di quello che "
            "valeva, e resta solo agli atti.",
        ),
    ]
    value: Line | None
    status: Literal["measured", "missing", "suspended", "struck", "withdrawn"] | None
    result: DecimalNumber | None
    value_text: Text | None
    note: Text | None
    source: Annotated[str, Field(max_length=200, pattern=r"^[a-z]+(:.+)?$")] | None
    file_name: Annotated[Line | None, Field(description="Il nome della prova.")]
    file_sha256: Annotated[
        str | None,
        Field(max_length=64, pattern=r"^[0-9a-f]{64}$", description="L'impronta della prova."),
    ]


class History(Resource):
    """La storia di una rilevazione: ogni versione e ogni passo, dal primo."""

    items: Annotated[list[HistoryEntry], Field(max_length=500)]
    next: Cursor
