"""Mergers: names that clash, definitions that cannot be copied, whatever is left unsaid."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.case import Case
from shared.contracts.merger import MergerMapping, MergerRefusedError, read_mapping
from shared.contracts.merging import Merged, SharedDefinitions, merge
from shared.domain.catalogue import Catalogue
from tests.unit.plans import case, indicator, objective

NOTHING_SHARED = SharedDefinitions(Catalogue(), {}, {})


def plan_of(chamber: str, *indicators: dict[str, Any]) -> Case:
    document = case(
        objectives=[objective("A", "perspective")],
        measures=[{"code": "m", "title": f"m di {chamber}"}, {"code": "n", "title": "n"}],
        indicators=list(indicators) or [indicator("I", "A", formula="[m] / [n]")],
    )
    return Case.model_validate(document | {"chamber": chamber})


def mapping(*indicators: dict[str, Any], **more: object) -> MergerMapping:
    return MergerMapping.model_validate(
        {
            "format": "ciclo/merger@1",
            "chambers": ["LU", "PI"],
            "objectives": [{"code": "1", "kind": "perspective", "title": "Uno"}],
            "indicators": list(indicators),
            **more,
        }
    )


def like(chamber: str, code: str, as_code: str) -> dict[str, Any]:
    origin = {"chamber": chamber, "code": code}
    return {"code": as_code, "objective": "1", "like": origin, "origins": [origin]}


def merged(wanted: MergerMapping, **plans: Case) -> Merged:
    given = plans or {"LU": plan_of("LU"), "PI": plan_of("PI")}
    return merge(wanted, given, NOTHING_SHARED, {}, ("TNO", 2021))


def test_measures_of_two_chambers_with_the_same_code_stay_two() -> None:
    found = merged(mapping(like("LU", "I", "1.1"), like("PI", "I", "1.2"))).read.case
    assert [row.formula for row in found.indicators] == ["[m] / [n]", "[PI-m] / [PI-n]"]
    titles = {row.code: row.title for row in found.measures}
    assert titles == {"m": "m di LU", "n": "n", "PI-m": "m di PI", "PI-n": "n"}
    assert [row.note for row in found.indicators] == ["Da LU I", "Da PI I"]


def test_targets_weights_and_baselines_of_a_chamber_are_not_the_entitys() -> None:
    row = indicator("I", "A", formula="[m]", weight="70", baseline="12")
    found = merged(mapping(like("PI", "I", "1.1")), LU=plan_of("LU"), PI=plan_of("PI", row))
    (made,) = found.read.case.indicators
    assert (made.weight, made.baseline, made.targets) == (None, None, {})
    assert found.without_target == ("1.1",)
    assert found.without_baseline == ("1.1",)


def test_a_derived_row_is_not_copied() -> None:
    row = indicator("I", "A", derived_from={"objective": "A"})
    with pytest.raises(MergerRefusedError) as refused:
        merged(mapping(like("PI", "I", "1.1")), LU=plan_of("LU"), PI=plan_of("PI", row))
    assert [(i.pointer, i.code) for i in refused.value.issues] == [
        ("/indicators/0/like", "derived")
    ]


def test_a_file_that_is_no_mapping_is_refused_whole() -> None:
    with pytest.raises(MergerRefusedError) as refused:
        read_mapping(b'{"format": "ciclo/merger@1", "chambers": [], "other": 1}')
    assert {issue.pointer for issue in refused.value.issues} == {
        "/chambers",
        "/objectives",
        "/other",
    }


@given(st.sets(st.sampled_from(["LU A", "LU I", "PI A", "PI I"])))
def test_everything_is_named_or_listed(named: set[str]) -> None:
    """No element of a chamber gets lost: it has an origin, a reason, or a line in the list."""
    origins = {"A": [], "I": []}  # type: dict[str, list[dict[str, str]]]
    for name in sorted(named):
        chamber, code = name.split()
        origins[code].append({"chamber": chamber, "code": code})
    behind = [o | {"section": "indicators", "reason": "no"} for o in origins["I"]]
    objectives = [
        {"code": "1", "kind": "perspective", "title": "Uno", "origins": origins["A"]},
    ]
    found = merged(mapping(objectives=objectives, left_behind=behind))
    listed = {f"{row.chamber} {row.code}" for row in found.unmapped}
    assert listed == {"LU A", "LU I", "PI A", "PI I"} - named
