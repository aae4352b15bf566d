"""A year made from another: its structure without what that year measured."""

from typing import Any

from shared.contracts.case import Case

_PLANNED = ("type", "year", "initial", "budgeted", "currency")
"""Parts of a resource that are planned; the rest is what that year's accounts filled in."""


def structure_of(case: Case, year: int) -> dict[str, Any]:
    """Policy, objectives, measures and indicators of a plan, as the beginning of another year's.

    Of three-year targets and resources those from ``year`` on come along, because they were
    planned already; baselines and days do not: they are of the year that is now over.
    """
    document = case.model_dump(mode="json", by_alias=True)
    return {
        "policy": document["policy"],
        "objectives": [_objective(row, year) for row in document["objectives"]],
        "measures": document["measures"],
        "indicators": [_indicator(row, year) for row in document["indicators"]],
    }


def _objective(row: dict[str, Any], year: int) -> dict[str, Any]:
    kept = [
        {name: part[name] for name in _PLANNED if name in part}
        for part in row.get("resources", ())
        if part.get("year", 0) >= year
    ]
    gone = ("resources", "starts", "ends")
    rest = {name: value for name, value in row.items() if name not in gone}
    return {**rest, "resources": kept} if kept else rest


def _indicator(row: dict[str, Any], year: int) -> dict[str, Any]:
    targets = {of: target for of, target in row["targets"].items() if int(of) >= year}
    rest = {name: value for name, value in row.items() if name != "baseline"}
    return {**rest, "targets": targets}
