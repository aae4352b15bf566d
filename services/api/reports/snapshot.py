"""From a plan and its results to the frozen content of a report.

Everything that a template may show is put here, already computed; the renderer knows
nothing else. Validators appear as roles; the only names are those of chambers and offices.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from services.api.reports.evaluation import Amendment, evaluation_parts
from services.api.reports.planned import as_planned, as_reported
from shared.contracts import case as case_format
from shared.contracts.case import Case
from shared.contracts.document_layout import Documents
from shared.contracts.results import (
    exact,
    explanation_view,
    indicator_figure,
    objective_figure,
    overall_figure,
    target_view,
    titles_of,
)
from shared.contracts.signing import SignatureSlot
from shared.contracts.snapshot import (
    Act,
    ChamberCard,
    EvaluationView,
    IndicatorView,
    NarrativeView,
    ObjectiveView,
    PeriodView,
    PolicyView,
    ReportKind,
    ReportSnapshot,
    Resource,
    TableView,
    TargetView,
    YearContent,
)
from shared.contracts.snapshot_history import RegisterRow, StepView, TrendView
from shared.domain.deviations import Deviation
from shared.domain.explanation import Explainer
from shared.domain.numbers import number_text
from shared.domain.plan import Plan
from shared.domain.policy import Policy, Threshold
from shared.domain.results import Exclusion, IndicatorResult, Results
from shared.domain.values import NoValue, value_text
from shared.domain.workflow import Standing


@dataclass(frozen=True, slots=True)
class Freeze:
    """What a snapshot says about itself."""

    report_id: str
    version: int
    kind: ReportKind
    created_at: datetime
    development: bool
    verification_url: str
    reason: str | None = None
    signatures: tuple[SignatureSlot, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportSource:
    """A chamber's year as it stands at one revision: its content, its rules, its results."""

    chamber: ChamberCard
    case: Case
    plan: Plan
    results: Results
    standing: Standing = field(default_factory=Standing)
    deviations: tuple[Deviation, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    period: PeriodView | None = None
    """Of a monitoring report; plan and results are then as of its end."""
    documents: Documents = field(default_factory=Documents)
    """How the chamber wants its documents."""
    trends: tuple[TrendView, ...] = ()
    steps: tuple[StepView, ...] = ()
    cycle_documents: tuple[RegisterRow, ...] = ()


def freeze(source: ReportSource, facts: Freeze) -> ReportSnapshot:
    """The snapshot of a report."""
    content = year_content(source)
    layout = source.documents.layout_of(facts.kind)
    if facts.kind == "piano":
        return described(as_planned(content), facts, layout=layout)
    around = ("steps", "cycle_documents")
    return described(
        as_reported(content),
        facts,
        layout=layout,
        **{name: getattr(source, name) for name in around},
    )


def described(content: YearContent, facts: Freeze, **more: object) -> ReportSnapshot:
    """A content with what the document says of itself; ``more`` are fields of its kind."""
    return ReportSnapshot.model_validate(
        {
            **dict(content),
            "report_id": facts.report_id,
            "version": facts.version,
            "kind": facts.kind,
            "created_at": facts.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "development": facts.development,
            "verification_url": facts.verification_url,
            "reason": facts.reason,
            "signatures": facts.signatures,
            **more,
        }
    )


def year_content(source: ReportSource) -> YearContent:
    """All that a year of a chamber came to."""
    plan, results, case = source.plan, source.results, source.case
    titles = titles_of(plan)
    return YearContent(
        year=plan.year,
        chamber=source.chamber,
        plan_revision=plan.revision,
        plan_version=source.standing.version,
        plan_state=source.standing.state,
        acts=tuple(Act(**act.model_dump()) for act in case.acts),
        policy=policy_view(plan.policy),
        overall=overall_figure(plan.policy, results),
        objectives=tuple(_objectives(source)),
        indicators=tuple(_indicators(source)),
        evaluations=tuple(
            EvaluationView(
                scope=row.scope,
                subject=row.code,
                effect="exclude",
                cause=row.cause,
                reason=row.reason,
            )
            for row in plan.evaluations
        ),
        narratives=tuple(
            NarrativeView(section=row.section, text=row.text)
            for row in case.narratives
            if row.section is not None
        ),
        tables=tuple(TableView(**table.model_dump()) for table in case.tables),
        explanations=tuple(
            explanation_view(explanation, titles)
            for explanation in Explainer(plan, results).everything()
        ),
        period=source.period,
        trends=source.trends,
        **evaluation_parts(case, source.deviations, source.amendments),
    )


def policy_view(policy: Policy) -> PolicyView:
    """The parts of the rules that documents print."""
    tolerance = policy.tolerance
    return PolicyView(
        cap=number_text(policy.cap),
        missing=policy.missing,
        tolerance_level=None if tolerance is None else tolerance.level,
        tolerance_threshold=None if tolerance is None else number_text(tolerance.threshold),
        overall_kinds=policy.overall_kinds,
        rounding={level.value: places for level, places in policy.rounding.items()},
        lights=_scale(policy.lights),
        judgements=_scale(policy.judgements),
        explain_below=exact(policy.explain_below),
    )


def _scale(steps: tuple[Threshold, ...]) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        ("above" if step.exclusive else "from", number_text(step.bound), step.label)
        for step in steps
    )


