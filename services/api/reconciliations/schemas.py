"""Bodies of reconciliations."""

from typing import Annotated, Any, Literal

from pydantic import Field

from services.api.integrations.schemas import Count, Identifier, IntegrationCode
from services.api.paging import ListItem
from services.api.plans.schemas import Cursor, Line
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant
from shared.domain.periods import PERIOD_PATTERN

Year = Annotated[int, Field(ge=1990, le=2100)]
AskedPeriod = Annotated[
    str,
    Field(
        max_length=3,
        pattern=rf"^({PERIOD_PATTERN}|Y)$",
        description="`Q1`-`Q3`, `S1`-`S2`, `T1`-`T4`, `M01`-`M12`; `Y` per i dati dell'anno "
        "intero. Se manca, tutti i dati dell'anno.",
        examples=["Q1"],
    ),
]


class NewReconciliation(Resource):
    """Che cosa chiedere al sistema."""

    year: Year
    period: AskedPeriod | None = None
    repair: Annotated[
        bool,
        Field(
            description="Si applica ciò che il sistema ha e qui manca o differisce, con le stesse "
            "regole dei suoi messaggi, e si ritira ciò che non conosce più."
        ),
    ] = False


class ReconciliationCounts(Resource):
    """Che cosa si è trovato."""

    held: Annotated[Count, Field(description="Dati che il sistema ha.")] = 0
    missing_here: Annotated[Count, Field(description="Dati che qui mancano.")] = 0
    different: Annotated[Count, Field(description="Dati che qui sono diversi.")] = 0
    unknown_there: Annotated[
        Count, Field(description="Dati che il sistema aveva inviato e non conosce più.")
    ] = 0
    not_applicable: Annotated[
        Count, Field(description="Dati del sistema che nessun piano può usare.")
    ] = 0
    repaired: Annotated[Count, Field(description="Differenze che non ci sono più.")] = 0


class Reconciliation(ListItem):
    """Un confronto con ciò che il sistema ha."""

    reconciliation_id: Identifier
    integration: IntegrationCode
    year: Year
    period: AskedPeriod | None
    repair: bool
    state: Literal["queued", "running", "done", "failed"]
    stage: Annotated[
        Literal["queued", "asking", "comparing", "repairing", "done", "failed"],
        Field(description="A che punto è."),
    ]
    progress: Annotated[int, Field(ge=0, le=100, description="Avanzamento, da 0 a 100.")]
    failure: Annotated[
        str | None,
        Field(
            max_length=64,
            pattern=r"^[a-z_]+$",
            description="Perché non è riuscito: `no_answer`, `circuit_open`, `refused`, "
            "`address_refused`, `page_refused`, ...",
        ),
    ]
    counts: ReconciliationCounts
    created_at: Instant
    created_by: Annotated[str, Field(max_length=300, pattern=r"^[\s\S]*$")]
    finished_at: Instant | None
    events: Annotated[
        str,
        Field(
            max_length=300,
            json_schema_extra={"format": "uri-reference"},
            description="Lo stesso confronto come eventi (SSE).",
        ),
    ]
    allowed_actions: Actions


class ReconciliationList(Resource):
    """I confronti con un sistema."""

    items: Annotated[list[Reconciliation], Field(max_length=500)]
    next: Cursor


class FoundDifference(ListItem):
    """Un dato che non è uguale dalle due parti."""

    number: Annotated[int, Field(ge=0, le=5000)]
    kind: Literal["missing_here", "different", "unknown_there", "not_applicable"]
    subject_kind: Literal["measure", "indicator", "objective"]
    code: Annotated[Line, Field(description="Codice del sistema, o il nostro se non lo conosce.")]
    year: Annotated[int, Field(ge=1990, le=2200)]
    period: AskedPeriod | None
    ours: Annotated[Any, Field(description="Che cosa vale qui: un oggetto, o nulla.")]
    theirs: Annotated[Any, Field(description="Che cosa ha il sistema: un oggetto, o nulla.")]
    reason: Annotated[
        str | None,
        Field(
            max_length=64,
            pattern=r"^[a-z][a-z0-9_]*$",
            description="Perché non si può applicare, se non si può.",
        ),
    ]
    repaired: bool


class FoundDifferenceList(Resource):
    """Le differenze trovate, al massimo le prime 5000."""

    items: Annotated[list[FoundDifference], Field(max_length=500)]
    next: Cursor
