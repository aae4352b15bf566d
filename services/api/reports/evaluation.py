"""What a snapshot says of the evaluation: deviations, analyses, judgements, amendments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.api.versions.service import Version
from shared.contracts.case import Case, CaseDeviation, CaseIndicator
from shared.contracts.results import exact
from shared.contracts.snapshot import (
    Act,
    AmendmentView,
    AnalysisView,
    DeviationView,
    FieldChangeView,
    JudgementView,
    OverallJudgementView,
    TargetChangeView,
    TargetView,
)
from shared.domain.deviations import Deviation
from shared.domain.plan import Subject
from shared.domain.versions import Change, RowChange, TargetChange, readable, target_changes

_TARGETS = "targets/"


@dataclass(frozen=True, slots=True)
class Amendment:
    """An approved version that replaced another, and what it changed."""

    version: Version
    changes: tuple[RowChange, ...]


def evaluation_parts(
    case: Case, deviations: Sequence[Deviation], amendments: Sequence[Amendment]
) -> dict[str, Any]:
    """Fields of :class:`~shared.contracts.snapshot.ReportSnapshot`."""
    said = {
        (Subject.INDICATOR, row.indicator)
        if row.indicator
        else (Subject.OBJECTIVE, row.objective): row
        for row in case.deviations
    }
    overall = case.overall_judgement
    return {
        "deviations": tuple(_deviation(d, said.get((d.subject, d.code))) for d in deviations),
        "analyses": tuple(AnalysisView(**row.model_dump()) for row in case.analyses),
        "judgements": tuple(JudgementView(**row.model_dump()) for row in case.judgements),
        "overall_judgement": None
        if overall is None
        else OverallJudgementView(**overall.model_dump()),
        "amendments": tuple(_amendment(case, amendment) for amendment in amendments),
    }


def _deviation(found: Deviation, said: CaseDeviation | None) -> DeviationView:
    return DeviationView(
        subject_kind="objective" if found.subject is Subject.OBJECTIVE else "indicator",
        subject=found.code,
        title=found.title,
        scope=found.scope,
        result=exact(found.result) or "",
        owners=found.owners,
        cause=None if said is None else said.cause,
        explanation=None if said is None else said.explanation,
        corrective_action=None if said is None else said.corrective_action,
    )


def _amendment(case: Case, amendment: Amendment) -> AmendmentView:
    version, reasons = amendment.version, amendment.version.reasons
    rows = {row.code: row for row in case.indicators}
    return AmendmentView(
        version=version.number,
        act=None if reasons.act is None else Act(**reasons.act.model_dump()),
        motivation=reasons.motivation,
        cause=None if reasons.cause is None else reasons.cause.value,
        oiv_opinion=reasons.oiv_opinion,
        targets=tuple(
            _target(change, rows.get(change.indicator))
            for change in target_changes(amendment.changes)
        ),
        changes=tuple(view for change in amendment.changes for view in _others(change)),
    )


def _target(change: TargetChange, row: CaseIndicator | None) -> TargetChangeView:
    return TargetChangeView(
        indicator=change.indicator,
        title=change.title,
        year=change.year,
        old=_bounds(change.old),
        new=_bounds(change.new),
        value_type=None if row is None else row.value_type.value,
        unit=None if row is None else row.unit,
    )


def _bounds(target: Mapping[str, Any] | None) -> TargetView | None:
    return None if target is None else TargetView(**target)


def _others(change: RowChange) -> list[FieldChangeView]:
    """What an amendment changed of a row besides targets; one line for a row come or gone."""
    view = FieldChangeView(
        section=change.section,
        code=change.code,
        title=change.title,
        change=change.change.value,
    )
    if change.change is not Change.CHANGED:
        return [view]
    return [
        view.model_copy(update={"name": f.name, "old": readable(f.old), "new": readable(f.new)})
        for f in change.fields
        if not (change.section == "indicators" and f.name.startswith(_TARGETS))
    ]
