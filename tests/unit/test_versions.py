"""Differences between versions: complete, readable, nothing where nothing changed."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.versions import (
    LISTS,
    POLICY,
    Change,
    FieldChange,
    RowChange,
    TargetChange,
    differences,
    plain,
    readable,
    target_changes,
)

Content = dict[str, Any]

APPROVED: Content = {
    "policy": {"cap": "100", "tolerance": None, "rounding": {"indicator": 0}},
    "objectives": [
        {"code": "A", "kind": "perspective", "title": "Imprese"},
        {
            "code": "A1",
            "kind": "strategic_objective",
            "parent": "A",
            "title": "Uno",
            "resources": [{"type": "oneri", "year": 2021, "budgeted": "1000", "currency": "EUR"}],
        },
    ],
    "measures": [{"code": "m1", "title": "Domande"}],
    "indicators": [
        {
            "code": "I1",
            "objective": "A1",
            "title": "Tempo medio",
            "weight": "100",
            "targets": {"2021": {"op": "<=", "value": "5.00"}, "2022": {"op": "<=", "value": "4"}},
        },
    ],
}


def amended(**sections: Any) -> Content:  # noqa: ANN401 - rows of any section
    """The approved content with whole sections replaced."""
    return APPROVED | sections


def indicator(**fields: Any) -> Content:  # noqa: ANN401 - a field of any type
    """The approved content with fields of its indicator replaced."""
    return amended(indicators=[APPROVED["indicators"][0] | fields])


def test_old_and_new_target_stand_side_by_side() -> None:
    targets = {"2021": {"op": "<=", "value": "7.00"}, "2022": {"op": "<=", "value": "4"}}
    found = differences(APPROVED, indicator(targets=targets))
    old, new = {"op": "<=", "value": "5.00"}, {"op": "<=", "value": "7.00"}
    assert found == (
        RowChange(
            "indicators",
            "I1",
            "Tempo medio",
            Change.CHANGED,
            (FieldChange("targets/2021", old, new),),
        ),
    )
    assert target_changes(found) == (TargetChange("I1", "Tempo medio", 2021, old, new),)


def test_a_target_given_up_and_one_added() -> None:
    found = differences(APPROVED, indicator(targets={"2023": {"op": "<=", "value": "3"}}))
    assert [(t.year, readable(t.old), readable(t.new)) for t in target_changes(found)] == [
        (2023, None, "<= 3"),
        (2021, "<= 5.00", None),
        (2022, "<= 4", None),
    ]


def test_rows_added_and_removed_are_told_whole() -> None:
    added = {"code": "I2", "objective": "A1", "title": "Nuovo", "targets": {}}
    found = differences(APPROVED, amended(indicators=[added]))
    assert [(row.code, row.change, row.title) for row in found] == [
        ("I2", Change.ADDED, "Nuovo"),
        ("I1", Change.REMOVED, "Tempo medio"),
    ]
    assert found[0].fields == (
        FieldChange("objective", None, "A1"),
        FieldChange("title", None, "Nuovo"),
    )
    assert {field.new for field in found[1].fields} == {None}
    assert [(t.indicator, t.year) for t in target_changes(found)] == [("I1", 2021), ("I1", 2022)]


def test_the_policy_is_told_field_by_field() -> None:
    policy = {
        "cap": "120",
        "tolerance": {"level": "objective", "threshold": "90"},
        "rounding": {"indicator": 1},
    }
    (found,) = differences(APPROVED, amended(policy=policy))
    assert (found.section, found.code) == ("policy", None)
    assert [(f.name, readable(f.old), readable(f.new)) for f in found.fields] == [
        ("cap", "100", "120"),
        ("tolerance/level", None, "objective"),
        ("tolerance/threshold", None, "90"),
        ("rounding/indicator", "0", "1"),
    ]


def test_what_the_year_fills_in_is_no_change_of_the_plan() -> None:
    objective = APPROVED["objectives"][1]
    (money,) = objective["resources"]
    spent = objective | {"resources": [money | {"actual": "950", "changes": "-50"}]}
    named = {"code": "m1", "title": "Domande", "external_ids": {"integra": "694"}}
    content = amended(objectives=[APPROVED["objectives"][0], spent], measures=[named])
    assert differences(APPROVED, content) == ()
    more = objective | {"resources": [money | {"budgeted": "1200", "actual": "950"}]}
    (found,) = differences(APPROVED, amended(objectives=[APPROVED["objectives"][0], more]))
    assert [field.name for field in found.fields] == ["resources"]


def test_order_and_empty_fields_say_nothing() -> None:
    objectives = [row | {"tags": [], "note": None} for row in reversed(APPROVED["objectives"])]
    assert differences(APPROVED, amended(objectives=objectives)) == ()


def test_values_as_people_read_them() -> None:
    assert readable({"op": "between", "value": "1", "value2": "3"}) == "between 1 3"
    assert readable(["Provveditorato", "URP"]) == "Provveditorato, URP"
    assert readable(True) == "true"
    assert readable([{"type": "oneri"}]) == '[{"type": "oneri"}]'


_WORDS = st.sampled_from(["", "uno", "due", "80.00"])
_VALUES = st.one_of(
    st.none(),
    _WORDS,
    st.integers(0, 3),
    st.lists(_WORDS, max_size=2),
    st.dictionaries(st.sampled_from(["x", "y"]), _WORDS, max_size=2),
)
_ROWS = st.lists(
    st.fixed_dictionaries(
        {"code": st.sampled_from("abcde")},
        optional={
            "title": _WORDS,
            "weight": _WORDS,
            "units": st.lists(_WORDS, max_size=2),
            "monitoring_only": st.booleans(),
            "targets": st.dictionaries(
                st.sampled_from(["2021", "2022"]),
                st.fixed_dictionaries({"op": st.just(">="), "value": _WORDS}),
            ),
        },
    ),
    max_size=5,
    unique_by=lambda row: row["code"],
)
_CONTENTS = st.fixed_dictionaries(
    {
        POLICY: st.dictionaries(st.sampled_from(["cap", "rounding", "lights"]), _VALUES),
        **dict.fromkeys(LISTS, _ROWS),
    }
)


def meaning(content: Content) -> dict[tuple[str, str | None], dict[str, Any]]:
    """What a content says, field by field: its differences from nothing at all."""
    return patched({}, differences({}, content))


def patched(
    told: dict[tuple[str, str | None], dict[str, Any]], changes: tuple[RowChange, ...]
) -> dict[tuple[str, str | None], dict[str, Any]]:
    """What a content says once these changes are made."""
    result = {key: dict(fields) for key, fields in told.items()}
    for row in changes:
        key = (row.section, row.code)
        if row.change is Change.REMOVED:
            assert result.pop(key) == {field.name: field.old for field in row.fields}
            continue
        assert row.section == POLICY or (key in result) == (row.change is Change.CHANGED)
        fields = result.setdefault(key, {})
        for field in row.fields:
            assert fields.pop(field.name, None) == field.old
            fields |= {} if field.new is None else {field.name: field.new}
    return {key: fields for key, fields in result.items() if fields or key[0] != POLICY}


@given(_CONTENTS)
def test_a_version_does_not_differ_from_itself(content: Content) -> None:
    assert differences(content, content) == ()
    assert differences(content, plain(content)) == ()


@given(_CONTENTS, _CONTENTS)
def test_differences_turn_one_version_into_the_other(old: Content, new: Content) -> None:
    assert patched(meaning(old), differences(old, new)) == meaning(new)


@given(_CONTENTS, _CONTENTS)
def test_the_way_back_is_the_mirror(old: Content, new: Content) -> None:
    def fields(changes: tuple[RowChange, ...], *, swap: bool) -> set[tuple[object, ...]]:
        return {
            (row.section, row.code, f.name, *map(repr, (f.new, f.old) if swap else (f.old, f.new)))
            for row in changes
            for f in row.fields
        }

    there, back = differences(old, new), differences(new, old)
    assert fields(there, swap=True) == fields(back, swap=False)
    assert {(r.section, r.code) for r in there} == {(r.section, r.code) for r in back}
