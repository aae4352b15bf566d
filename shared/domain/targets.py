"""Targets and the result of an indicator against its target (scoring rule 1)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from shared.domain.values import Value, ValueType

FULL = Fraction(100)
ZERO = Fraction(0)


class Op(StrEnum):
    """How a value is compared with its target."""

    AT_LEAST = ">="
    MORE_THAN = ">"
    AT_MOST = "<="
    LESS_THAN = "<"
    EQUAL = "="
    BETWEEN = "between"


@dataclass(frozen=True, slots=True)
class Target:
    """The expected result: ``op`` and one bound, or two with ``between`` (both inclusive)."""

    op: Op
    value: Value
    value2: Value | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A value held against its target.

    ``result`` is 0-100, or up to the cap where the policy pays over-achievement; ``rule``
    names the row of scoring rule 1 that gave it.
    """

    met: bool
    result: Fraction
    rule: str


_UPWARD = frozenset({Op.AT_LEAST, Op.MORE_THAN})
_DOWNWARD = frozenset({Op.AT_MOST, Op.LESS_THAN})
_STRICT = frozenset({Op.MORE_THAN, Op.LESS_THAN})

RULES = {
    Op.AT_LEAST: "at_least",
    Op.MORE_THAN: "more_than",
    Op.AT_MOST: "at_most",
    Op.LESS_THAN: "less_than",
    Op.EQUAL: "equal",
    Op.BETWEEN: "between",
}


def target_problem(value_type: ValueType, target: Target) -> str | None:
    """Say why a target cannot be used with a kind of value, or ``None`` when it can."""
    if value_type is ValueType.TEXT:
        return "text_has_no_target"
    if value_type is ValueType.BOOLEAN and target.op is not Op.EQUAL:
        return "boolean_needs_equal"
    if target.op is not Op.BETWEEN:
        return "value2_without_between" if target.value2 is not None else None
    if target.value2 is None:
        return "between_needs_two"
    return "between_reversed" if target.value > target.value2 else None  # type: ignore[operator]


def judge(
    value: Value, target: Target, *, cap: Fraction = FULL, date_days_to_zero: int = 50
) -> Judged | None:
    """Hold ``value`` against ``target``.

    Args:
        value: the measured value.
        target: what was expected.
        cap: highest result, in points (policy ``cap``).
        date_days_to_zero: days late (above 0) at which the result of a date is 0.

    Returns:
        The result, or ``None`` when value and target are of kinds that cannot be compared.
    """
    if isinstance(value, bool) and isinstance(target.value, bool):
        met = value is target.value
        return Judged(met, min(FULL, cap) if met else ZERO, "boolean")
    if isinstance(value, date) and isinstance(target.value, date):
        return _judge_date(value, target, cap, date_days_to_zero)
    if _is_number(value) and _is_number(target.value):
        return _judge_number(value, target, cap)
    return None


def _is_number(value: Value | None) -> bool:
    return isinstance(value, Fraction)


def _signed_distance(value: Fraction, target: Target) -> Fraction:
    """How far the value is on the good side of the target (negative: short of it)."""
    bound: Fraction = target.value  # type: ignore[assignment]
    if target.op in _UPWARD:
        return value - bound
    if target.op in _DOWNWARD:
        return bound - value
    if target.op is Op.EQUAL:
        return -abs(value - bound)
    upper: Fraction = target.value2  # type: ignore[assignment]
    return min(ZERO, value - bound, upper - value)


def _judge_number(value: Value, target: Target, cap: Fraction) -> Judged:
    assert isinstance(value, Fraction)  # noqa: S101 - narrowed by judge()
    distance = _signed_distance(value, target)
    # Signs of numerators: of the same sign as the fractions, and compared much quicker.
    side = distance.numerator
    extra = cap.numerator - 100 * cap.denominator
    full = cap if extra < 0 else FULL
    strict = target.op in _STRICT
    met = side > 0 if strict else side >= 0
    rule = RULES[target.op]
    if side == 0 or (met and extra <= 0):
        # Strict and equal: not met, yet the shortfall is nothing (both are reported).
        return Judged(met, full, rule)
    reference = abs(reference_bound(value, target) or ZERO)
    if not reference.numerator:
        return Judged(met, full if met else ZERO, rule)
    # 100 x (1 + distance / reference) as one fraction: three would be reduced one by one.
    scale = distance.denominator * reference.numerator
    points = 100 * (scale + side * reference.denominator)
    result = Fraction(points, scale) if points > 0 else ZERO
    return Judged(met, min(result, cap), rule)


def reference_bound(value: Value, target: Target) -> Fraction | None:
    """The bound whose absolute value the shortfall is a proportion of, between numbers."""
    bound: Value | None = target.value
    if not isinstance(value, Fraction) or not isinstance(bound, Fraction):
        return None
    if target.op is Op.BETWEEN and value > bound:
        bound = target.value2
    return bound if isinstance(bound, Fraction) else None


def _judge_date(value: date, target: Target, cap: Fraction, days_to_zero: int) -> Judged:
    bound: date = target.value  # type: ignore[assignment]
    late = (value - bound).days
    if target.op in _UPWARD:
        late = -late
    elif target.op is Op.EQUAL:
        late = abs(late)
    elif target.op is Op.BETWEEN:
        upper: date = target.value2  # type: ignore[assignment]
        late = max(0, -late, (value - upper).days)
    strict = target.op in _STRICT
    met = late < 0 if strict else late <= 0
    result = FULL * (1 - Fraction(max(late, 0), days_to_zero))
    return Judged(met, min(max(result, ZERO), cap), "by_date")
