"""Sound plans of any shape, drawn by hypothesis in one go.

A plan needs some hundred choices. Drawn one by one they cost more than everything that is
tested with the plan, so hypothesis draws bytes, and :class:`Choices` reads them as choices.
Shrinking still works: fewer and smaller bytes make smaller and plainer plans.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.unit.plans import case, indicator, objective

T = TypeVar("T")

YEAR = 2020

_KINDS = (
    "strategic_objective",
    "operational_objective",
    "strategic_area",
    "area",
    "area_objective",
    "unit",
    "priority",
    "entity_objective",
    "action",
    "individual",
)
_TITLES = ("Obiettivo", "Qualità dei servizi", "Obiettivo", "a\tb «c» & <d>", "日本 𝄞", " ")
_WEIGHTS = ("10", "33.33", "8.33", "20", "0", "100", "12.5")
_NUMBERS = ("0", "1", "100", "-3.5", "67", "99.99", "0.000000000001", "-100", "7", "12345678.90")
_DATES = ("2020-06-30", "2020-07-01", "2020-12-31", "2020-01-01", "2021-03-15", "2019-12-31")
_WORDS = ("n. 13 corsi svolti", "sì", "da rivedere", "")
_PERIODS = (None, "Q1", "Q2", "Q3", "T1", "M12", "S2")
_STATUSES = (None, "measured", "missing", "suspended", "struck")
_OPS = (">=", ">", "<=", "<", "=", "between")
_TYPES = ("number", "percent", "date", "boolean", "currency", "days", "score", "text")
_MEASURES = ("m 0", "m 1", "m 2", "m.3", "m-4")
_FORMULAS = (
    "[m 0]",
    "[m 0] / [m 1] * 100",
    "[m 2] / [m 2]@-1",
    "([m 0] - [m 1]) / ([m 2] + 1)",
    "-[m.3] * 2.5",
    "[nessuna]",
    "[m-4]",
)


class Choices:
    """Bytes read as choices; when they are used up, always the first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def below(self, count: int) -> int:
        """A number from 0 to ``count`` - 1."""
        drawn = self._data[self._at] if self._at < len(self._data) else 0
        self._at += 1
        return drawn % count

    def of(self, options: Sequence[T]) -> T:
        """One of some options."""
        return options[self.below(len(options))]

    def happens(self, once_in: int = 2) -> bool:
        """Something that is the case once in so many times, and never in the plainest plan."""
        return self.below(once_in) == once_in - 1


def plans() -> st.SearchStrategy[dict[str, Any]]:
    """Case files of sound plans."""
    return choices().map(document)


def choices(most: int = 400) -> st.SearchStrategy[Choices]:
    """Enough choices for a plan and a few changes of it."""
    return st.binary(min_size=most, max_size=most).map(Choices)


def document(draw: Choices) -> dict[str, Any]:
    """A plan with everything that a plan may have."""
    objectives = _tree(draw)
    trunk = [node["code"] for node in objectives]
    objectives += [objective("SG", "individual"), objective("SG1", parent="SG", weight="100")]
    if draw.happens():
        members = [code for code in trunk if draw.happens(3)]
        objectives.append(objective("AREE", "strategic_area", members=members))
    indicators = [_indicator(draw, f"I{at}", [*trunk, "SG1"]) for at in range(draw.below(14))]
    indicators += [_derived(draw, f"D{at}", trunk) for at in range(draw.below(3))]
    measures = [_measure(draw, code) for code in _MEASURES[: draw.below(6)]]
    kinds = kinds_of_measures(measures, indicators)
    return case(
        policy=_policy(draw),
        objectives=objectives,
        measures=measures,
        indicators=indicators,
        measurements=_measurements(draw, kinds, indicators, objectives),
        evaluations=_evaluations(draw, indicators, objectives),
        **_surroundings(draw, objectives),
    )


def _tree(draw: Choices) -> list[dict[str, Any]]:
    """Two perspectives and whatever hangs below them, sheets of persons included."""
    nodes = [objective("P1", "perspective"), objective("P2", "perspective")]
    for at in range(draw.below(8)):
        node = objective(f"O{at}", draw.of(_KINDS), parent=draw.of(nodes)["code"])
        if node["kind"] == "individual":
            node["parent"] = None  # a sheet stands on its own
        node["title"] = draw.of(_TITLES)
        if draw.happens(5):
            node["aggregate"] = "indicators"
        if draw.happens():
            node["units"] = ["Ufficio Promozione", "Registro imprese"][: 1 + draw.below(2)]
            node["responsible"] = "Dirigente dell'Area I"
            node |= {"starts": "2030-03-01", "ends": f"2030-1{draw.below(3)}-28"}
        nodes.append(node)
    for node in nodes:
        if draw.happens():
            node["weight"] = draw.of(_WEIGHTS)
    return nodes


def _indicator(draw: Choices, code: str, owners: Sequence[str]) -> dict[str, Any]:
    row = indicator(code, draw.of(owners), title=draw.of(_TITLES))
    row["value_type"] = draw.of(_TYPES)
    row["targets"] = {} if draw.happens(8) else {str(YEAR): target(draw, row["value_type"])}
    if draw.happens(3):
        row["targets"]["2021"] = target(draw, row["value_type"])
    if draw.happens():
        row["weight"] = draw.of(_WEIGHTS)
    if draw.happens(3):
        row["formula"] = draw.of(_FORMULAS)
    if draw.happens(9):
        row["monitoring_only"] = True
    if row["value_type"] == "text":
        row["targets"] = {}
    return row


