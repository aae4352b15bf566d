"""Bodies of quarantine."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from services.api.integrations.schemas import Count, Identifier, IntegrationCode, MessageId
from services.api.paging import ListItem
from services.api.plans.schemas import Cursor
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant

State = Literal["waiting", "replayed", "discarded"]
Reason = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2000,
        pattern=r"^[^\x00]*\S[^\x00]*$",
        description="Perché non va applicata.",
        examples=["Misura di un altro ente, inviata per errore."],
    ),
]


class QuarantineFault(Resource):
    """Un motivo per cui la rilevazione non si può applicare."""

    pointer: Annotated[str, Field(max_length=1000, pattern=r"^(/[\s\S]*)?$")]
    code: Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
    detail: Annotated[str, Field(max_length=4000, pattern=r"^[\s\S]*$")]


class QuarantineItem(ListItem):
    """Una rilevazione che non si è potuta applicare, com'era arrivata, e perché."""

    quarantine_id: Identifier
    integration: IntegrationCode
    message_id: MessageId
    position: Annotated[int, Field(ge=0, le=5000, description="Posto nel messaggio, da 0.")]
    item: Annotated[
        Any, Field(description="La rilevazione com'era arrivata: qualunque valore JSON.")
    ]
    code: Annotated[
        str,
        Field(
            max_length=64,
            pattern=r"^[a-z][a-z0-9_]*$",
            description="Il primo motivo.",
            examples=["unknown_measure"],
        ),
    ]
    errors: Annotated[list[QuarantineFault], Field(max_length=200)]
    state: State
    created_at: Instant
    decided_at: Instant | None
    decided_by: Annotated[str, Field(max_length=300, pattern=r"^[\s\S]*$")] | None
    decision_reason: Reason | None
    allowed_actions: Actions


class QuarantineList(Resource):
    """Ciò che è, o è stato, in quarantena."""

    items: Annotated[list[QuarantineItem], Field(max_length=500)]
    next: Cursor


class Selection(Resource):
    """Quali rilevazioni in attesa: quelle che corrispondono a tutto ciò che è indicato."""

    integration: IntegrationCode | None = None
    code: Annotated[
        str | None,
        Field(max_length=64, pattern=r"^[a-z][a-z0-9_]*$", description="Il primo motivo."),
    ] = None
    message_id: MessageId | None = None
    ids: Annotated[
        tuple[Identifier, ...] | None,
        Field(min_length=1, max_length=1000, description="Proprio queste."),
    ] = None

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if all(getattr(self, name) is None for name in Selection.model_fields):
            raise ValueError("selection")
        return self


class DiscardSelection(Selection):
    """Una decisione di non applicare molte rilevazioni, per lo stesso motivo."""

    reason: Reason


class ReasonCount(Resource):
    """Quante rilevazioni attendono per un motivo."""

    integration: IntegrationCode
    code: Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
    items: Count


class BulkOutcome(Resource):
    """Che cosa è stato deciso. Al massimo 1000 rilevazioni per richiesta, dalla più vecchia."""

    decided: Annotated[Count, Field(description="Applicate, o scartate.")]
    refused: Annotated[Count, Field(description="Provate e rimaste in attesa.")]
    remaining: Annotated[
        Count, Field(description="Corrispondono e non sono state provate: ripetere la richiesta.")
    ]
    reasons: Annotated[
        list[ReasonCount],
        Field(max_length=1000, description="Perché quelle provate sono rimaste in attesa."),
    ]


class IntegrationGaps(Resource):
    """Di quanti dati di un sistema manca una versione intermedia."""

    integration: IntegrationCode
    items: Count


class QuarantineCounts(Resource):
    """Quanto è in attesa, e perché."""

    waiting: Count
    replayed: Count
    discarded: Count
    reasons: Annotated[list[ReasonCount], Field(max_length=1000)]
    gaps: Annotated[list[IntegrationGaps], Field(max_length=1000)]


class Discard(Resource):
    """Una decisione di non applicare."""

    reason: Reason
