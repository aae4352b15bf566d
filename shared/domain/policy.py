"""A chamber's policy: the machine form of its *Sistema di misurazione e valutazione* (SMVP).

Everything that one chamber may set differently from another is a field here (D.Lgs.
150/2009, art. 7: each administration adopts its own SMVP); nothing of it is a constant
elsewhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from shared.domain.numbers import round_half_up


class Level(StrEnum):
    """The levels at which figures are rounded and shown."""

    INDICATOR = "indicator"
    OBJECTIVE = "objective"
    INDIVIDUAL = "individual"
    OVERALL = "overall"


class MissingRule(StrEnum):
    """What an indicator without a value (ND) does to the mean of its objective."""

    EXCLUDE = "exclude"
    ZERO = "zero"


@dataclass(frozen=True, slots=True)
class Threshold:
    """One step of a scale: a label from ``bound`` up (``exclusive``: only above it)."""

    bound: Fraction
    label: str
    exclusive: bool = False

    def covers(self, figure: Fraction) -> bool:
        """Tell whether a figure reaches this step."""
        return figure > self.bound if self.exclusive else figure >= self.bound


def label_for(scale: Iterable[Threshold], figure: Fraction) -> str | None:
    """The label of the first step that covers a figure, or ``None`` below all of them."""
    return next((step.label for step in scale if step.covers(figure)), None)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Results from ``threshold`` up count as 100, at one level (scoring rule 4)."""

    level: Level
    threshold: Fraction


@dataclass(frozen=True, slots=True)
class Policy:
    """How values become results in one chamber for one year. Figures are points, 0-100."""

    overall_kinds: tuple[str, ...] = ()
    cap: Fraction = Fraction(100)
    missing: MissingRule = MissingRule.EXCLUDE
    tolerance: Tolerance | None = None
    date_days_to_zero: int = 50
    weights_tolerance: Fraction = Fraction(1, 10)
    rounding: dict[Level, int] = field(default_factory=dict)
    lights: tuple[Threshold, ...] = ()
    judgements: tuple[Threshold, ...] = ()
    judgement_rounding: int = 0
    explain_below: Fraction | None = None
    explain_levels: tuple[Level, ...] = (Level.OBJECTIVE,)

    def places(self, level: Level) -> int:
        """Decimals with which figures of a level are shown."""
        return self.rounding.get(level, 0)

    def recognised(self, level: Level, result: Fraction) -> Fraction:
        """The result after tolerance: what counts in the mean above it."""
        tolerance = self.tolerance
        if tolerance is None or tolerance.level is not level or result < tolerance.threshold:
            return result
        return max(result, Fraction(100))

    def light(self, level: Level, result: Fraction) -> str | None:
        """The traffic light of a result, looked up on the figure as it is shown."""
        return label_for(self.lights, Fraction(round_half_up(result, self.places(level))))

    def judgement(self, result: Fraction) -> str | None:
        """The judgement in words on a result (94.88 -> 95 -> *eccellente*)."""
        return label_for(self.judgements, Fraction(round_half_up(result, self.judgement_rounding)))
