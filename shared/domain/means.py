"""The weighted mean, which every result above an indicator is (scoring rule 3)."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import lcm

from shared.domain.results import Contribution, Exclusion

ONE = Fraction(1)


def weighted_mean(
    parts: Sequence[Contribution],
) -> tuple[Fraction | None, tuple[Contribution, ...]]:
    """Scoring rule 3: the mean of the rows that count, by their renormalised weights.

    Rows without any weight share equally. Among weighted rows, one without a weight counts
    nothing (``no_weight``): such a plan is refused at approval, but a year that was
    published like that must still be readable.

    Returns:
        The mean (``None`` when nothing counts) and the rows, those left out marked so.
    """
    unweighted = all(part.weight is None for part in parts)
    rows: list[Contribution] = []
    counted: list[tuple[Fraction, Fraction]] = []
    for part in parts:
        exclusion = part.exclusion
        if exclusion is None and part.result is None:
            exclusion = Exclusion.NOTHING_COUNTS
        if exclusion is None and part.weight is None and not unweighted:
            exclusion = Exclusion.NO_WEIGHT
        rows.append(part if exclusion is part.exclusion else replace(part, exclusion=exclusion))
        if exclusion is None and part.result is not None:
            counted.append((ONE if part.weight is None else part.weight, part.result))
    return _mean(counted), tuple(rows)


def _mean(counted: Sequence[tuple[Fraction, Fraction]]) -> Fraction | None:
    """Sum of weight x result over sum of weights, exactly.

    Weights and results are brought to whole numbers first: adding fractions one by one was
    half the time of scoring a plan.
    """
    scale = lcm(*(weight.denominator for weight, _ in counted))
    common = lcm(*(result.denominator for _, result in counted))
    total = whole = 0
    for weight, result in counted:
        units = weight.numerator * (scale // weight.denominator)
        total += units
        whole += units * result.numerator * (common // result.denominator)
    return Fraction(whole, total * common) if total else None
