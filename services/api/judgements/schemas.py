"""Bodies of judgements."""

from typing import Annotated, Literal

from pydantic import Field

from services.api.deviations.schemas import Person, Why, Written
from services.api.paging import ListItem
from services.api.plans.schemas import Code, Cursor, DecimalNumber, Line, Text
from services.api.responses import Resource
from services.api.tenants.schemas import Instant
from shared.contracts.case import Cause, PositiveText, Prose, Title
from shared.contracts.snapshot import Figure

Evaluated = Annotated[
    PositiveText | None,
    Field(description="Punti che l'OIV dà; non entrano in alcuna media.", examples=["92"]),
]
TopicName = Literal["neutralisation", "deviation", "analysis", "judgement", "overall"]


class NewJudgement(Resource):
    """Il giudizio qualitativo su un obiettivo o su una scheda."""

    text: Prose
    evaluated: Evaluated = None
    reason: Why = None


class Judgement(Written):
    """Il giudizio dell'OIV su un obiettivo o su una scheda."""

    objective: Code
    text: Text
    evaluated: DecimalNumber | None


class JudgementList(Resource):
    """I giudizi dell'OIV, tutti, nell'ordine del piano."""

    items: Annotated[list[Judgement], Field(max_length=20_000)]
    next: Cursor = None


class NewOverallJudgement(Resource):
    """Il giudizio complessivo: quello proposto dal SMVP, o un altro motivato."""

    label: Annotated[
        Title,
        Field(description="Uno dei giudizi del SMVP, se ne prevede.", examples=["eccellente"]),
    ]
    text: Prose
    motivation: Annotated[
        Prose | None, Field(description="Perché il giudizio non è quello proposto.")
    ] = None
    evaluated: Evaluated = None
    final: Annotated[
        bool, Field(description="Definitivo: la Relazione si approva solo con questo.")
    ] = False
    reason: Annotated[Why, Field(description="Richiesto per cambiare un giudizio definitivo.")] = (
        None
    )


class OverallJudgement(Written):
    """Il giudizio complessivo, accanto al risultato su cui è stato dato."""

    label: Line
    proposed: Annotated[Line | None, Field(description="Il giudizio che il SMVP dava.")]
    measured: Annotated[
        DecimalNumber | None, Field(description="Il risultato misurato, esatto, di allora.")
    ]
    evaluated: DecimalNumber | None
    text: Text
    motivation: Text | None
    final: bool


class Proposal(Resource):
    """Il risultato della Camera ora, e il giudizio che il SMVP ne trae."""

    figure: Figure
    proposed: Line | None
    labels: Annotated[
        list[Line], Field(max_length=20, description="I giudizi del SMVP, dal più alto.")
    ]
    judgement: Annotated[Line | None, Field(description="Il giudizio dato dall'OIV, se c'è.")]
    outdated: Annotated[bool, Field(description="Il giudizio è stato dato su un altro risultato.")]


class Content(Resource):
    """Ciò che una riga dice: i campi del suo tipo, gli altri `null`."""

    effect: Literal["exclude"] | None = None
    cause: Cause | None = None
    reason: Text | None = None
    explanation: Text | None = None
    corrective_action: Text | None = None
    issues: Text | None = None
    opportunities: Text | None = None
    corrective_actions: Text | None = None
    text: Text | None = None
    label: Line | None = None
    motivation: Text | None = None
    evaluated: DecimalNumber | None = None
    proposed: Line | None = None
    measured: DecimalNumber | None = None
    final: bool | None = None


class Statement(ListItem):
    """Una riga della storia della valutazione."""

    statement_id: Annotated[str, Field(max_length=36, json_schema_extra={"format": "uuid"})]
    topic: TopicName
    scope: Code
    subject_kind: Literal["indicator", "objective", "overall"]
    subject_code: Code
    number: Annotated[int, Field(ge=1, le=2_147_483_647)]
    move: Annotated[
        Literal["written", "withdrawn"], Field(description="Scritto (o cambiato), o ritirato.")
    ]
    content: Annotated[
        Content | None, Field(description="Ciò che è stato detto; `null` se ritirato.")
    ]
    reason: Text | None
    written_at: Instant
    written_by: Person


class StatementList(Resource):
    """Tutto ciò che è stato detto nella valutazione, dal più recente."""

    items: Annotated[list[Statement], Field(max_length=500)]
    next: Cursor
