"""Bodies of the audit."""

from typing import Annotated, Literal

from pydantic import Field

from services.api.imports.schemas import Identifier
from services.api.paging import ListItem
from services.api.plans.schemas import Cursor
from services.api.responses import Resource
from services.api.tenants.schemas import Instant

Word = Annotated[str, Field(max_length=1000, pattern=r"^[\s\S]*$")]
Sequence = Annotated[
    int,
    Field(
        ge=0,
        le=9_007_199_254_740_991,
        json_schema_extra={"format": "int64"},
        description="Numero della riga nella catena.",
        examples=[42],
    ),
]
Digest = Annotated[
    str,
    Field(
        max_length=64,
        pattern=r"^[0-9a-f]{64}$",
        description="SHA-256 della riga e di quella che la precede.",
        examples=["5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"],
    ),
]
Facts = Annotated[
    str | None,
    Field(max_length=8_000_000, pattern=r"^[\s\S]*$", description="Oggetto JSON, come testo."),
]


class AuditLine(ListItem):
    """Chi ha fatto che cosa, quando e da dove."""

    audit_id: Identifier
    at: Instant
    actor: Word
    action: Word
    subject: Word
    request_id: Word | None
    client: Annotated[Word | None, Field(description="Indirizzo da cui è arrivata la richiesta.")]
    agent: Annotated[Word | None, Field(description="Programma che l'ha inviata.")]
    detail: Facts
    before: Annotated[Facts, Field(description="Valori prima della modifica, JSON come testo.")]
    after: Annotated[Facts, Field(description="Valori dopo la modifica, JSON come testo.")]
    withheld: Annotated[
        bool,
        Field(
            description="La riga parla di schede individuali che chi legge non vede: ne mancano i "
            "valori. L'hash è della riga intera."
        ),
    ]
    sequence: Sequence | None
    hash: Digest | None


class AuditLineList(Resource):
    """Righe del registro."""

    items: Annotated[list[AuditLine], Field(max_length=500)]
    next: Cursor


class AuditHead(Resource):
    """Dove finisce la catena: da annotare altrove, per confrontarla in seguito."""

    sequence: Sequence
    hash: Digest


class AuditFault(Resource):
    """Che cosa non torna, e in quale riga."""

    code: Literal["altered", "removed", "gap", "broken", "unchained", "truncated", "anchor"]
    sequence: Sequence | None
    audit_id: Identifier | None
    detail: Word


class AuditVerification(Resource):
    """L'esito della verifica del registro."""

    valid: bool
    head: AuditHead
    faults: Annotated[list[AuditFault], Field(max_length=10_000)]
