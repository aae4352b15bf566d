"""Bodies of memberships."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from services.api.paging import ListItem
from services.api.plans.schemas import Cursor
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant
from shared.contracts.issues import Issue
from shared.domain.permissions import Role

MemberId = Annotated[
    str,
    Field(
        max_length=36,
        json_schema_extra={"format": "uuid"},
        examples=["019aa3c2-6f1e-7c3b-9b1a-0c5e8d2f4a61"],
    ),
]
Person = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        pattern=r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$",
        description="Soggetto (`sub`) del gestore di identità, preceduto dal nome del gestore "
        "dove ce n'è più di uno. Mai il nome della persona.",
        examples=["f3a1c0d2-5b7e-4c1a-9d42-8a6b1f0e7c35"],
    ),
]
Roles = Annotated[
    list[Role],
    Field(
        min_length=1, max_length=9, description="Ruoli nella camera.", examples=[["contributor"]]
    ),
]
Units = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]],
    Field(
        max_length=200,
        description="Unità di cui la persona immette i dati (`contributor`) o risponde "
        "(`validator`): denominazione, o codice di un obiettivo di tipo `area` o `unit`; `*` "
        "per tutte.",
        examples=[["Servizio Promozione"]],
    ),
]
Sheets = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\[\]]+$")]],
    Field(
        max_length=200,
        description="Codici di schede individuali (obiettivi di tipo `individual`).",
        examples=[["SG"]],
    ),
]
Evaluates = Annotated[Sheets, Field(description="Schede che la persona valuta.")]
Day = Annotated[date | None, Field(description="Primo o ultimo giorno di validità.")]


class NewMember(Resource):
    """Una persona da aggiungere ai membri della camera."""

    person: Person
    roles: Roles
    units: Units = Field(default_factory=list)
    sheets: Sheets = Field(default_factory=list)
    evaluates: Evaluates = Field(default_factory=list)
    valid_from: Day = None
    valid_until: Day = None


class MemberChange(Resource):
    """Ciò che cambia (merge patch, RFC 7396): i campi assenti restano."""

    roles: Roles | None = None
    units: Units | None = None
    sheets: Sheets | None = None
    evaluates: Evaluates | None = None
    valid_from: Day = None
    valid_until: Day = None

    @model_validator(mode="after")
    def _roles_stay(self) -> Self:
        if "roles" in self.model_fields_set and self.roles is None:
            raise ValueError("roles")
        return self


class Member(ListItem):
    """Una persona della camera."""

    member_id: MemberId
    person: Person
    roles: Roles
    units: Units
    sheets: Sheets
    evaluates: Evaluates
    valid_from: Day
    valid_until: Day
    created_at: Instant
    updated_at: Instant
    allowed_actions: Actions


class MemberList(Resource):
    """Le persone della camera."""

    items: Annotated[list[Member], Field(max_length=500)]
    next: Cursor


DAYS_REVERSED = Issue(
    pointer="/valid_until",
    code="out_of_range",
    it="l'ultimo giorno viene prima del primo",
    en="the last day comes before the first",
)
