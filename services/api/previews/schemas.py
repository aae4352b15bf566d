"""Bodies of previews."""

from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field

from services.api.narratives.schemas import Key
from services.api.responses import Resource
from services.api.tenants.schemas import Instant

UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

PreviewPath = Annotated[
    str, Path(max_length=36, pattern=UUID, description="Identificativo dell'anteprima.")
]
Sentence = Annotated[str, Field(max_length=4000, pattern=r"^[\s\S]*$")]


class NewPreview(Resource):
    """La parte della Relazione che si vuole vedere."""

    key: Annotated[Key, Field(description="`section:` e il numero, o `objective:` e il codice.")]
    own_drafts: Annotated[
        bool,
        Field(description="Con le proprie bozze al posto dei testi pubblicati; mai quelle altrui."),
    ] = False


class PreviewFailure(Resource):
    """Perché l'anteprima non c'è."""

    code: Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
    detail: Sentence


class Preview(Resource):
    """Un'anteprima: non è un documento, non è firmata e dura qualche minuto."""

    preview_id: Annotated[str, Field(max_length=36, json_schema_extra={"format": "uuid"})]
    key: Key
    own_drafts: Annotated[
        list[Key], Field(max_length=1000, description="I testi che sono bozze di chi chiama.")
    ]
    state: Annotated[
        Literal["queued", "leased", "done", "failed"],
        Field(description="`done`: pagina e PDF sono pronti."),
    ]
    pages: Annotated[int | None, Field(ge=1, le=10_000, json_schema_extra={"format": "int32"})] = (
        None
    )
    warnings: Annotated[
        list[Sentence], Field(max_length=1000, description="Ciò che non si è potuto impaginare.")
    ]
    failure: PreviewFailure | None
    created_at: Instant
    expires_at: Instant
