"""A case file is read exactly or refused whole, with every fault at its place."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.case import write_case
from shared.contracts.case_reading import CaseRefusedError, read_case
from tests.unit.plans import case, indicator, objective

Change = Callable[[dict[str, Any]], object]


def sound() -> dict[str, Any]:
    return case(
        objectives=[
            objective("P", "perspective"),
            objective("O", parent="P"),
            objective("SG", "individual"),
        ],
        measures=[{"code": "m", "title": "m"}, {"code": "day", "title": "day"}],
        indicators=[
            indicator("a", "O", formula="[m] * 2"),
            indicator(
                "d",
                "O",
                value_type="date",
                formula="[day]",
                targets={"2020": {"op": "<=", "value": "2020-06-30"}},
            ),
            indicator(
                "yes", "SG", value_type="boolean", targets={"2020": {"op": "=", "value": "true"}}
            ),
        ],
        measurements=[
            {"measure": "m", "year": 2020, "period": None, "value": "3"},
            {"measure": "day", "year": 2020, "period": None, "value": "2020-06-01"},
            {"indicator": "yes", "value": "true"},
        ],
    )


def faults(document: dict[str, Any] | str) -> list[tuple[str, str]]:
    text = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(CaseRefusedError) as refused:
        read_case(text.encode())
    return [(issue.pointer, issue.code) for issue in refused.value.issues]


CHANGES: dict[str, tuple[Change, str, str]] = {
    "unknown field": (lambda d: d.update(colour="red"), "/colour", "unknown_field"),
    "wrong format": (lambda d: d.update(format="ciclo/case@9"), "/format", "not_allowed"),
    "no policy": (lambda d: d.pop("policy"), "/policy", "field_required"),
    "comma in a number": (
        lambda d: d["objectives"][1].update(weight="12,5"),
        "/objectives/1/weight",
        "wrong_format",
    ),
    "number not as text": (
        lambda d: d["objectives"][1].update(weight=12.5),
        "/objectives/1/weight",
        "wrong_type",
    ),
    "year as text": (lambda d: d.update(year="2020"), "/year", "wrong_type"),
    "truth as number": (
        lambda d: d["indicators"][0].update(monitoring_only=1),
        "/indicators/0/monitoring_only",
        "wrong_type",
    ),
    "places as text": (
        lambda d: d["policy"]["rounding"].update(overall="1"),
        "/policy/rounding/overall",
        "wrong_type",
    ),
    "title as number": (
        lambda d: d["objectives"][0].update(title=5),
        "/objectives/0/title",
        "wrong_type",
    ),
    "negative weight": (
        lambda d: d["objectives"][1].update(weight="-5"),
        "/objectives/1/weight",
        "wrong_format",
    ),
    "unknown kind": (
        lambda d: d["objectives"][1].update(kind="dream"),
        "/objectives/1/kind",
        "not_allowed",
    ),
    "unknown parent": (
        lambda d: d["objectives"][1].update(parent="Z"),
        "/objectives/1/parent",
        "unknown_objective",
    ),
    "circle": (lambda d: d["objectives"][0].update(parent="O"), "/objectives/1/parent", "circular"),
    "repeated code": (
        lambda d: d["objectives"].append(objective("O")),
        "/objectives/3/code",
        "duplicate_code",
    ),
    "unknown owner": (
        lambda d: d["indicators"][0].update(objective="Z"),
        "/indicators/0/objective",
        "unknown_objective",
    ),
    "formula": (
        lambda d: d["indicators"][0].update(formula="[m] **"),
        "/indicators/0/formula",
        "formula_syntax",
    ),
    "target of another kind": (
        lambda d: d["indicators"][1]["targets"]["2020"].update(value="12"),
        "/indicators/1/targets/2020/value",
        "wrong_value",
    ),
    "yes or no at least": (
        lambda d: d["indicators"][2]["targets"]["2020"].update(op=">="),
        "/indicators/2/targets/2020",
        "boolean_needs_equal",
    ),
    "between with one bound": (
        lambda d: d["indicators"][0]["targets"]["2020"].update(op="between"),
        "/indicators/0/targets/2020",
        "between_needs_two",
    ),
    "no such day": (
        lambda d: d["measurements"][1].update(value="2020-02-30"),
        "/measurements/1/value",
        "wrong_value",
    ),
    "value of another kind": (
        lambda d: d["measurements"][2].update(value="SI"),
        "/measurements/2/value",
        "wrong_value",
    ),
    "unknown measure measured": (
        lambda d: d["measurements"][0].update(measure="Z"),
        "/measurements/0/measure",
        "unknown_measure",
    ),
    "two subjects": (
        lambda d: d["measurements"][2].update(measure="m"),
        "/measurements/2",
        "one_subject",
    ),
    "nothing said": (
        lambda d: d["measurements"][2].pop("value"),
        "/measurements/2",
        "value_required",
    ),
    "measured twice": (
        lambda d: d["measurements"].append(d["measurements"][0]),
        "/measurements/3",
        "duplicate_measurement",
    ),
    "no such period": (
        lambda d: d["measurements"][0].update(period="Q4"),
        "/measurements/0/period",
        "wrong_format",
    ),
    "unknown scope": (
        lambda d: d["evaluations"].append(
            {"scope": "P", "indicator": "a", "effect": "exclude", "reason": "r"}
        ),
        "/evaluations/0/scope",
        "unknown_scope",
    ),
    "a cause of nobody's": (
        lambda d: d.update(deviations=[{"cause": "exogenous", "explanation": "x"}]),
        "/deviations/0",
        "one_subject",
    ),
    "a cause of an unknown row": (
        lambda d: d.update(
            deviations=[{"indicator": "no", "cause": "exogenous", "explanation": "x"}]
        ),
        "/deviations/0/indicator",
        "unknown_indicator",
    ),
    "an analysis that says nothing": (
        lambda d: d.update(analyses=[{"objective": "O"}]),
        "/analyses/0",
        "nothing_said",
    ),
    "judged twice": (
        lambda d: d.update(judgements=[{"objective": "O", "text": t} for t in ("x", "y")]),
        "/judgements/1",
        "duplicate_statement",
    ),
    "an empty judgement": (
        lambda d: d.update(overall_judgement={"label": "buono", "text": " "}),
        "/overall_judgement/text",
        "wrong_format",
    ),
    "a level that has no explanations": (
        lambda d: d["policy"].update(explain_levels=["chamber"]),
        "/policy/explain_levels/0",
        "not_allowed",
    ),
    "derived from itself": (
        lambda d: d["indicators"][0].update(derived_from={"objective": "P"}),
        "/indicators/0/derived_from",
        "circular",
    ),
    "threshold": (
        lambda d: d["policy"]["lights"][0].update({"from": "1"}),
        "/policy/lights/0",
        "one_of_from_above",
    ),
    "brackets in a code": (
        lambda d: d["measures"][0].update(code="[m]"),
        "/measures/0/code",
        "wrong_format",
    ),
    "broken character": (
        lambda d: d["objectives"][0].update(title="a\0b"),
        "/objectives/0/title",
        "bad_characters",
    ),
    "half a character": (
        lambda d: d["objectives"][0].update(title="a\ud800b"),
        "/objectives/0/title",
        "bad_characters",
    ),
    "broken name of a field": (
        lambda d: d["measures"][0].setdefault("external_ids", {}).update({"a\0": "1"}),
        "/measures/0/external_ids/a\0",
        "bad_characters",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_fault_is_reported_where_it_is(name: str) -> None:
    change, place, code = CHANGES[name]
    document = copy.deepcopy(sound())
    change(document)
    assert (place, code) in faults(document)


def test_many_faults_are_reported_together_in_both_languages() -> None:
    document = sound()
    names = [
        "unknown field",
        "wrong format",
        "comma in a number",
        "unknown kind",
        "repeated code",
        "unknown owner",
        "target of another kind",
        "yes or no at least",
        "value of another kind",
        "unknown measure measured",
        "no such day",
        "unknown scope",
        "formula",
    ]
    for name in names:
        CHANGES[name][0](document)
    with pytest.raises(CaseRefusedError) as refused:
        read_case(json.dumps(document).encode())
    found = {(issue.pointer, issue.code) for issue in refused.value.issues}
    assert {(CHANGES[name][1], CHANGES[name][2]) for name in names} <= found
    for issue in refused.value.issues:
        assert issue.detail("it") != issue.detail("en")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b"\xff\xfe", "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b"[]", "wrong_type"),
        (b'{"format": "ciclo/case@1", "format": "ciclo/case@1"}', "duplicate_field"),
    ],
)
def test_what_is_not_a_case_file_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(CaseRefusedError) as refused:
        read_case(raw)
    assert code in {issue.code for issue in refused.value.issues}


def test_a_name_written_twice_is_found_among_a_great_many() -> None:
    names = ["n7", *(f"n{at}" for at in range(200_000))]
    assert ("", "duplicate_field") in faults("{" + ", ".join(f'"{n}": 0' for n in names) + "}")


def test_a_tree_without_end_is_refused() -> None:
    rows = [objective("O0"), *(objective(f"O{n}", parent=f"O{n - 1}") for n in range(1, 3000))]
    assert ("too_deep") in {code for _, code in faults(case(objectives=rows))}


def test_remarks_do_not_refuse() -> None:
    document = sound()
    document["indicators"][0]["formula"] = "[m] / [elsewhere]"
    document["indicators"][0]["weight"] = "60"
    document["objectives"].append(objective("T", "perspective", title="Obiettivo P"))
    warnings = {(w.pointer, w.code) for w in read_case(json.dumps(document).encode()).warnings}
    assert ("/indicators/0/formula", "unknown_measure") in warnings
    assert ("/objectives/1", "mixed_weights") in warnings
    assert ("/objectives/1", "weights_off_100") in warnings
    assert ("/objectives/3/title", "repeated_title") in warnings


def test_fields_come_back_in_canonical_order_whatever_the_order_sent() -> None:
    document = sound()
    shuffled = {key: document[key] for key in reversed(document)}
    shuffled["objectives"] = [dict(reversed(row.items())) for row in document["objectives"]]
    expected = write_case(read_case(json.dumps(document).encode()).case)
    assert write_case(read_case(json.dumps(shuffled).encode()).case) == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(
    st.sampled_from(list(sound())),
    json_values,
    st.integers(0, 3),
    st.sampled_from(
        [
            "code",
            "parent",
            "targets",
            "value",
            "derived_from",
            "members",
            "measure",
            "objective",
            "formula",
        ]
    ),
)
def test_nothing_sent_raises_anything_but_a_refusal(
    section: str, junk: object, row: int, field: str
) -> None:
    whole = {**sound(), section: junk}
    one_field = sound()
    rows = one_field[section]
    if isinstance(rows, list) and row < len(rows):
        rows[row][field] = junk
    for document in (whole, one_field):
        try:
            read_case(json.dumps(document).encode())
        except CaseRefusedError as refused:
            codes = [issue.code for issue in refused.issues]
            assert codes


def test_days_of_an_action_exist_and_follow_each_other() -> None:
    def action(**given: str) -> dict[str, Any]:
        rows = [objective("P", "perspective"), objective("P1", "action", parent="P") | given]
        return case(objectives=rows)

    for days in ({"starts": "2020-03-01", "ends": "2020-03-01"}, {"ends": "2020-12-31"}):
        read = read_case(json.dumps(action(responsible="Dirigente", **days)).encode())
        assert read.case.objectives[1].ends == days["ends"]
    assert set(faults(action(starts="2020-02-30", ends="2020"))) == {
        ("/objectives/1/starts", "wrong_value"),
        ("/objectives/1/ends", "wrong_format"),
    }
    assert faults(action(starts="2020-03-02", ends="2020-03-01")) == [
        ("/objectives/1/ends", "dates_reversed")
    ]


def test_what_the_evaluation_says_comes_back_byte_for_byte() -> None:
    plain = write_case(read_case(json.dumps(sound()).encode()).case)
    said = sound() | {
        "deviations": [
            {"objective": "O", "cause": "exogenous", "explanation": "Legge."},
            {"indicator": "a", "cause": "endogenous", "explanation": "x", "corrective_action": "y"},
        ],
        "analyses": [{"objective": "P", "issues": "a", "opportunities": "b"}],
        "judgements": [{"objective": "SG", "text": "Bene.", "evaluated": "92.5"}],
        "overall_judgement": {
            "label": "eccellente",
            "text": "Bene.",
            "proposed": "eccellente",
            "measured": "94.88326388888888888888888889",
            "final": True,
        },
    }
    said["policy"] = said["policy"] | {"explain_levels": ["objective", "individual"]}
    written = write_case(read_case(json.dumps(said).encode()).case)
    assert write_case(read_case(written).case) == written
    document = json.loads(written)
    for name in ("deviations", "analyses", "judgements", "overall_judgement"):
        assert document.pop(name) == said[name]
    document["policy"].pop("explain_levels")
    assert document == json.loads(plain)
