"""From measured values to the result of the chamber, exactly.

Sources: the rules that the chambers' SMVP state under D.Lgs. 150/2009, art. 7; each function
names the rule it carries out. Results never depend on the order of rows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from shared.domain.formula import MeasureRef, evaluate
from shared.domain.means import weighted_mean
from shared.domain.periods import Aggregation, year_value
from shared.domain.plan import (
    Derivation,
    Indicator,
    Measurement,
    Objective,
    Plan,
    Subject,
    default_aggregation,
)
from shared.domain.plan_index import PlanIndex, scope_within
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

_NO_RESULT = "no_result"
_MISSING_IS_ZERO = "missing_is_zero"

_STOPPED = frozenset({_NO_RESULT, _MISSING_IS_ZERO})
"""Rules of objectives declared suspended, struck or ND as a whole: nothing below was read."""


def score(plan: Plan) -> Results:
    """Score a whole plan.

    The plan must be sound (:mod:`shared.contracts.case` refuses those that are not): codes
    resolve, parents, members and derivations make no circle. Missing data never raise:
    they give rows without a result.
    """
    return Scorer(plan).results()


@dataclass(frozen=True, slots=True)
class Known:
    """Results of an earlier state of a plan that hold in this one as well.

    They must be closed downwards: of an objective that is here, everything it was made of has
    not changed either (:mod:`shared.domain.rescoring`).
    """

    indicators: Mapping[str, IndicatorResult] = field(default_factory=dict)
    objectives: Mapping[tuple[str, str], ObjectiveResult] = field(default_factory=dict)


class Scorer:
    """The results found so far of one plan; lives for one call of :func:`score`."""

    def __init__(self, plan: Plan, known: Known | None = None) -> None:
        self.plan = plan
        self.policy = plan.policy
        self.index = PlanIndex(plan)
        self.known = known or Known()
        self.measure_values: dict[tuple[str, int], UsedMeasure] = {}
        self.indicator_results: dict[str, IndicatorResult] = {}
        self.objective_results: dict[tuple[str, str], ObjectiveResult] = {}

    def results(self) -> Results:
        """All results. Their order does not depend on the order in which they were found."""
        scopes = self.index.home_scopes
        for objective in self.plan.objectives:
            self.objective(objective.code, scopes[objective.code])
        indicators = {i.code: self.indicator(i.code) for i in self.plan.indicators}
        overall = self._overall()
        return Results(indicators, dict(sorted(self.objective_results.items())), scopes, overall)

    # --- indicators: scoring rules 1, 2 and 5 ---------------------------------------------

    def indicator(self, code: str) -> IndicatorResult:
        """The result of an indicator, the same in every scope."""
        found = self.indicator_results.get(code)
        if found is None:
            row = self.index.indicators[code]
            found = self.known.indicators.get(code)
            if found is None:
                found = self._indicator(row)
            elif found.source is Source.DERIVED and row.derived_from is not None:
                self.derivation(row, row.derived_from)
            self.indicator_results[code] = found
        return found

    def _indicator(self, row: Indicator) -> IndicatorResult:
        given = self.index.of_the_year(Subject.INDICATOR, row.code)
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
                _MISSING_IS_ZERO,
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
            _NO_RESULT,
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
            result = self.derivation(row, row.derived_from)
            if result.measured is None:
                reason = result.exclusion or Exclusion.NOTHING_COUNTS
                return NoValue(reason, result.code), Source.DERIVED, ()
            return result.measured, Source.DERIVED, ()
        formula = row.parsed_formula
        if formula is None:
            return NoValue("missing"), Source.NONE, ()
        value = evaluate(formula, lambda ref: self.measure(ref).value)
        return value, Source.FORMULA, tuple(self.measure(ref) for ref in formula.measures)

    def derivation(self, row: Indicator, derived: Derivation) -> ObjectiveResult:
        """The result that a derived row repeats, in the scope of its sheet unless it says."""
        scope = derived.scope or self.index.home_scopes[row.objective]
        return self.objective(derived.objective, scope)

    def _read(self, value_type: ValueType, given: Measurement) -> Value | NoValue:
        if given.status is not Status.MEASURED or given.value is None:
            status = Status.MISSING if given.status is Status.MEASURED else given.status
            return NoValue(status.value, given.code)
        return parse_value(value_type, given.value)

    def measure(self, ref: MeasureRef) -> UsedMeasure:
        """The value of a measure in a year, from its periods where the year has none."""
        year = self.plan.year + ref.offset
        found = self.measure_values.get((ref.code, year))
        if found is None:
            found = self.measure_values[ref.code, year] = self._measure(ref, year)
        return found

    def _measure(self, ref: MeasureRef, year: int) -> UsedMeasure:
        measure = self.index.measures.get(ref.code)
        if measure is None:
            return UsedMeasure(ref, year, NoValue("unknown_measure", ref.code))
        recorded = self.index.recorded.get((Subject.MEASURE, ref.code, year))
        if recorded is None:
            return UsedMeasure(ref, year, NoValue("missing", ref.code))
        value_type = self.index.measure_types[ref.code]
        values: dict[str | None, Value] = {}
        absent: NoValue | None = None
        for period, given in recorded.in_order():
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
        found = self.objective_results.get((code, scope))
        if found is None:
            node = self.index.objectives[code]
            found = self.known.objectives.get((code, scope))
            if found is None:
                found = self._objective(node, scope)
            elif found.rule not in _STOPPED:
                self._keep_below(node, scope)
            self.objective_results[code, scope] = found
        return found

    def _keep_below(self, node: Objective, scope: str) -> None:
        """What a known result was made of is part of the results too, in the same scope."""
        whole_tree = node.aggregate_indicators and not node.members
        for below in self._all_below(node) if whole_tree else self._below(node):
            self.objective(below.code, scope_within(below, scope))

    def _all_below(self, node: Objective) -> Iterator[Objective]:
        for child in self.index.children[node.code]:
            yield child
            yield from self._all_below(child)

    def _below(self, node: Objective) -> Sequence[Objective]:
        """The objectives whose results make the result of one."""
        if node.members:
            return [self.index.objectives[code] for code in node.members]
        return self.index.children[node.code]

    def _objective(self, node: Objective, scope: str) -> ObjectiveResult:
        given = self.index.of_the_year(Subject.OBJECTIVE, node.code)
        if given is not None and given.status is not Status.MEASURED:
            return self._stopped(node, scope, given.status)
        if node.members:
            rule = "mean_of_members"
            parts = [self._objective_part(below, scope) for below in self._below(node)]
            mean, rows = weighted_mean([replace(part, weight=None) for part in parts])
        elif node.aggregate_indicators:
            rule = "mean_of_indicators"
            mean, rows = weighted_mean(list(self._indicators_below(node, scope)))
        else:
            rule = "weighted_mean"
            indicator_parts = [self._indicator_part(i, scope) for i in self.index.rows[node.code]]
            child_parts = [self._objective_part(o, scope) for o in self._below(node)]
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
            return ObjectiveResult(node.code, scope, _MISSING_IS_ZERO, ZERO, ZERO)
        exclusion = Exclusion(status.value)
        return ObjectiveResult(node.code, scope, _NO_RESULT, None, None, exclusion=exclusion)

    def _indicators_below(self, node: Objective, scope: str) -> Iterable[Contribution]:
        """All indicators anywhere below (``aggregate: indicators``), by their own weights."""
        for row in self.index.rows[node.code]:
            yield self._indicator_part(row, scope)
        for child in self.index.children[node.code]:
            stopped = self._objective_part(child, scope)
            left_out = stopped.exclusion not in {None, Exclusion.NOTHING_COUNTS}
            for part in self._indicators_below(child, scope):
                if left_out:
                    yield replace(part, exclusion=stopped.exclusion, reason=stopped.reason)
                else:
                    yield part

    def _indicator_part(self, row: Indicator, scope: str) -> Contribution:
        result = self.indicator(row.code)
        reason = self.index.neutralised.get((scope, Subject.INDICATOR, row.code))
        return Contribution(
            row.code,
            Level.INDICATOR,
            row.weight,
            result.recognised,
            result.exclusion if reason is None else Exclusion.NEUTRALISED,
            reason,
        )

    def _objective_part(self, node: Objective, scope: str) -> Contribution:
        result = self.objective(node.code, scope_within(node, scope))
        reason = self.index.neutralised.get((scope, Subject.OBJECTIVE, node.code))
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
        parts = [self._objective_part(o, self.index.home_scopes[o.code]) for o in nodes]
        if not weighted:
            parts = [replace(part, weight=None) for part in parts]
        mean, rows = weighted_mean(parts)
        return OverallResult("weighted_mean" if weighted else "plain_mean", mean, rows)


def _status(value: Value | NoValue) -> Status:
    if not isinstance(value, NoValue):
        return Status.MEASURED
    reason = value.reason
    return Status(reason) if reason in {Status.SUSPENDED, Status.STRUCK} else Status.MISSING
