"""Use cases of evaluations. Nothing computed is overwritten: a row leaves one mean."""

from typing import Any

import sqlalchemy as sa

from services.api.db.session import WriteSession
from services.api.db.trail import audit
from services.api.errors import Refusal
from services.api.evaluations import repository
from services.api.plans import service as plans
from services.api.plans.rows import EVALUATIONS
from shared.contracts.case import CaseEvaluation
from shared.contracts.case_checks import CaseChecks


async def decide(session: WriteSession, year: int, new: CaseEvaluation) -> sa.Row[Any]:
    """Records a decision of the OIV.

    Raises:
        Refusal: ``plan_not_found``, ``evaluation_refused`` with every fault, or
            ``evaluation_exists``.
    """
    head = await plans.lock_plan(session, year)
    document = await plans.structure_document(session, head)
    checks = CaseChecks(
        {**document, EVALUATIONS.name: [new.model_dump(mode="json", by_alias=True)]}
    )
    checks.run()
    prefix = f"/{EVALUATIONS.name}/0"
    faults = [
        issue.model_copy(update={"pointer": issue.pointer.removeprefix(prefix)})
        for issue in checks.errors
        if issue.pointer.startswith(prefix)
    ]
    if faults:
        raise Refusal("evaluation_refused", issues=faults)
    row = await repository.insert(session, head.plan_id, EVALUATIONS.to_columns(new))
    if row is None:
        raise Refusal("evaluation_exists")
    revision = await plans.touch(session, head, "evaluation")
    await audit(
        session,
        "evaluation.decided",
        f"plan/{year}/{row.subject_kind}/{row.subject_code}",
        {"scope": row.scope, "effect": row.effect, "cause": row.cause, "revision": revision},
    )
    return row


async def withdraw(session: WriteSession, year: int, evaluation_id: str) -> None:
    """Takes a decision back; the audit line keeps what it was.

    Raises:
        Refusal: ``plan_not_found`` or ``not_found``.
    """
    head = await plans.lock_plan(session, year)
    row = await repository.find(session, head.plan_id, evaluation_id)
    if row is None or not await repository.delete(session, head.plan_id, evaluation_id):
        raise Refusal("not_found")
    revision = await plans.touch(session, head, "evaluation")
    await audit(
        session,
        "evaluation.withdrawn",
        f"plan/{year}/{row.subject_kind}/{row.subject_code}",
        {"scope": row.scope, "reason": row.reason, "cause": row.cause, "revision": revision},
    )
