"""What a formula gives, by the units of its measures; expected by hand."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.case_reading import read_case
from shared.contracts.plan_content import approval_issues
from shared.domain.formula import parse
from shared.domain.units import dimension_of, dimension_text, units_of
from shared.domain.values import ValueType

UNITS = {"eur": "EUR", "cost": "€", "gg": "gg", "n": "N.", "pct": "%", "odd": "pratiche"}


def dimension(code: str) -> Any:  # noqa: ANN401 - a dimension or none
    return dimension_of(UNITS.get(code), None)


@pytest.mark.parametrize(
    ("formula", "given_unit", "clashes"),
    [
        ("[eur]", "EUR", 0),
        ("[eur] + [cost]", "EUR", 0),
        ("[eur] / [n]", "EUR", 0),
        ("[eur] / [cost] * 100", "N.", 0),
        ("[eur] / [gg]", "EUR/gg", 0),
        ("[n] / [gg]", "1/gg", 0),
        ("[gg] * [gg]", "gg^2", 0),
        ("[eur] - 1000", "EUR", 0),
        ("-[eur] + 5", "EUR", 0),
        ("[eur] * 1000", "EUR", 0),
        ("[gg] * 24", None, 0),  # a constant may convert
        ("[eur] + [gg]", None, 1),
        ("[eur] + [n]", None, 1),
        ("([eur] + [gg]) / ([gg] - [eur])", None, 2),
        ("[eur] / [n] + [eur]", "EUR", 0),
        ("[eur] + [odd]", None, 0),  # what is not known says nothing
        ("[eur] + [nowhere]", None, 0),
        ("[eur]@-1 + [eur]", "EUR", 0),
    ],
)
def test_units_through_a_formula(formula: str, given_unit: str | None, clashes: int) -> None:
    found = units_of(parse(formula), dimension)
    shown = None if found.dimension is None else dimension_text(found.dimension)
    assert (shown, len(found.clashes)) == (given_unit, clashes)


@pytest.mark.parametrize(
    ("unit", "kind", "shown"),
    [
        (None, ValueType.CURRENCY, "EUR"),
        (None, ValueType.DAYS, "gg"),
        (None, ValueType.PERCENT, "N."),
        (None, ValueType.NUMBER, None),
        (" Giorni ", ValueType.NUMBER, "gg"),
        ("pratiche", ValueType.CURRENCY, None),  # a unit that is stated counts, known or not
        ("", None, None),
    ],
)
def test_the_dimension_of_a_measure(unit: str | None, kind: ValueType | None, shown: str) -> None:
    found = dimension_of(unit, kind)
    assert (None if found is None else dimension_text(found)) == shown


formulas = st.recursive(
    st.sampled_from(["[eur]", "[gg]", "[n]", "[odd]", "2", "100"]),
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
        lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
    ),
    max_leaves=8,
)


@given(formulas)
def test_measures_of_one_unit_never_clash(formula: str) -> None:
    plain = formula.replace("[eur]", "[n]").replace("[gg]", "[n]")
    assert units_of(parse(plain), dimension).clashes == ()


@given(formulas)
def test_what_is_known_of_no_measure_says_nothing(formula: str) -> None:
    assert units_of(parse(formula), lambda _: None).clashes == ()


def case_with(formula: str, unit: str, kind: str = "number") -> dict[str, Any]:
    """A plan of one indicator over measures of every kind."""
    return {
        "format": "ciclo/case@1",
        "chamber": "LU",
        "year": 2030,
        "kind": "piano",
        "policy": {"overall": {"kinds": ["perspective"]}},
        "objectives": [{"code": "A", "kind": "perspective", "title": "A"}],
        "measures": [
            *({"code": code, "title": code, "unit": unit} for code, unit in UNITS.items()),
            {"code": "day", "title": "day", "value_type": "date"},
        ],
        "indicators": [
            {
                "code": "I",
                "objective": "A",
                "title": "I",
                "formula": formula,
                "unit": unit,
                "value_type": kind,
            }
        ],
    }


@pytest.mark.parametrize(
    ("formula", "unit", "code", "certain"),
    [
        ("[eur] / [cost] * 100", "%", None, False),
        ("[eur] / [n]", "EUR", None, False),
        ("[eur] / [n]", "%", "unit_differs", False),
        ("[eur] + [gg]", "EUR", "sum_of_units", True),
        ("[day] - [gg]", "gg", "no_arithmetic", True),
        ("[eur] / [n]", "euro a pratica", None, False),
    ],
)
def test_a_file_warns_and_an_approval_refuses_what_is_certain(
    formula: str, unit: str, code: str | None, certain: bool
) -> None:
    read = read_case(json.dumps(case_with(formula, unit)).encode())
    expected = [] if code is None else [("/indicators/0/formula", code)]
    assert [(warning.pointer, warning.code) for warning in read.warnings] == expected
    assert [(issue.pointer, issue.code) for issue in approval_issues(read.case)] == (
        expected if certain else []
    )
