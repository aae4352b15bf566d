"""Why a figure is what it is, as data and as one Italian sentence (scoring rule 8)."""
# ruff: noqa: RUF001 - sentences carry the signs of arithmetic as they are printed

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from shared.domain.numbers import italian
from shared.domain.plan import CHAMBER_SCOPE, Indicator, Plan
from shared.domain.results import (
    Contribution,
    Exclusion,
    IndicatorResult,
    ObjectiveResult,
    Results,
    Source,
    UsedMeasure,
    shares,
)
from shared.domain.targets import FULL, Op, Target, reference_bound
from shared.domain.values import NoValue, Value

OVERALL = "overall"
"""The name under which the result of the chamber is explained."""

REASONS = {
    "monitoring": "solo monitoraggio, senza target",
    "suspended": "sospeso",
    "struck": "barrato",
    "missing": "dato non disponibile (ND)",
    "neutralised": "sterilizzato dall'OIV",
    "no_weight": "senza peso fra righe pesate",
    "nothing_counts": "nessuna riga con un risultato",
    "division_by_zero": "divisione per zero",
    "unknown_measure": "misura che non c'è nel piano",
    "mixed_periods": "periodi di durata diversa nello stesso anno",
    "not_a_number": "misura non numerica in un calcolo",
    "type_mismatch": "valore di tipo diverso dal target",
    "assessed": "grado di realizzazione valutato",
}
"""Reasons for which a row has no value or does not count, in the words of the report."""

