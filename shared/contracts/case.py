"""``ciclo/case@1``: one chamber's cycle for one year, as a file.

The fields of each model stand in the order in which an export writes them; an absent
optional field is not written. :func:`read_case` accepts exactly what it can read and refuses
everything else with all faults at once; :func:`write_case` gives the canonical bytes:
``read_case(write_case(case)).case == case``, and a file in canonical form comes back byte
for byte.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from shared.contracts.base import Contract
from shared.domain.catalogue import REFERENCE_PATTERN
from shared.domain.numbers import NUMBER_PATTERN
from shared.domain.periods import PERIOD_PATTERN
from shared.domain.plan import Kind
from shared.domain.targets import Op
from shared.domain.values import Status, ValueType

MAX_ROWS = 20_000
"""Most rows of one section; the largest published plan has about 400 indicators."""

NumberText = Annotated[str, Field(pattern=rf"^{NUMBER_PATTERN}$", max_length=32)]
PositiveText = Annotated[str, Field(pattern=rf"^{NUMBER_PATTERN[2:]}$", max_length=32)]
"""A number that is not negative: weights, thresholds, results in points."""

ExactText = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$", max_length=64)]
"""A computed figure, with as many digits as results are written with."""

Code = Annotated[
    str,
    Field(pattern=r"^[^\s\[\]\x00-\x1f]([^\[\]\x00-\x1f]*[^\s\[\]\x00-\x1f])?$", max_length=100),
]
"""Unique name of a row: no brackets (formulas use them), no blanks at the ends."""

Title = Annotated[str, Field(min_length=1, max_length=1000)]
Line = Annotated[str, Field(max_length=1000)]
Text = Annotated[str, Field(max_length=200_000)]
DateText = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Year = Annotated[int, Field(ge=1990, le=2100, strict=True)]
Places = Annotated[int, Field(ge=0, le=6, strict=True)]


class CaseModel(Contract):
    """A part of a case file; written without the fields it does not have.

    Texts are never made of numbers (pydantic refuses that by itself); whole numbers and truth
    values are strict below, so that ``"2020"`` is no year and ``1`` is not true.
    """

    @model_serializer(mode="wrap")
    def _only_what_is_there(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {
            key: value
            for key, value in handler(self).items()
            if value not in (None, (), [], {}) or key in self._always_written()
        }

    def _always_written(self) -> frozenset[str]:
        return frozenset()


class Act(CaseModel):
    """An approval: the organ, number and date of the act that approved a document.

    Old documents do not always print all three.
    """

    document: Line
    organ: Line | None = None
    number: Line | None = None
    date: DateText | None = None


class Overall(CaseModel):
    """Which kinds of objective make the chamber's result."""

    kinds: Annotated[tuple[Kind, ...], Field(max_length=12)]

    def _always_written(self) -> frozenset[str]:
        return frozenset({"kinds"})


class Tolerance(CaseModel):
    """Results from the threshold up count as 100."""

    level: Literal["objective", "indicator"]
    threshold: PositiveText


class Rounding(CaseModel):
    """Decimals with which figures are shown, by level."""

    indicator: Places = 0
    objective: Places = 0
    individual: Places = 0
    overall: Places = 0


class Threshold(CaseModel):
    """A step of a scale: inclusive ``from`` or exclusive ``above``."""

    from_: PositiveText | None = Field(default=None, alias="from")
    above: PositiveText | None = None
    label: Title


class CasePolicy(CaseModel):
    """The chamber's SMVP in machine form."""

    overall: Overall
    cap: PositiveText = "100"
    missing: Literal["exclude", "zero"] = "exclude"
    tolerance: Tolerance | None = None
    date_days_to_zero: Annotated[int, Field(ge=1, le=3660, strict=True)] = 50
    weights_tolerance: PositiveText = "0.1"
    rounding: Rounding = Rounding()
    lights: Annotated[tuple[Threshold, ...], Field(max_length=20)] = ()
    judgements: Annotated[tuple[Threshold, ...], Field(max_length=20)] = ()
    judgement_rounding: Places = 0
    explain_below: PositiveText | None = None
    explain_levels: Annotated[
        tuple[Literal["objective", "indicator", "individual"], ...], Field(max_length=3)
    ] = ()
    """Whose results ask for an explanation; objectives alone when nothing is said."""

    def _always_written(self) -> frozenset[str]:
        return frozenset(CasePolicy.model_fields) - {"explain_levels"}


