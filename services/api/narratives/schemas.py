"""Bodies of texts, their versions and their drafts."""

from typing import Annotated

from fastapi import Path
from pydantic import Field

from services.api.paging import ListItem
from services.api.plans.schemas import Cursor, Text
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant

KEY = r"^(objective|section):.+$"

TextPath = Annotated[
    str,
    Path(
        max_length=1020,
        pattern=KEY,
        description="`objective:` e il codice, o `section:` e il numero della sezione.",
        examples=["objective:A1"],
    ),
]
Key = Annotated[
    str,
    Field(
        max_length=1020,
        pattern=KEY,
        description="Di che cosa parla il testo.",
        examples=["objective:A1"],
    ),
]
Person = Annotated[str, Field(max_length=300, pattern=r"^[\s\S]*$", description="Di chi è.")]
Number = Annotated[int, Field(ge=1, le=2_147_483_647, json_schema_extra={"format": "int32"})]
Base = Annotated[
    int,
    Field(
        ge=0,
        le=2_147_483_647,
        json_schema_extra={"format": "int32"},
        description="Versione del testo pubblicato di cui la bozza tiene conto; 0: nessuna.",
    ),
]
NumberPath = Annotated[
    int,
    Path(
        ge=1,
        le=2_147_483_647,
        description="Numero della versione.",
        json_schema_extra={"format": "int32"},
        examples=[1],
    ),
]


class NewNarrative(Resource):
    """Il testo di un obiettivo o di una sezione, in Markdown."""

    text: Text


class Narrative(ListItem):
    """Un testo del piano."""

    key: Key
    text: Text
    version: Number
    updated_at: Instant
    updated_by: Person
    allowed_actions: Actions


class NarrativeList(Resource):
    """I testi del piano."""

    items: Annotated[list[Narrative], Field(max_length=500)]
    next: Cursor


class NarrativeVersionSummary(ListItem):
    """Una versione di un testo, senza le parole."""

    number: Number
    written_at: Instant
    written_by: Person
    characters: Annotated[
        int | None,
        Field(ge=0, le=200_000, description="Lunghezza; `null` dove il testo è stato tolto."),
    ]


class NarrativeVersion(NarrativeVersionSummary):
    """Una versione di un testo."""

    text: Annotated[Text | None, Field(description="`null` dove il testo è stato tolto.")]


class NarrativeVersionList(Resource):
    """Le versioni di un testo, dalla più recente."""

    items: Annotated[list[NarrativeVersionSummary], Field(max_length=500)]
    next: Cursor


class NewDraft(Resource):
    """Una bozza com'è ora, e di quale testo pubblicato tiene conto."""

    text: Text
    base_version: Base


class PublishedSince(Resource):
    """Ciò che è stato pubblicato dopo la versione di cui la bozza tiene conto."""

    version: Number
    text: Annotated[Text | None, Field(description="`null`: il testo è stato tolto.")]
    base: Annotated[Text | None, Field(description="Il testo da cui la bozza era partita.")]
    written_at: Instant
    written_by: Person


class Draft(ListItem):
    """La bozza di chi chiama, che nessun altro vede."""

    key: Key
    text: Text
    base_version: Base
    begun_at: Instant
    saved_at: Instant
    conflict: Annotated[
        PublishedSince | None,
        Field(description="Il testo pubblicato nel frattempo, da mettere insieme alla bozza."),
    ]
    allowed_actions: Actions


class DraftSummary(ListItem):
    """Una bozza di chi chiama, senza le parole."""

    key: Key
    base_version: Base
    published_version: Base
    begun_at: Instant
    saved_at: Instant


class DraftList(Resource):
    """Le bozze di chi chiama."""

    items: Annotated[list[DraftSummary], Field(max_length=500)]
    next: Cursor
