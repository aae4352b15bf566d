"""Bodies of assignments, of the parts of a Relazione, and of what is still owed."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from services.api.measurements.schemas import Count, Reason
from services.api.narratives.schemas import Base, Key, Person
from services.api.paging import ListItem
from services.api.plans.schemas import Cursor, Line
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant

Office = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=r"^\S(.*\S)?$",
        description="Un'unità, come il piano la chiama.",
        examples=["Ufficio Studi"],
    ),
]
Due = Annotated[date | None, Field(description="Ultimo giorno utile, in Italia.")]
Overdue = Annotated[bool, Field(description="Il termine è passato e il testo manca.")]
Title = Annotated[Line | None, Field(description="Come si chiama ciò di cui parla il testo.")]


class NewAssignment(Resource):
    """Chi deve un testo, ed entro quando."""

    offices: Annotated[list[Office], Field(min_length=1, max_length=20)]
    due_on: Due = None
    note: Annotated[Reason | None, Field(description="Che cosa si chiede di scrivere.")] = None


class Assignment(ListItem):
    """Un testo affidato a uno o più uffici."""

    key: Key
    title: Title
    offices: Annotated[list[Office], Field(max_length=20)]
    due_on: Due
    note: Reason | None
    written: Annotated[bool, Field(description="Il testo c'è.")]
    overdue: Overdue
    assigned_at: Instant
    assigned_by: Person
    allowed_actions: Actions


class AssignmentList(Resource):
    """I testi affidati agli uffici."""

    items: Annotated[list[Assignment], Field(max_length=500)]
    next: Cursor


class ReportSection(ListItem):
    """Una sezione o un paragrafo della Relazione o del Piano, e a che punto è il suo testo."""

    document: Literal["relazione", "piano"]
    section: Annotated[
        str, Field(max_length=40, pattern=r"^\S+$", description="Numero, o nome se è propria.")
    ]
    title: Line
    own: Annotated[bool, Field(description="Propria della camera.")]
    position: Annotated[int, Field(ge=0, le=1000, json_schema_extra={"format": "int32"})]
    key: Key
    version: Annotated[Base, Field(description="Versione del testo; 0: non è scritto.")]
    offices: Annotated[list[Office], Field(max_length=20, description="Chi deve il testo.")]
    due_on: Due
    overdue: Overdue
    open_threads: Annotated[Count, Field(description="Discussioni aperte.")]
    drafts: Annotated[Count, Field(description="Bozze non inviate, di chiunque.")]
    allowed_actions: Actions


class ReportSectionList(Resource):
    """Le sezioni e i paragrafi della Relazione, poi quelli del Piano."""

    items: Annotated[list[ReportSection], Field(max_length=500)]
    next: Cursor


KindName = Annotated[
    Literal["text", "explanation", "comment"],
    Field(
        description="`text` un testo, `explanation` la causa di uno scostamento, `comment` una "
        "risposta."
    ),
]


class Outstanding(ListItem):
    """Ciò che manca ancora, e chi lo deve."""

    kind: KindName
    key: Annotated[
        str,
        Field(
            max_length=1020,
            pattern=r"^(objective|section|indicator):.+$",
            description="Di che cosa: un testo, o il risultato da spiegare.",
        ),
    ]
    title: Title
    offices: Annotated[list[Line], Field(max_length=200, description="Vuoto: nessuno indicato.")]
    due_on: Due
    overdue: Overdue
    count: Annotated[Count, Field(description="Quante discussioni, se sono commenti.")]
    drafts: Annotated[Count, Field(description="Bozze non inviate: qualcuno ha cominciato.")]


class OfficeOutstanding(Resource):
    """Quanto deve ancora un ufficio."""

    office: Line
    texts: Count
    explanations: Count
    comments: Count
    overdue: Count


class OutstandingList(Resource):
    """Chi deve ancora che cosa."""

    items: Annotated[list[Outstanding], Field(max_length=500)]
    next: Cursor
    offices: Annotated[
        list[OfficeOutstanding], Field(max_length=1000, description="Chi deve di più per primo.")
    ]
    unassigned: Annotated[Count, Field(description="Ciò che nessuno è indicato a scrivere.")]
