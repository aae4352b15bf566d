"""Formulas whose units do not fit, as warnings of a case (an approval refuses the certain ones)."""

from collections.abc import Iterator

from shared.contracts.case import Case, CaseIndicator, CaseMeasure
from shared.contracts.issues import Issue, pointer
from shared.domain import formula as formula_language
from shared.domain.formula import Formula
from shared.domain.plan import effective_measure_types
from shared.domain.units import dimension_of, dimension_text, units_of
from shared.domain.values import ValueType

CERTAIN = frozenset({"sum_of_units", "no_arithmetic"})
"""What can only be wrong: no value, or one that means nothing."""


def unit_issues(case: Case) -> Iterator[Issue]:
    """Sums of different units, arithmetic on what is no number, a result in another unit."""
    measures = {measure.code: measure for measure in case.measures}
    formulas = {
        index: (indicator, formula_language.parse(indicator.formula))
        for index, indicator in enumerate(case.indicators)
        if indicator.formula is not None
    }
    types = effective_measure_types(
        ((code, measure.value_type) for code, measure in measures.items()),
        ((indicator.value_type, formula) for indicator, formula in formulas.values()),
    )
    for index, (indicator, formula) in formulas.items():
        place = pointer(("indicators", index, "formula"))
        yield from _not_arithmetic(place, indicator, formula, types)
        yield from _units(place, indicator, formula, measures)


def _not_arithmetic(
    place: str, indicator: CaseIndicator, formula: Formula, types: dict[str, ValueType]
) -> Iterator[Issue]:
    if formula.single_measure is not None:
        return
    for ref in formula.measures:
        kind = types.get(ref.code, ValueType.NUMBER)
        if not kind.is_numeric:
            yield Issue(
                pointer=place,
                code="no_arithmetic",
                it=f"{indicator.code}: la misura {ref.code} è di tipo {kind.value}: non si calcola",
                en=f"{indicator.code}: measure {ref.code} is of type {kind.value}: no arithmetic",
            )


def _units(
    place: str, indicator: CaseIndicator, formula: Formula, measures: dict[str, CaseMeasure]
) -> Iterator[Issue]:
    known = {
        code: dimension_of(measure.unit, measure.value_type) for code, measure in measures.items()
    }
    found = units_of(formula, known.get)
    code = indicator.code
    for left, right in found.clashes:
        one, other = dimension_text(left), dimension_text(right)
        yield Issue(
            pointer=place,
            code="sum_of_units",
            it=f"{code}: la formula somma unità diverse, {one} e {other}",
            en=f"{code}: the formula adds different units, {one} and {other}",
        )
    expected = dimension_of(indicator.unit, indicator.value_type)
    given = found.dimension
    if given is not None and expected is not None and given != expected:
        one, other = dimension_text(given), indicator.unit or indicator.value_type.value
        yield Issue(
            pointer=place,
            code="unit_differs",
            it=f"{code}: la formula dà {one}, l'indicatore è in {other}",
            en=f"{code}: the formula gives {one}, the indicator is in {other}",
        )
