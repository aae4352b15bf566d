"""Reading a case file: everything in it understood exactly, or nothing accepted."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pydantic import ValidationError

from shared.contracts.case import (
    Case,
    CaseIndicator,
    CaseMeasurement,
    CasePolicy,
    CaseTarget,
    Threshold,
)
from shared.contracts.case_checks import CaseChecks
from shared.contracts.case_warnings import case_warnings
from shared.contracts.issues import Issue, issues_from, pointer
from shared.domain import plan as domain
from shared.domain import policy as rules
from shared.domain.periods import Aggregation
from shared.domain.targets import Target
from shared.domain.values import Status, ValueType, parse_value

MAX_ERRORS = 500
"""More faults than this help nobody: the rest is counted, not listed."""


class CaseRefusedError(Exception):
    """The file cannot be read exactly; ``issues`` lists every fault."""

    code = "case_refused"

    def __init__(self, issues: tuple[Issue, ...]) -> None:
        super().__init__(f"{len(issues)} faults")
        self.issues = issues


@dataclass(frozen=True, slots=True)
class ReadCase:
    """A case file that was read, and what its reader should know about it."""

    case: Case
    warnings: tuple[Issue, ...]


def read_case(raw: bytes) -> ReadCase:
    """Read a case file.

    Raises:
        CaseRefusedError: with all faults of form and of content at once.
    """
    document, faults = load_json(raw)
    if not isinstance(document, dict):
        if not faults:
            text = ("il file deve contenere un oggetto JSON", "the file must hold a JSON object")
            faults = [Issue(pointer="", code="wrong_type", it=text[0], en=text[1])]
        raise CaseRefusedError(tuple(faults))
    case: Case | None = None
    try:
        case = Case.model_validate_json(raw)
    except ValidationError as error:
        faults += issues_from(error)
    checks = CaseChecks(document)
    checks.run()
    reported = {fault.pointer for fault in faults}
    faults += [fault for fault in checks.errors if fault.pointer not in reported]
    if faults or case is None:
        raise CaseRefusedError(tuple(faults[:MAX_ERRORS]))
    return ReadCase(case, (*checks.warnings, *case_warnings(case)))


def load_json(raw: bytes) -> tuple[Any, list[Issue]]:
    """Parse JSON strictly: UTF-8, no name twice in an object, no broken characters.

    Returns:
        The document, and the faults found; ``None`` and one fault when it is no JSON.
    """
    faults: list[Issue] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) < len(items):
            written = Counter(name for name, _ in items)
            repeated = sorted(name for name, times in written.items() if times > 1)
            faults.append(
                Issue(
                    pointer="",
                    code="duplicate_field",
                    it=f"campo scritto due volte nello stesso oggetto: {', '.join(repeated)}",
                    en=f"field written twice in one object: {', '.join(repeated)}",
                )
            )
        return found

    try:
        document = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        where = (
            f" ({error.lineno}:{error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        )
        invalid = Issue(
            pointer="",
            code="invalid_json",
            it=f"il contenuto non è JSON in UTF-8{where}",
            en=f"the content is not JSON in UTF-8{where}",
        )
        return None, [invalid]
    faults.extend(
        Issue(
            pointer=pointer(place),
            code="bad_characters",
            it="il testo contiene caratteri non ammessi",
            en="the text contains characters that are not allowed",
        )
        for place in (_broken_text(document) if b"\\u" in raw else ())
    )
    return document, faults


_BROKEN = re.compile("[\0\ud800-\udfff]")


def _broken_text(document: object) -> Iterator[tuple[str | int, ...]]:
    """Places of strings that no database or document can hold: NUL, lone surrogates.

    In a file they can only stand as escapes: UTF-8 has no surrogates, a JSON text no bare NUL.
    """
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), document)]
    while waiting:
        place, node = waiting.pop()
        if isinstance(node, dict):
            waiting.extend(((*place, key), value) for key, value in node.items())
            waiting.extend(((*place, key), key) for key in node)
        elif isinstance(node, list):
            waiting.extend(((*place, at), value) for at, value in enumerate(node))
        elif isinstance(node, str) and _BROKEN.search(node):
            yield place


# --- from the file to the model that scores --------------------------------------------------


def plan_from_case(case: Case, revision: int = 0) -> domain.Plan:
    """The domain's plan of a case that was read (see :func:`read_case`)."""
    return domain.Plan(
        chamber=case.chamber,
        year=case.year,
        policy=policy_from_case(case.policy),
        objectives=tuple(
            domain.Objective(
                code=o.code,
                kind=o.kind,
                parent=o.parent,
                title=o.title,
                weight=None if o.weight is None else Fraction(o.weight),
                aggregate_indicators=o.aggregate == "indicators",
                members=o.members,
            )
            for o in case.objectives
        ),
        measures=tuple(
            domain.Measure(
                code=m.code,
                title=m.title,
                unit=m.unit,
                value_type=m.value_type,
                aggregation=None if m.aggregation is None else Aggregation(m.aggregation),
                external_ids=m.external_ids,
            )
            for m in case.measures
        ),
        indicators=tuple(indicator_from_case(i, case.year) for i in case.indicators),
        measurements=tuple(measurement_from_case(m, case.year) for m in case.measurements),
        evaluations=tuple(
            domain.Evaluation(
                scope=domain.CHAMBER_SCOPE if e.scope == case.chamber else e.scope,
                subject=domain.Subject.INDICATOR if e.indicator else domain.Subject.OBJECTIVE,
                code=e.indicator or e.objective or "",
                reason=e.reason,
                cause=e.cause,
            )
            for e in case.evaluations
        ),
        revision=revision,
    )


