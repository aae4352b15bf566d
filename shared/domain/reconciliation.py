"""Computed figures against those a published document printed, each difference classified.

Real published tables do not always add up: a quotient rounded before it was compared, a mean
taken on rounded results, a slip. A reason is *likely*: it is the first of the known ways of
arriving at the printed figure that gives exactly that figure.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from shared.domain.means import weighted_mean
from shared.domain.numbers import round_half_up, shown_text
from shared.domain.plan import Plan
from shared.domain.policy import Level
from shared.domain.results import Contribution, IndicatorResult, ObjectiveResult, Results, Source
from shared.domain.targets import judge


class Reason(StrEnum):
    """Why a published figure is likely to differ from the computed one."""

    NOT_COMPUTED = "not_computed"
    """There is no computed result: data are missing, or the row does not count."""
    TOLERANCE = "tolerance"
    """The document printed the measured result where the recognised one counts, or back."""
    PROPAGATED = "propagated"
    """It follows from a difference below it."""
    ROUNDED_INPUT = "rounded_input"
    """It was computed from rounded figures."""
    NEUTRALISATION = "neutralisation"
    """It is the figure of another scope, with or without the rows the OIV left out."""
    TRUNCATED = "truncated"
    """Its decimals were cut, not rounded."""
    PUBLISHED_ERROR = "published_error"
    """No known way leads to it."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a document printed: figures in points with the decimals it used."""

    indicators: Mapping[str, Decimal] = field(default_factory=dict)
    objectives: Mapping[str, Decimal] = field(default_factory=dict)
    overall: Decimal | None = None
    judgement: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure whose shown value is not the published one."""

    subject: str
    """``indicator``, ``objective``, ``overall`` or ``judgement``."""
    code: str | None
    computed: Fraction | None
    shown: str | None
    published: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How many published figures were compared, and those that differ."""

    compared: int
    differences: tuple[Difference, ...]


def reconcile(plan: Plan, results: Results, published: Published) -> Reconciliation:
    """Compare every published figure with the computed one, at the published precision."""
    differences = tuple(_Reconciler(plan, results, published).differences())
    compared = (
        len(published.indicators)
        + len(published.objectives)
        + (published.overall is not None)
        + (published.judgement is not None)
    )
    return Reconciliation(compared, differences)


Way = tuple[Reason, Callable[[], Iterator[Fraction | None]]]


