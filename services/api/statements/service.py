"""Saying something in the evaluation of a plan, taking it back, and reading what stands."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.api.boundaries.service import sheets
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit
from services.api.errors import Refusal
from services.api.paging import Page, Rows
from services.api.statements import repository
from services.api.statements.topics import About, Body, to_document
from shared.domain import audit_facts
from shared.domain.confidentiality import Hidden
from shared.domain.plan import CHAMBER_SCOPE


async def said(session: ReadSession, plan_id: str) -> dict[About, Body]:
    """What stands about each subject."""
    rows = await repository.latest(session, plan_id)
    return {_about(row): row.body for row in rows if row.body is not None}


async def standing(session: ReadSession, plan_id: str) -> dict[About, sa.Row[Any]]:
    """The lines that stand, with who wrote them when."""
    rows = await repository.latest(session, plan_id)
    return {_about(row): row for row in rows if row.body is not None}


def _about(row: sa.Row[Any]) -> About:
    return About(row.topic, row.subject_kind, row.subject_code, row.scope)


async def case_parts(
    session: ReadSession, plan_id: str, objectives: Sequence[str], indicators: Sequence[str]
) -> dict[str, Any]:
    """What stands, as parts of a case document: objectives first, in the plan's order."""
    found = await said(session, plan_id)
    codes = [*(("objective", c) for c in objectives), *(("indicator", c) for c in indicators)]
    places = {place: at for at, place in enumerate(codes)}
    ordered = sorted(found, key=lambda a: places.get((a.subject_kind, a.subject_code), len(places)))
    return to_document({about: found[about] for about in ordered})


async def find(session: ReadSession, plan_id: str, about: About) -> sa.Row[Any]:
    """The line that stands about a subject.

    Raises:
        Refusal: ``statement_not_found``.
    """
    row = await standing_line(session, plan_id, about)
    if row is None:
        raise Refusal("statement_not_found")
    return row


async def standing_line(session: ReadSession, plan_id: str, about: About) -> sa.Row[Any] | None:
    """The line that stands about a subject, if something was said and not taken back."""
    row = await repository.last(session, plan_id, about)
    return None if row is None or row.body is None else row


async def say(
    session: WriteSession,
    plan: tuple[str, int],
    about: About,
    body: Mapping[str, Any],
    reason: str | None = None,
) -> bool:
    """Adds a line, unless the one that stands says the same. ``plan``: its id and year.

    Returns:
        Whether anything was added.
    """
    last = await repository.last(session, plan[0], about)
    if last is not None and last.body == dict(body):
        return False
    await add(session, plan, about, body, reason)
    return True


async def take_back(
    session: WriteSession, plan: tuple[str, int], about: About, reason: str
) -> None:
    """Takes back what stands; what it was stays in the history."""
    await add(session, plan, about, None, reason)


async def history(
    session: ReadSession,
    plan_id: str,
    asked: Page,
    *,
    topic: str | None,
    subject: tuple[str, str] | None,
    hidden: Hidden,
) -> Rows:
    """Everything that was said of a plan but of hidden sheets, the latest first, as a list."""
    return await repository.history(
        session, plan_id, asked, topic=topic, subject=subject, hidden=hidden
    )


async def add(
    session: WriteSession,
    plan: tuple[str, int],
    about: About,
    body: Mapping[str, Any] | None,
    reason: str | None,
) -> None:
    """The next line about a subject, and its audit line."""
    plan_id, year = plan
    last = await repository.last(session, plan_id, about)
    number = 1 if last is None else last.number + 1
    await repository.append(session, plan_id, about, number, body=body, reason=reason)
    move = "withdrawn" if body is None else "written"
    of = (await sheets(session, plan_id)).get((about.subject_kind, about.subject_code), frozenset())
    if about.scope != CHAMBER_SCOPE:
        of |= {about.scope}
    said = None if last is None or last.body is None else audit_facts.about(last.body, of)
    await audit(
        session,
        f"{about.topic}.{move}",
        f"plan/{year}/{about.subject_kind}/{about.subject_code}",
        audit_facts.about({"scope": about.scope, "number": number, "reason": reason}, of),
        before=said,
        after=None if body is None else audit_facts.about(body, of),
    )
