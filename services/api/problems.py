"""The body of an error answer (RFC 9457) as the OpenAPI document describes it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class ProblemError(BaseModel):
    """One fault in what was sent."""

    model_config = ConfigDict(extra="forbid")

    pointer: Annotated[
        str,
        Field(
            max_length=1000,
            pattern=r"^(/[\s\S]*)?$",
            description="JSON pointer (RFC 6901) del valore nel contenuto inviato; un "
            "parametro sta sotto `/query`, `/path` o `/header`.",
            examples=["/objectives/3/weight"],
        ),
    ]
    code: Annotated[
        str,
        Field(max_length=64, pattern=r"^[a-z][a-z0-9_]*$", examples=["wrong_format"]),
    ]
    detail: Annotated[
        str,
        Field(
            max_length=4000,
            pattern=r"^[\s\S]*$",
            description="Una frase nella lingua di chi chiama.",
            examples=["formato non valido"],
        ),
    ]


Words = Annotated[str, Field(max_length=200_000, pattern=r"^[\s\S]*$")]


class TextConflict(BaseModel):
    """The texts that somebody has to put together, where two have written the same one."""

    model_config = ConfigDict(extra="forbid")

    sent: Annotated[Words, Field(description="Il testo di chi scrive, che non è stato accolto.")]
    stored: Annotated[
        Words | None, Field(description="Il testo che c'è; manca se è stato tolto.")
    ] = None
    base: Annotated[
        Words | None, Field(description="Il testo da cui era partito chi scrive, se c'era.")
    ] = None


class ProblemDetails(BaseModel):
    """Why a request was not granted."""

    model_config = ConfigDict(extra="forbid", title="Problem")

    type: Annotated[
        str,
        Field(
            json_schema_extra={"format": "uri"},
            max_length=500,
            description="Pagina su questo tipo di problema, servita da questo servizio.",
            examples=["https://ciclo.example.it/problems/validation_failed"],
        ),
    ]
    title: Annotated[
        str,
        Field(max_length=200, pattern=r"^.*$", examples=["La richiesta contiene errori"]),
    ]
    status: Annotated[
        int, Field(ge=400, le=599, json_schema_extra={"format": "int32"}, examples=[422])
    ]
    detail: Annotated[
        str,
        Field(
            max_length=4000,
            pattern=r"^[\s\S]*$",
            examples=["Correggere gli errori elencati e inviare di nuovo."],
        ),
    ]
    instance: Annotated[
        str,
        Field(
            max_length=6000,
            json_schema_extra={"format": "uri-reference"},
            examples=["/v1/chambers/PI/imports"],
        ),
    ]
    code: Annotated[
        str,
        Field(
            max_length=64,
            pattern=r"^[a-z][a-z0-9_]*$",
            description="Nome stabile del problema: è ciò che un programma deve guardare.",
            examples=["validation_failed"],
        ),
    ]
    request_id: Annotated[
        str,
        Field(
            max_length=64,
            pattern=r"^[A-Za-z0-9._-]+$",
            examples=["019aa3c2-6f1e-7c3b-9b1a-0c5e8d2f4a61"],
        ),
    ]
    errors: Annotated[
        list[ProblemError], Field(max_length=2000, json_schema_extra={"minItems": 0})
    ] = []
    conflict: Annotated[
        TextConflict | None,
        Field(description="I testi da mettere insieme, quando un altro ha scritto lo stesso."),
    ] = None
