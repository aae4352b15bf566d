"""A plan as it stood at the end of a period: what the year would give if it ended there.

Three figures are kept apart. The **result to date** holds the value accumulated to the end of
the period against the target of the whole year, by the rules of the year: nothing else than
scoring the plan without what came later. The **target to date** is the part of the year's
target that months gone by make, and only where values add up over the year; the **result
against it** stands beside the other and never enters a mean.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

from shared.domain.calendar import last_month
from shared.domain.formula import Formula, MeasureRef
from shared.domain.periods import Aggregation
from shared.domain.plan import (
    Indicator,
    Measure,
    Measurement,
    Plan,
    default_aggregation,
    measure_value_types,
)
from shared.domain.results import IndicatorResult
from shared.domain.targets import Judged, Target, judge
from shared.domain.values import NoValue, Status, Value, ValueType

_MONTHS = 12

_LASTING = frozenset({Status.SUSPENDED, Status.STRUCK})


@dataclass(frozen=True, slots=True)
class ProRata:
    """The part of a year's target that is due by the end of a period, and what it gives."""

    target: Target
    judged: Judged


def as_of(plan: Plan, period: str) -> Plan:
    """The plan with what is known of its year by the end of ``period``.

    What was recorded for the year as a whole is known when the year is over; that a row is
    suspended or struck holds all year. Other years are over.
    """
    end = last_month(period)
    return replace(plan, measurements=tuple(m for m in plan.measurements if _known(m, plan, end)))


def _known(measurement: Measurement, plan: Plan, end: int) -> bool:
    if measurement.year != plan.year:
        return True
    if measurement.period is None and measurement.status in _LASTING:
        return True
    return last_month(measurement.period) <= end


def elapsed(period: str) -> Fraction:
    """The share of the year, 0-1, that is over at the end of a period, in months."""
    return Fraction(last_month(period), _MONTHS)


class ProRater:
    """Tells which targets of a plan can be divided by time, and divides them."""

    def __init__(self, plan: Plan) -> None:
        kinds = measure_value_types(plan)
        self._policy = plan.policy
        self._rows = {row.code: row for row in plan.indicators}
        self._adding = {m.code for m in plan.measures if _adds_up(m, kinds[m.code])}

    def of(self, result: IndicatorResult, period: str) -> ProRata | None:
        """The result to date against the target to date, where there is such a thing."""
        target, value = result.target, result.value
        if target is None or isinstance(value, NoValue):
            return None
        bound = target.value
        if not isinstance(bound, Fraction) or not self.divides(self._rows[result.code]):
            return None
        share = elapsed(period)
        part = Target(target.op, bound * share, _part(target.value2, share))
        judged = judge(value, part, cap=self._policy.cap)
        return None if judged is None else ProRata(part, judged)

    def divides(self, row: Indicator) -> bool:
        """Whether the values of a row add up over the year: a count or an amount.

        Its formula must be a sum of measures that are summed over periods, each at most
        multiplied or divided by a number. A quotient of measures is a rate, and half a year
        does not halve a rate.
        """
        formula = row.parsed_formula
        if formula is None or row.value_type not in {ValueType.NUMBER, ValueType.CURRENCY}:
            return False
        return _is_sum(formula, self._adding)


def _part(bound: Value | None, share: Fraction) -> Value | None:
    return bound * share if isinstance(bound, Fraction) else bound


def _adds_up(measure: Measure, kind: ValueType) -> bool:
    return (measure.aggregation or default_aggregation(kind)) is Aggregation.SUM


def _is_sum(formula: Formula, adding: set[str]) -> bool:
    """Whether a formula is a sum of adding measures of this year, times numbers."""
    # For each operand whether it grows with the year; numbers do not.
    stack: list[bool] = []
    for item in formula.items:
        if isinstance(item, MeasureRef):
            if item.offset or item.code not in adding:
                return False
            stack.append(True)
        elif isinstance(item, Fraction):
            stack.append(False)
        elif item != "neg":
            right, left = stack.pop(), stack.pop()
            if item in "+-" and left is not right:
                return False
            if (item == "*" and left and right) or (item == "/" and right):
                return False
            stack.append(left or right)
    return stack == [True]
