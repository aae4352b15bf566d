"""Use cases of assignments: giving a text to offices, and asking who still owes what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from services.api.assignments import repository
from services.api.assignments.schemas import NewAssignment
from services.api.auth.access import Access
from services.api.boundaries import service as boundaries
from services.api.comments import service as comments
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit, emit
from services.api.deviations import service as deviations
from services.api.errors import Refusal
from services.api.measurements.service import offices
from services.api.narratives.service import require_seen
from services.api.plans import service as plans
from services.api.plans.rows import OBJECTIVES, PlanHead
from services.api.tenants import configuration
from services.api.texts import service as texts
from services.api.texts.keys import TextKey
from shared.contracts.report_sections import text_titles
from shared.domain.audit_facts import about
from shared.domain.completeness import answerable
from shared.domain.plan import Subject
from shared.domain.text_debts import Assigned, Debt, DebtKind, owed_texts, waiting_comments


def key_of(row: sa.Row[Any]) -> TextKey:
    """What an assigned text is about."""
    return TextKey(row.subject_kind, row.subject_code)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the texts of a plan are, as far as the caller may know."""

    titles: Mapping[TextKey, str]
    assigned: Mapping[TextKey, sa.Row[Any]]
    written: Mapping[TextKey, int]
    """Versions of the texts that say something."""
    threads: Mapping[TextKey, int]
    drafts: Mapping[TextKey, int]

    def duties(self) -> list[Assigned]:
        """What offices owe, written or not."""
        return [
            Assigned(str(key), tuple(row.offices), row.due_on) for key, row in self.assigned.items()
        ]

    def overdue(self, key: TextKey, today: date) -> bool:
        """Whether a text is missing and its day is over."""
        row = self.assigned.get(key)
        late = row is not None and row.due_on is not None and row.due_on < today
        return late and key not in self.written


async def duties(session: ReadSession, plan_id: str) -> list[Assigned]:
    """What offices owe of a plan's texts, written or not; of hidden sheets, too."""
    rows = await repository.every(session, plan_id)
    return [Assigned(str(key_of(row)), tuple(row.offices), row.due_on) for row in rows]


async def progress(session: ReadSession, head: PlanHead, access: Access) -> Progress:
    """How far the texts are; those of sheets that the caller does not see are left out."""
    hidden = await boundaries.hidden(session, head, access)

    def seen(key: TextKey) -> bool:
        return not hidden.hides(key.kind, key.code)

    rows = await repository.every(session, head.plan_id)
    standing = await texts.standing(session, head.plan_id)
    waiting = await texts.unsubmitted(session, head.plan_id)
    threads = await comments.open_threads(session, head.plan_id)
    titles = await _titles(session, head)
    return Progress(
        titles={key: title for key, title in titles.items() if seen(key)},
        assigned={key_of(row): row for row in rows if seen(key_of(row))},
        written={
            key: row.version for key, row in standing.items() if row.text.strip() and seen(key)
        },
        threads={key: count for key, count in threads.items() if seen(key)},
        drafts={key: row.drafts for key, row in waiting.items() if seen(key)},
    )


async def _titles(session: ReadSession, head: PlanHead) -> dict[TextKey, str]:
    """What everything is called that may have a text: sections first, in order."""
    titles = text_titles(await configuration.documents(session))
    found = {TextKey("section", place): title for place, title in titles.items()}
    rows = await plans.titles(session, head, OBJECTIVES)
    return found | {TextKey("objective", code): title for code, title in rows.items()}


async def find(session: ReadSession, head: PlanHead, access: Access, key: TextKey) -> sa.Row[Any]:
    """The assignment of a text that the caller sees.

    Raises:
        Refusal: ``subject_not_found`` or ``assignment_not_found``.
    """
    await require_seen(session, head, access, key)
    row = await repository.find(session, head.plan_id, key)
    if row is None:
        raise Refusal("assignment_not_found", code=str(key))
    return row


async def standing(session: ReadSession, head: PlanHead, key: TextKey) -> sa.Row[Any] | None:
    """The assignment of a text, if there is one."""
    return await repository.find(session, head.plan_id, key)


async def assign(
    session: WriteSession, head: PlanHead, access: Access, key: TextKey, new: NewAssignment
) -> sa.Row[Any]:
    """Gives a text of a held plan to offices.

    Raises:
        Refusal: ``subject_not_found``: no such objective or section.
    """
    await require_seen(session, head, access, key)
    if key not in await _titles(session, head):
        raise Refusal("subject_not_found", code=str(key))
    before = await repository.find(session, head.plan_id, key)
    await repository.put(session, head.plan_id, key, new.model_dump())
    row = await find(session, head, access, key)
    await _note(session, head, key, before, row)
    return row


async def withdraw(session: WriteSession, head: PlanHead, row: sa.Row[Any]) -> None:
    """Takes a text of a held plan from the offices that owed it."""
    await repository.delete(session, head.plan_id, key_of(row))
    await _note(session, head, key_of(row), row, None)


async def _note(
    session: WriteSession,
    head: PlanHead,
    key: TextKey,
    before: sa.Row[Any] | None,
    after: sa.Row[Any] | None,
) -> None:
    of = (await boundaries.sheets(session, head.plan_id)).get((key.kind, key.code), frozenset())

    def facts(row: sa.Row[Any] | None) -> Mapping[str, Any] | None:
        if row is None:
            return None
        due = None if row.due_on is None else row.due_on.isoformat()
        return about({"offices": row.offices, "due_on": due, "note": row.note}, of)

    subject = f"plan/{head.year}"
    what = "narrative.assigned" if after is not None else "narrative.unassigned"
    await audit(session, what, f"{subject}/{key}", before=facts(before), after=facts(after))
    await emit(session, "narrative.assigned", subject, {"year": head.year, "key": str(key)})


@dataclass(frozen=True, slots=True)
class Owed:
    """Everything that is owed of a year's words, and what it is called."""

    debts: tuple[Debt, ...]
    titles: Mapping[str, str]
    drafts: Mapping[str, int]


async def outstanding(session: ReadSession, access: Access, year: int, today: date) -> Owed:
    """Texts, explanations and answers that are still owed, but for hidden sheets.

    Raises:
        Refusal: ``plan_not_found``.
    """
    stored, accounts = await deviations.accounts(session, access, year)
    found = await progress(session, stored.head, access)
    answering = answerable(stored.to_domain(), *offices(stored))
    writers = {
        f"objective:{code}": names
        for (subject, code), names in answering.items()
        if subject is Subject.OBJECTIVE
    } | {one.key: one.offices for one in found.duties()}
    explanations = [
        Debt(DebtKind.EXPLANATION, f"{a.kind}:{a.code}", a.found.owners)
        for a in accounts
        if a.found is not None and a.owed
    ]
    threads = {str(key): count for key, count in found.threads.items()}
    return Owed(
        debts=(
            *owed_texts(found.duties(), map(str, found.written), today),
            *explanations,
            *waiting_comments(threads, writers),
        ),
        titles={str(key): title for key, title in found.titles.items()}
        | {f"{a.kind}:{a.code}": a.title for a in accounts},
        drafts={str(key): count for key, count in found.drafts.items()},
    )
