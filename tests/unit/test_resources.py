"""Money of objectives: sums up the tree and amounts that follow from others, by hand."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.case_reading import read_case
from shared.domain.resources import Line, up_the_tree, within_rows

OUT = ("oneri", 2030, "EUR")
IN = ("proventi", 2030, "EUR")


def line(key: tuple[str, int, str] = OUT, row: int = 0, **amounts: int) -> Line:
    return Line(row, key, {part: Fraction(amount) for part, amount in amounts.items()})


@pytest.mark.parametrize(
    ("amounts", "off"),
    [
        ({"initial": 120, "changes": -20, "budgeted": 100}, {}),
        ({"initial": 120, "changes": -20, "budgeted": 120}, {"budgeted": 100}),
        ({"budgeted": 100, "committed": 70, "available": 30}, {}),
        ({"budgeted": 100, "committed": 70, "available": 31}, {"available": 30}),
        # variations beside a budget are in it or not: published tables do both
        ({"budgeted": 80, "changes": 5, "committed": 70, "available": 15}, {}),
        ({"budgeted": 80, "changes": 5, "committed": 70, "available": 10}, {}),
        ({"budgeted": 80, "changes": 5, "committed": 70, "available": 20}, {"available": 15}),
        ({"initial": 80, "changes": 5, "committed": 70, "available": 15}, {}),
        ({"initial": 80, "committed": 70, "available": 15}, {"available": 10}),
        ({"committed": 70, "available": 15}, {}),
        ({"available": 15, "actual": 3}, {}),
    ],
)
def test_amounts_of_one_row(amounts: dict[str, int], off: dict[str, int]) -> None:
    found = {d.part: d.computed for d in within_rows({"A": [line(OUT, 0, **amounts)]})}
    assert found == off


PARENTS = {"A": None, "A1": "A", "A2": "A", "A1a": "A1", "A1b": "A1"}


@pytest.mark.parametrize(
    ("resources", "off"),
    [
        ({"A": [line(budgeted=10)]}, []),
        ({"A": [line(budgeted=10)], "A1": [line(budgeted=7)], "A2": [line(budgeted=3)]}, []),
        ({"A": [line(budgeted=10)], "A1": [line(budgeted=7)]}, [("A", "budgeted", 7)]),
        # a child that states nothing passes on what those below it state
        ({"A": [line(budgeted=9)], "A1a": [line(budgeted=4)], "A1b": [line(budgeted=5)]}, []),
        # income and expenditure, years and currencies are not added
        ({"A": [line(budgeted=10)], "A1": [line(IN, budgeted=7)]}, []),
        (
            {"A": [line(budgeted=10), line(IN, 1, actual=2)], "A2": [line(IN, actual=3)]},
            [("A", "actual", 3)],
        ),
        (
            {"A": [line(actual=10)], "A1": [line(actual=5)], "A1a": [line(actual=10)]},
            [("A", "actual", 5), ("A1", "actual", 10)],
        ),
        ({"A": [line(budgeted=5)], "A1": [line(budgeted=2), line(row=1, budgeted=3)]}, []),
    ],
)
def test_sums_up_the_tree(
    resources: dict[str, list[Line]], off: list[tuple[str, str, int]]
) -> None:
    found = [(d.objective, d.part, int(d.computed)) for d in up_the_tree(PARENTS, resources)]
    assert found == off


@given(st.lists(st.integers(-9, 9), min_size=4, max_size=4), st.integers(-9, 9))
def test_only_what_is_not_the_sum_is_told(leaves: list[int], wrong: int) -> None:
    first, second, third, fourth = leaves
    resources = {
        "A1a": [line(actual=first)],
        "A1b": [line(actual=second)],
        "A1": [line(actual=first + second)],
        "A2": [line(actual=third + fourth)],
        "A": [line(actual=sum(leaves) + wrong)],
    }
    found = [(d.objective, int(d.stated - d.computed)) for d in up_the_tree(PARENTS, resources)]
    assert found == ([("A", wrong)] if wrong else [])


def test_a_file_warns_where_the_amount_stands_and_tells_the_difference() -> None:
    def objective(code: str, parent: str | None, budgeted: str) -> dict[str, Any]:
        resource = {"type": "oneri", "year": 2030, "budgeted": budgeted, "currency": "EUR"}
        kind = "strategic_objective"
        row = {"code": code, "kind": kind, "parent": parent, "title": code, "programme": "012-005"}
        return row | {"resources": [resource]}

    case = {
        "format": "ciclo/case@1",
        "chamber": "LU",
        "year": 2030,
        "kind": "piano",
        "policy": {"overall": {"kinds": ["strategic_objective"]}},
        "objectives": [objective("A", None, "1000.50"), objective("B", "A", "900.25")],
    }
    (warning,) = read_case(json.dumps(case).encode()).warnings
    assert (warning.pointer, warning.code) == (
        "/objectives/0/resources/0/budgeted",
        "resource_sum_off",
    )
    assert warning.it == "A budgeted: 1000.5 non è la somma di quelli sottostanti, 900.25 (100.25)"
