"""The Piano: what is wanted of everyone, in every shape of plan, and nothing of what came of it."""

import io
import json
import re
from dataclasses import replace
from itertools import pairwise

import outloud
import pypdf
import pytest

from services.api.reports.planned import PLANNED
from services.api.reports.snapshot import freeze
from services.renderer.document import formats, html
from shared.contracts.snapshot import ReportSnapshot, canonical_bytes
from tests.renderer import plans
from tests.renderer.conftest import Made


def packed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module", params=plans.SHAPES)
def shape(request: pytest.FixtureRequest) -> ReportSnapshot:
    return plans.plan(request.param)


def _text(snapshot: ReportSnapshot) -> str:
    bare = re.sub(r"<style>.*?</style>", "", html.build(snapshot).html, flags=re.DOTALL)
    return packed(re.sub(r"<[^>]+>", " ", bare))


def test_every_objective_weight_and_target_is_printed(shape: ReportSnapshot) -> None:
    text = _text(shape)
    for row in shape.objectives:
        assert packed(row.code) in text
        if row.weight is not None and row.kind != "individual":
            assert formats.number(row.weight) in text, row.code
        for resource in row.resources:
            if resource.budgeted is not None:
                assert packed(formats.money(resource.budgeted, resource.currency)) in text
    for item in shape.indicators:
        for target in item.targets.values():
            shown = packed(formats.target(target, item) or "?")
            shown = shown.replace("<", "&lt;").replace(">", "&gt;")
            assert re.search(rf"{re.escape(packed(item.code))}.*?{re.escape(shown)}", text), item


def test_nothing_of_what_came_of_it_is_frozen(shape: ReportSnapshot) -> None:
    assert {row.figure.reason for row in shape.objectives} == {PLANNED}
    assert {row.figure.reason for row in shape.indicators} == {PLANNED}
    for row in shape.indicators:
        assert (row.value, row.value_text, row.met, row.figure.shown) == (None, None, None, None)
    for objective in shape.objectives:
        assert all(r.actual is None and r.available is None for r in objective.resources)
    document = json.loads(canonical_bytes(shape))
    assert document["explanations"] == document["evaluations"] == document["narratives"] == []
    assert not {"deviations", "judgements", "overall_judgement", "steps"} & document.keys()
    assert {act.document for act in shape.acts} <= {"piano", "smvp"}


def test_no_cell_is_blank_no_level_skipped_no_link_lost(shape: ReportSnapshot) -> None:
    made = html.build(shape).html
    cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", made, re.DOTALL)
    assert not [cell for cell in cells if not re.sub(r"<[^>]+>", "", cell).strip()]
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", made)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    anchors = re.findall(r' id="([^"]+)"', made)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', made)) <= set(anchors)


def test_what_massa_wrote_beside_its_objectives(piano: Made) -> None:
    pages = pypdf.PdfReader(io.BytesIO(piano.sealed)).pages
    text = packed("".join(page.extract_text() for page in pages))
    assert "Pianodellaperformance2021" in text
    assert "Approvatoda:Commissariostraordinario" in text
    assert "LaCameraservele" in text
    assert "Personaleinservizio" in text
    assert "arriverannoinautunno" in text
    assert re.search(r"Ultimovalore.{0,200}72020≥8,00≥8,00≥8,00", text)
    assert "Risorse2021:risorseeconomichePrevisioneassestata235.000,00€" in text
    for row in piano.snapshot.objectives:
        assert packed(row.code) in text
    for indicator in piano.snapshot.indicators:
        assert packed(indicator.code) in text


def test_what_is_for_the_piano_is_not_printed_in_the_relazione() -> None:
    known = plans.source("synthetic-lucca-2015")
    narratives = (
        *known.case.narratives,
        known.case.narratives[0].model_copy(
            update={"objective": None, "section": "P0", "text": "Premessa del Piano"}
        ),
    )
    case = known.case.model_copy(update={"narratives": narratives})
    source = replace(known, case=case)
    plan = freeze(source, plans.FACTS)
    report = freeze(source, replace(plans.FACTS, kind="relazione"))
    assert [row.section for row in plan.narratives] == ["P0"]
    assert [row.section for row in report.narratives] == ["3.3"]


def test_a_plan_without_sheets_says_so() -> None:
    snapshot = plans.plan("synthetic-massa-2012")
    assert "Questo documento non porta schede individuali" in html.build(snapshot).html


def test_columns_that_would_be_empty_are_left_out() -> None:
    made = html.build(plans.plan("massa-2021")).html
    first = made[made.index("Indicatori e target di 1.1") :][:1000]
    assert "Peso" not in first
    assert "Target 2023" in first


def test_it_can_be_read_aloud(piano: Made) -> None:
    result = outloud.check(str(piano.files[1]))
    assert not [item for item in result.findings if item.severity == "error"]
