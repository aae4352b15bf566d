"""Bodies of machine clients and their keys."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.api.paging import ListItem
from services.api.plans.schemas import Cursor
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant
from shared.contracts.chamber import Label
from shared.domain.permissions import Action

Identifier = Annotated[
    str,
    Field(
        max_length=36,
        json_schema_extra={"format": "uuid"},
        examples=["019aa3c2-6f1e-7c3b-9b1a-0c5e8d2f4a61"],
    ),
]
Scopes = Annotated[
    list[Action],
    Field(
        min_length=1,
        max_length=100,
        description="Le azioni che la chiave consente, dalla tabella dei permessi.",
        examples=[["plan.read", "measurement.record"]],
    ),
]
Days = Annotated[
    int,
    Field(ge=1, le=400, description="Giorni di validità della chiave.", examples=[180]),
]
DEFAULT_DAYS = 180

ClientState = Literal["active", "expired", "revoked"]


class NewClient(Resource):
    """Un sistema che chiamerà l'API della camera."""

    title: Label
    scopes: Scopes
    valid_days: Days = DEFAULT_DAYS


class ClientChange(Resource):
    """Ciò che cambia (merge patch, RFC 7396): i campi assenti restano."""

    title: Label | None = None
    scopes: Scopes | None = None

    @model_validator(mode="after")
    def _nothing_is_emptied(self) -> Self:
        for name in self.model_fields_set:
            if getattr(self, name) is None:
                raise ValueError(name)
        return self


class ClientKey(Resource):
    """Una chiave valida; la chiave stessa non si può rileggere."""

    key_id: Identifier
    created_at: Instant
    expires_at: Annotated[Instant, Field(description="Fine della validità.")]
    last_used_at: Annotated[
        Instant | None, Field(description="Ultimo uso, al minuto; assente se mai usata.")
    ]


class Client(ListItem):
    """Un sistema con le sue chiavi valide."""

    client_id: Identifier
    title: Label
    state: Annotated[
        ClientState,
        Field(description="`expired`: nessuna chiave è valida; `revoked`: per sempre."),
    ]
    scopes: Scopes
    keys: Annotated[list[ClientKey], Field(max_length=2)]
    created_at: Instant
    revoked_at: Annotated[Instant | None, Field(description="Quando è stato revocato.")]
    allowed_actions: Actions


class ClientList(Resource):
    """I sistemi che hanno una chiave della camera."""

    items: Annotated[list[Client], Field(max_length=500)]
    next: Cursor


class IssuedKey(Resource):
    """Una chiave appena creata: l'unica volta che si vede."""

    key_id: Identifier
    key: Annotated[
        str | None,
        Field(
            max_length=100,
            pattern=r"^ciclo_[0-9a-f]{32}_[A-Za-z0-9_-]{43}$",
            description="Da inviare come `Authorization: Bearer`. Assente quando una richiesta "
            "con la stessa Idempotency-Key si ripete: non è conservata.",
        ),
    ]
    expires_at: Instant
    previous_valid_until: Annotated[
        Instant | None, Field(description="Fino a quando vale la chiave precedente.")
    ] = None


class CreatedClient(Resource):
    """Il sistema creato e la sua chiave."""

    client: Client
    issued: IssuedKey


class KeyRotation(Resource):
    """Come sostituire la chiave."""

    valid_days: Days = DEFAULT_DAYS
    overlap_hours: Annotated[
        int,
        Field(
            ge=0,
            le=720,
            description="Ore per cui la chiave precedente resta valida; 0 se è compromessa.",
        ),
    ] = 24
