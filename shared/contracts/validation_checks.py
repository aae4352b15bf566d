"""What a report is looked at for when the OIV decides on it; counted on its frozen content.

Counts, not verdicts: the decision is the OIV's. Each says how many things are as the law or the
chamber's rules ask, out of how many there are.
"""

from shared.contracts.report_checks import report_issues
from shared.contracts.snapshot import IndicatorView, ReportSnapshot
from shared.contracts.snapshot_validation import CheckView


def validation_checks(snapshot: ReportSnapshot) -> tuple[CheckView, ...]:
    """Every check, in the order in which the document prints them."""
    lacking = {issue.pointer for issue in report_issues(snapshot)}
    silent = sum(1 for pointer in lacking if pointer.startswith("/objectives/"))
    deviations = snapshot.deviations or ()
    expected = [row for row in snapshot.indicators if row.status not in _NOT_EXPECTED]
    used = [measure for row in snapshot.explanations for measure in row.measures]
    judged = snapshot.overall_judgement
    sound = judged is not None and not any(p.startswith("/overall_judgement") for p in lacking)
    objectives = len(snapshot.objectives)
    return (
        _check("objectives_reported", objectives - silent, objectives),
        _check("indicators_measured", sum(_has_value(row) for row in expected), len(expected)),
        _check("data_validated", sum(m.validated_by is not None for m in used), len(used)),
        _check(
            "deviations_explained",
            sum(row.explanation is not None for row in deviations),
            len(deviations),
        ),
        _check(
            "neutralisations_motivated",
            sum(bool(row.reason.strip()) for row in snapshot.evaluations),
            len(snapshot.evaluations),
        ),
        _check(
            "amendments_motivated",
            sum(row.motivation is not None for row in snapshot.amendments),
            len(snapshot.amendments),
        ),
        _check("overall_judgement_final", int(sound), 1),
    )


_NOT_EXPECTED = frozenset({"monitoring", "suspended", "struck"})


def _check(name: str, done: int, of: int) -> CheckView:
    return CheckView(check=name, done=done, of=of)


def _has_value(row: IndicatorView) -> bool:
    return row.value is not None or row.figure.recognised is not None
