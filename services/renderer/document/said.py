"""What the evaluation says, for the pages: every text with its key, and deviations with figures."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.renderer.document import formats
from services.renderer.document.view import Report
from shared.contracts.snapshot import (
    DeviationView,
    Figure,
    IndicatorView,
    ReportSnapshot,
    TargetChangeView,
    TargetView,
)

LONGEST_VALUE = 240
"""Characters of an old or new value that a table shows; the rest is in the attached data."""


@dataclass(frozen=True)
class Deviation:
    """A result below the threshold, as the page shows it; ``said`` is ``None`` in old snapshots."""

    subject_kind: str
    code: str
    title: str
    figure: Figure
    weak: tuple[IndicatorView, ...]
    said: DeviationView | None

    @property
    def key(self) -> str:
        """Where its texts are found."""
        return f"deviation:{self.subject_kind}:{self.code}"


def deviations(report: Report) -> tuple[Deviation, ...]:
    """Everything that asked for an explanation when the snapshot was frozen.

    Snapshots of before did not hold it: there it is whatever objective lies below the line.
    """
    frozen = report.snapshot.deviations
    if report.snapshot.policy.explain_below is None:
        return ()
    if frozen is None:
        return tuple(
            Deviation(
                "objective",
                node.objective.code,
                node.objective.title,
                node.objective.figure,
                report.weak_indicators(node),
                None,
            )
            for node in report.below_threshold
        )
    indicators = {row.code: row for row in report.snapshot.indicators}
    found: list[Deviation] = []
    for row in frozen:
        figure = Figure(measured=row.result, recognised=row.result, shown=row.result)
        weak: tuple[IndicatorView, ...] = ()
        node, indicator = report.nodes.get(row.subject), indicators.get(row.subject)
        if row.subject_kind == "objective" and node is not None:
            figure, weak = node.objective.figure, report.weak_indicators(node)
        elif row.subject_kind == "indicator" and indicator is not None:
            figure, weak = indicator.figure, (indicator,)
        found.append(Deviation(row.subject_kind, row.subject, row.title, figure, weak, row))
    return tuple(found)


def texts(snapshot: ReportSnapshot) -> dict[str, str]:
    """Every text of the evaluation, in Markdown, by key."""
    return {key: text for key, text in _texts(snapshot) if text}


def _texts(snapshot: ReportSnapshot) -> Iterator[tuple[str, str | None]]:
    for deviation in snapshot.deviations or ():
        key = f"deviation:{deviation.subject_kind}:{deviation.subject}"
        yield f"{key}:explanation", deviation.explanation
        yield f"{key}:corrective_action", deviation.corrective_action
    for analysis in snapshot.analyses:
        yield f"analysis:{analysis.objective}:issues", analysis.issues
        yield f"analysis:{analysis.objective}:opportunities", analysis.opportunities
        yield f"analysis:{analysis.objective}:corrective_actions", analysis.corrective_actions
    for judgement in snapshot.judgements:
        yield f"judgement:{judgement.objective}", judgement.text
    overall = snapshot.overall_judgement
    if overall is not None:
        yield "overall:text", overall.text
        yield "overall:motivation", overall.motivation
    decision = snapshot.validation
    if decision is not None:
        yield "decision:conditions", decision.conditions
        yield "decision:remarks", decision.remarks
        yield "decision:reason", decision.reason
    for amendment in snapshot.amendments:
        yield f"amendment:{amendment.version}:motivation", amendment.motivation
        yield f"amendment:{amendment.version}:oiv_opinion", amendment.oiv_opinion


def target(change: TargetChangeView, side: TargetView | None) -> str | None:
    """A target of an amendment in words, as the tables of indicators show targets."""
    if side is None:
        return None
    shown = IndicatorView(
        code=change.indicator,
        objective="",
        title=change.title or "",
        value_type=change.value_type or "text",
        unit=change.unit,
        status="",
        figure=Figure(measured=None, recognised=None, shown=None),
    )
    return formats.target(side, shown)


def short(text: str | None) -> str:
    """A value of a field, cut where it would fill a page."""
    if text is None:
        return formats.DASH
    return formats.cell(text) if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