def policy_from_case(policy: CasePolicy) -> rules.Policy:
    """The rules of scoring from the policy of a case file."""
    tolerance = policy.tolerance
    return rules.Policy(
        overall_kinds=tuple(policy.overall.kinds),
        cap=Fraction(policy.cap),
        missing=rules.MissingRule(policy.missing),
        tolerance=None
        if tolerance is None
        else rules.Tolerance(rules.Level(tolerance.level), Fraction(tolerance.threshold)),
        date_days_to_zero=policy.date_days_to_zero,
        weights_tolerance=Fraction(policy.weights_tolerance),
        rounding={level: getattr(policy.rounding, level.value) for level in rules.Level},
        lights=tuple(_threshold(step) for step in policy.lights),
        judgements=tuple(_threshold(step) for step in policy.judgements),
        judgement_rounding=policy.judgement_rounding,
        explain_below=None if policy.explain_below is None else Fraction(policy.explain_below),
        explain_levels=tuple(rules.Level(name) for name in policy.explain_levels or ("objective",)),
    )


def _threshold(step: Threshold) -> rules.Threshold:
    exclusive = step.above is not None
    return rules.Threshold(Fraction(step.above or step.from_ or "0"), step.label, exclusive)


def indicator_from_case(row: CaseIndicator, year: int) -> domain.Indicator:
    """An indicator with its target of ``year``."""
    target = row.targets.get(str(year))
    derived = row.derived_from
    return domain.Indicator(
        code=row.code,
        objective=row.objective,
        title=row.title,
        value_type=row.value_type,
        formula=row.formula,
        weight=None if row.weight is None else Fraction(row.weight),
        target=None if target is None else target_from_case(row.value_type, target),
        monitoring_only=bool(row.monitoring_only),
        derived_from=None
        if derived is None
        else domain.Derivation(derived.objective, derived.scope),
        unit=row.unit,
        catalogue=row.catalogue,
    )


def target_from_case(value_type: ValueType, target: CaseTarget) -> Target:
    """A target with its bounds read as values of the indicator's type."""
    value2 = None if target.value2 is None else parse_value(value_type, target.value2)
    return Target(target.op, parse_value(value_type, target.value), value2)


def measurement_from_case(row: CaseMeasurement, year: int) -> domain.Measurement:
    """A measurement; one without a year belongs to the plan's."""
    subject = (
        domain.Subject.MEASURE
        if row.measure is not None
        else domain.Subject.INDICATOR
        if row.indicator is not None
        else domain.Subject.OBJECTIVE
    )
    return domain.Measurement(
        subject=subject,
        code=row.measure or row.indicator or row.objective or "",
        year=row.year or year,
        period=row.period,
        value=row.value,
        result=None if row.result is None else Fraction(row.result),
        status=row.status or Status.MEASURED,
    )
