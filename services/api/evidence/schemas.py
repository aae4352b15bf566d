"""Bodies of evidence."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from services.api.paging import ListItem
from services.api.plans.schemas import Cursor
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant

EvidenceId = Annotated[
    str,
    Path(
        max_length=36,
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="Identificativo della prova.",
    ),
]
FileName = Annotated[
    str,
    Query(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f/\\]+$",
        description="Nome del file, senza cartelle.",
        examples=["presenze-aprile.pdf"],
    ),
]


class Evidence(ListItem):
    """Un file che prova una rilevazione."""

    evidence_id: Annotated[str, Field(max_length=36, json_schema_extra={"format": "uuid"})]
    version: Annotated[
        int,
        Field(ge=1, le=2_147_483_647, description="La versione del valore che valeva all'arrivo."),
    ]
    name: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f/\\]+$")]
    media_type: Annotated[str, Field(max_length=100, pattern=r"^[a-z]+/[a-z0-9.+-]+$")]
    size: Annotated[int, Field(ge=1, le=2_147_483_647, description="Byte.")]
    sha256: Annotated[str, Field(max_length=64, pattern=r"^[0-9a-f]{64}$")]
    href: Annotated[
        str,
        Field(
            max_length=300,
            json_schema_extra={"format": "uri-reference"},
            description="Da dove si scarica.",
        ),
    ]
    uploaded_at: Instant
    uploaded_by: Annotated[str, Field(max_length=300, pattern=r"^[\s\S]*$")]
    allowed_actions: Actions


class EvidenceList(Resource):
    """Le prove di una rilevazione."""

    items: Annotated[list[Evidence], Field(max_length=500)]
    next: Cursor
