"""Bodies of integrations, their secrets and their messages."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.api.paging import ListItem
from services.api.plans.schemas import Cursor
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant
from shared.contracts.chamber import Label

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
    Literal["standard", "modi-integrity-rest-01"],
    Field(
        description="Come il sistema firma: `standard` è Standard Webhooks 1.0; "
        "`modi-integrity-rest-01` il profilo INTEGRITY_REST_01 di ModI (`Agid-JWT-Signature`)."
    ),
]
PublicKey = Annotated[
    str,
    Field(
        min_length=1,
        max_length=16_000,
        pattern=r"^[\x20-\x7e\r\n]*$",
        description="Chiave pubblica del sistema: `whpk_...` (Ed25519) per `standard`; chiave o "
        "certificato PEM per ModI, anche di un'autorità che emette i certificati in `x5c`.",
        examples=["whpk_qQCnKRf1WUVWQ1zZPDUzm9D/1kRYpJyh8S5cKSi3vvE="],
    ),
]
TrustedToValidate = Annotated[
    bool,
    Field(
        description="Una rilevazione che il sistema dichiara validata lo è anche qui, senza altri "
        "passi. Altrimenti se ne registra il valore, e lo valida un dirigente."
    ),
]
ConsecutiveVersions = Annotated[
    bool,
    Field(
        description="`source_version` cresce di uno a ogni invio: un numero saltato è un messaggio "
        "che manca, e si elenca fra le lacune."
    ),
]
VersionsFromStart = Annotated[
    bool,
    Field(
        description="La prima versione di un dato è la 0 o la 1: se la prima che arriva è più "
        "alta, quelle prima mancano. `false` se il sistema contava già prima di essere collegato."
    ),
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


PullUrl = Annotated[
    str,
    Field(
        max_length=500,
        pattern=r"^https?://[^\s@?#]+$",
        json_schema_extra={"format": "uri"},
        description="Dove si chiede al sistema che cosa ha (`docs/integrations.md`); in "
        "produzione solo https.",
        examples=["https://integra.example.it/pull/v1"],
    ),
]


class NewIntegration(Resource):
    """Un sistema che invierà rilevazioni."""

    code: IntegrationCode
    title: Label
    adapter: Adapter = "standard"
    public_key: Annotated[
        PublicKey | None,
        Field(description="Con una chiave pubblica non si crea alcun segreto. ModI la richiede."),
    ] = None
    trusted_to_validate: TrustedToValidate = False
    consecutive_versions: ConsecutiveVersions = True
    versions_from_start: VersionsFromStart = True


class IntegrationChange(Resource):
    """Ciò che cambia (merge patch, RFC 7396): i campi assenti restano."""

    title: Label | None = None
    active: Annotated[
        bool | None, Field(description="`false`: i messaggi sono rifiutati finché resta così.")
    ] = None
    adapter: Adapter | None = None
    trusted_to_validate: TrustedToValidate | None = None
    consecutive_versions: ConsecutiveVersions | None = None
    versions_from_start: VersionsFromStart | None = None
    pull_url: Annotated[PullUrl | None, Field(description="`null`: non si chiede più.")] = None
    pull_token: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=2000,
            pattern=r"^[\x21-\x7e]+$",
            description="Token con cui chiedere; si conserva cifrato e non si rilegge.",
        ),
    ] = None

    @model_validator(mode="after")
    def _nothing_is_emptied(self) -> Self:
        for name in self.model_fields_set - {"pull_url", "pull_token"}:
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


class IntegrationKey(SecretInfo):
    """Una chiave valida; un segreto non si può rileggere, una chiave pubblica sì."""

    kind: Annotated[
        Literal["secret", "public_key"],
        Field(description="Segreto condiviso, o chiave pubblica del sistema."),
    ]
    public_key: PublicKey | None


class Integration(ListItem):
    """Un sistema che invia rilevazioni."""

    code: IntegrationCode
    title: Label
    adapter: Adapter
    active: bool
    trusted_to_validate: TrustedToValidate
    consecutive_versions: ConsecutiveVersions
    versions_from_start: VersionsFromStart
    pull_url: PullUrl | None
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

    secrets: Annotated[list[IntegrationKey], Field(max_length=5)]
    waiting: Annotated[Count, Field(description="Rilevazioni che attendono in quarantena.")]
    gaps: Annotated[Count, Field(description="Dati di cui manca una versione.")]


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
    issued: Annotated[
        IssuedSecret | None, Field(description="Assente quando è data una chiave pubblica.")
    ]


OverlapHours = Annotated[
    int,
    Field(
        ge=0,
        le=168,
        description="Ore per cui segreti e chiavi precedenti restano validi; 0 per una chiave "
        "compromessa.",
    ),
]


class Rotation(Resource):
    """Come sostituire il segreto."""

    overlap_hours: OverlapHours = 24


class NewPublicKey(Resource):
    """Una chiave pubblica del sistema, al posto di ciò che valeva."""

    public_key: PublicKey
    overlap_hours: OverlapHours = 24


class AddedPublicKey(Resource):
    """La chiave pubblica che vale da ora."""

    secret_id: Identifier
    public_key: PublicKey
    previous_valid_until: Annotated[
        Instant | None, Field(description="Fino a quando vale ciò che valeva prima.")
    ]


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