class Resource(CaseModel):
    """Money of an objective; any part of it may be absent."""

    type: Title | None = None
    year: Year | None = None
    initial: NumberText | None = None
    changes: NumberText | None = None
    budgeted: NumberText | None = None
    committed: NumberText | None = None
    approved: NumberText | None = None
    actual: NumberText | None = None
    available: NumberText | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None


class CaseObjective(CaseModel):
    """A node of the tree of performance."""

    code: Code
    kind: Kind
    parent: Code | None = None
    title: Title
    description: Text | None = None
    weight: PositiveText | None = None
    aggregate: Literal["indicators"] | None = None
    programme: Line | None = None
    units: Annotated[tuple[Line, ...], Field(max_length=200)] = ()
    responsible: Line | None = None
    """Who answers for it: a role or an office, never a person's name."""
    starts: DateText | None = None
    ends: DateText | None = None
    """First and last day of an action or a project; both may stand alone."""
    resources: Annotated[tuple[Resource, ...], Field(max_length=200)] = ()
    tags: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    members: Annotated[tuple[Code, ...], Field(max_length=1000)] = ()
    note: Text | None = None

    def _always_written(self) -> frozenset[str]:
        return frozenset({"parent"})


class CaseMeasure(CaseModel):
    """An elementary datum."""

    code: Code
    title: Title
    unit: Line | None = None
    value_type: ValueType | None = None
    aggregation: Literal["sum", "last", "mean"] | None = None
    external_ids: Annotated[dict[Line, Line], Field(max_length=20)] = Field(default_factory=dict)


class CaseTarget(CaseModel):
    """What is expected in a year."""

    op: Op
    value: Line
    value2: Line | None = None


class CaseDerivation(CaseModel):
    """The objective whose result is the value of the row."""

    objective: Code
    scope: Code | None = None


class CaseIndicator(CaseModel):
    """A row of an objective."""

    code: Code
    objective: Code
    title: Title
    typology: Line | None = None
    formula: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    formula_text: Text | None = None
    unit: Line | None = None
    decimals: Places | None = None
    value_type: ValueType
    direction: Literal["up", "down", "date", "boolean"] | None = None
    weight: PositiveText | None = None
    baseline: Line | None = None
    targets: Annotated[
        dict[Annotated[str, Field(pattern=r"^(19|20|21)\d\d$")], CaseTarget], Field(max_length=20)
    ] = Field(default_factory=dict)
    monitoring_only: Annotated[bool, Field(strict=True)] | None = None
    derived_from: CaseDerivation | None = None
    tags: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    source_office: Line | None = None
    source_class: Line | None = None
    note: Text | None = None
    catalogue: Annotated[str, Field(pattern=rf"^{REFERENCE_PATTERN}$", max_length=111)] | None = (
        None
    )

    def _always_written(self) -> frozenset[str]:
        return frozenset({"targets"})


class CaseMeasurement(CaseModel):
    """A value, or an assessed result, of a measure, an indicator or an objective."""

    measure: Code | None = None
    indicator: Code | None = None
    objective: Code | None = None
    year: Year | None = None
    period: Annotated[str, Field(pattern=rf"^({PERIOD_PATTERN})$")] | None = None
    value: Line | None = None
    result: PositiveText | None = None
    status: Status | None = None
    value_text: Text | None = None
    note: Text | None = None

    def _always_written(self) -> frozenset[str]:
        return frozenset({"period"}) if self.measure is not None else frozenset()


Cause = Literal["exogenous", "endogenous", "indicator_error"]
Prose = Annotated[str, Field(min_length=1, max_length=20_000, pattern=r"\S")]
"""A text that says something."""


class CaseEvaluation(CaseModel):
    """A neutralisation by the OIV."""

    scope: Code
    indicator: Code | None = None
    objective: Code | None = None
    effect: Literal["exclude"]
    cause: Cause | None = None
    reason: Annotated[str, Field(min_length=1, max_length=20_000)]


