"""Scoring a plan of 200 indicators, exactly, beside the same plan in careless floats."""

from collections.abc import Mapping

from benchmarks.plans import is_quotient, large_case, total_of
from benchmarks.rows import Row, timed
from shared.contracts.case_reading import plan_from_case, read_case
from shared.domain.plan import Plan
from shared.domain.scoring import score

_TARGET_MS = 5.0


def run() -> list[Row]:
    """Scoring alone; the plan has been read before, as in the API."""
    plan = plan_from_case(read_case(large_case()).case)
    figures = _floats(plan)
    exact, careless = score(plan).overall.measured, _careless(plan, figures)
    if exact is None or abs(float(exact) - careless) > 1e-6:
        raise AssertionError(f"the two do not compute the same: {exact} and {careless}")
    ours = timed(lambda: score(plan), times=200)
    naive = timed(lambda: _careless(plan, figures), times=200)
    return [
        Row(
            name="score 200 indicators (median)",
            ours=ours.median * 1000,
            baseline=naive.median * 1000,
            unit="ms",
            baseline_name="means in floats, no rules",
            target=f"< {_TARGET_MS:g} ms",
            met=ours.median * 1000 < _TARGET_MS,
        ),
        Row(
            name="score 200 indicators (best)",
            ours=ours.best * 1000,
            baseline=naive.best * 1000,
            unit="ms",
            baseline_name="means in floats, no rules",
        ),
    ]


def _floats(plan: Plan) -> dict[str, float]:
    return {row.code: float(row.value or 0) for row in plan.measurements}


def _careless(plan: Plan, values: Mapping[str, float]) -> float:
    """What a spreadsheet would do: quotient, proportion, weighted means."""
    rows: dict[str, list[tuple[float, float]]] = {}
    for number, indicator in enumerate(plan.indicators):
        value = values[f"M{number}"]
        if is_quotient(number):
            value = value / values[total_of(int(indicator.objective[1:]))] * 100
        target = indicator.target
        if target is None or isinstance(target.value, str):
            raise AssertionError("every indicator of this plan has a number as its target")
        bound = float(target.value)  # type: ignore[arg-type]  # a fraction, as above
        gap = bound - value if target.op.value == ">=" else value - bound
        result = 100.0 if gap <= 0 else max(0.0, 1 - gap / abs(bound)) * 100
        rows.setdefault(indicator.objective, []).append((float(indicator.weight or 1), result))
    for objective in reversed(plan.objectives):
        if objective.parent is not None:
            mean = _mean(rows[objective.code])
            rows.setdefault(objective.parent, []).append((float(objective.weight or 1), mean))
    tops = [_mean(rows[o.code]) for o in plan.objectives if o.parent is None]
    return sum(tops) / len(tops)


def _mean(children: list[tuple[float, float]]) -> float:
    return sum(w * r for w, r in children) / sum(w for w, _ in children)
