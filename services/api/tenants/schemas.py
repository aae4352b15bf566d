"""Bodies of entities and chambers."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.api.paging import ListItem
from services.api.responses import Resource

Code = Annotated[
    str,
    Field(
        pattern=r"^[A-Z][A-Z0-9]{1,7}$",
        max_length=8,
        description="Lettere maiuscole e cifre, da 2 a 8.",
        examples=["PI"],
    ),
]
Label = Annotated[
    str,
    Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$", description="Denominazione."),
]
Colour = Annotated[
    str,
    Field(
        pattern=r"^#[0-9a-fA-F]{6}$",
        max_length=7,
        description="Colore dei documenti.",
        examples=["#17324d"],
    ),
]
Logo = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200_000,
        pattern=r"^[\s\S]*$",
        description="Logo, un documento SVG.",
    ),
]
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


class NewChamber(Resource):
    """Una camera da creare."""

    code: Code
    entity: Code
    title: Label
    colour: Colour | None = None
    logo_svg: Logo | None = None


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
    status: Status
    colour: Colour | None
    logo_svg: Logo | None
    created_at: Instant
    updated_at: Instant
    allowed_actions: Actions


class ChamberList(Resource):
    """Le camere in cui chi chiama ha un ruolo."""

    items: Annotated[list[Chamber], Field(max_length=500)]
    next: Annotated[str | None, Field(max_length=600, pattern=r"^[A-Za-z0-9_-]+$")]
