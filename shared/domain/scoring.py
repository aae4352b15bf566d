"""From measured values to the result of the chamber, exactly.

Sources: the rules that the chambers' SMVP state under D.Lgs. 150/2009, art. 7; each function
names the rule it carries out. Results never depend on the order of rows.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from shared.domain.formula import MeasureRef, evaluate
from shared.domain.means import weighted_mean
from shared.domain.periods import Aggregation, year_value
from shared.domain.plan import (
    CHAMBER_SCOPE,
    Indicator,
    Kind,
    Measurement,
    Objective,
    Plan,
    Subject,
    default_aggregation,
    measure_value_types,
)
from shared.domain.policy import Level, MissingRule
from shared.domain.results import (
    Contribution,
    Exclusion,
    IndicatorResult,
    ObjectiveResult,
    OverallResult,
    Results,
    Source,
    UsedMeasure,
)
from shared.domain.targets import ZERO, judge
from shared.domain.values import NoValue, Status, Value, ValueType, parse_value


def score(plan: Plan) -> Results:
    """Score a whole plan.

    The plan must be sound (:mod:`shared.contracts.case` refuses those that are not): codes
    resolve, parents, members and derivations make no circle. Missing data never raise:
    they give rows without a result.
    """
    return _Scorer(plan).results()


@dataclass(frozen=True, slots=True)
class _Recorded:
    """The recordings of one subject in one year, by period."""

    by_period: dict[str | None, Measurement]

    def in_order(self) -> Iterable[tuple[str | None, Measurement]]:
        """The recordings with their periods, the one of the year first."""
        if len(self.by_period) == 1:
            return self.by_period.items()
        return sorted(self.by_period.items(), key=lambda kv: kv[0] or "")

    def whole_year(self) -> Measurement | None:
        """The recording of the year, else of its last period."""
        if None in self.by_period:
            return self.by_period[None]
        periods = sorted(period for period in self.by_period if period is not None)
        return self.by_period[periods[-1]] if periods else None


class _Scorer:
    """Indexes of one plan and the results found so far; lives for one call of :func:`score`."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.policy = plan.policy
        self.objectives = {o.code: o for o in plan.objectives}
        self.indicators = {i.code: i for i in plan.indicators}
        self.measures = {m.code: m for m in plan.measures}
        self.measure_types = measure_value_types(plan)
        self.children: dict[str, list[Objective]] = defaultdict(list)
        for objective in plan.objectives:
            if objective.parent is not None:
                self.children[objective.parent].append(objective)
        self.rows: dict[str, list[Indicator]] = defaultdict(list)
        for indicator in plan.indicators:
            self.rows[indicator.objective].append(indicator)
        self.recorded: dict[tuple[Subject, str, int], _Recorded] = {}
        for measurement in plan.measurements:
            key = (measurement.subject, measurement.code, measurement.year)
            recorded = self.recorded.setdefault(key, _Recorded({}))
            recorded.by_period[measurement.period] = measurement
        self.neutralised = {(e.scope, e.subject, e.code): e.reason for e in plan.evaluations}
        self.home_scopes = self._home_scopes()
        self.measure_values: dict[tuple[str, int], UsedMeasure] = {}
        self.indicator_results: dict[str, IndicatorResult] = {}
        self.objective_results: dict[tuple[str, str], ObjectiveResult] = {}

    def results(self) -> Results:
        for objective in self.plan.objectives:
            self.objective(objective.code, self.home_scopes[objective.code])
        indicators = {i.code: self.indicator(i.code) for i in self.plan.indicators}
        return Results(indicators, self.objective_results, self.home_scopes, self._overall())

    def _home_scopes(self) -> dict[str, str]:
        """The scope of every objective: the individual sheet it stands in, else the chamber."""
        scopes: dict[str, str] = {}
        for objective in self.plan.objectives:
            path: list[str] = []
            node: Objective | None = objective
            scope = CHAMBER_SCOPE
            while node is not None:
                if node.code in scopes:
                    scope = scopes[node.code]
                    break
                path.append(node.code)
                if node.kind is Kind.INDIVIDUAL:
                    scope = node.code
                    break
                node = self.objectives[node.parent] if node.parent is not None else None
            scopes.update(dict.fromkeys(path, scope))
        return scopes

    # --- indicators: scoring rules 1, 2 and 5 ---------------------------------------------

    def indicator(self, code: str) -> IndicatorResult:
        """The result of an indicator, the same in every scope."""
        known = self.indicator_results.get(code)
        if known is None:
            known = self.indicator_results[code] = self._indicator(self.indicators[code])
        return known

    def _indicator(self, row: Indicator) -> IndicatorResult:
        recorded = self.recorded.get((Subject.INDICATOR, row.code, self.plan.year))
        given = recorded.whole_year() if recorded is not None else None
        if given is not None and given.result is not None and given.status is Status.MEASURED:
            return self._assessed(row, given, given.result)
        value, source, measures = self._value(row, given)
        if row.monitoring_only or row.target is None:
            return self._without_result(row, value, source, measures, Exclusion.MONITORING)
        if isinstance(value, NoValue):
            return self._without_value(row, value, source, measures)
        policy = self.policy
        judged = judge(
            value, row.target, cap=policy.cap, date_days_to_zero=policy.date_days_to_zero
        )
        if judged is None:
            return self._without_value(row, NoValue("type_mismatch"), source, measures)
        return IndicatorResult(
            row.code,
            Status.MEASURED,
            value,
            source,
            row.target,
            judged.rule,
            judged.met,
            judged.result,
            policy.recognised(Level.INDICATOR, judged.result),
            measures=measures,
        )

    def _assessed(self, row: Indicator, given: Measurement, result: Fraction) -> IndicatorResult:
        """A degree of realisation declared by who assessed it, in place of a value."""
        value = NoValue("assessed") if given.value is None else self._read(row.value_type, given)
        if row.monitoring_only:
            return self._without_result(row, value, Source.ASSESSED, (), Exclusion.MONITORING)
        capped = min(result, self.policy.cap)
        return IndicatorResult(
            row.code,
            Status.MEASURED,
            value,
            Source.ASSESSED,
            row.target,
            "assessed",
            measured=capped,
            recognised=self.policy.recognised(Level.INDICATOR, capped),
        )

    def _without_value(
        self, row: Indicator, value: NoValue, source: Source, measures: tuple[UsedMeasure, ...]
    ) -> IndicatorResult:
        """Scoring rule 2: suspended and struck rows never count; ND rows as the policy says."""
        status = _status(value)
        if status is Status.MISSING and self.policy.missing is MissingRule.ZERO:
            return IndicatorResult(
                row.code,
                status,
                value,
                source,
                row.target,
                "missing_is_zero",
                met=False,
                measured=ZERO,
                recognised=ZERO,
                measures=measures,
            )
        return self._without_result(row, value, source, measures, Exclusion(status.value))

    def _without_result(
        self,
        row: Indicator,
        value: Value | NoValue,
        source: Source,
        measures: tuple[UsedMeasure, ...],
        exclusion: Exclusion,
    ) -> IndicatorResult:
        return IndicatorResult(
            row.code,
            _status(value),
            value,
            source,
            row.target,
            "no_result",
            exclusion=exclusion,
            measures=measures,
        )

    def _value(
        self, row: Indicator, given: Measurement | None
    ) -> tuple[Value | NoValue, Source, tuple[UsedMeasure, ...]]:
        """The value of an indicator: given for itself, else derived, else by its formula."""
        if given is not None and (given.value is not None or given.status is not Status.MEASURED):
            return self._read(row.value_type, given), Source.GIVEN, ()
        if row.derived_from is not None:
            scope = row.derived_from.scope or self.home_scopes[row.objective]
            result = self.objective(row.derived_from.objective, scope)
            if result.measured is None:
                reason = result.exclusion or Exclusion.NOTHING_COUNTS
                return NoValue(reason, result.code), Source.DERIVED, ()
            return result.measured, Source.DERIVED, ()
        formula = row.parsed_formula
        if formula is None:
            return NoValue("missing"), Source.NONE, ()
        value = evaluate(formula, lambda ref: self.measure(ref).value)
        return value, Source.FORMULA, tuple(self.measure(ref) for ref in formula.measures)

    def _read(self, value_type: ValueType, given: Measurement) -> Value | NoValue:
        if given.status is not Status.MEASURED or given.value is None:
            status = Status.MISSING if given.status is Status.MEASURED else given.status
            return NoValue(status.value, given.code)
        return parse_value(value_type, given.value)

    def measure(self, ref: MeasureRef) -> UsedMeasure:
        """The value of a measure in a year, from its periods where the year has none."""
        year = self.plan.year + ref.offset
        known = self.measure_values.get((ref.code, year))
        if known is None:
            known = self.measure_values[ref.code, year] = self._measure(ref, year)
        return known

    def _measure(self, ref: MeasureRef, year: int) -> UsedMeasure:
        measure = self.measures.get(ref.code)
        if measure is None:
            return UsedMeasure(ref, year, NoValue("unknown_measure", ref.code))
        recorded = self.recorded.get((Subject.MEASURE, ref.code, year))
        if recorded is None:
            return UsedMeasure(ref, year, NoValue("missing", ref.code))
        value_type = self.measure_types[ref.code]
        values: dict[str | None, Value] = {}
        absent: NoValue | None = None
        for period, given in recorded.by_period.items():
            read = self._read(value_type, given)
            if isinstance(read, NoValue):
                absent = read
            else:
                values[period] = read
        versions = tuple(
            (period, given.version, given.validated_by) for period, given in recorded.in_order()
        )
        if None in values:
            return UsedMeasure(ref, year, values[None], versions)
        if absent is not None:
            return UsedMeasure(ref, year, absent, versions)
        aggregation: Aggregation = measure.aggregation or default_aggregation(value_type)
        value = year_value(values, aggregation)
        if isinstance(value, NoValue):
            value = NoValue(value.reason, ref.code)
        return UsedMeasure(ref, year, value, versions)

    # --- objectives: scoring rules 3, 4 and 5 ---------------------------------------------

    def objective(self, code: str, scope: str) -> ObjectiveResult:
        """The result of an objective, without the rows neutralised in ``scope``."""
        known = self.objective_results.get((code, scope))
        if known is None:
            known = self._objective(self.objectives[code], scope)
            self.objective_results[code, scope] = known
        return known

    def _objective(self, node: Objective, scope: str) -> ObjectiveResult:
        recorded = self.recorded.get((Subject.OBJECTIVE, node.code, self.plan.year))
        given = recorded.whole_year() if recorded is not None else None
        if given is not None and given.status is not Status.MEASURED:
            return self._stopped(node, scope, given.status)
        if node.members:
            rule = "mean_of_members"
            parts = [self._objective_part(self.objectives[m], scope) for m in node.members]
            mean, rows = weighted_mean([replace(part, weight=None) for part in parts])
        elif node.aggregate_indicators:
            rule = "mean_of_indicators"
            mean, rows = weighted_mean(list(self._indicators_below(node, scope)))
        else:
            rule = "weighted_mean"
            indicator_parts = [self._indicator_part(i, scope) for i in self.rows[node.code]]
            child_parts = [self._objective_part(o, scope) for o in self.children[node.code]]
            mean, rows = weighted_mean(indicator_parts + child_parts)
        assessed = mean is None and given is not None and given.result is not None
        if assessed and given is not None and given.result is not None:
            mean, rule = min(given.result, self.policy.cap), "assessed"
        if mean is None:
            return ObjectiveResult(
                node.code, scope, rule, None, None, rows, exclusion=Exclusion.NOTHING_COUNTS
            )
        recognised = self.policy.recognised(Level.OBJECTIVE, mean)
        return ObjectiveResult(node.code, scope, rule, mean, recognised, rows, assessed)

    def _stopped(self, node: Objective, scope: str, status: Status) -> ObjectiveResult:
        """An objective declared suspended, struck or ND as a whole."""
        if status is Status.MISSING and self.policy.missing is MissingRule.ZERO:
            return ObjectiveResult(node.code, scope, "missing_is_zero", ZERO, ZERO)
        return ObjectiveResult(
            node.code, scope, "no_result", None, None, exclusion=Exclusion(status.value)
        )

    def _indicators_below(self, node: Objective, scope: str) -> Iterable[Contribution]:
        """All indicators anywhere below (``aggregate: indicators``), by their own weights."""
        for row in self.rows[node.code]:
            yield self._indicator_part(row, scope)
        for child in self.children[node.code]:
            stopped = self._objective_part(child, scope)
            left_out = stopped.exclusion not in {None, Exclusion.NOTHING_COUNTS}
            for part in self._indicators_below(child, scope):
                if left_out:
                    yield replace(part, exclusion=stopped.exclusion, reason=stopped.reason)
                else:
                    yield part

    def _indicator_part(self, row: Indicator, scope: str) -> Contribution:
        result = self.indicator(row.code)
        reason = self.neutralised.get((scope, Subject.INDICATOR, row.code))
        return Contribution(
            row.code,
            Level.INDICATOR,
            row.weight,
            result.recognised,
            result.exclusion if reason is None else Exclusion.NEUTRALISED,
            reason,
        )

    def _objective_part(self, node: Objective, scope: str) -> Contribution:
        # A sheet inside another tree keeps its own scope.
        own = node.code if node.kind is Kind.INDIVIDUAL else scope
        result = self.objective(node.code, own)
        reason = self.neutralised.get((scope, Subject.OBJECTIVE, node.code))
        return Contribution(
            node.code,
            node.kind.level,
            node.weight,
            result.recognised,
            result.exclusion if reason is None else Exclusion.NEUTRALISED,
            reason,
        )

    def _overall(self) -> OverallResult:
        """Scoring rule 5: the plain mean of the objectives of the named kinds.

        Weights of a single kind count when all its objectives declare them and they differ.
        """
        kinds = self.policy.overall_kinds
        nodes = [o for o in self.plan.objectives if o.kind in kinds]
        weights = {o.weight for o in nodes}
        weighted = len(kinds) == 1 and None not in weights and len(weights) > 1
        parts = [self._objective_part(o, self.home_scopes[o.code]) for o in nodes]
        if not weighted:
            parts = [replace(part, weight=None) for part in parts]
        mean, rows = weighted_mean(parts)
        return OverallResult("weighted_mean" if weighted else "plain_mean", mean, rows)


def _status(value: Value | NoValue) -> Status:
    if not isinstance(value, NoValue):
        return Status.MEASURED
    reason = value.reason
    return Status(reason) if reason in {Status.SUSPENDED, Status.STRUCK} else Status.MISSING