def _derived(draw: Choices, code: str, trunk: Sequence[str]) -> dict[str, Any]:
    derivation = {"objective": draw.of(trunk)}
    scope = draw.of((None, "SG", "chamber", "PI"))
    if scope is not None:
        derivation["scope"] = scope
    row = indicator(code, "SG1", value=draw.of(("95", "0", "120")), value_type="percent")
    return {**row, "weight": draw.of(_WEIGHTS), "derived_from": derivation}


def _measure(draw: Choices, code: str) -> dict[str, Any]:
    row: dict[str, Any] = {"code": code, "title": draw.of(_TITLES)}
    if draw.happens(3):
        row["aggregation"] = draw.of(("sum", "last", "mean"))
    if draw.happens(6):
        row["value_type"] = draw.of(_TYPES)
    if draw.happens(4):
        row["external_ids"] = {"integra": f"X-{code}"}
    return row


def kinds_of_measures(
    measures: Sequence[dict[str, Any]], indicators: Sequence[dict[str, Any]]
) -> dict[str, str]:
    """The kind of value each measure takes: its own, else that of the first row it alone makes."""
    implied: dict[str, str] = {}
    for row in indicators:
        formula = row.get("formula", "")
        if formula in ("[m 0]", "[m-4]") and row["value_type"] in ("date", "boolean", "text"):
            implied.setdefault(formula[1:-1], row["value_type"])
    return {
        row["code"]: row.get("value_type") or implied.get(row["code"], "number") for row in measures
    }


def _measurements(
    draw: Choices,
    kinds: dict[str, str],
    indicators: Sequence[dict[str, Any]],
    objectives: Sequence[dict[str, Any]],
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for code, kind in kinds.items():
        for year in (YEAR, YEAR - 1):
            periods = {draw.of(_PERIODS) for _ in range(draw.below(4))}
            for period in sorted(periods, key=str):
                given = content(draw, kind, assessed=False)
                found.append({"measure": code, "year": year, "period": period, **given})
    found += [
        {"indicator": row["code"], **content(draw, row["value_type"], assessed=True)}
        for row in indicators
        if draw.happens()
    ]
    for node in objectives:
        if draw.happens(6):
            status = draw.of(_STATUSES[2:])
            given = (
                {"result": draw.of(("80", "0", "100"))} if draw.happens() else {"status": status}
            )
            found.append({"objective": node["code"], **given})
    return found


def content(draw: Choices, kind: str, *, assessed: bool) -> dict[str, Any]:
    """What is said of a measure or indicator: a value, a status, a degree of realisation."""
    status = draw.of((None, None, None, *_STATUSES))
    if status not in (None, "measured"):
        return {"status": status, "note": "in attesa"}
    given: dict[str, Any] = {} if status is None else {"status": status}
    if assessed and draw.happens(5):
        return {**given, "result": draw.of(("0", "50", "90", "100", "150")), "value_text": "svolto"}
    return {**given, "value": value(draw, kind)}


def value(draw: Choices, kind: str) -> str:
    """A value of a kind."""
    if kind == "date":
        return draw.of(_DATES)
    if kind == "boolean":
        return draw.of(("true", "false"))
    return draw.of(_WORDS) if kind == "text" else draw.of(_NUMBERS)


def target(draw: Choices, kind: str) -> dict[str, str]:
    """A target that suits a kind of value."""
    if kind == "boolean":
        return {"op": "=", "value": value(draw, kind)}
    if kind == "text":
        return {"op": "=", "value": "svolto"}
    op = draw.of(_OPS)
    if op != "between":
        return {"op": op, "value": value(draw, kind)}
    bounds = sorted([value(draw, kind), value(draw, kind)], key=str if kind == "date" else float)
    return {"op": op, "value": bounds[0], "value2": bounds[1]}


def _evaluations(
    draw: Choices, indicators: Sequence[dict[str, Any]], objectives: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    return [
        {"scope": scope, kind: row["code"], "effect": "exclude", "reason": "OIV"}
        for kind, rows in (("indicator", indicators), ("objective", objectives))
        for row in rows
        for scope in ("chamber", "SG")
        if draw.happens(9)
    ]


def _policy(draw: Choices) -> dict[str, Any]:
    level = draw.of((None, "objective", "indicator"))
    return {
        "overall": {
            "kinds": draw.of(
                (["perspective"], ["strategic_objective", "perspective"], ["strategic_objective"])
            )
        },
        "missing": draw.of(("exclude", "zero")),
        "cap": draw.of(("100", "120", "100")),
        "tolerance": None if level is None else {"level": level, "threshold": "90"},
        "date_days_to_zero": draw.of((50, 1, 365)),
        "judgement_rounding": draw.below(3),
    }


def _surroundings(draw: Choices, objectives: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What no result depends on, and an export gives back all the same."""
    code = draw.of(objectives)["code"]
    money = {"type": "oneri", "year": YEAR, "initial": "120000.00", "actual": "96500.50"}
    if draw.happens():
        draw.of(objectives)["resources"] = [money | {"currency": "EUR"}]
    if draw.happens():
        draw.of(objectives)["tags"] = ["PIRA", "PTPCT"]
    table = {"code": "T", "title": "Personale", "section": "2", "columns": ["", "n."]}
    return {
        "acts": [{"document": "piano", "date": "2020-01-31"}] if draw.happens() else [],
        "narratives": [{"objective": code, "text": "# Impatto\n\n**bene**"}]
        if draw.happens()
        else [],
        "tables": [{**table, "rows": [["D", "3"], ["Totale", None]]}] if draw.happens(4) else [],
    }
