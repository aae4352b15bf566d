"""A plan of 200 indicators in the shape of a real one, for measuring only."""

import json
from typing import Any

from shared.contracts.case import Case, write_case

INDICATORS = 200
_PER_OBJECTIVE = 5
_OBJECTIVES_PER_PERSPECTIVE = 10
YEAR = 2023

_POLICY: dict[str, Any] = {
    "overall": {"kinds": ["perspective"]},
    "lights": [
        {"above": "90", "label": "green"},
        {"from": "70", "label": "yellow"},
        {"from": "0", "label": "red"},
    ],
    "judgements": [{"from": "91", "label": "eccellente"}, {"from": "0", "label": "non adeguato"}],
    "rounding": {"indicator": 0, "objective": 0, "individual": 1, "overall": 1},
}


def large_case(chamber: str = "PI") -> bytes:
    """Four perspectives, forty objectives, 200 indicators in the canonical form.

    In the proportions of the real plans: a formula for every indicator, every second one a
    quotient, 1.5 measures read and 1.2 measures recorded for each.
    """
    groups = range(INDICATORS // _PER_OBJECTIVE)
    perspectives = [
        {"code": f"P{p}", "kind": "perspective", "parent": None, "title": f"Prospettiva {p}"}
        for p in range(len(groups) // _OBJECTIVES_PER_PERSPECTIVE)
    ]
    objectives = [
        {
            "code": f"O{o}",
            "kind": "strategic_objective",
            "parent": f"P{o // _OBJECTIVES_PER_PERSPECTIVE}",
            "title": f"Obiettivo {o}",
            "weight": "10",
        }
        for o in groups
    ]
    values = {f"M{m}": f"{70 + m % 61}.{m % 10}" for m in range(INDICATORS)}
    values |= {total_of(o): f"{83 + 3 * o}" for o in groups}
    document = {
        "format": "ciclo/case@1",
        "chamber": chamber,
        "year": YEAR,
        "kind": "relazione",
        "policy": _POLICY,
        "objectives": perspectives + objectives,
        "measures": [{"code": code, "title": f"Misura {code}"} for code in values],
        "indicators": [_indicator(i) for i in range(INDICATORS)],
        "measurements": [
            {"measure": code, "year": YEAR, "period": None, "value": value}
            for code, value in values.items()
        ],
    }
    return write_case(Case.model_validate_json(json.dumps(document)))


def total_of(group: int) -> str:
    """The measure that the quotients of an objective divide by."""
    return f"T{group}"


def is_quotient(number: int) -> bool:
    """Whether an indicator divides its measure by the total of its objective."""
    return number % 2 == 1


def _indicator(number: int) -> dict[str, Any]:
    group, rising = number // _PER_OBJECTIVE, number % 3 != 0
    quotient = f"[M{number}] / [{total_of(group)}] * 100"
    return {
        "code": f"I{number}",
        "objective": f"O{group}",
        "title": f"Indicatore {number}: quota delle pratiche concluse nei termini",
        "typology": "Efficacia",
        "formula": quotient if is_quotient(number) else f"[M{number}]",
        "unit": "%",
        "value_type": "percent",
        "weight": "20",
        "targets": {str(YEAR): {"op": ">=" if rising else "<=", "value": "95.5"}},
    }
