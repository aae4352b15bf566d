"""What is sent to write a plan, for those who generate clients.

These bodies are read as bytes and judged by the models of a case file, so that faults of
single fields and of the plan as a whole are answered together. A ``...Change`` is the merge
patch (RFC 7396) of a model: the same fields, each of which may be absent or null.
"""

from typing import Annotated, Literal

from pydantic import Field

from services.api.editing.schemas import Position
from services.api.plans.schemas import EntryReference
from services.api.responses import Resource
from shared.contracts.case import (
    Act,
    CaseIndicator,
    CaseMeasure,
    CaseObjective,
    CasePolicy,
    CaseTable,
    Code,
    DateText,
    Line,
    NumberText,
    Places,
    PositiveText,
    Published,
    Text,
    Threshold,
    Title,
    Year,
)
from shared.contracts.case import Resource as Money
from shared.domain.plan import Kind
from shared.domain.targets import Op
from shared.domain.values import ValueType

Lines = Annotated[tuple[Line, ...], Field(max_length=200)]
Formula = Annotated[str, Field(min_length=1, max_length=1000)]
TargetYear = Annotated[str, Field(pattern=r"^(19|20|21)\d\d$")]
Aggregation = Literal["sum", "last", "mean"]
Direction = Literal["up", "down", "date", "boolean"]


Policy = Annotated[
    CasePolicy,
    Field(description="Le regole di calcolo (SMVP); se manca, quelle più diffuse."),
]


class NewPlan(Resource):
    """Un piano da iniziare."""

    year: Annotated[Year, Field(description="Primo anno del piano.")]
    kind: Literal["piano", "relazione"] = "piano"
    acts: Annotated[tuple[Act, ...], Field(max_length=50)] = ()
    policy: Policy | None = None
    published: Published | None = None
    copy_from: Annotated[
        Year | None,
        Field(
            description="Anno da cui copiare regole, obiettivi, misure e indicatori, con i target "
            "e le risorse già previsti da questo anno in poi; senza rilevazioni."
        ),
    ] = None


class RoundingChange(Resource):
    """Ciò che cambia degli arrotondamenti."""

    indicator: Places | None = None
    objective: Places | None = None
    individual: Places | None = None
    overall: Places | None = None


class OverallChange(Resource):
    """Quali generi di obiettivo fanno il risultato della camera."""

    kinds: Annotated[tuple[Kind, ...], Field(max_length=12)] | None = None


class ToleranceChange(Resource):
    """Ciò che cambia della soglia oltre la quale un risultato vale 100."""

    level: Literal["objective", "indicator"] | None = None
    threshold: PositiveText | None = None


class PolicyChange(Resource):
    """Ciò che cambia delle regole di calcolo; `null` torna al valore più diffuso."""

    overall: OverallChange | None = None
    cap: PositiveText | None = None
    missing: Literal["exclude", "zero"] | None = None
    tolerance: ToleranceChange | None = None
    date_days_to_zero: Annotated[int, Field(ge=1, le=3660)] | None = None
    weights_tolerance: PositiveText | None = None
    rounding: RoundingChange | None = None
    lights: Annotated[tuple[Threshold, ...], Field(max_length=20)] | None = None
    judgements: Annotated[tuple[Threshold, ...], Field(max_length=20)] | None = None
    judgement_rounding: Places | None = None
    explain_below: PositiveText | None = None
    explain_levels: (
        Annotated[tuple[Literal["objective", "indicator", "individual"], ...], Field(max_length=3)]
        | None
    ) = None


class PublishedChange(Resource):
    """Ciò che cambia dei risultati pubblicati."""

    indicators: Annotated[dict[Code, NumberText | None], Field(max_length=20_000)] | None = None
    objectives: Annotated[dict[Code, NumberText | None], Field(max_length=20_000)] | None = None
    overall: NumberText | None = None
    judgement: Line | None = None


