"""Bodies of entities and chambers."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.api.paging import ListItem
from services.api.responses import Resource
from shared.contracts.case import Act, CasePolicy
from shared.contracts.chamber import (
    ChamberConfiguration,
    Code,
    Colour,
    IpaCode,
    Label,
    Language,
    Logo,
    PolicyYear,
    Region,
    ShortTitle,
    TaxCode,
)

Status = Annotated[
    Literal["active", "suspended"],
    Field(description="`suspended`: la camera si può solo leggere."),
]
Instant = Annotated[datetime, Field(description="Istante, in UTC.")]
Actions = Annotated[
    list[Annotated[str, Field(max_length=64, pattern=r"^[a-z_]+\.[a-z_]+$")]],
    Field(max_length=50, description="Ciò che chi chiama può fare con la risorsa."),
]


class NewEntity(Resource):
    """Un ente, al quale appartengono le camere."""

    code: Code
    title: Label


class Entity(ListItem):
    """Un ente."""

    code: Code
    title: Label
    created_at: Instant


class EntityList(Resource):
    """Gli enti visibili a chi chiama."""

    items: Annotated[list[Entity], Field(max_length=500)]
    next: Annotated[str | None, Field(max_length=600, pattern=r"^[A-Za-z0-9_-]+$")]


class ChamberChange(Resource):
    """Ciò che cambia di una camera (merge patch, RFC 7396): i campi assenti restano."""

    title: Label | None = None
    colour: Colour | None = None
    logo_svg: Logo | None = None

    @model_validator(mode="after")
    def _title_stays(self) -> Self:
        if "title" in self.model_fields_set and self.title is None:
            raise ValueError("title")
        return self


class Chamber(ListItem):
    """Una camera di commercio."""

    code: Code
    entity: Code
    title: Label
    short_title: ShortTitle | None
    status: Status
    ipa_code: IpaCode | None
    tax_code: TaxCode | None
    region: Region | None
    languages: Annotated[list[Language], Field(max_length=5)]
    colour: Colour | None
    logo_svg: Logo | None
    valid_from: date | None
    valid_to: Annotated[date | None, Field(description="Giorno della successione.")]
    successor: Code | None
    created_at: Instant
    updated_at: Instant
    allowed_actions: Actions


class ChamberList(Resource):
    """Le camere in cui chi chiama ha un ruolo."""

    items: Annotated[list[Chamber], Field(max_length=500)]
    next: Annotated[str | None, Field(max_length=600, pattern=r"^[A-Za-z0-9_-]+$")]


class Configuration(ChamberConfiguration, Resource):
    """Come una camera è impostata, e ciò che chi chiama può farvi."""

    status: Status
    allowed_actions: Actions


class SettingDifference(Resource):
    """Un punto della configurazione che cambia; i valori sono testo JSON."""

    pointer: Annotated[str, Field(max_length=500, pattern=r"^(/[^\x00-\x1f]*)?$")]
    before: Annotated[str | None, Field(max_length=200_000, pattern=r"^[\s\S]*$")]
    after: Annotated[str | None, Field(max_length=200_000, pattern=r"^[\s\S]*$")]


class ConfigurationChange(Resource):
    """Che cosa è cambiato, e la configurazione che ne risulta."""

    changes: Annotated[list[SettingDifference], Field(max_length=20_000)]
    configuration: Configuration


class PolicyOfYear(Resource):
    """L'SMVP da cui parte un piano nuovo di un anno."""

    year: PolicyYear
    from_year: PolicyYear
    act: Act | None
    policy: CasePolicy


class Suspension(Resource):
    """Perché la camera si sospende."""

    reason: Annotated[
        str,
        Field(
            min_length=1,
            max_length=2000,
            pattern=r"\S",
            description="Resta nel registro degli atti.",
            examples=["Trasferimento a un'altra installazione"],
        ),
    ]
