"""What is frozen: everything the templates may show, computed, in document order."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.api.reports.snapshot import Freeze, ReportSource, freeze
from shared.contracts.case import Case
from shared.contracts.case_reading import plan_from_case, read_case
from shared.contracts.snapshot import ChamberCard, ReportSnapshot, canonical_bytes
from shared.domain.scoring import score
from shared.domain.workflow import PlanState, Standing

CASES = Path(__file__).parents[1] / "cases"
FACTS = Freeze(
    report_id="019aa3c2-6f1e-7c3b-9b1a-0c5e8d2f4a61",
    version=2,
    kind="relazione",
    created_at=datetime(2021, 6, 16, 9, 30, tzinfo=UTC),
    development=True,
    verification_url="https://ciclo.example.it/verifica/PI/019aa3c2",
)


DRAFT = Standing()


def _case(name: str) -> Case:
    return read_case((CASES / f"{name}.json").read_bytes()).case


def _frozen(case: Case, standing: Standing = DRAFT) -> ReportSnapshot:
    plan = plan_from_case(case, revision=7)
    card = ChamberCard(code=case.chamber, name="Camera", entity_code="TNO", entity_name="Ente")
    return freeze(ReportSource(card, case, plan, score(plan), standing), FACTS)


@pytest.mark.parametrize("name", ["pisa-2020", "massa-2021"])
def test_nothing_of_the_plan_is_left_out(name: str) -> None:
    case = _case(name)
    snapshot = _frozen(case)
    assert {row.code for row in snapshot.objectives} == {row.code for row in case.objectives}
    assert {row.code for row in snapshot.indicators} == {row.code for row in case.indicators}
    listed = [code for row in snapshot.objectives for code in row.indicators]
    assert sorted(listed) == sorted(row.code for row in case.indicators)
    assert len(snapshot.evaluations) == len(case.evaluations)
    assert len(snapshot.tables) == len(case.tables)
    narrated = sum(row.narrative is not None for row in snapshot.objectives)
    assert narrated + len(snapshot.narratives) == len(case.narratives)
    assert {row.code for row in snapshot.explanations} >= {
        "overall",
        *(row.code for row in case.objectives),
        *(row.code for row in case.indicators),
    }


@pytest.mark.parametrize("name", ["pisa-2020", "massa-2021"])
def test_parents_come_before_children(name: str) -> None:
    depth: dict[str | None, int] = {None: -1}
    for row in _frozen(_case(name)).objectives:
        assert row.depth == depth[row.parent] + 1
        depth[row.code] = row.depth


def test_a_child_written_before_its_parent_still_comes_after_it() -> None:
    case = _case("pisa-2020")
    turned = case.model_copy(update={"objectives": case.objectives[::-1]})
    seen: set[str | None] = {None}
    for row in _frozen(turned).objectives:
        assert row.parent in seen
        seen.add(row.code)


@pytest.mark.parametrize("name", ["pisa-2020", "massa-2021"])
def test_the_canonical_form_survives_reading(name: str) -> None:
    frozen = canonical_bytes(_frozen(_case(name)))
    assert canonical_bytes(ReportSnapshot.model_validate_json(frozen)) == frozen
    assert canonical_bytes(_frozen(_case(name))) == frozen


def test_the_figures_are_the_published_ones() -> None:
    case = _case("pisa-2020")
    snapshot = _frozen(case)
    assert case.published is not None
    assert (snapshot.overall.shown, snapshot.overall.judgement) == ("94.9", "eccellente")
    objectives = {row.code: row for row in snapshot.objectives}
    assert objectives["A4"].figure.shown == case.published.objectives["A4"]
    assert snapshot.plan_revision == 7
    assert snapshot.created_at == "2021-06-16T09:30:00Z"


def test_the_version_of_the_plan_is_frozen_too() -> None:
    draft = _frozen(_case("massa-2021"))
    assert (draft.plan_version, draft.plan_state) == (1, "draft")
    amended = _frozen(_case("massa-2021"), Standing(PlanState.AMENDING, 2))
    assert (amended.plan_version, amended.plan_state) == (2, "amending")


def test_marks_of_rows_say_what_they_are() -> None:
    case = _case("pisa-2020")
    rows = {row.code: row for row in _frozen(case).indicators}
    monitored = [row.code for row in case.indicators if row.monitoring_only]
    assert monitored
    assert {rows[code].status for code in monitored} == {"monitoring"}
    assert {rows[code].figure.shown for code in monitored} == {None}


def test_a_result_in_words_stands_beside_its_value() -> None:
    document = {
        "format": "ciclo/case@1",
        "chamber": "PI",
        "year": 2020,
        "kind": "relazione",
        "policy": {"overall": {"kinds": ["perspective"]}},
        "objectives": [{"code": "A", "kind": "perspective", "parent": None, "title": "A"}],
        "measures": [{"code": "corsi", "title": "Corsi"}],
        "indicators": [
            {"code": "A.1", "objective": "A", "title": "Corsi", "formula": "[corsi]",
             "value_type": "number", "targets": {"2020": {"op": ">=", "value": "10"}}},
            {"code": "A.2", "objective": "A", "title": "Bandi", "value_type": "number",
             "targets": {"2020": {"op": ">=", "value": "4"}}},
        ],
        "measurements": [
            {"measure": "corsi", "year": 2020, "period": None, "value": "13",
             "value_text": "n. 13 corsi svolti"},
            {"indicator": "A.2", "value": "4", "value_text": "n. 4 bandi"},
        ],
    }  # fmt: skip
    case = read_case(json.dumps(document).encode()).case
    rows = {row.code: row for row in _frozen(case).indicators}
    assert (rows["A.1"].value, rows["A.1"].value_text) == ("13", "n. 13 corsi svolti")
    assert (rows["A.2"].value, rows["A.2"].value_text) == ("4", "n. 4 bandi")