class CaseDeviation(CaseModel):
    """Why a result fell short, and what was done about it (scoring rule 6)."""

    indicator: Code | None = None
    objective: Code | None = None
    cause: Cause
    explanation: Prose
    corrective_action: Prose | None = None


class CaseAnalysis(CaseModel):
    """*Criticità, opportunità, azioni correttive* of an objective, each in Markdown."""

    objective: Code
    issues: Prose | None = None
    opportunities: Prose | None = None
    corrective_actions: Prose | None = None


class CaseJudgement(CaseModel):
    """What the OIV says of an objective or of a sheet, beside its computed result."""

    objective: Code
    text: Prose
    evaluated: PositiveText | None = None
    """Points that the OIV gives; they enter no mean."""


class CaseOverallJudgement(CaseModel):
    """The judgement of the OIV on the chamber.

    ``proposed`` is the label that the policy gave to the result ``measured`` when the judgement
    was written; ``label`` is the OIV's own, with its ``motivation`` where it differs.
    """

    label: Title
    text: Prose
    motivation: Prose | None = None
    evaluated: PositiveText | None = None
    proposed: Line | None = None
    measured: ExactText | None = None
    final: Annotated[bool, Field(strict=True)] = False


class CaseNarrative(CaseModel):
    """Markdown about an objective or a section of the report."""

    objective: Code | None = None
    section: Line | None = None
    text: Text


class CaseTable(CaseModel):
    """A context table; the first column holds row heads."""

    code: Code
    title: Title
    section: Line
    columns: Annotated[tuple[Line, ...], Field(max_length=200)]
    rows: Annotated[
        tuple[Annotated[tuple[Line | None, ...], Field(max_length=200)], ...],
        Field(max_length=5000),
    ]

    def _always_written(self) -> frozenset[str]:
        return frozenset({"columns", "rows"})


class Published(CaseModel):
    """What the official document printed; compared, never used to compute."""

    indicators: Annotated[dict[Code, NumberText], Field(max_length=MAX_ROWS)] = Field(
        default_factory=dict
    )
    objectives: Annotated[dict[Code, NumberText], Field(max_length=MAX_ROWS)] = Field(
        default_factory=dict
    )
    overall: NumberText | None = None
    judgement: Line | None = None


_WRITTEN_WHEN_THERE = frozenset(
    {"deviations", "analyses", "judgements", "overall_judgement", "published"}
)
"""Parts that a file without them does not name: those of before stay as they are."""


class Case(CaseModel):
    """A whole case file."""

    format: Literal["ciclo/case@1"]
    chamber: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
    year: Year
    kind: Literal["piano", "relazione"]
    acts: Annotated[tuple[Act, ...], Field(max_length=50)] = ()
    policy: CasePolicy
    objectives: Annotated[tuple[CaseObjective, ...], Field(max_length=MAX_ROWS)] = ()
    measures: Annotated[tuple[CaseMeasure, ...], Field(max_length=MAX_ROWS)] = ()
    indicators: Annotated[tuple[CaseIndicator, ...], Field(max_length=MAX_ROWS)] = ()
    measurements: Annotated[tuple[CaseMeasurement, ...], Field(max_length=MAX_ROWS)] = ()
    evaluations: Annotated[tuple[CaseEvaluation, ...], Field(max_length=MAX_ROWS)] = ()
    narratives: Annotated[tuple[CaseNarrative, ...], Field(max_length=MAX_ROWS)] = ()
    tables: Annotated[tuple[CaseTable, ...], Field(max_length=1000)] = ()
    deviations: Annotated[tuple[CaseDeviation, ...], Field(max_length=MAX_ROWS)] = ()
    analyses: Annotated[tuple[CaseAnalysis, ...], Field(max_length=MAX_ROWS)] = ()
    judgements: Annotated[tuple[CaseJudgement, ...], Field(max_length=MAX_ROWS)] = ()
    overall_judgement: CaseOverallJudgement | None = None
    published: Published | None = None

    def _always_written(self) -> frozenset[str]:
        return frozenset(Case.model_fields) - _WRITTEN_WHEN_THERE


def write_case(case: Case) -> bytes:
    """The canonical file: fields in order, one blank of indentation, UTF-8, no final newline."""
    return case.model_dump_json(by_alias=True, indent=1).encode()
