"""Use cases of evaluations. Nothing computed is overwritten: a row leaves one mean.

The table holds what stands, for scoring; every decision, change and withdrawal is a line
among the statements of the plan, with its reason.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from services.api.db.session import WriteSession
from services.api.errors import Refusal
from services.api.evaluations import repository
from services.api.plans import service as plans
from services.api.plans.rows import EVALUATIONS, PlanHead
from services.api.statements import service as statements
from services.api.statements.topics import NEUTRALISATION, About
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
    await _noted(session, head, row, _body(row), None)
    return row


async def change(
    session: WriteSession,
    head: PlanHead,
    evaluation_id: str,
    content: Mapping[str, str | None],
    why: str,
) -> sa.Row[Any]:
    """Gives a decision of a locked plan another cause or reason; the row stays left out.

    Raises:
        Refusal: ``not_found``.
    """
    row = await repository.update(session, head.plan_id, evaluation_id, content)
    if row is None:
        raise Refusal("not_found")
    await _noted(session, head, row, _body(row), why)
    return row


async def withdraw(session: WriteSession, year: int, evaluation_id: str, why: str) -> None:
    """Takes a decision back; what it was stays in the history.

    Raises:
        Refusal: ``plan_not_found`` or ``not_found``.
    """
    head = await plans.lock_plan(session, year)
    row = await repository.find(session, head.plan_id, evaluation_id)
    if row is None or not await repository.delete(session, head.plan_id, evaluation_id):
        raise Refusal("not_found")
    await _noted(session, head, row, None, why)


async def _noted(
    session: WriteSession,
    head: PlanHead,
    row: sa.Row[Any],
    body: Mapping[str, str] | None,
    why: str | None,
) -> None:
    """The line of what was decided, and the new revision of the results."""
    about = About(NEUTRALISATION, row.subject_kind, row.subject_code, row.scope)
    await statements.add(session, (head.plan_id, head.year), about, body, why)
    await plans.touch(session, head, "evaluation")


def _body(row: sa.Row[Any]) -> dict[str, str]:
    given = {"effect": row.effect, "cause": row.cause, "reason": row.reason}
    return {name: part for name, part in given.items() if part is not None}