def _objectives(source: ReportSource) -> Iterator[ObjectiveView]:
    plan, results = source.plan, source.results
    kinds = {objective.code: objective for objective in plan.objectives}
    narratives = {row.objective: row.text for row in source.case.narratives}
    indicators: dict[str, list[str]] = defaultdict(list)
    for indicator in plan.indicators:
        indicators[indicator.objective].append(indicator.code)
    for row, depth in _in_document_order(source.case):
        scored = kinds[row.code]
        yield ObjectiveView(
            code=row.code,
            kind=row.kind,
            parent=row.parent,
            depth=depth,
            title=row.title,
            description=row.description,
            weight=exact(scored.weight),
            programme=row.programme,
            units=row.units,
            responsible=row.responsible,
            days=(row.starts, row.ends),
            tags=row.tags,
            members=row.members,
            note=row.note,
            resources=tuple(_resource(resource) for resource in row.resources),
            narrative=narratives.get(row.code),
            indicators=tuple(indicators[row.code]),
            figure=objective_figure(plan.policy, scored.kind, results.objective(row.code)),
            scope=results.home_scopes[row.code],
        )


def _in_document_order(case: Case) -> Iterator[tuple[case_format.CaseObjective, int]]:
    """Each objective after its parent, siblings as in the file, with its depth in the tree."""
    children: dict[str | None, list[case_format.CaseObjective]] = defaultdict(list)
    for row in case.objectives:
        children[row.parent].append(row)
    waiting = [(row, 0) for row in reversed(children[None])]
    while waiting:
        row, depth = waiting.pop()
        yield row, depth
        waiting.extend((child, depth + 1) for child in reversed(children[row.code]))


def _resource(resource: case_format.Resource) -> Resource:
    given = resource.model_dump()
    return Resource(**{name: value for name, value in given.items() if value is not None})


def _indicators(source: ReportSource) -> Iterator[IndicatorView]:
    plan, results = source.plan, source.results
    texts = _value_texts(source.case)
    scored = {indicator.code: indicator for indicator in plan.indicators}
    for row in source.case.indicators:
        indicator, result = scored[row.code], results.indicators[row.code]
        formula = indicator.parsed_formula
        single = formula.single_measure if formula is not None else None
        measure = single.code if single is not None and not single.offset else None
        yield IndicatorView(
            code=row.code,
            objective=row.objective,
            title=row.title,
            typology=row.typology,
            formula=row.formula,
            formula_text=row.formula_text,
            unit=row.unit,
            value_type=row.value_type,
            direction=row.direction,
            decimals=row.decimals,
            weight=exact(indicator.weight),
            baseline=row.baseline,
            target=target_view(result.target),
            targets={year: _target(target) for year, target in row.targets.items()},
            monitoring_only=indicator.monitoring_only,
            derived_from=None if row.derived_from is None else row.derived_from.objective,
            source_office=row.source_office,
            source_class=row.source_class,
            tags=row.tags,
            note=row.note,
            status=_status(result),
            value=None if isinstance(result.value, NoValue) else value_text(result.value),
            value_text=texts.get(("indicator", row.code)) or texts.get(("measure", measure)),
            met=result.met,
            figure=indicator_figure(plan.policy, result),
        )


def _target(target: case_format.CaseTarget) -> TargetView:
    return TargetView(op=target.op.value, value=target.value, value2=target.value2)


def _value_texts(case: Case) -> dict[tuple[str, str | None], str]:
    """Results in words ("n. 13 corsi svolti"): the last one of each datum of the year."""
    return {
        ("indicator", row.indicator) if row.indicator else ("measure", row.measure): row.value_text
        for row in case.measurements
        if row.value_text and row.year in {None, case.year}
    }


def _status(result: IndicatorResult) -> str:
    if result.exclusion is Exclusion.MONITORING:
        return "monitoring"
    return "assessed" if result.assessed else result.status.value
