"""Units of measures in a formula: what cannot be added, and what a formula gives.

Only what is certain is told. A unit that is not among :data:`_KNOWN` says nothing, and so
does a formula that reads a measure without one; a constant other than a power of ten may
convert one unit into another (days into hours) and says nothing either.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from shared.domain.formula import Formula, MeasureRef
from shared.domain.values import ValueType

Dimension = tuple[tuple[str, int], ...]
"""Base units with their powers, in alphabetical order; empty for a plain number."""

PURE: Dimension = ()

_KNOWN: Mapping[str, Dimension] = MappingProxyType(
    {
        unit: dimension
        for dimension, units in (
            (PURE, ("%", "‰", "n", "n.", "nr", "nr.", "num", "numero", "1-5")),
            ((("EUR", 1),), ("eur", "€", "euro")),
            ((("gg", 1),), ("gg", "gg.", "giorni", "giorno")),
            ((("ore", 1),), ("ore", "ora", "h")),
        )
        for unit in units
    }
)

_BY_TYPE: Mapping[ValueType, Dimension] = MappingProxyType(
    {
        ValueType.PERCENT: PURE,
        ValueType.SCORE: PURE,
        ValueType.CURRENCY: (("EUR", 1),),
        ValueType.DAYS: (("gg", 1),),
    }
)

_POWERS_OF_TEN = frozenset(Fraction(10) ** power for power in range(-6, 7))


def dimension_of(unit: str | None, value_type: ValueType | None) -> Dimension | None:
    """What a unit is, or else what a kind of value implies; ``None`` when neither tells."""
    if unit is not None and unit.strip():
        return _KNOWN.get(unit.strip().lower())
    return None if value_type is None else _BY_TYPE.get(value_type)


def dimension_text(dimension: Dimension) -> str:
    """A dimension for people: ``EUR/gg``; a plain number is ``N.``."""
    above = [_power(base, power) for base, power in dimension if power > 0]
    below = [_power(base, -power) for base, power in dimension if power < 0]
    if not dimension:
        return "N."
    return "/".join(["·".join(above) or "1", *below])


def _power(base: str, power: int) -> str:
    return base if power == 1 else f"{base}^{power}"


@dataclass(frozen=True, slots=True)
class FormulaUnits:
    """What a formula gives, if that is known, and the sums of different units in it."""

    dimension: Dimension | None
    clashes: tuple[tuple[Dimension, Dimension], ...]


@dataclass(frozen=True, slots=True)
class _Operand:
    dimension: Dimension | None
    constant: Fraction | None = None


def units_of(formula: Formula, lookup: Callable[[str], Dimension | None]) -> FormulaUnits:
    """Follows the units of measures through a formula; ``lookup`` takes a measure's code."""
    clashes: list[tuple[Dimension, Dimension]] = []
    stack: list[_Operand] = []
    for item in formula.items:
        if isinstance(item, Fraction):
            stack.append(_Operand(PURE, item))
        elif isinstance(item, MeasureRef):
            stack.append(_Operand(lookup(item.code)))
        elif item == "neg":
            operand = stack.pop()
            stack.append(_Operand(operand.dimension, operand.constant))
        else:
            right, left = stack.pop(), stack.pop()
            made = _added(left, right, clashes) if item in "+-" else _scaled(left, right, item)
            stack.append(made)
    return FormulaUnits(stack[0].dimension, tuple(clashes))


def _added(left: _Operand, right: _Operand, clashes: list[tuple[Dimension, Dimension]]) -> _Operand:
    """A sum or difference; a constant takes the unit of what it is added to."""
    if left.constant is not None or right.constant is not None:
        return _Operand((right if left.constant is not None else left).dimension)
    if left.dimension is None or right.dimension is None:
        return _Operand(None)
    if left.dimension != right.dimension:
        clashes.append((left.dimension, right.dimension))
        return _Operand(None)
    return left


def _scaled(left: _Operand, right: _Operand, operator: str) -> _Operand:
    """A product or quotient."""
    for operand in (left, right):
        if operand.constant is not None and abs(operand.constant) not in _POWERS_OF_TEN:
            return _Operand(None)
    if left.dimension is None or right.dimension is None:
        return _Operand(None)
    sign = -1 if operator == "/" else 1
    powers = dict(left.dimension)
    for base, power in right.dimension:
        powers[base] = powers.get(base, 0) + sign * power
    return _Operand(tuple(sorted((base, power) for base, power in powers.items() if power)))
