"""What holds of a chamber by itself, and reading what one is set to."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.chamber import ChamberConfiguration, manifest_schema
from shared.contracts.chamber_reading import (
    ConfigurationRefusedError,
    differences,
    patched,
    read_configuration,
)
from shared.contracts.vector_image import SVG, clean_svg
from shared.domain.chambers import Life, contrast, readable_on_white, tax_code_holds

MINIMAL: dict[str, Any] = {"code": "PI", "entity": "TNO", "title": "Camera di prova"}

POLICY = {"overall": {"kinds": ["perspective"]}}


def faults(**given: object) -> set[tuple[str, str]]:
    """Pointer and code of everything that is wrong with a configuration."""
    with pytest.raises(ConfigurationRefusedError) as refused:
        read_configuration({**MINIMAL, **given})
    assert all(issue.it and issue.en for issue in refused.value.issues)
    return {(issue.pointer, issue.code) for issue in refused.value.issues}


# --- rules -----------------------------------------------------------------------------------


def _with_check_digit(head: str) -> str:
    (last,) = (digit for digit in "0123456789" if tax_code_holds(head + digit))
    return head + last


@given(st.text("0123456789", min_size=10, max_size=10), st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_never_passes(head: str, place: int, more: int) -> None:
    code = _with_check_digit(head)
    wrong = str((int(code[place]) + more) % 10)
    assert not tax_code_holds(code[:place] + wrong + code[place + 1 :])


def test_the_tax_code_of_the_ministry_of_economy_holds() -> None:
    assert tax_code_holds("80415740580")
    for wrong in ("80415740581", "8041574058", "804157405800", "8041574058x", "٨0415740580", ""):
        assert not tax_code_holds(wrong)


def test_contrast_is_that_of_the_guidelines() -> None:
    assert round(contrast("#000000", "#ffffff"), 6) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
    assert readable_on_white("#17324d")
    assert not readable_on_white("#777777")
    assert readable_on_white("#767676")


@given(
    st.dates(date(1991, 1, 1), date(2099, 12, 31)), st.integers(0, 4000), st.integers(1990, 2100)
)
def test_a_plan_is_of_a_year_in_which_the_chamber_existed(
    begins: date, days: int, year: int
) -> None:
    ends = begins + timedelta(days=days + 1)
    existed = {(begins + timedelta(days=n)).year for n in range(days + 1)}
    assert Life(begins, ends).allows_plan(year) == (year in existed)


def test_a_succession_in_the_middle_of_a_year_leaves_that_year_to_both() -> None:
    day = date(2022, 6, 30)
    before, after = Life(None, day), Life(day, None)
    assert [before.allows_plan(year) for year in (2021, 2022, 2023)] == [True, True, False]
    assert [after.allows_plan(year) for year in (2021, 2022, 2023)] == [False, True, True]
    assert Life(None, date(2022, 1, 1)).last_year() == 2021


# --- reading ---------------------------------------------------------------------------------


def test_every_fault_is_told_at_once() -> None:
    assert faults(
        code="pi",
        colour="#ffee00",
        tax_code="80415740581",
        languages=["en"],
        unknown=1,
        valid_from="2022-06-30",
        valid_to="2022-06-30",
        successor="pi",
        calendar={"local_holidays": ["02-31"], "deadline_days": "15"},
        policies=[
            {"from_year": 2021, "policy": {**POLICY, "lights": [{"label": "x"}]}},
            {"from_year": 2020, "policy": POLICY},
        ],
        integrations=[{"code": "a1", "title": "x"}, {"code": "a1", "title": "y"}],
        retention={"audit_years": 0},
        signing={"identity": "../PI"},
    ) == {
        ("/code", "wrong_format"),
        ("/successor", "wrong_format"),
        ("/unknown", "unknown_field"),
        ("/calendar/deadline_days", "wrong_type"),
        ("/retention/audit_years", "out_of_range"),
        ("/signing/identity", "wrong_format"),
        ("/tax_code", "wrong_tax_code"),
        ("/colour", "low_contrast"),
        ("/languages", "italian_missing"),
        ("/valid_to", "ends_before_it_begins"),
        ("/calendar/local_holidays/0", "wrong_value"),
        ("/policies/0/policy/lights/0", "one_of_from_above"),
        ("/policies/1/from_year", "years_out_of_order"),
        ("/integrations/1/code", "duplicate_code"),
    }


def test_a_successor_needs_the_day_it_begins() -> None:
    assert faults(successor="TNO") == {("/successor", "wrong_successor")}
    assert faults(successor="PI", valid_to="2022-06-30") == {("/successor", "wrong_successor")}


@pytest.mark.parametrize("given", [20220630, "30/06/2022", True])
def test_days_are_written_one_way(given: object) -> None:
    assert ("/valid_to", "wrong_format") in faults(valid_to=given) or (
        "/valid_to",
        "wrong_type",
    ) in faults(valid_to=given)


def test_the_policy_of_a_year_is_the_last_that_had_begun() -> None:
    versions = [
        {"from_year": year, "policy": {**POLICY, "cap": cap}}
        for year, cap in ((2018, "100"), (2021, "120"))
    ]
    read = read_configuration({**MINIMAL, "policies": versions})
    caps = [read.policy_for(year) for year in (2017, 2018, 2020, 2021, 2030)]
    assert [found and found.policy.cap for found in caps] == [None, "100", "100", "120", "120"]


def test_what_is_read_is_written_back_and_read_the_same() -> None:
    read = read_configuration({**MINIMAL, "valid_to": "2022-06-30", "successor": "TNO"})
    assert read_configuration(read.document()) == read


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["x", "y", "z/~"]), inner, max_size=3)
    ),
    max_leaves=8,
)
_DOCUMENTS = st.dictionaries(st.sampled_from(["x", "y", "z"]), _VALUES, max_size=3)


def _said(value: object) -> object:
    """A document without what says nothing: fields that are null."""
    if isinstance(value, dict):
        return {key: _said(inner) for key, inner in value.items() if inner is not None}
    return [_said(inner) for inner in value] if isinstance(value, list) else value


@given(_DOCUMENTS, _DOCUMENTS)
def test_documents_without_a_difference_say_the_same(
    one: dict[str, Any], two: dict[str, Any]
) -> None:
    assert list(differences(one, one)) == []
    assert _said(one) == _said(two) or list(differences(one, two))


@given(_DOCUMENTS, _DOCUMENTS)
def test_applying_twice_is_applying_once(before: dict[str, Any], patch: dict[str, Any]) -> None:
    once = patched(before, patch)
    assert patched(once, patch) == once
    assert patched(before, {}) == before


def test_integrations_that_are_not_named_stay() -> None:
    stored = [{"code": "integra", "title": "Integra"}, {"code": "pareto", "title": "Pareto"}]
    given = [{"code": "kronos", "title": "Kronos"}, {"code": "pareto", "title": "Nuovo"}]
    after = patched({"integrations": stored}, {"integrations": given})["integrations"]
    assert [(one["code"], one["title"]) for one in after] == [
        ("integra", "Integra"),
        ("kronos", "Kronos"),
        ("pareto", "Nuovo"),
    ]


# --- logos -----------------------------------------------------------------------------------


def _image(inside: str = "", attributes: str = "") -> str:
    return (
        f'<svg xmlns="{SVG}" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'xmlns:draw="http://draw.example" viewBox="0 0 9 9" {attributes}>{inside}</svg>'
    )


def test_a_logo_keeps_what_draws_and_loses_what_its_program_noted() -> None:
    given = _image(
        '<!-- drawn by x --><metadata>who</metadata><draw:page/><g fill="url(#a)" draw:z="1">'
        '<use xlink:href="#a"/></g>'
    )
    cleaned, found = clean_svg(given, "/logo_svg")
    assert found == []
    assert cleaned == (
        f'<svg viewBox="0 0 9 9" xmlns="{SVG}"><g fill="url(#a)"><use href="#a" /></g></svg>'
    )
    assert clean_svg(cleaned, "/logo_svg") == (cleaned, [])


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (_image("<script>1</script>"), "svg_element"),
        (_image("<g><foreignObject/></g>"), "svg_element"),
        (_image("<style>@import 'x'</style>"), "svg_element"),
        (_image('<image href="https://x.example/p.png"/>'), "svg_element"),
        (_image("<a href='#x'><g/></a>"), "svg_element"),
        (_image(attributes='onload="x()"'), "svg_attribute"),
        (_image('<g ONCLICK="x()"/>'), "svg_attribute"),
        (_image('<use xlink:href="https://x.example/#a"/>'), "svg_attribute"),
        (_image('<use href=" javascript:x()"/>'), "svg_attribute"),
        (_image('<g style="fill:url(http://x.example)"/>'), "svg_attribute"),
        (_image("<g fill=\"url( 'data:x')\"/>"), "svg_attribute"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]>' + _image("&a;"), "svg_entities"),
        ("<svg/>", "svg_unreadable"),
        (_image("<g>"), "svg_unreadable"),
        ("PNG", "svg_unreadable"),
    ],
)
def test_a_logo_that_acts_is_refused(image: str, code: str) -> None:
    _, found = clean_svg(image, "/logo_svg")
    assert {issue.code for issue in found} == {code}
    assert faults(logo_svg=image) == {("/logo_svg", code)}


# --- the published schema --------------------------------------------------------------------


def test_the_schema_in_the_documentation_is_the_one_that_is_served() -> None:
    published = Path(__file__).parents[2] / "docs" / "chamber.schema.json"
    assert json.loads(published.read_text(encoding="utf-8")) == manifest_schema()


def test_the_schema_knows_every_field() -> None:
    schema = manifest_schema()
    assert set(schema["properties"]) == set(ChamberConfiguration.model_fields)
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {"code", "entity", "title"}
