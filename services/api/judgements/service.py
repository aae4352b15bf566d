"""Use cases of the overall judgement: what the policy proposes and what the OIV decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.db.session import WriteSession
from services.api.errors import Refusal
from services.api.plans.service import StoredPlan
from services.api.statements import service as statements
from services.api.statements.topics import THE_CHAMBER
from shared.contracts.issues import Issue
from shared.contracts.results import overall_figure
from shared.contracts.snapshot import Figure
from shared.domain.scoring import score


@dataclass(frozen=True, slots=True)
class Proposed:
    """The chamber's result as it is now, and the labels of its policy, the highest first."""

    figure: Figure
    labels: tuple[str, ...]


def propose(stored: StoredPlan) -> Proposed:
    """What the policy says of the chamber's result."""
    plan = stored.to_domain()
    figure = overall_figure(plan.policy, score(plan))
    return Proposed(figure, tuple(step.label for step in plan.policy.judgements))


async def judge(
    session: WriteSession,
    stored: StoredPlan,
    content: Mapping[str, Any],
    reason: str | None,
) -> sa.Row[Any]:
    """Writes the overall judgement on a locked plan, with the result it is given on.

    Raises:
        Refusal: ``judgement_refused`` with every fault.
    """
    proposed = propose(stored)
    before = stored.case.overall_judgement
    faults = [*_label_faults(content, proposed)]
    if before is not None and before.final and reason is None:
        faults.append(_REASON_REQUIRED)
    if faults:
        raise Refusal("judgement_refused", issues=faults)
    noted = {"proposed": proposed.figure.judgement, "measured": proposed.figure.measured}
    body = {name: part for name, part in {**content, **noted}.items() if part is not None}
    plan = (stored.head.plan_id, stored.head.year)
    await statements.say(session, plan, THE_CHAMBER, body, reason)
    return await statements.find(session, stored.head.plan_id, THE_CHAMBER)


def _label_faults(content: Mapping[str, Any], proposed: Proposed) -> list[Issue]:
    faults: list[Issue] = []
    label = content["label"]
    if proposed.labels and label not in proposed.labels:
        known = ", ".join(proposed.labels)
        faults.append(
            Issue(
                pointer="/label",
                code="unknown_label",
                it=f"il SMVP non ha questo giudizio; ha: {known}",
                en=f"the policy has no such label; it has: {known}",
            )
        )
    expected = proposed.figure.judgement
    if expected is not None and label != expected and content.get("motivation") is None:
        faults.append(
            Issue(
                pointer="/motivation",
                code="motivation_required",
                it=f"il SMVP propone «{expected}»: motivare il giudizio diverso",
                en=f"the policy proposes {expected!r}: give the motivation for another label",
            )
        )
    return faults


_REASON_REQUIRED = Issue(
    pointer="/reason",
    code="reason_required",
    it="il giudizio è definitivo: indicare perché cambia",
    en="the judgement is final: say why it changes",
)
