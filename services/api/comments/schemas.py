"""Bodies of comments."""

from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field

from services.api.narratives.schemas import Base, Key, Person
from services.api.paging import ListItem
from services.api.plans.schemas import Cursor
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant

MOST_LINES = 200
"""Lines of one thread: longer ones are not read any more."""

UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

ThreadPath = Annotated[
    str, Path(max_length=36, pattern=UUID, description="Identificativo della discussione.")
]
ThreadId = Annotated[str, Field(max_length=36, json_schema_extra={"format": "uuid"})]
Words = Annotated[
    str,
    Field(
        min_length=1,
        max_length=5000,
        pattern=r"^[^\x00]*\S[^\x00]*$",
        examples=["Manca il confronto con l'anno precedente."],
    ),
]
Quote = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2000,
        pattern=r"^[^\x00]*\S[^\x00]*$",
        description="Il passo di cui si parla, com'è nel testo.",
    ),
]
State = Annotated[
    Literal["open", "resolved"], Field(description="`open` aperta, `resolved` risolta.")
]
CapacityName = Annotated[
    Literal["oiv", "controller", "office"],
    Field(description="A che titolo parla: OIV, controllo di gestione, ufficio."),
]
LineNumber = Annotated[int, Field(ge=1, le=MOST_LINES, json_schema_extra={"format": "int32"})]


class NewThread(Resource):
    """Una discussione su un testo."""

    key: Key
    text: Words
    quote: Quote | None = None


class NewComment(Resource):
    """Una risposta."""

    text: Words


class Settlement(Resource):
    """Ciò che si dice risolvendo; può mancare."""

    text: Words | None = None


class ThreadReopening(Resource):
    """Perché la discussione si riapre."""

    text: Words


class Comment(Resource):
    """Una riga di una discussione."""

    number: LineNumber
    move: Literal["open", "answer", "resolve", "reopen"]
    text: Words | None
    capacity: CapacityName
    written_at: Instant
    written_by: Person


class Thread(ListItem):
    """Una discussione, senza le sue righe."""

    thread_id: ThreadId
    key: Key
    quote: Quote | None
    text_version: Annotated[Base, Field(description="Versione del testo commentata; 0: nessuna.")]
    state: State
    capacity: CapacityName
    lines: LineNumber
    opened_at: Instant
    opened_by: Person
    changed_at: Instant
    allowed_actions: Actions


class ThreadDetail(Thread):
    """Una discussione con le sue righe."""

    comments: Annotated[list[Comment], Field(max_length=MOST_LINES)]


class ThreadList(Resource):
    """Le discussioni sui testi del piano."""

    items: Annotated[list[Thread], Field(max_length=500)]
    next: Cursor
