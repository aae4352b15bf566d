"""Elements of a plan as they are served."""

from typing import Annotated, Literal

from pydantic import Field

from services.api.paging import ListItem
from services.api.plans.schemas import Code, Cursor, DecimalNumber, EntryReference, Line, Plan, Text
from services.api.responses import Resource
from services.api.tenants.schemas import Actions
from shared.contracts.case import CaseDerivation, CaseTarget
from shared.contracts.case import Resource as Money

MOST_ROWS = 1_000_000

Position = Annotated[
    int,
    Field(
        ge=0,
        le=MOST_ROWS,
        description="Posto nell'ordine del documento, da 0, fra tutti gli elementi dello stesso "
        "genere; oltre l'ultimo, o se manca in uno nuovo, in fondo.",
    ),
]


class Remark(Resource):
    """Ciò che chi scrive dovrebbe sapere, e che non impedisce di salvare."""

    pointer: Annotated[
        str,
        Field(
            max_length=1000,
            pattern=r"^(/.*)?$",
            description="Dove, nell'elemento; vuoto se riguarda l'elemento intero o ciò che lo "
            "contiene.",
        ),
    ]
    code: Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
    detail: Annotated[str, Field(max_length=4000, pattern=r"^[\s\S]*$")]


Remarks = Annotated[
    list[Remark],
    Field(max_length=20_000, description="Avvertimenti sull'elemento e su ciò che lo contiene."),
]


Day = Annotated[str, Field(max_length=10, pattern=r"^\d{4}-\d{2}-\d{2}$")]


class SavedPlan(Plan):
    """Un piano appena scritto, con gli avvertimenti su tutto il suo contenuto."""

    warnings: Annotated[
        list[Remark],
        Field(max_length=20_000, description="I puntatori sono nel piano esportato."),
    ]


class PlanRemarks(Resource):
    """Che cosa guardare nel piano, e che cosa oggi ne impedirebbe l'approvazione."""

    warnings: Annotated[
        list[Remark],
        Field(max_length=20_000, description="I puntatori sono nel piano esportato."),
    ]
    obstacles: Annotated[
        list[Remark],
        Field(max_length=20_000, description="Da correggere prima di approvare."),
    ]


class Objective(ListItem):
    """Un obiettivo, come nel file del piano."""

    code: Code
    position: Position
    kind: Annotated[str, Field(max_length=40, pattern=r"^[a-z_]+$")]
    parent: Code | None
    title: Line
    description: Text | None
    weight: DecimalNumber | None
    aggregate: Literal["indicators"] | None
    programme: Line | None
    units: Annotated[list[Line], Field(max_length=200)] | None
    responsible: Annotated[
        Line | None, Field(description="Chi ne risponde: un ruolo o un ufficio, mai una persona.")
    ]
    starts: Day | None
    ends: Day | None
    resources: Annotated[list[Money], Field(max_length=200)] | None
    tags: Annotated[list[Line], Field(max_length=50)] | None
    members: Annotated[list[Code], Field(max_length=1000)] | None
    note: Text | None
    allowed_actions: Actions


class ObjectiveList(Resource):
    """Gli obiettivi del piano."""

    items: Annotated[list[Objective], Field(max_length=500)]
    next: Cursor


class Measure(ListItem):
    """Una misura: un dato elementare."""

    code: Code
    position: Position
    title: Line
    unit: Line | None
    value_type: Annotated[str, Field(max_length=20, pattern=r"^[a-z]+$")] | None
    aggregation: Literal["sum", "last", "mean"] | None
    external_ids: Annotated[dict[str, Line], Field(max_length=20)] | None
    allowed_actions: Actions


class MeasureList(Resource):
    """Le misure del piano."""

    items: Annotated[list[Measure], Field(max_length=500)]
    next: Cursor


class Indicator(ListItem):
    """Un indicatore, con il target di ogni anno."""

    code: Code
    position: Position
    objective: Code
    title: Line
    typology: Line | None
    formula: Line | None
    formula_text: Text | None
    unit: Line | None
    decimals: Annotated[int, Field(ge=0, le=6)] | None
    value_type: Annotated[str, Field(max_length=20, pattern=r"^[a-z]+$")]
    direction: Literal["up", "down", "date", "boolean"] | None
    weight: DecimalNumber | None
    baseline: Line | None
    targets: Annotated[dict[str, CaseTarget], Field(max_length=20)] | None
    monitoring_only: bool | None
    derived_from: CaseDerivation | None
    tags: Annotated[list[Line], Field(max_length=50)] | None
    source_office: Line | None
    source_class: Line | None
    note: Text | None
    catalogue: EntryReference | None
    allowed_actions: Actions


class IndicatorList(Resource):
    """Gli indicatori del piano."""

    items: Annotated[list[Indicator], Field(max_length=500)]
    next: Cursor


class Table(ListItem):
    """Una tabella di contesto: personale, bilancio, portafoglio dei prodotti."""

    code: Code
    position: Position
    title: Line
    section: Line | None
    columns: Annotated[list[Line], Field(max_length=200)]
    rows: Annotated[
        list[Annotated[list[Line | None], Field(max_length=200)]], Field(max_length=5000)
    ]
    allowed_actions: Actions


class TableList(Resource):
    """Le tabelle di contesto del piano."""

    items: Annotated[list[Table], Field(max_length=500)]
    next: Cursor


class SavedObjective(Objective):
    """Un obiettivo appena scritto, con gli avvertimenti."""

    warnings: Remarks


class SavedMeasure(Measure):
    """Una misura appena scritta, con gli avvertimenti."""

    warnings: Remarks


class SavedIndicator(Indicator):
    """Un indicatore appena scritto, con gli avvertimenti."""

    warnings: Remarks


class SavedTable(Table):
    """Una tabella appena scritta, con gli avvertimenti."""

    warnings: Remarks
