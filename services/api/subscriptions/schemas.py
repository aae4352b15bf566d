"""Bodies of subscriptions and deliveries."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from services.api.integrations.schemas import Identifier, IssuedSecret, SecretInfo
from services.api.paging import ListItem
from services.api.plans.schemas import Cursor
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant
from shared.contracts.chamber import Label
from shared.contracts.outgoing_events import EVENTS, TEST


def _known(kind: str) -> str:
    if kind not in EVENTS:
        raise ValueError(kind)
    return kind


EventName = Annotated[
    str,
    AfterValidator(_known),
    Field(max_length=64, json_schema_extra={"enum": list(EVENTS)}, examples=["results.changed"]),
]
EventNames = Annotated[
    tuple[EventName, ...],
    Field(min_length=1, max_length=len(EVENTS), description="Eventi che si vogliono ricevere."),
]
Address = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2000,
        json_schema_extra={"format": "uri"},
        description="Dove inviare: https, senza credenziali. Gli indirizzi di reti private sono "
        "ammessi solo se lo consente chi amministra l'installazione; i rinvii non si seguono.",
        examples=["https://eventi.example.org/ciclo"],
    ),
]
SentEvent = Annotated[
    str, Field(max_length=64, json_schema_extra={"enum": [*EVENTS, TEST]}, examples=[TEST])
]
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class NewSubscription(Resource):
    """Chi vuole sapere che cosa succede."""

    title: Label
    url: Address
    events: EventNames


class SubscriptionChange(Resource):
    """Ciò che cambia (merge patch, RFC 7396): i campi assenti restano."""

    title: Label | None = None
    url: Address | None = None
    events: EventNames | None = None
    paused: Annotated[
        bool | None,
        Field(
            description="`true`: gli eventi attendono; `false`: riprende, anche se il servizio "
            "l'aveva disattivata."
        ),
    ] = None

    @model_validator(mode="after")
    def _nothing_is_emptied(self) -> Self:
        for name in self.model_fields_set:
            if getattr(self, name) is None:
                raise ValueError(name)
        return self


class Subscription(ListItem):
    """Un'iscrizione agli eventi della camera."""

    subscription_id: Identifier
    title: Label
    url: Address
    events: EventNames
    standing: Annotated[
        Literal["active", "paused", "disabled"],
        Field(description="`disabled`: il servizio ha smesso di inviare; gli eventi attendono."),
    ]
    disabled_reason: Annotated[
        Literal["gone", "failing"] | None,
        Field(description="`gone`: il ricevente ha risposto 410; `failing`: fallisce da giorni."),
    ]
    failing_since: Annotated[
        Instant | None, Field(description="Primo errore dopo l'ultimo invio riuscito.")
    ]
    created_at: Instant
    allowed_actions: Actions


class SubscriptionDetail(Subscription):
    """Un'iscrizione, con i segreti validi."""

    secrets: Annotated[list[SecretInfo], Field(max_length=5)]


class SubscriptionList(Resource):
    """Le iscrizioni della camera."""

    items: Annotated[list[Subscription], Field(max_length=500)]
    next: Cursor


class CreatedSubscription(Resource):
    """L'iscrizione creata e il segreto con cui verificare i messaggi."""

    subscription: SubscriptionDetail
    issued: IssuedSecret


class Delivery(ListItem):
    """Un evento inviato, o da inviare, a un ricevente."""

    delivery_id: Identifier
    event_id: Annotated[Identifier, Field(description="`webhook-id` di ogni tentativo.")]
    event: SentEvent
    subject: Label
    state: Annotated[
        Literal["pending", "delivered", "failed"],
        Field(description="`failed`: i tentativi sono finiti; si può ripetere a mano."),
    ]
    attempts: Count
    created_at: Instant
    next_at: Annotated[Instant | None, Field(description="Prossimo tentativo.")]
    settled_at: Instant | None
    allowed_actions: Actions


class DeliveryAttempt(Resource):
    """Un tentativo."""

    attempt: Count
    at: Instant
    status: Annotated[
        int | None, Field(ge=100, le=999, description="Stato HTTP, se c'è stata risposta.")
    ]
    failure: Annotated[
        Literal["address_refused", "timeout", "unreachable"] | None,
        Field(description="Che cosa è andato storto prima di una risposta."),
    ]
    milliseconds: Annotated[int, Field(ge=0, le=1_000_000)]


class DeliveryDetail(Delivery):
    """Un evento con il suo contenuto e ogni tentativo."""

    body: Annotated[str, Field(max_length=200_000, description="Il contenuto firmato, com'è.")]
    log: Annotated[list[DeliveryAttempt], Field(max_length=1000)]


class DeliveryList(Resource):
    """Gli invii a un ricevente."""

    items: Annotated[list[Delivery], Field(max_length=500)]
    next: Cursor


class Replayed(Resource):
    """Quanti eventi sono di nuovo da inviare."""

    deliveries: Annotated[int, Field(ge=0, le=10_000_000)]
