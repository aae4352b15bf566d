from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.formula import (
    MAX_LENGTH,
    Formula,
    FormulaError,
    Item,
    MeasureRef,
    evaluate,
    parse,
)
from shared.domain.values import NoValue, Value

codes = st.text(alphabet="abcXYZ019_.- ", min_size=1, max_size=6)
numbers = st.decimals(0, 10_000, places=2, allow_nan=False).map(lambda d: Fraction(format(d, "f")))
atoms = st.one_of(
    numbers.map(lambda n: (n,)),
    st.builds(lambda c, o: (MeasureRef(c, o),), codes, st.integers(-9, 0)),
)
postfix = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(lambda a, b, o: (*a, *b, o), inner, inner, st.sampled_from("+-*/")),
        inner.map(lambda a: (*a, "neg")),
    ),
    max_leaves=20,
)


@given(postfix)
def test_a_printed_formula_parses_to_itself(items: tuple[Item, ...]) -> None:
    formula = Formula(items)
    assert parse(str(formula)) == formula


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a] / [b] * 1000", Fraction(500)),
        ("[a] - [b] - 1", Fraction(-2)),
        ("[a] - ([b] - 1)", Fraction(0)),
        ("-[a] * -[b]", Fraction(2)),
        ("2 + 3 * 4", Fraction(14)),
        ("[a]@-1 / [a] * 100", Fraction(700)),
        ("1 / 3", Fraction(1, 3)),
    ],
)
def test_arithmetic_is_exact(text: str, expected: Fraction) -> None:
    values = {("a", 0): Fraction(1), ("b", 0): Fraction(2), ("a", -1): Fraction(7)}
    assert evaluate(parse(text), lambda ref: values[ref.code, ref.offset]) == expected


def test_an_absent_measure_gives_no_value_with_its_name() -> None:
    absent = NoValue("missing", "b")

    def lookup(ref: MeasureRef) -> Value | NoValue:
        return absent if ref.code == "b" else Fraction(1)

    assert evaluate(parse("[a] + [b]"), lookup) == absent


def test_division_by_zero_is_no_value() -> None:
    found = evaluate(parse("1 / ([a] - [a])"), lambda _: Fraction(3))
    assert found == NoValue("division_by_zero")


def test_a_measure_alone_may_be_yes_or_no_but_not_inside_a_sum() -> None:
    assert evaluate(parse("[a]"), lambda _: True) is True
    assert evaluate(parse("[a] + 1"), lambda _: True) == NoValue("not_a_number", "a")


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("[a] [b]", 4),
        ("2 ** 3", 3),
        ("[x]@1", 3),
        ("[a", 0),
        ("", 0),
        ("__import__('os')", 0),
        ("1e3", 1),
    ],
)
def test_what_is_not_a_formula_is_refused_where_it_breaks(text: str, position: int) -> None:
    with pytest.raises(FormulaError) as refused:
        parse(text)
    assert refused.value.position == position


@pytest.mark.parametrize("text", ["(" * 490 + "1" + ")" * 490, "-" * 900 + "1", "1+" * 200 + "1"])
def test_deep_nesting_neither_fails_nor_recurses(text: str) -> None:
    formula = parse(text)
    assert parse(str(formula)) == formula
    assert isinstance(evaluate(formula, lambda _: Fraction(1)), Fraction)


def test_a_formula_longer_than_any_real_one_is_refused() -> None:
    with pytest.raises(FormulaError):
        parse("1+" * MAX_LENGTH + "1")
