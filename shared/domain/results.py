"""What scoring gives: results with everything needed to explain them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from shared.domain.formula import MeasureRef
from shared.domain.policy import Level
from shared.domain.targets import Target
from shared.domain.values import NoValue, Status, Value


class Exclusion(StrEnum):
    """Why a row does not count in a mean (scoring rules 2 and 6)."""

    MONITORING = "monitoring"
    SUSPENDED = "suspended"
    STRUCK = "struck"
    MISSING = "missing"
    NEUTRALISED = "neutralised"
    NO_WEIGHT = "no_weight"
    NOTHING_COUNTS = "nothing_counts"


class Source(StrEnum):
    """Where the value of an indicator comes from."""

    GIVEN = "given"
    FORMULA = "formula"
    DERIVED = "derived"
    ASSESSED = "assessed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class UsedMeasure:
    """A measure as a formula read it."""

    ref: MeasureRef
    year: int
    value: Value | NoValue
    versions: tuple[tuple[str | None, int, str | None], ...] = ()
    """The recordings it was made of: (period, version, role that validated)."""


@dataclass(frozen=True, slots=True)
class IndicatorResult:
    """An indicator against its target. Figures are points; ``None`` when it has no result."""

    code: str
    status: Status
    value: Value | NoValue
    source: Source
    target: Target | None
    rule: str
    met: bool | None = None
    measured: Fraction | None = None
    recognised: Fraction | None = None
    exclusion: Exclusion | None = None
    measures: tuple[UsedMeasure, ...] = ()

    @property
    def assessed(self) -> bool:
        """True when the degree of realisation was declared, not computed."""
        return self.source is Source.ASSESSED


@dataclass(frozen=True, slots=True)
class Contribution:
    """A row of a mean: its weight, what it brought, or why it was left out.

    A weight of ``None`` in a mean in which no row has one means an equal share.
    """

    code: str
    level: Level
    weight: Fraction | None
    result: Fraction | None
    exclusion: Exclusion | None = None
    reason: str | None = None


def shares(rows: Sequence[Contribution]) -> list[Fraction | None]:
    """The renormalised weight, 0-1, of each row of a mean; ``None`` for rows left out."""
    weights = [
        None if row.exclusion is not None else Fraction(1) if row.weight is None else row.weight
        for row in rows
    ]
    total = sum((weight for weight in weights if weight is not None), start=Fraction(0))
    return [None if weight is None or not total else weight / total for weight in weights]


@dataclass(frozen=True, slots=True)
class ObjectiveResult:
    """The result of an objective in one scope."""

    code: str
    scope: str
    rule: str
    measured: Fraction | None
    recognised: Fraction | None
    contributions: tuple[Contribution, ...] = ()
    assessed: bool = False
    exclusion: Exclusion | None = None


@dataclass(frozen=True, slots=True)
class OverallResult:
    """The result of the chamber: a mean of the kinds its policy names."""

    rule: str
    measured: Fraction | None
    contributions: tuple[Contribution, ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    """All results of a plan.

    ``objectives`` is keyed by (code, scope): an objective is scored in its own scope, and
    again in the scope of each sheet that derives a row from it.
    """

    indicators: Mapping[str, IndicatorResult]
    objectives: Mapping[tuple[str, str], ObjectiveResult]
    home_scopes: Mapping[str, str]
    overall: OverallResult

    def objective(self, code: str, scope: str | None = None) -> ObjectiveResult:
        """The result of an objective, by default in its own scope.

        Raises:
            KeyError: no such objective, or it was not scored in that scope.
        """
        return self.objectives[code, scope or self.home_scopes[code]]
