"""One element of a case changed: whatever is sent, it is judged and nothing breaks."""

from typing import Any

import pytest

from shared.contracts.case import CaseIndicator, CaseMeasure, CaseModel, CaseObjective, CaseTable
from shared.contracts.case_editing import Edit, judge
from shared.contracts.merge_patch import merge_patch

JUNK: tuple[Any, ...] = (
    None,
    "",
    "x",
    -1,
    10**40,
    1.5,
    True,
    [],
    {},
    ["x"],
    [[]],
    [{"x": 1}],
    {"x": 1},
    {"2030": {"op": [], "value": {}}},
    {"objective": [], "scope": {}},
    "[m 0]",
)
"""What may stand where something else is expected."""

DOCUMENT: dict[str, Any] = {
    "format": "ciclo/case@1",
    "chamber": "LU",
    "year": 2030,
    "kind": "piano",
    "policy": {"overall": {"kinds": ["perspective"]}},
    "objectives": [
        {"code": "A", "kind": "perspective", "title": "A"},
        {"code": "B", "kind": "strategic_objective", "parent": "A", "title": "B"},
    ],
    "measures": [{"code": "m", "title": "m"}],
    "indicators": [
        {
            "code": "I",
            "objective": "B",
            "title": "I",
            "formula": "[m]",
            "value_type": "number",
            "targets": {"2030": {"op": ">=", "value": "1"}},
        }
    ],
    "measurements": [{"measure": "m", "year": 2030, "period": None, "value": "1"}],
    "tables": [{"code": "T", "title": "T", "section": "2", "columns": ["a"], "rows": [["1"]]}],
}

MODELS: dict[str, type[CaseModel]] = {
    "objectives": CaseObjective,
    "measures": CaseMeasure,
    "indicators": CaseIndicator,
    "tables": CaseTable,
}


@pytest.mark.parametrize("junk", JUNK, ids=repr)
@pytest.mark.parametrize(
    ("section", "name"),
    [(section, name) for section, model in MODELS.items() for name in model.model_fields],
)
def test_whatever_a_field_holds_is_judged(section: str, name: str, junk: object) -> None:
    model = MODELS[section]
    before = DOCUMENT[section][-1]
    for edit in (
        Edit(section, model, before, {**before, name: junk}),
        Edit(section, model, after={**before, "code": "N", name: junk}),
        Edit(section, model, after={name: junk}),
    ):
        judgement = judge(DOCUMENT, edit)
        faulty = bool(judgement.errors or judgement.broken or judgement.orphaned)
        assert faulty is (judgement.case is None)
        assert all(issue.it and issue.en for issue in judgement.errors)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [  # the examples of RFC 7396 that are objects
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({"a": "foo"}, {"b": {"c": None}}, {"a": "foo", "b": {}}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch(target: dict[str, Any], patch: dict[str, Any], result: object) -> None:
    assert merge_patch(target, patch) == result


def test_an_edit_leaves_the_document_it_judges_alone() -> None:
    copy = {**DOCUMENT, "measures": [dict(row) for row in DOCUMENT["measures"]]}
    judge(copy, Edit("measures", CaseMeasure, copy["measures"][0], None))
    assert copy == DOCUMENT
