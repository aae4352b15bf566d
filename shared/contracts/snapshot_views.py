"""The rows of a snapshot: what a document may show of a chamber's year.

Exact figures are decimal strings with a dot; ``shown`` figures are rounded half up as the
chamber's policy says, still with a dot: the Italian form (``94,9``) is the document's business.
"""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.snapshot_history import TrendView
from shared.domain.workflow import PlanState

DecimalText = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$", max_length=64)]
DateText = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Light = Literal["green", "yellow", "red"]


class ChamberCard(Contract):
    """The chamber as the cover shows it."""

    code: str
    name: str
    entity_code: str
    entity_name: str
    logo_svg: str | None = None
    colour: str = Field(default="#17324d", pattern=r"^#[0-9a-fA-F]{6}$")
    accent_colour: str | None = Field(default=None, pattern=r"^#[0-9a-fA-F]{6}$")
    """Of its charts, in the report of its entity; its own documents have it in their layout."""


class Act(Contract):
    """An approval: who approved which document, with number and date."""

    document: str
    organ: str | None = None
    number: str | None = None
    date: DateText | None = None


class Figure(Contract):
    """A result, 0-100 (more only where the policy's cap allows).

    ``measured`` is what the figures give; ``recognised`` is what counts after the policy's
    tolerance; both exact. ``shown`` is ``recognised`` rounded for people. All are ``None``
    when there is no result, and then ``reason`` says why (``monitoring``, ``suspended``,
    ``struck``, ``missing``, ``neutralised``, ``nothing_counts``, ...).
    """

    measured: DecimalText | None
    recognised: DecimalText | None
    shown: DecimalText | None
    light: str | None = None
    judgement: str | None = None
    assessed: bool = False
    reason: str | None = None


class Resource(Contract):
    """Money planned and spent for an objective in a year (decimal strings, ``currency``)."""

    type: str | None = None
    year: int | None = None
    initial: DecimalText | None = None
    changes: DecimalText | None = None
    budgeted: DecimalText | None = None
    committed: DecimalText | None = None
    approved: DecimalText | None = None
    actual: DecimalText | None = None
    available: DecimalText | None = None
    currency: str = "EUR"


class ObjectiveView(Contract):
    """One row of the tree of performance, in document order (parents before children)."""

    code: str
    kind: str
    parent: str | None
    depth: int
    title: str
    description: str | None = None
    weight: DecimalText | None = None
    programme: str | None = None
    units: tuple[str, ...] = ()
    responsible: str | None = None
    days: tuple[str | None, str | None] = (None, None)  # first and last, ISO 8601
    tags: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    note: str | None = None
    resources: tuple[Resource, ...] = ()
    narrative: str | None = None
    """Markdown."""
    indicators: tuple[str, ...] = ()
    """Codes of its own indicators, in order."""
    figure: Figure
    scope: str
    """``chamber``, or the code of the individual sheet it belongs to."""


class TargetView(Contract):
    """``op`` as in the case format; ``value2`` only with ``between``."""

    op: str
    value: str
    value2: str | None = None


class IndicatorView(Contract):
    """One indicator with what was expected and what was obtained this year."""

    code: str
    objective: str
    title: str
    typology: str | None = None
    formula: str | None = None
    formula_text: str | None = None
    unit: str | None = None
    value_type: str
    direction: str | None = None
    decimals: int | None = None
    weight: DecimalText | None = None
    baseline: str | None = None
    target: TargetView | None = None
    targets: dict[str, TargetView] = Field(default_factory=dict)
    monitoring_only: bool = False
    derived_from: str | None = None
    """Code of the objective whose result is the value, for derived rows of a sheet."""
    source_office: str | None = None
    source_class: str | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None
    status: str
    """``measured``, ``missing``, ``suspended``, ``struck``, ``monitoring``, ``assessed``."""
    value: str | None = None
    """Exact value in canonical text: decimal with a dot, ISO date, ``true``/``false``, text."""
    value_text: str | None = None
    met: bool | None = None
    figure: Figure


class EvaluationView(Contract):
    """A neutralisation by the OIV, with scope, cause and reason."""

    scope: str
    subject: str
    effect: str
    cause: str | None = None
    reason: str


class DeviationView(Contract):
    """A result below the threshold; cause and explanation are ``None`` while they are owed."""

    subject_kind: Literal["objective", "indicator"]
    subject: str
    title: str
    scope: str
    result: DecimalText
    """Recognised, exact."""
    owners: tuple[str, ...] = ()
    cause: str | None = None
    explanation: str | None = None
    corrective_action: str | None = None


class AnalysisView(Contract):
    """Issues, opportunities, corrective actions of an objective; each Markdown."""

    objective: str
    issues: str | None = None
    opportunities: str | None = None
    corrective_actions: str | None = None


class JudgementView(Contract):
    """What the OIV says of an objective or sheet; ``evaluated`` are points it gives."""

    objective: str
    text: str
    evaluated: DecimalText | None = None


class OverallJudgementView(Contract):
    """The judgement of the OIV on the chamber, with the result and label it was given on."""

    label: str
    text: str
    motivation: str | None = None
    evaluated: DecimalText | None = None
    proposed: str | None = None
    measured: DecimalText | None = None
    final: bool = False


