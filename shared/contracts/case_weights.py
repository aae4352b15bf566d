"""Weights of a plan: what an approval refuses and an import only remarks (scoring rule 3)."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from shared.contracts.case import Case, CaseIndicator, CaseObjective
from shared.contracts.issues import Issue, pointer

HUNDRED = Decimal(100)


def weight_issues(case: Case) -> list[Issue]:
    """Rows under one heading whose weights are mixed with none, or off 100.

    Weights may be off by the policy's ``weights_tolerance``, in points: 33.33 three times
    is 99.99 and stands.
    """
    children: dict[str, list[CaseObjective]] = defaultdict(list)
    rows: dict[str, list[CaseIndicator]] = defaultdict(list)
    for objective in case.objectives:
        if objective.parent is not None:
            children[objective.parent].append(objective)
    for indicator in case.indicators:
        rows[indicator.objective].append(indicator)
    below: set[str] = set()
    for objective in case.objectives:
        if objective.aggregate is not None:
            below.update(_descendants(objective.code, children))
    issues: list[Issue] = []
    for index, objective in enumerate(case.objectives):
        if objective.members or objective.code in below:
            continue
        if objective.aggregate is not None:
            headed = [objective.code, *_descendants(objective.code, children)]
            weights = [_weight(i) for code in headed for i in rows[code] if _counts(i)]
        else:
            weights = [_weight(i) for i in rows[objective.code] if _counts(i)]
            weights += [_weight(o) for o in children[objective.code]]
        issues.extend(_issues(case, index, weights))
    return issues


def _descendants(code: str, children: dict[str, list[CaseObjective]]) -> list[str]:
    found: list[str] = []
    waiting = [code]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            found.append(child.code)
            waiting.append(child.code)
    return found


def _counts(indicator: CaseIndicator) -> bool:
    """Rows that are only watched have no weight, rightly."""
    return not indicator.monitoring_only


def _weight(row: CaseIndicator | CaseObjective) -> Decimal | None:
    return None if row.weight is None else Decimal(row.weight)


def _issues(case: Case, index: int, weights: Sequence[Decimal | None]) -> list[Issue]:
    given = [weight for weight in weights if weight is not None]
    if not given:
        return []
    place, code = pointer(("objectives", index)), case.objectives[index].code
    issues: list[Issue] = []
    if len(given) < len(weights):
        issues.append(
            Issue(
                pointer=place,
                code="mixed_weights",
                it=f"{code}: alcune righe hanno un peso e altre no; quelle senza non contano",
                en=f"{code}: some rows have a weight and some do not; those without do not count",
            )
        )
    total = sum(given, start=Decimal(0))
    if abs(total - HUNDRED) > Decimal(case.policy.weights_tolerance):
        issues.append(
            Issue(
                pointer=place,
                code="weights_off_100",
                it=f"{code}: i pesi sommano a {total}, non a 100",
                en=f"{code}: weights sum to {total}, not to 100",
            )
        )
    return issues
