"""Use cases of deviations: which results ask for an explanation, and giving one."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.auth.access import Access
from services.api.boundaries.cuts import stored_without_sheets
from services.api.db.session import ReadSession, WriteSession
from services.api.errors import Refusal
from services.api.measurements.service import offices
from services.api.plans import service as plans
from services.api.plans.rows import PlanHead
from services.api.plans.service import StoredPlan
from services.api.statements import service as statements
from services.api.statements.topics import About, Topic
from shared.contracts.case_checks import CaseChecks
from shared.domain.completeness import answerable
from shared.domain.confidentiality import hidden_in
from shared.domain.deviations import Deviation, deviations
from shared.domain.plan import Plan, Subject
from shared.domain.results import Results
from shared.domain.scoring import score


@dataclass(frozen=True, slots=True)
class Account:
    """What stands between results and explanations: ``line`` is what was said, if anything."""

    kind: str
    code: str
    title: str
    scope: str
    found: Deviation | None
    line: sa.Row[Any] | None

    @property
    def owed(self) -> bool:
        """Whether an explanation is missing."""
        return self.found is not None and self.line is None


def of_plan(stored: StoredPlan, plan: Plan, results: Results) -> tuple[Deviation, ...]:
    """The deviations of a stored plan, each with the units that answer for it."""
    return deviations(plan, results, answerable(plan, *offices(stored)))


async def accounts(
    session: ReadSession, access: Access, year: int
) -> tuple[StoredPlan, tuple[Account, ...]]:
    """Every deviation of a year, and every explanation that was given without being asked.

    Those of sheets that the caller does not see are left out.

    Raises:
        Refusal: ``plan_not_found``.
    """
    stored = await plans.read_plan(session, year)
    hidden = hidden_in(stored.to_domain(), access.sight)
    stored = stored_without_sheets(stored, hidden)
    plan = stored.to_domain()
    results = score(plan)
    found = {(d.subject.value, d.code): d for d in of_plan(stored, plan, results)}
    lines = {
        (about.subject_kind, about.subject_code): row
        for about, row in (await statements.standing(session, stored.head.plan_id)).items()
        if about.topic == "deviation"
    }
    rows = [(Subject.OBJECTIVE.value, o.code, o.title, o.code) for o in plan.objectives]
    rows += [(Subject.INDICATOR.value, i.code, i.title, i.objective) for i in plan.indicators]
    scopes = results.home_scopes
    return stored, tuple(
        Account(kind, code, title, scopes[home], found.get((kind, code)), lines.get((kind, code)))
        for kind, code, title, home in rows
        if (kind, code) in found or (kind, code) in lines
    )


def debts(given: tuple[Account, ...]) -> dict[str, int]:
    """How many explanations each unit still owes, the most first."""
    counts = Counter(name for a in given if a.owed and a.found for name in a.found.owners)
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


async def write(
    session: WriteSession,
    head: PlanHead,
    topic: Topic,
    about: About,
    said: tuple[Mapping[str, Any], str | None],
) -> sa.Row[Any]:
    """Writes a statement about a row of a locked plan: what is said, and why it changes.

    Raises:
        Refusal: ``subject_not_found``, or ``statement_refused`` with every fault.
    """
    content, reason = said
    await plans.check_subject(session, head.plan_id, about.subject_kind, about.subject_code)
    body = {name: part for name, part in content.items() if part is not None}
    await _check(session, head, topic, {about.subject_kind: about.subject_code, **body})
    await statements.say(session, (head.plan_id, head.year), about, body, reason)
    return await statements.find(session, head.plan_id, about)


async def _check(
    session: ReadSession, head: PlanHead, topic: Topic, row: Mapping[str, Any]
) -> None:
    """Holds a statement to the rules of a case file."""
    document = await plans.structure_document(session, head)
    checks = CaseChecks({**document, topic.section: [row]})
    checks.run()
    prefix = f"/{topic.section}/0"
    faults = [
        issue.model_copy(update={"pointer": issue.pointer.removeprefix(prefix)})
        for issue in checks.errors
        if issue.pointer.startswith(prefix)
    ]
    if faults:
        raise Refusal("statement_refused", issues=faults)
