"""What an approval fixes, and what it refuses, on real years and small ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.case import Case
from shared.contracts.case_reading import read_case
from shared.contracts.plan_content import (
    PlanContent,
    approval_issues,
    change_issues,
    content_hash,
)
from shared.domain.versions import differences

CASES = Path(__file__).parents[1] / "cases"


def case_of(name: str, **changes: Any) -> Case:  # noqa: ANN401 - any part of a case
    """A case of the tests, changed at the top."""
    document = json.loads((CASES / f"{name}.json").read_bytes()) | changes
    return read_case(json.dumps(document).encode()).case


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_the_canonical_bytes_are_read_back_and_are_the_same(path: Path) -> None:
    case = read_case(path.read_bytes()).case
    content = PlanContent.of(case)
    raw = content.to_bytes()
    assert PlanContent.from_bytes(raw) == content
    assert PlanContent.from_bytes(raw).to_bytes() == raw
    assert len(content_hash(raw)) == 64
    assert list(json.loads(raw)) == ["policy", "objectives", "measures", "indicators"]


def test_what_the_year_brings_is_not_in_the_content() -> None:
    whole = case_of("pisa-2020")
    planned = case_of("pisa-2020", measurements=[], evaluations=[], narratives=[], acts=[])
    assert PlanContent.of(whole).to_bytes() == PlanContent.of(planned).to_bytes()


def test_the_plan_of_massa_can_be_approved() -> None:
    assert approval_issues(case_of("massa-2021")) == []


def test_weights_are_errors_and_so_is_a_plan_without_objectives() -> None:
    assert {issue.code for issue in approval_issues(case_of("pisa-2020"))} == {
        "mixed_weights",
        "weights_off_100",
    }
    empty = ("objectives", "indicators", "measures", "measurements", "evaluations", "narratives")
    nothing = case_of("massa-2021", published=None, **{name: [] for name in empty})
    assert [issue.code for issue in approval_issues(nothing)] == ["no_objectives"]


def test_differences_are_told_where_the_file_has_them() -> None:
    document = json.loads((CASES / "massa-2021.json").read_bytes())
    indicators = document["indicators"]
    approved = case_of("massa-2021")
    changed = [indicators[0] | {"title": "Altro titolo"}, *indicators[1:]]
    given = case_of("massa-2021", indicators=changed)
    changes = differences(PlanContent.of(approved).plain(), PlanContent.of(given).plain())
    (issue,) = change_issues(given, changes)
    assert (issue.pointer, issue.code) == ("/indicators/0/title", "approved_content_changed")
    assert "Altro titolo" in issue.it
    assert indicators[0]["code"] in issue.en
