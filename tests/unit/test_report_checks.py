"""Everything for which a report cannot be approved, read off its frozen content."""

from typing import Any

import pytest

from shared.contracts.report_checks import report_issues
from shared.contracts.snapshot import (
    AnalysisView,
    IndicatorView,
    JudgementView,
    ObjectiveView,
    OverallJudgementView,
    ReportSnapshot,
)
from tests.renderer import snapshots

JUDGED = OverallJudgementView(
    label="eccellente", text="Bene.", measured="94.883333333333333333", final=True
)


def frozen(**changes: Any) -> ReportSnapshot:  # noqa: ANN401 - any part of a snapshot
    """A report that may be approved, but for what is changed."""
    whole = {"deviations": (), "analyses": (), "judgements": (), "overall_judgement": JUDGED}
    return snapshots.small(**(whole | changes))


def found(**changes: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - any part of a snapshot
    return [(issue.code, issue.pointer) for issue in report_issues(frozen(**changes))]


def silent(code: str, parent: str | None = "A", **more: Any) -> ObjectiveView:  # noqa: ANN401
    """An objective without a result."""
    fields: dict[str, Any] = {
        "kind": "strategic_objective",
        "depth": 1,
        "title": code,
        "scope": "chamber",
    }
    figure = snapshots.figure(None, more.pop("reason", "nothing_counts"))
    return ObjectiveView(code=code, parent=parent, figure=figure, **(fields | more))


def with_rows(*rows: ObjectiveView) -> tuple[ObjectiveView, ...]:
    return (*snapshots.small().objectives, *rows)


def test_a_whole_report_may_be_approved() -> None:
    assert found() == []


def test_every_obstacle_is_told_at_once() -> None:
    obstacles = found(
        deviations=snapshots.EVALUATION["deviations"],
        objectives=with_rows(silent("A9")),
        overall_judgement=None,
    )
    last = len(snapshots.small().objectives)
    assert obstacles == [
        ("deviation_unexplained", "/deviations/1"),
        ("objective_without_result", f"/objectives/{last}"),
        ("overall_judgement_missing", "/overall_judgement"),
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"final": False}, "overall_judgement_not_final"),
        ({"measured": "80"}, "overall_judgement_outdated"),
        ({"measured": None}, "overall_judgement_outdated"),
    ],
)
def test_a_judgement_is_final_and_on_this_result(change: dict[str, Any], code: str) -> None:
    assert found(overall_judgement=JUDGED.model_copy(update=change)) == [
        (code, "/overall_judgement")
    ]


def test_what_was_frozen_before_deviations_asks_for_another_version() -> None:
    assert found(deviations=None) == [("frozen_before_evaluation", "/deviations")]


@pytest.mark.parametrize(
    "row",
    [
        silent("A9", narrative="Rinviato dalla Giunta."),
        silent("A9", reason="suspended"),
        silent("A9", reason="struck"),
    ],
)
def test_an_objective_says_why_it_has_no_result(row: ObjectiveView) -> None:
    assert found(objectives=with_rows(row)) == []


def test_a_text_above_or_of_another_kind_stands_in() -> None:
    rows = with_rows(silent("A9"), silent("A9.1", "A9", kind="operational_objective"))
    assert len(found(objectives=rows)) == 2
    assert found(objectives=rows, analyses=(AnalysisView(objective="A9", issues="x"),)) == []
    heading = (AnalysisView(objective="A", issues="x"),)
    assert len(found(objectives=rows, analyses=heading)) == 2
    said = (JudgementView(objective="A9.1", text="x"),)
    assert [code for code, _ in found(objectives=rows, judgements=said)] == [
        "objective_without_result"
    ]


def test_headings_and_what_is_only_watched_are_not_asked() -> None:
    area = silent("AR", None, kind="strategic_area", depth=0)
    assert len(found(objectives=with_rows(area))) == 1  # with nothing below it
    assert len(found(objectives=with_rows(area, silent("AR1", "AR")))) == 1  # AR1 alone
    watched = IndicatorView(
        code="W", objective="A9", title="W", value_type="number", status="monitoring",
        figure=snapshots.figure(None, "monitoring"),
    )  # fmt: skip
    indicators = (*snapshots.small().indicators, watched)
    assert found(objectives=with_rows(silent("A9")), indicators=indicators) == []
