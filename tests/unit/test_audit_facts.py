"""What of an audit line about individual sheets a reader sees."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.audit_facts import SHEETS, about, seen
from shared.domain.confidentiality import FULL_SIGHT, NO_SIGHT, Sight, sheets_by_subject
from tests.unit.test_confidentiality import TREE, TWIGS

STRUCTURE = Sight(structure=True)

SECRET = "riservato"

PLAIN = {"version": 3, "note": None}


def facts_of(sheet: str) -> dict[str, Any]:
    return {"sheets": [sheet], "value": SECRET, "below": {"note": SECRET}}


def test_facts_name_their_sheets_only_where_there_are_some() -> None:
    assert about(PLAIN, ()) is PLAIN
    assert about(PLAIN, {"SG", "D1"}) == {**PLAIN, SHEETS: ["D1", "SG"]}


def test_who_sees_a_sheet_reads_what_was_said_of_it() -> None:
    line = {"measure/m1": PLAIN, "indicator/i2": facts_of("SG")}
    assert seen(line, FULL_SIGHT) == line
    assert seen(line, Sight(structure=True, sheets=frozenset({"SG"}))) == line
    assert seen(line, STRUCTURE) == {"measure/m1": PLAIN, "indicator/i2": {SHEETS: ["SG"]}}
    assert seen(line, NO_SIGHT) == {"measure/m1": PLAIN}


def test_facts_of_several_sheets_need_all_of_them() -> None:
    line = {"reason": SECRET, SHEETS: ["D1", "SG"]}
    assert seen(line, Sight(structure=True, sheets=frozenset({"SG"}))) == {SHEETS: ["D1", "SG"]}
    assert seen(line, Sight(sheets=frozenset({"SG", "D1"}))) == line


def test_every_element_of_a_sheet_belongs_to_it_and_a_shared_measure_to_none() -> None:
    found = sheets_by_subject(TREE, TWIGS)
    assert found["indicator", "i2"] == {"SG"}
    assert found["measure", "own"] == {"SG"}
    assert found["measure", "other"] == {"D1"}
    assert ("measure", "shared") not in found
    assert ("indicator", "i1") not in found


@given(
    st.recursive(
        st.none() | st.text(max_size=3),
        lambda inner: (
            st.dictionaries(st.text(max_size=3), inner, max_size=4) | st.lists(inner, max_size=2)
        ),
        max_leaves=12,
    ).filter(lambda made: isinstance(made, dict)),
    st.sampled_from(["SG", "D1"]),
)
def test_no_word_of_another_sheet_gets_out(made: dict[str, Any], sheet: str) -> None:
    line = {"first": made, "hidden": facts_of(sheet), "deep": {"deeper": facts_of(sheet)}}
    for sight in (NO_SIGHT, STRUCTURE, Sight(sheets=frozenset({"PO1"}))):
        assert SECRET not in json.dumps(seen(line, sight))
    assert seen(line, FULL_SIGHT) == line