class PlanChange(Resource):
    """Ciò che cambia dei dati generali del piano; gli atti di approvazione restano."""

    kind: Literal["piano", "relazione"] | None = None
    acts: Annotated[tuple[Act, ...], Field(max_length=50)] | None = None
    policy: PolicyChange | None = None
    published: PublishedChange | None = None


class NewObjective(CaseObjective):
    """Un obiettivo da aggiungere al piano."""

    position: Position | None = None


class NewMeasure(CaseMeasure):
    """Una misura da aggiungere al piano."""

    position: Position | None = None


class NewIndicator(CaseIndicator):
    """Un indicatore da aggiungere al piano."""

    position: Position | None = None


class NewTable(CaseTable):
    """Una tabella di contesto da aggiungere al piano."""

    position: Position | None = None


class ObjectiveChange(Resource):
    """Ciò che cambia di un obiettivo; il codice non si cambia."""

    code: Code | None = None
    kind: Kind | None = None
    parent: Code | None = None
    title: Title | None = None
    description: Text | None = None
    weight: PositiveText | None = None
    aggregate: Literal["indicators"] | None = None
    programme: Line | None = None
    units: Lines | None = None
    responsible: Line | None = None
    starts: DateText | None = None
    ends: DateText | None = None
    resources: Annotated[tuple[Money, ...], Field(max_length=200)] | None = None
    tags: Annotated[tuple[Line, ...], Field(max_length=50)] | None = None
    members: Annotated[tuple[Code, ...], Field(max_length=1000)] | None = None
    note: Text | None = None
    position: Position | None = None


class MeasureChange(Resource):
    """Ciò che cambia di una misura; il codice non si cambia."""

    code: Code | None = None
    title: Title | None = None
    unit: Line | None = None
    value_type: ValueType | None = None
    aggregation: Aggregation | None = None
    external_ids: Annotated[dict[Line, Line | None], Field(max_length=20)] | None = None
    position: Position | None = None


class TargetChange(Resource):
    """Ciò che cambia del target di un anno; per un anno nuovo, il target intero."""

    op: Op | None = None
    value: Line | None = None
    value2: Line | None = None


class DerivationChange(Resource):
    """Ciò che cambia di una riga derivata."""

    objective: Code | None = None
    scope: Code | None = None


class IndicatorChange(Resource):
    """Ciò che cambia di un indicatore; il codice non si cambia."""

    code: Code | None = None
    objective: Code | None = None
    title: Title | None = None
    typology: Line | None = None
    formula: Formula | None = None
    formula_text: Text | None = None
    unit: Line | None = None
    decimals: Places | None = None
    value_type: ValueType | None = None
    direction: Direction | None = None
    weight: PositiveText | None = None
    baseline: Line | None = None
    targets: Annotated[dict[TargetYear, TargetChange | None], Field(max_length=20)] | None = None
    monitoring_only: bool | None = None
    derived_from: DerivationChange | None = None
    tags: Annotated[tuple[Line, ...], Field(max_length=50)] | None = None
    source_office: Line | None = None
    source_class: Line | None = None
    note: Text | None = None
    catalogue: EntryReference | None = None
    position: Position | None = None


class TableChange(Resource):
    """Ciò che cambia di una tabella: le righe si mandano tutte; il codice non si cambia."""

    code: Code | None = None
    title: Title | None = None
    section: Line | None = None
    columns: Lines | None = None
    rows: (
        Annotated[
            tuple[Annotated[tuple[Line | None, ...], Field(max_length=200)], ...],
            Field(max_length=5000),
        ]
        | None
    ) = None
    position: Position | None = None


RAW_BODIES = (
    NewPlan,
    PlanChange,
    NewObjective,
    NewMeasure,
    NewIndicator,
    NewTable,
    ObjectiveChange,
    MeasureChange,
    IndicatorChange,
    TableChange,
)
"""Every body of this feature, for the OpenAPI document."""