_OPS = {
    Op.AT_LEAST: "≥",
    Op.MORE_THAN: ">",
    Op.AT_MOST: "≤",
    Op.LESS_THAN: "<",
    Op.EQUAL: "=",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything a figure was made of.

    ``shares`` goes with ``contributions``: the renormalised weight, 0-1, of each row.
    """

    code: str
    subject: str
    scope: str
    title: str | None
    rule: str
    text: str
    measured: Fraction | None
    recognised: Fraction | None
    value: Value | None = None
    formula: str | None = None
    measures: tuple[UsedMeasure, ...] = ()
    target: Target | None = None
    met: bool | None = None
    contributions: tuple[Contribution, ...] = ()
    shares: tuple[Fraction | None, ...] = ()
    reason: str | None = None


class Explainer:
    """Explains the figures of one plan; indexes its rows once."""

    def __init__(self, plan: Plan, results: Results) -> None:
        self.plan = plan
        self.results = results
        self.objectives = {o.code: o for o in plan.objectives}
        self.indicators = {i.code: i for i in plan.indicators}

    def explain(self, code: str, scope: str | None = None) -> Explanation:
        """Explain the figure of an objective, an indicator, or :data:`OVERALL`.

        An objective is explained in its own scope, or in ``scope`` when it was scored there.

        Raises:
            KeyError: there is no such figure.
        """
        if code == OVERALL and code not in self.objectives:
            return self.overall()
        if code in self.objectives:
            return self.objective(self.results.objective(code, scope))
        return self.indicator(self.results.indicators[code])

    def everything(self) -> Iterator[Explanation]:
        """Every figure: the chamber's, objectives in every scope scored, then indicators."""
        yield self.overall()
        by_code: dict[str, list[ObjectiveResult]] = defaultdict(list)
        for (code, _), scored in sorted(self.results.objectives.items()):
            by_code[code].append(scored)
        for objective in self.plan.objectives:
            yield from map(self.objective, by_code[objective.code])
        for indicator in self.plan.indicators:
            yield self.indicator(self.results.indicators[indicator.code])

    def overall(self) -> Explanation:
        """Why the chamber's result is what it is."""
        overall = self.results.overall
        return Explanation(
            code=OVERALL,
            subject=OVERALL,
            scope=CHAMBER_SCOPE,
            title=None,
            rule=overall.rule,
            text=_mean_sentence(overall.rule, overall.contributions, overall.measured),
            measured=overall.measured,
            recognised=overall.measured,
            contributions=overall.contributions,
            shares=tuple(shares(overall.contributions)),
            reason=None if overall.measured is not None else Exclusion.NOTHING_COUNTS,
        )

    def objective(self, result: ObjectiveResult) -> Explanation:
        """Why an objective's result is what it is."""
        if result.rule in {"assessed", "no_result", "missing_is_zero"}:
            text = _fixed_sentence(result.rule, result.measured, result.exclusion)
        else:
            text = _mean_sentence(result.rule, result.contributions, result.measured)
        return Explanation(
            code=result.code,
            subject="objective",
            scope=result.scope,
            title=self.objectives[result.code].title,
            rule=result.rule,
            text=text + _tolerance(result.measured, result.recognised),
            measured=result.measured,
            recognised=result.recognised,
            contributions=result.contributions,
            shares=tuple(shares(result.contributions)),
            reason=result.exclusion,
        )

    def indicator(self, result: IndicatorResult) -> Explanation:
        """Why an indicator's result is what it is."""
        row = self.indicators[result.code]
        value = None if isinstance(result.value, NoValue) else result.value
        reason = result.exclusion
        return Explanation(
            code=result.code,
            subject="indicator",
            scope=self.results.home_scopes[row.objective],
            title=row.title,
            rule=result.rule,
            text=_indicator_sentence(row, result) + _tolerance(result.measured, result.recognised),
            measured=result.measured,
            recognised=result.recognised,
            value=value,
            formula=row.formula,
            measures=result.measures,
            target=result.target,
            met=result.met,
            reason=result.value.reason
            if reason is Exclusion.MISSING and isinstance(result.value, NoValue)
            else reason,
        )


def italian_value(value: Value) -> str:
    """A value in a sentence: ``17,6``, ``16/09/2020``, ``SÌ``."""
    if isinstance(value, bool):
        return "SÌ" if value else "NO"
    if isinstance(value, Fraction):
        return italian(value)
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    return value


def italian_target(target: Target) -> str:
    """A target in a sentence: ``≥ 20``, ``entro il 30/09/2020``, ``fra 2 e 4``."""
    bound = italian_value(target.value)
    if target.op is Op.BETWEEN and target.value2 is not None:
        return f"fra {bound} e {italian_value(target.value2)}"
    if isinstance(target.value, bool):
        return bound
    if isinstance(target.value, date) and target.op is Op.AT_MOST:
        return f"entro il {bound}"
    return f"{_OPS[target.op]} {bound}"


def _percent(figure: Fraction | None) -> str:
    return "nessun risultato" if figure is None else f"{italian(figure)}%"


def _tolerance(measured: Fraction | None, recognised: Fraction | None) -> str:
    if measured is None or measured == recognised:
        return ""
    return f" Per la tolleranza prevista dal SMVP è riconosciuto {_percent(recognised)}."


def _fixed_sentence(rule: str, measured: Fraction | None, exclusion: str | None) -> str:
    if rule == "assessed":
        return f"Grado di realizzazione valutato, non calcolato: {_percent(measured)}."
    if rule == "missing_is_zero":
        return "Dato non disponibile (ND): per il SMVP vale 0%."
    return f"Nessun risultato: {REASONS.get(exclusion or '', 'non valutabile')}."


def _mean_sentence(rule: str, rows: tuple[Contribution, ...], measured: Fraction | None) -> str:
    counted = [row for row in rows if row.exclusion is None]
    left_out = "".join(
        f" Escluso {row.code}: {REASONS[row.exclusion]}{f' ({row.reason})' if row.reason else ''}."
        for row in rows
        if row.exclusion is not None
    )
    if not counted or measured is None:
        return f"Nessun risultato: nessuna riga conta.{left_out}"
    name = {
        "mean_of_members": "Media degli obiettivi che ne fanno parte",
        "mean_of_indicators": "Media ponderata degli indicatori sottostanti",
        "plain_mean": "Media semplice",
    }.get(rule, "Media ponderata")
    results = [italian(row.result) for row in counted if row.result is not None]
    if all(row.weight is None for row in counted):
        sum_text, total = " + ".join(results), str(len(counted))
    else:
        pairs = zip(counted, results, strict=True)
        sum_text = " + ".join(f"{italian(row.weight or Fraction(0))} × {r}" for row, r in pairs)
        total = italian(sum((row.weight or Fraction(0) for row in counted), start=Fraction(0)))
    return f"{name}: ({sum_text}) / {total} = {_percent(measured)}.{left_out}"


def _indicator_sentence(row: Indicator, result: IndicatorResult) -> str:
    if result.rule in {"assessed", "missing_is_zero"}:
        return _fixed_sentence(result.rule, result.measured, None)
    value = result.value
    if isinstance(value, NoValue):
        subject = f" ({value.subject})" if value.subject not in {None, row.code} else ""
        reason = REASONS.get(value.reason, value.reason)
        return f"Nessun risultato: {reason}{subject}."
    origin = _origin(row, result)
    if result.target is None or result.measured is None:
        reason = REASONS[result.exclusion] if result.exclusion else "non valutabile"
        return f"{origin}: {reason}."
    verdict = "raggiunto" if result.met else "non raggiunto"
    return (
        f"{origin}, atteso {italian_target(result.target)}: {verdict}"
        f"{_arithmetic(value, result)} = {_percent(result.measured)}."
    )


def _origin(row: Indicator, result: IndicatorResult) -> str:
    assert not isinstance(result.value, NoValue)  # noqa: S101 - checked by the caller
    text = italian_value(result.value)
    if result.source is Source.DERIVED and row.derived_from is not None:
        return f"Risultato dell'obiettivo {row.derived_from.objective} {text}"
    if result.source is Source.FORMULA and row.formula is not None and result.measures:
        values = ", ".join(
            f"[{used.ref.code}]{f' {used.year}' if used.ref.offset else ''} = "
            f"{italian_value(used.value) if not isinstance(used.value, NoValue) else 'ND'}"
            for used in result.measures
        )
        return f"Formula {row.formula} con {values}: valore {text}"
    return f"Valore {text}"


def _arithmetic(value: Value, result: IndicatorResult) -> str:
    """The proportion that gave a result other than all or nothing, written out."""
    target, measured = result.target, result.measured
    if result.rule == "by_date" and measured != FULL:
        return ", in proporzione ai giorni di ritardo; risultato"
    bound = None if target is None else reference_bound(value, target)
    if target is None or bound is None or measured in {Fraction(0), FULL}:
        return "; risultato"
    assert isinstance(value, Fraction)  # noqa: S101 - a number is compared with a number
    v, t, size = italian(value), italian(bound), italian(abs(bound))
    if target.op is Op.EQUAL:
        return f"; 1 − |{v} − {t}| / {size}"
    too_much = target.op in {Op.AT_MOST, Op.LESS_THAN} or (
        target.op is Op.BETWEEN and value > bound
    )
    return f"; 1 − ({v} − {t}) / {size}" if too_much else f"; 1 − ({t} − {v}) / {size}"