class TargetChangeView(Contract):
    """Old and new target of an indicator for a year; ``None`` where there was none."""

    indicator: str
    title: str | None = None
    year: int
    old: TargetView | None = None
    new: TargetView | None = None
    value_type: str | None = None
    unit: str | None = None


class FieldChangeView(Contract):
    """Another field that an amendment changed, as a person reads it."""

    section: str
    code: str | None = None
    title: str | None = None
    change: str
    name: str | None = None
    """Absent where a whole row was added or removed."""
    old: str | None = None
    new: str | None = None


class AmendmentView(Contract):
    """A version of the plan that replaced the one before it, and why."""

    version: int
    act: Act | None = None
    motivation: str | None = None
    cause: str | None = None
    oiv_opinion: str | None = None
    targets: tuple[TargetChangeView, ...] = ()
    changes: tuple[FieldChangeView, ...] = ()


class TableView(Contract):
    """A context table; the first column holds row heads."""

    code: str
    title: str
    section: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]


class NarrativeView(Contract):
    """Markdown for a section of the report (``2``, ``3.3``, ...)."""

    section: str
    text: str


class UsedMeasure(Contract):
    """An elementary datum that entered a value."""

    code: str
    title: str | None = None
    year: int
    period: str | None = None
    value: str | None = None
    version: int | None = None
    validated_by: str | None = None
    """A role, never a person."""


class Contribution(Contract):
    """A child in a weighted mean. ``share`` is its renormalised weight, 0-1, exact text."""

    code: str
    title: str | None = None
    weight: DecimalText | None = None
    result: DecimalText | None = None
    share: DecimalText | None = None
    excluded: str | None = None
    """Why it does not count: ``monitoring``, ``suspended``, ``struck``, ``missing``,
    ``neutralised``, ``no_weight``, ``nothing_counts``."""
    exclusion_reason: str | None = None


class Explanation(Contract):
    """Why a figure is what it is; the same data the API serves (scoring rule 8)."""

    code: str
    subject: Literal["indicator", "objective", "overall"]
    scope: str
    title: str | None = None
    rule: str
    """Stable name of the rule applied (``at_least``, ``weighted_mean``, ``mean_of_members``...)."""
    text: str
    """One Italian sentence with the arithmetic, for the annex."""
    value: str | None = None
    formula: str | None = None
    measures: tuple[UsedMeasure, ...] = ()
    target: TargetView | None = None
    met: bool | None = None
    measured: DecimalText | None = None
    recognised: DecimalText | None = None
    contributions: tuple[Contribution, ...] = ()
    reason: str | None = None


class PolicyView(Contract):
    """The parts of the policy (SMVP) that the report prints."""

    cap: DecimalText
    missing: str
    tolerance_level: str | None = None
    tolerance_threshold: DecimalText | None = None
    overall_kinds: tuple[str, ...]
    rounding: dict[str, int]
    lights: tuple[tuple[str, str, str], ...]
    """(``from`` or ``above``, threshold, label), highest first."""
    judgements: tuple[tuple[str, str, str], ...]
    explain_below: DecimalText | None = None


class ProRataView(Contract):
    """The part of the year's target that is due by the end of a period, and what it gives.

    Only for counts and amounts, which add up over the year; it enters no mean.
    """

    target: TargetView
    met: bool
    result: DecimalText
    shown: DecimalText
    light: str | None


class LackView(Contract):
    """A datum due with a period that is not there, or not validated, and who owes it."""

    subject_kind: Literal["measure", "indicator", "objective"]
    subject: str
    title: str
    period: str | None = None
    reason: str
    """``missing``, or the state of what was entered."""
    owners: tuple[str, ...] = ()


class PeriodView(Contract):
    """The period that a monitoring report is about; figures of the report stop at its end."""

    code: str
    first_day: DateText
    last_day: DateText
    deadline: DateText
    closed: bool
    months: int
    """Months of the year that are over then."""
    due: int
    entered: int
    in_time: int
    lacking: tuple[LackView, ...] = ()
    pro_rata: dict[str, ProRataView] = Field(default_factory=dict)
    """By code of indicator."""


class YearContent(Contract):
    """What a year of one chamber came to: its plan, its results, what was said of them."""

    year: int
    chamber: ChamberCard
    plan_revision: int
    """Revision of the inputs the figures were computed on."""
    plan_version: Annotated[int, Field(ge=1)] = 1
    """Version of the plan they belong to; nobody has approved it in the states below."""
    plan_state: PlanState = PlanState.DRAFT
    """``draft`` and ``amending`` say that the version is still being written."""
    acts: tuple[Act, ...]
    policy: PolicyView
    overall: Figure
    objectives: tuple[ObjectiveView, ...]
    indicators: tuple[IndicatorView, ...]
    evaluations: tuple[EvaluationView, ...] = ()
    narratives: tuple[NarrativeView, ...] = ()
    tables: tuple[TableView, ...] = ()
    explanations: tuple[Explanation, ...]
    deviations: tuple[DeviationView, ...] | None = None
    """``None`` in what was frozen before deviations were."""
    analyses: tuple[AnalysisView, ...] = ()
    judgements: tuple[JudgementView, ...] = ()
    overall_judgement: OverallJudgementView | None = None
    amendments: tuple[AmendmentView, ...] = ()
    """Approved ones, in order."""
    period: PeriodView | None = None
    """Of a monitoring report; the figures stop at its end."""
    trends: tuple[TrendView, ...] = ()
    """Earlier years of the rows that have any."""
