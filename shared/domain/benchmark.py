"""A chamber's figure beside those of the others and of the whole entity."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from shared.domain.catalogue import Direction
from shared.domain.consolidation import ChamberFigure
from shared.domain.values import NoValue, Value


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a chamber stands.

    ``difference`` is its value less the entity's. ``rank`` is 1 for the best, the same for
    equal values (1, 2, 2, 4); ``None`` where it is not said which values are better.
    """

    chamber: str
    value: Value | NoValue
    difference: Fraction | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """All chambers against each other. ``median`` is that of the chambers with a number."""

    standings: tuple[Standing, ...]
    median: Fraction | None


def benchmark(
    figures: Iterable[ChamberFigure], consolidated: Value | NoValue, direction: Direction | None
) -> Benchmark:
    """Holds the chambers' figures against each other and the consolidated one."""
    rows = list(figures)
    numbers = sorted(row.value for row in rows if isinstance(row.value, Fraction))
    standings = tuple(
        Standing(
            row.chamber,
            row.value,
            _difference(row.value, consolidated),
            _rank(row.value, numbers, direction),
        )
        for row in rows
    )
    return Benchmark(standings, _median(numbers))


def _difference(value: Value | NoValue, whole: Value | NoValue) -> Fraction | None:
    if isinstance(value, Fraction) and isinstance(whole, Fraction):
        return value - whole
    return None


def _rank(
    value: Value | NoValue, numbers: Sequence[Fraction], direction: Direction | None
) -> int | None:
    if not isinstance(value, Fraction) or direction not in {Direction.UP, Direction.DOWN}:
        return None
    if direction is Direction.UP:
        return len(numbers) - bisect_right(numbers, value) + 1
    return bisect_left(numbers, value) + 1


def _median(numbers: Sequence[Fraction]) -> Fraction | None:
    if not numbers:
        return None
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return (numbers[middle - 1] + numbers[middle]) / 2
