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
    """Four perspectives, forty objectives, 200 indicators each with a formula of two measures."""
    perspectives = [
        {"code": f"P{p}", "kind": "perspective", "parent": None, "title": f"Prospettiva {p}"}
        for p in range(INDICATORS // _PER_OBJECTIVE // _OBJECTIVES_PER_PERSPECTIVE)
    ]
    objectives = [
        {
            "code": f"O{o}",
            "kind": "strategic_objective",
            "parent": f"P{o // _OBJECTIVES_PER_PERSPECTIVE}",
            "title": f"Obiettivo {o}",
            "weight": "10",
        }
        for o in range(INDICATORS // _PER_OBJECTIVE)
    ]
    document = {
        "format": "ciclo/case@1",
        "chamber": chamber,
        "year": YEAR,
        "kind": "relazione",
        "policy": _POLICY,
        "objectives": perspectives + objectives,
        "measures": [{"code": f"M{m}", "title": f"Misura {m}"} for m in range(2 * INDICATORS)],
        "indicators": [_indicator(i) for i in range(INDICATORS)],
        "measurements": [
            {"measure": f"M{m}", "year": YEAR, "period": None, "value": f"{70 + m % 61}.{m % 10}"}
            for m in range(2 * INDICATORS)
        ],
    }
    return write_case(Case.model_validate_json(json.dumps(document)))


def _indicator(number: int) -> dict[str, Any]:
    rising = number % 3 != 0
    return {
        "code": f"I{number}",
        "objective": f"O{number // _PER_OBJECTIVE}",
        "title": f"Indicatore {number}: quota delle pratiche concluse nei termini",
        "typology": "Efficacia",
        "formula": f"[M{2 * number}] / [M{2 * number + 1}] * 100",
        "unit": "%",
        "value_type": "percent",
        "weight": "20",
        "targets": {str(YEAR): {"op": ">=" if rising else "<=", "value": "95.5"}},
    }
