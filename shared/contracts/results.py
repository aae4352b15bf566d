"""Results as they leave the domain: for the API, the snapshot and whoever reads them.

Exact figures are decimal text (28 significant digits where a fraction has no end); ``shown``
is rounded half up as the chamber's policy says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from shared.contracts.base import Contract
from shared.contracts.snapshot_views import (
    Contribution,
    DecimalText,
    Explanation,
    Figure,
    TargetView,
    UsedMeasure,
)
from shared.domain import explanation as domain_explanation
from shared.domain.numbers import number_text, shown_text
from shared.domain.plan import Indicator, Kind, Objective, Plan
from shared.domain.policy import Level, Policy
from shared.domain.rescoring import Scored
from shared.domain.results import IndicatorResult, ObjectiveResult, Results
from shared.domain.results import UsedMeasure as DomainUsedMeasure
from shared.domain.targets import Target
from shared.domain.values import NoValue, value_text
from shared.domain.workflow import PlanState, Standing

_DRAFT = Standing()


class ObjectiveRow(Contract):
    """The result of an objective in its own scope."""

    code: str
    kind: Kind
    parent: str | None
    title: str
    weight: DecimalText | None
    scope: str
    figure: Figure


class IndicatorRow(Contract):
    """The result of an indicator with the value and the target it comes from."""

    code: str
    objective: str
    title: str
    weight: DecimalText | None
    unit: str | None
    status: str
    source: str
    value: str | None
    target: TargetView | None
    met: bool | None
    rule: str
    figure: Figure


class ResultsDocument(Contract):
    """All results of a chamber's year, computed on one revision of its inputs.

    ``plan_version`` is the version of the content they were computed on; while ``plan_state``
    is ``draft`` or ``amending`` nobody has approved it yet.
    """

    chamber: str
    year: int
    revision: int
    plan_version: int
    plan_state: PlanState
    overall: Figure
    objectives: tuple[ObjectiveRow, ...]
    indicators: tuple[IndicatorRow, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A document of results and the scored plan that it was made of."""

    scored: Scored
    document: ResultsDocument


def results_document(
    plan: Plan, results: Results, standing: Standing = _DRAFT, earlier: Made | None = None
) -> ResultsDocument:
    """The results of a plan, in the order of its rows; ``standing`` says of which version.

    Rows are taken over from an ``earlier`` document of the same rows and rules where scoring
    has taken over the result (:mod:`shared.domain.rescoring`).
    """
    objectives, indicators = _kept_rows(earlier, plan, results)
    return ResultsDocument(
        chamber=plan.chamber,
        year=plan.year,
        revision=plan.revision,
        plan_version=standing.version,
        plan_state=standing.state,
        overall=overall_figure(plan.policy, results),
        objectives=tuple(
            objectives.get(row.code) or _objective_row(plan.policy, row, results)
            for row in plan.objectives
        ),
        indicators=tuple(
            indicators.get(row.code)
            or _indicator_row(plan.policy, row, results.indicators[row.code])
            for row in plan.indicators
        ),
    )


def _kept_rows(
    earlier: Made | None, plan: Plan, results: Results
) -> tuple[Mapping[str, ObjectiveRow], Mapping[str, IndicatorRow]]:
    """Rows of an earlier document that say what rows of this one would say."""
    if earlier is None or _frame(earlier.scored.plan) != _frame(plan):
        return {}, {}
    before, document = earlier.scored.results, earlier.document
    return (
        {
            row.code: row
            for row in document.objectives
            if before.objective(row.code) is results.objective(row.code)
        },
        {
            row.code: row
            for row in document.indicators
            if before.indicators[row.code] is results.indicators[row.code]
        },
    )


def _frame(plan: Plan) -> tuple[object, ...]:
    """What the rows of a document say beside results."""
    return plan.policy, plan.objectives, plan.indicators


def _objective_row(policy: Policy, row: Objective, results: Results) -> ObjectiveRow:
    return ObjectiveRow(
        code=row.code,
        kind=row.kind,
        parent=row.parent,
        title=row.title,
        weight=exact(row.weight),
        scope=results.home_scopes[row.code],
        figure=objective_figure(policy, row.kind, results.objective(row.code)),
    )


def _indicator_row(policy: Policy, row: Indicator, result: IndicatorResult) -> IndicatorRow:
    return IndicatorRow(
        code=row.code,
        objective=row.objective,
        title=row.title,
        weight=exact(row.weight),
        unit=row.unit,
        status=result.status,
        source=result.source,
        value=None if isinstance(result.value, NoValue) else value_text(result.value),
        target=target_view(result.target),
        met=result.met,
        rule=result.rule,
        figure=indicator_figure(policy, result),
    )


