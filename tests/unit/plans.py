"""Small case files for tests, and a hypothesis strategy for sound ones of any shape."""

from typing import Any

from hypothesis import strategies as st

POLICY: dict[str, Any] = {
    "overall": {"kinds": ["perspective"]},
    "cap": "100",
    "missing": "exclude",
    "tolerance": None,
    "date_days_to_zero": 50,
    "weights_tolerance": "0.1",
    "rounding": {"indicator": 0, "objective": 0, "individual": 1, "overall": 1},
    "lights": [
        {"above": "90", "label": "green"},
        {"from": "70", "label": "yellow"},
        {"from": "0", "label": "red"},
    ],
    "judgements": [{"from": "91", "label": "eccellente"}, {"from": "0", "label": "non adeguato"}],
    "judgement_rounding": 0,
    "explain_below": "70",
}


def objective(code: str, kind: str = "strategic_objective", **fields: object) -> dict[str, Any]:
    return {"code": code, "kind": kind, "parent": None, "title": f"Obiettivo {code}", **fields}


def indicator(
    code: str, owner: str, op: str = ">=", value: str = "100", **fields: object
) -> dict[str, Any]:
    return {
        "code": code,
        "objective": owner,
        "title": f"Indicatore {code}",
        "value_type": "number",
        "targets": {"2020": {"op": op, "value": value}},
        **fields,
    }


def case(policy: dict[str, Any] | None = None, **sections: object) -> dict[str, Any]:
    """A case of 2020 with the sections given; the policy can be changed field by field."""
    return {
        "format": "ciclo/case@1",
        "chamber": "PI",
        "year": 2020,
        "kind": "relazione",
        "acts": [],
        "policy": {**POLICY, **(policy or {})},
        "objectives": [],
        "measures": [],
        "indicators": [],
        "measurements": [],
        "evaluations": [],
        "narratives": [],
        "tables": [],
        **sections,
    }


# --- plans of any shape -------------------------------------------------------------------------

decimals = st.decimals(
    min_value=-10_000, max_value=10_000, places=2, allow_nan=False, allow_infinity=False
).map(lambda d: format(abs(d) if d == 0 else d, "f"))
weights = st.sampled_from(["0", "5", "12.5", "20", "33.33", "50", "100"])
texts = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20
)
statuses = st.sampled_from(["measured", "measured", "measured", "missing", "suspended", "struck"])


def _value(value_type: str) -> st.SearchStrategy[str]:
    if value_type == "date":
        return st.dates().filter(lambda d: 1990 < d.year < 2100).map(str)
    if value_type == "boolean":
        return st.sampled_from(["true", "false"])
    return decimals


@st.composite
def _targets(draw: st.DrawFn, value_type: str) -> dict[str, Any]:
    if value_type == "boolean":
        return {"op": "=", "value": draw(_value("boolean"))}
    op = draw(st.sampled_from([">=", ">", "<=", "<", "=", "between"]))
    if op != "between":
        return {"op": op, "value": draw(_value(value_type))}
    bounds = [draw(_value(value_type)), draw(_value(value_type))]
    bounds.sort(key=str if value_type == "date" else float)
    return {"op": op, "value": bounds[0], "value2": bounds[1]}


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """A sound case: a tree with sheets, formulas, derived rows, statuses and evaluations."""
    objectives = [objective("P1", "perspective"), objective("P2", "perspective")]
    for at in range(draw(st.integers(1, 6))):
        parent = draw(st.sampled_from([o["code"] for o in objectives]))
        kind = "strategic_objective" if parent.startswith("P") else "operational_objective"
        objectives.append(objective(f"O{at}", kind, parent=parent, title=draw(texts)))
    organisational = [o["code"] for o in objectives]
    objectives.append(objective("SG", "individual"))
    objectives.append(objective("SG1", "individual_objective", parent="SG"))
    if draw(st.booleans()):
        members = draw(st.lists(st.sampled_from(organisational), unique=True, max_size=3))
        objectives.append(objective("AREA", "strategic_area", members=members))
    for node in objectives:
        if draw(st.booleans()):
            node["weight"] = draw(weights)
    measures = [{"code": f"m {at}", "title": draw(texts)} for at in range(3)]
    indicators, measurements = [], []
    for at in range(draw(st.integers(0, 8))):
        row, given_values = draw(_indicators(f"I{at}", [*organisational, "SG1"]))
        indicators.append(row)
        measurements += given_values
    for measure in measures:
        for year in (2019, 2020):
            if draw(st.booleans()):
                measurements.append(
                    {
                        "measure": measure["code"],
                        "year": year,
                        "period": None,
                        "value": draw(decimals),
                    }
                )
    indicators.append(
        {
            **indicator("D1", "SG1", value="95"),
            "value_type": "percent",
            "derived_from": {"objective": draw(st.sampled_from(organisational)), "scope": "SG"},
        }
    )
    evaluations = [
        {"scope": scope, "indicator": row["code"], "effect": "exclude", "reason": "OIV"}
        for row in indicators
        for scope in draw(st.sets(st.sampled_from(["chamber", "SG"]), max_size=1))
    ]
    policy = {
        "missing": draw(st.sampled_from(["exclude", "zero"])),
        "cap": draw(st.sampled_from(["100", "120"])),
        "tolerance": draw(
            st.sampled_from(
                [
                    None,
                    {"level": "objective", "threshold": "90"},
                    {"level": "indicator", "threshold": "90"},
                ]
            )
        ),
    }
    return case(
        policy=policy,
        objectives=objectives,
        measures=measures,
        indicators=indicators,
        measurements=measurements,
        evaluations=evaluations,
    )


@st.composite
def _indicators(
    draw: st.DrawFn, code: str, owners: list[str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    value_type = draw(st.sampled_from(["number", "percent", "date", "boolean"]))
    row: dict[str, Any] = {
        "code": code,
        "objective": draw(st.sampled_from(owners)),
        "title": draw(texts),
        "value_type": value_type,
        "targets": {"2020": draw(_targets(value_type))},
    }
    if draw(st.booleans()):
        row["weight"] = draw(weights)
    how = draw(st.sampled_from(["formula", "value", "result", "nothing"]))
    if how == "formula" and value_type in {"number", "percent"}:
        formula = draw(st.sampled_from(["[m 0]", "[m 0] / [m 1] * 100", "[m 2] / [m 2]@-1"]))
        return {**row, "formula": formula}, []
    if how == "value":
        status = draw(statuses)
        given = {"value": draw(_value(value_type))} if status == "measured" else {}
        return row, [{"indicator": code, **given, "status": status}]
    if how == "result":
        return row, [{"indicator": code, "result": draw(st.sampled_from(["0", "50", "90", "100"]))}]
    return row, []
