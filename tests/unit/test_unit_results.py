"""The results of an office, worked out by hand."""

import json
from fractions import Fraction

from shared.contracts.case_reading import plan_from_case, read_case
from shared.domain.scoring import score
from shared.domain.unit_results import UnitResult, unit_results
from tests.unit.plans import case, indicator, objective

PROMOTION, REGISTER = "Ufficio Promozione", "Registro imprese"


def found(weights: tuple[str | None, str | None, str | None]) -> dict[str, UnitResult]:
    """A: 80, B: 50 with B1 below it, C: 20; the register answers for C and a suspended D."""
    nodes = [
        objective("P", "perspective"),
        objective("A", parent="P", units=[PROMOTION]),
        objective("B", parent="P", units=[PROMOTION]),
        objective("B1", "operational_objective", parent="B", units=[PROMOTION], weight="100"),
        objective("C", parent="P", units=[REGISTER, PROMOTION]),
        objective("D", parent="P", units=[REGISTER]),
    ]
    for code, weight in zip("ABC", weights, strict=True):
        if weight is not None:
            next(node for node in nodes if node["code"] == code)["weight"] = weight
    values = {"A": "80", "B1": "50", "C": "20"}
    document = case(
        objectives=nodes,
        indicators=[indicator(f"{code}.1", code) for code in (*values, "D")],
        measurements=[
            *({"indicator": f"{code}.1", "value": value} for code, value in values.items()),
            {"indicator": "D.1", "status": "suspended"},
        ],
    )
    plan = plan_from_case(read_case(json.dumps(document).encode()).case)
    units = {node["code"]: node["units"] for node in nodes if "units" in node}
    return {unit.unit: unit for unit in unit_results(plan, score(plan), units)}


def test_the_mean_is_by_weight_and_the_highest_of_a_branch_counts() -> None:
    units = found(("60", "30", "10"))
    assert list(units) == [REGISTER, PROMOTION]
    promotion = units[PROMOTION]
    assert [row.code for row in promotion.contributions] == ["A", "B", "C"]
    # 60 x 80 + 30 x 50 + 10 x 20 = 6500
    assert (promotion.rule, promotion.result) == ("weighted_mean", Fraction(65))


def test_where_one_has_no_weight_all_count_the_same() -> None:
    promotion = found(("60", None, "10"))[PROMOTION]
    assert (promotion.rule, promotion.result) == ("plain_mean", Fraction(50))


def test_what_has_no_result_leaves_the_mean() -> None:
    register = found(("60", "30", "10"))[REGISTER]
    assert register.result == Fraction(20)
    assert [row.exclusion for row in register.contributions] == [None, "nothing_counts"]