def exact(number: Fraction | None) -> str | None:
    """Exact text of a figure, if there is one."""
    return None if number is None else number_text(number)


def target_view(target: Target | None) -> TargetView | None:
    """A target with its bounds in canonical text."""
    if target is None:
        return None
    value2 = None if target.value2 is None else value_text(target.value2)
    return TargetView(op=target.op.value, value=value_text(target.value), value2=value2)


def _figure(
    policy: Policy,
    level: Level,
    measured: Fraction | None,
    recognised: Fraction | None,
    *,
    assessed: bool = False,
    judged: bool = False,
    reason: str | None = None,
) -> Figure:
    if recognised is None:
        return Figure(measured=None, recognised=None, shown=None, assessed=assessed, reason=reason)
    return Figure(
        measured=exact(measured),
        recognised=exact(recognised),
        shown=shown_text(recognised, policy.places(level)),
        light=policy.light(level, recognised),
        judgement=policy.judgement(recognised) if judged else None,
        assessed=assessed,
        reason=reason,
    )


def overall_figure(policy: Policy, results: Results) -> Figure:
    """The chamber's result with its judgement."""
    measured = results.overall.measured
    reason = None if measured is not None else "nothing_counts"
    return _figure(policy, Level.OVERALL, measured, measured, judged=True, reason=reason)


def judged_figure(policy: Policy, figure: Figure, recognised: Fraction | None) -> Figure:
    """A figure with the judgement that the scale of the policy has for it."""
    judgement = None if recognised is None else policy.judgement(recognised)
    return figure.model_copy(update={"judgement": judgement})


def mean_figure(policy: Policy, mean: Fraction | None) -> Figure:
    """A mean of objectives that is none itself, with its judgement."""
    reason = None if mean is not None else "nothing_counts"
    return _figure(policy, Level.OBJECTIVE, mean, mean, judged=True, reason=reason)


def objective_figure(policy: Policy, kind: Kind, result: ObjectiveResult) -> Figure:
    """An objective's result; sheets of persons carry a judgement too."""
    return _figure(
        policy,
        kind.level,
        result.measured,
        result.recognised,
        assessed=result.assessed,
        judged=kind is Kind.INDIVIDUAL,
        reason=result.exclusion,
    )


def indicator_figure(policy: Policy, result: IndicatorResult) -> Figure:
    """An indicator's result."""
    return _figure(
        policy,
        Level.INDICATOR,
        result.measured,
        result.recognised,
        assessed=result.assessed,
        reason=result.exclusion,
    )


def explanation_view(
    explanation: domain_explanation.Explanation, titles: Mapping[str, str]
) -> Explanation:
    """An explanation as a contract; ``titles`` names the rows and measures it mentions."""
    return Explanation(
        code=explanation.code,
        subject=explanation.subject,  # type: ignore[arg-type]
        scope=explanation.scope,
        title=explanation.title,
        rule=explanation.rule,
        text=explanation.text,
        value=None if explanation.value is None else value_text(explanation.value),
        formula=explanation.formula,
        measures=tuple(_used_measure(used, titles) for used in explanation.measures),
        target=target_view(explanation.target),
        met=explanation.met,
        measured=exact(explanation.measured),
        recognised=exact(explanation.recognised),
        contributions=tuple(
            Contribution(
                code=row.code,
                title=titles.get(row.code),
                weight=exact(row.weight),
                result=exact(row.result),
                share=exact(share),
                excluded=row.exclusion,
                exclusion_reason=row.reason,
            )
            for row, share in zip(explanation.contributions, explanation.shares, strict=True)
        ),
        reason=explanation.reason,
    )


def _used_measure(used: DomainUsedMeasure, titles: Mapping[str, str]) -> UsedMeasure:
    period, version, role = used.versions[-1] if used.versions else (None, None, None)
    # A sum over periods is somebody's word only when every part of it is.
    validated = all(given is not None for _, _, given in used.versions)
    return UsedMeasure(
        code=used.ref.code,
        title=titles.get(used.ref.code),
        year=used.year,
        period=period,
        value=None if isinstance(used.value, NoValue) else value_text(used.value),
        version=version,
        validated_by=role if validated else None,
    )


def titles_of(plan: Plan) -> dict[str, str]:
    """Titles of measures, indicators and objectives by code, for :func:`explanation_view`."""
    titles = {measure.code: measure.title for measure in plan.measures}
    titles.update((indicator.code, indicator.title) for indicator in plan.indicators)
    titles.update((objective.code, objective.title) for objective in plan.objectives)
    return titles