class _Reconciler:
    def __init__(self, plan: Plan, results: Results, published: Published) -> None:
        self.plan = plan
        self.policy = plan.policy
        self.results = results
        self.published = published
        self.kinds = {o.code: o.kind for o in plan.objectives}

    def differences(self) -> Iterator[Difference]:
        for code, printed in self.published.indicators.items():
            result = self.results.indicators.get(code)
            ways = () if result is None else self._indicator_ways(result)
            computed = None if result is None else result.recognised
            yield from self._compare("indicator", code, computed, printed, Level.INDICATOR, ways)
        for code, printed in self.published.objectives.items():
            found = self.results.objective(code) if code in self.kinds else None
            level = self.kinds[code].level if code in self.kinds else Level.OBJECTIVE
            objective_ways = () if found is None else self._objective_ways(found)
            computed = None if found is None else found.recognised
            yield from self._compare("objective", code, computed, printed, level, objective_ways)
        overall = self.results.overall
        if self.published.overall is not None:
            ways = self._mean_ways(overall.contributions)
            printed = self.published.overall
            yield from self._compare(
                "overall", None, overall.measured, printed, Level.OVERALL, ways
            )
        yield from self._judgement()

    def _judgement(self) -> Iterator[Difference]:
        printed, overall = self.published.judgement, self.results.overall.measured
        computed = None if overall is None else self.policy.judgement(overall)
        if printed is None or printed == computed:
            return
        figure = self.published.overall
        reason = Reason.PUBLISHED_ERROR
        if overall is None:
            reason = Reason.NOT_COMPUTED
        elif figure is not None and self.policy.judgement(Fraction(figure)) == printed:
            reason = Reason.PROPAGATED
        yield Difference("judgement", None, overall, computed, printed, reason)

    def _compare(
        self,
        subject: str,
        code: str | None,
        computed: Fraction | None,
        printed: Decimal,
        level: Level,
        ways: tuple[Way, ...],
    ) -> Iterator[Difference]:
        if computed is not None and _prints_as(computed, printed):
            return
        reason = Reason.PUBLISHED_ERROR
        if computed is None:
            reason = Reason.NOT_COMPUTED
        else:
            truncated: Way = (Reason.TRUNCATED, lambda: iter([_truncated(computed, printed)]))
            reason = next(
                (
                    reason
                    for reason, figures in (*ways, truncated)
                    if any(f is not None and _prints_as(f, printed) for f in figures())
                ),
                Reason.PUBLISHED_ERROR,
            )
        shown = None if computed is None else shown_text(computed, self.policy.places(level))
        yield Difference(subject, code, computed, shown, format(printed, "f"), reason)

    def _indicator_ways(self, result: IndicatorResult) -> tuple[Way, ...]:
        return (
            (Reason.TOLERANCE, lambda: iter([result.measured])),
            (Reason.PROPAGATED, lambda: self._from_published_objective(result)),
            (Reason.ROUNDED_INPUT, lambda: self._from_rounded_value(result)),
            (Reason.NEUTRALISATION, lambda: self._from_other_scopes(result)),
        )

    def _judged(self, result: IndicatorResult, value: Fraction) -> Fraction | None:
        if result.target is None:
            return None
        judged = judge(value, result.target, cap=self.policy.cap)
        return None if judged is None else judged.result

    def _from_rounded_value(self, result: IndicatorResult) -> Iterator[Fraction | None]:
        """The result that the value gives once rounded to 0-3 decimals."""
        if isinstance(result.value, Fraction):
            for places in range(4):
                yield self._judged(result, Fraction(round_half_up(result.value, places)))

    def _derived_from(self, result: IndicatorResult) -> str | None:
        if result.source is not Source.DERIVED:
            return None
        row = next(i for i in self.plan.indicators if i.code == result.code)
        return None if row.derived_from is None else row.derived_from.objective

    def _from_published_objective(self, result: IndicatorResult) -> Iterator[Fraction | None]:
        printed = self.published.objectives.get(self._derived_from(result) or "")
        if printed is not None:
            yield self._judged(result, Fraction(printed))

    def _from_other_scopes(self, result: IndicatorResult) -> Iterator[Fraction | None]:
        objective = self._derived_from(result)
        for (code, _), found in self.results.objectives.items():
            if code == objective and found.measured is not None:
                yield self._judged(result, found.measured)

    def _objective_ways(self, result: ObjectiveResult) -> tuple[Way, ...]:
        return (
            (Reason.TOLERANCE, lambda: iter([result.measured])),
            *self._mean_ways(result.contributions),
            (Reason.NEUTRALISATION, lambda: self._scopes_of(result.code)),
        )

    def _scopes_of(self, code: str) -> Iterator[Fraction | None]:
        for (other, _), found in self.results.objectives.items():
            if other == code:
                yield found.recognised

    def _mean_ways(self, rows: tuple[Contribution, ...]) -> tuple[Way, ...]:
        return (
            (Reason.PROPAGATED, lambda: self._mean_of(rows, self._printed)),
            (Reason.ROUNDED_INPUT, lambda: self._mean_of(rows, self._rounded)),
        )

    def _mean_of(
        self,
        rows: tuple[Contribution, ...],
        figure: Callable[[Contribution], Fraction | None],
    ) -> Iterator[Fraction | None]:
        changed = [
            Contribution(row.code, row.level, row.weight, figure(row), row.exclusion)
            for row in rows
        ]
        yield weighted_mean(changed)[0]

    def _printed(self, row: Contribution) -> Fraction | None:
        """What the document printed of a row, where that is not what was computed."""
        printed = (
            self.published.indicators.get(row.code)
            if row.level is Level.INDICATOR
            else self.published.objectives.get(row.code)
        )
        if printed is None or row.result is None or _prints_as(row.result, printed):
            return row.result
        return Fraction(printed)

    def _rounded(self, row: Contribution) -> Fraction | None:
        if row.result is None:
            return None
        return Fraction(round_half_up(row.result, self.policy.places(row.level)))


def _decimals(printed: Decimal) -> int:
    exponent = printed.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _prints_as(figure: Fraction, printed: Decimal) -> bool:
    """Whether a figure, rounded to the decimals of a printed one, is that one."""
    return round_half_up(figure, _decimals(printed)) == printed


def _truncated(figure: Fraction, printed: Decimal) -> Fraction:
    scale = 10 ** _decimals(printed)
    return Fraction(int(figure * scale), scale)
