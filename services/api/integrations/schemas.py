"""Bodies of integrations, their secrets and their messages."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.api.paging import ListItem
from services.api.plans.schemas import Cursor
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant, Label

IntegrationCode = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9-]{0,38}[a-z0-9]$",
        max_length=40,
        description="Minuscole, cifre e trattini; è il nome in `external_ids` delle misure.",
        examples=["integra"],
    ),
]
Adapter = Annotated[
    Literal["standard"],
    Field(description="Come il sistema firma: `standard` è Standard Webhooks 1.0."),
]
Identifier = Annotated[
    str,
    Field(
        max_length=36,
        json_schema_extra={"format": "uuid"},
        examples=["019aa3c2-6f1e-7c3b-9b1a-0c5e8d2f4a61"],
    ),
]
MessageId = Annotated[
    str,
    Field(max_length=256, pattern=r"^[\x21-\x2d\x2f-\x7e]+$", examples=["msg_2020-10-31-001"]),
]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
EventType = Annotated[str, Field(max_length=64, pattern=r"^[a-z_]+\.[a-z_]+$")]


class NewIntegration(Resource):
    """Un sistema che invierà rilevazioni."""

    code: IntegrationCode
    title: Label
    adapter: Adapter = "standard"


class IntegrationChange(Resource):
    """Ciò che cambia (merge patch, RFC 7396): i campi assenti restano."""

    title: Label | None = None
    active: Annotated[
        bool | None, Field(description="`false`: i messaggi sono rifiutati finché resta così.")
    ] = None

    @model_validator(mode="after")
    def _nothing_is_emptied(self) -> Self:
        for name in self.model_fields_set:
            if getattr(self, name) is None:
                raise ValueError(name)
        return self


class SecretInfo(Resource):
    """Un segreto valido; il segreto stesso non si può rileggere."""

    secret_id: Identifier
    created_at: Instant
    expires_at: Annotated[
        Instant | None, Field(description="Fine della validità; assente per quello in uso.")
    ]


class Integration(ListItem):
    """Un sistema che invia rilevazioni."""

    code: IntegrationCode
    title: Label
    adapter: Adapter
    active: bool
    webhook_path: Annotated[
        str,
        Field(
            max_length=200,
            json_schema_extra={"format": "uri-reference"},
            description="Dove il sistema invia i messaggi.",
            examples=["/v1/chambers/PI/integrations/integra/webhooks"],
        ),
    ]
    created_at: Instant
    allowed_actions: Actions


class IntegrationDetail(Integration):
    """Un sistema che invia rilevazioni, con i suoi segreti validi."""

    secrets: Annotated[list[SecretInfo], Field(max_length=5)]


class IntegrationList(Resource):
    """I sistemi che inviano rilevazioni alla camera."""

    items: Annotated[list[Integration], Field(max_length=500)]
    next: Cursor


class IssuedSecret(Resource):
    """Un segreto appena creato: l'unica volta che si vede."""

    secret_id: Identifier
    secret: Annotated[
        str | None,
        Field(
            max_length=100,
            pattern=r"^whsec_[A-Za-z0-9+/=]+$",
            description="Chiave con cui firmare. Assente quando una richiesta con la stessa "
            "Idempotency-Key si ripete: non è conservata in chiaro.",
        ),
    ]
    previous_valid_until: Annotated[
        Instant | None,
        Field(description="Fino a quando valgono i segreti precedenti, se ce ne sono."),
    ] = None


class CreatedIntegration(Resource):
    """L'integrazione creata e il suo segreto."""

    integration: IntegrationDetail
    issued: IssuedSecret


class Rotation(Resource):
    """Come sostituire il segreto."""

    overlap_hours: Annotated[
        int,
        Field(
            ge=0,
            le=168,
            description="Ore per cui i segreti precedenti restano validi; 0 per una chiave "
            "compromessa.",
        ),
    ] = 24


class WebhookReceipt(Resource):
    """Che cosa è stato fatto di un messaggio."""

    message_id: MessageId
    repeated: Annotated[
        bool, Field(description="Il messaggio era già stato applicato: nulla è cambiato.")
    ]
    applied: Annotated[Count, Field(description="Rilevazioni che ora valgono.")]
    unchanged: Annotated[Count, Field(description="Rilevazioni che non cambiano alcun valore.")]
    superseded: Annotated[
        Count,
        Field(description="Quante, fra le `unchanged`, erano più vecchie: restano nella storia."),
    ]
    quarantined: Annotated[Count, Field(description="Rilevazioni in quarantena.")]


class MessageCounts(Resource):
    """Che cosa è stato fatto delle rilevazioni di un messaggio."""

    applied: Count
    unchanged: Count
    superseded: Count
    quarantined: Count


class WebhookMessage(ListItem):
    """Un messaggio ricevuto, conservato com'era arrivato."""

    message_id: MessageId
    event_type: EventType | None
    outcome: Annotated[
        Literal["received", "applied", "refused"],
        Field(description="`received`: conservato, non ancora applicato; `refused`: illeggibile."),
    ]
    sent_at: Instant
    received_at: Instant
    applied_at: Instant | None
    bytes: Annotated[int, Field(ge=0, le=10_000_000, description="Lunghezza del contenuto.")]
    counts: MessageCounts | None


class WebhookMessageList(Resource):
    """I messaggi di un'integrazione."""

    items: Annotated[list[WebhookMessage], Field(max_length=500)]
    next: Cursor
