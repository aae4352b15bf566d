"""A chamber's cycle of one year: plan, measurements and evaluations, as plain values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from shared.domain import formula as formula_language
from shared.domain.formula import Formula
from shared.domain.periods import Aggregation
from shared.domain.policy import Level, Policy
from shared.domain.targets import Target
from shared.domain.values import Status, ValueType

CHAMBER_SCOPE = "chamber"
"""The scope of the chamber as a whole; any other scope is the code of an individual sheet."""


SYSTEM = "ciclo"
"""The name under ``external_ids`` that is reserved for what the system itself feeds."""


class Kind(StrEnum):
    """Kinds of objective (``kind`` in a case file)."""

    PERSPECTIVE = "perspective"
    STRATEGIC_AREA = "strategic_area"
    AREA = "area"
    AREA_OBJECTIVE = "area_objective"
    UNIT = "unit"
    PRIORITY = "priority"
    STRATEGIC_OBJECTIVE = "strategic_objective"
    ENTITY_OBJECTIVE = "entity_objective"
    OPERATIONAL_OBJECTIVE = "operational_objective"
    ACTION = "action"
    INDIVIDUAL = "individual"
    INDIVIDUAL_OBJECTIVE = "individual_objective"

    @property
    def level(self) -> Level:
        """The level of the policy's ``rounding`` that applies to results of this kind."""
        return Level.INDIVIDUAL if self is Kind.INDIVIDUAL else Level.OBJECTIVE


HEADINGS = frozenset(
    {
        Kind.PERSPECTIVE,
        Kind.STRATEGIC_AREA,
        Kind.AREA,
        Kind.UNIT,
        Kind.PRIORITY,
        Kind.INDIVIDUAL,
    }
)
"""Kinds that gather objectives: their result is that of their parts, and so is what is said."""


class Subject(StrEnum):
    """What a measurement or an evaluation is about."""

    MEASURE = "measure"
    INDICATOR = "indicator"
    OBJECTIVE = "objective"


@dataclass(frozen=True, slots=True)
class Objective:
    """A node of the tree of performance. ``weight`` is relative to its siblings."""

    code: str
    kind: Kind
    parent: str | None
    title: str
    weight: Fraction | None = None
    aggregate_indicators: bool = False
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """An elementary datum, one value a period. ``value_type`` None: as its formulas need it.

    ``external_ids`` are its names elsewhere: by measurement system, by catalogue, and under
    :data:`SYSTEM` what the system itself counts (:mod:`shared.domain.system_measures`).
    """

    code: str
    title: str
    unit: str | None = None
    value_type: ValueType | None = None
    aggregation: Aggregation | None = None
    external_ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def fed_by_system(self) -> bool:
        """Whether its values are counted by the system: nobody owes them."""
        return SYSTEM in self.external_ids


@dataclass(frozen=True, slots=True)
class Derivation:
    """A row whose value is the result of an objective, scored in a scope (scoring rule 5).

    Without a scope it is the scope of the sheet in which the row stands.
    """

    objective: str
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Indicator:
    """A row of an objective: how it is measured and what is expected in the plan's year.

    ``catalogue`` names the entry of a catalogue that it measures (``pareto:C1.1_07``).
    """

    code: str
    objective: str
    title: str
    value_type: ValueType
    formula: str | None = None
    weight: Fraction | None = None
    target: Target | None = None
    monitoring_only: bool = False
    derived_from: Derivation | None = None
    unit: str | None = None
    catalogue: str | None = None

    @property
    def parsed_formula(self) -> Formula | None:
        """The formula, parsed (parsed once: the parser remembers)."""
        return None if self.formula is None else formula_language.parse(self.formula)


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was recorded of a measure, indicator or objective.

    ``value`` is canonical text, read with the type of its subject; ``result`` is an assessed
    degree of realisation in points, given instead of a value. ``version`` counts the
    recordings of the same datum; ``validated_by`` is a role.
    """

    subject: Subject
    code: str
    year: int
    period: str | None = None
    value: str | None = None
    result: Fraction | None = None
    status: Status = Status.MEASURED
    version: int = 1
    validated_by: str | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A neutralisation by the OIV: the row leaves the mean of one scope (scoring rule 6)."""

    scope: str
    subject: Subject
    code: str
    reason: str
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that scoring needs of one chamber's year."""

    chamber: str
    year: int
    policy: Policy
    objectives: tuple[Objective, ...] = ()
    measures: tuple[Measure, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    revision: int = field(default=0, compare=False)


def measure_value_types(plan: Plan) -> dict[str, ValueType]:
    """The kind of value of every measure.

    A measure that does not say is a number, unless it is the whole formula of an indicator
    of dates, SI/NO or text: then it is what the indicator is.
    """
    return effective_measure_types(
        ((measure.code, measure.value_type) for measure in plan.measures),
        ((i.value_type, i.parsed_formula) for i in plan.indicators),
    )


def effective_measure_types(
    measures: Iterable[tuple[str, ValueType | None]],
    indicators: Iterable[tuple[ValueType, Formula | None]],
) -> dict[str, ValueType]:
    """As :func:`measure_value_types`, from codes, types and formulas alone."""
    implied: dict[str, ValueType] = {}
    for value_type, formula in indicators:
        code = None if formula is None else implied_measure(value_type, formula)
        if code is not None:
            implied.setdefault(code, value_type)
    return {code: declared or implied.get(code, ValueType.NUMBER) for code, declared in measures}


def implied_measure(value_type: ValueType, formula: Formula) -> str | None:
    """The measure whose kind of value an indicator tells, if it tells one.

    It does when the measure is its whole formula and its values are no numbers.
    """
    single = formula.single_measure
    return None if single is None or value_type.is_numeric else single.code


def default_aggregation(value_type: ValueType) -> Aggregation:
    """How period values make a year value when the measure does not say.

    Counts and amounts add up; rates, scores, days and dates do not: the last one stands.
    """
    additive = value_type in {ValueType.NUMBER, ValueType.CURRENCY}
    return Aggregation.SUM if additive else Aggregation.LAST
