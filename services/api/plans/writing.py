"""Writing a whole plan: what an import needs of it. Figures come from ``comparison``."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.api.boundaries.service import sheets
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit
from services.api.ids import new_id
from services.api.plans import repository
from services.api.plans.comparison import Comparison, Row
from services.api.plans.rows import EVALUATIONS, NARRATIVES, SECTIONS, PlanHead, Section
from services.api.plans.service import RowsBySection
from services.api.statements import service as statements
from services.api.statements.topics import NEUTRALISATION, About
from services.api.tenants import service as tenants
from services.api.texts import service as texts
from services.api.texts.keys import TextKey
from shared.domain.audit_facts import about
from shared.domain.workflow import Standing


async def open_plan(
    session: WriteSession, year: int, values: Mapping[str, Any]
) -> tuple[PlanHead, bool]:
    """The plan of a year, held until the transaction ends; made with ``values`` if needed.

    Returns:
        The plan, and whether it was made.

    Raises:
        Refusal: ``chamber_not_begun`` or ``chamber_ended`` for a plan that would be made.
    """
    head, created = await repository.find_or_create(session, year, values)
    if created:
        await tenants.refuse_year(session, year)
    return head, created


async def change_head(session: WriteSession, head: PlanHead, values: Mapping[str, Any]) -> None:
    """Rewrites what belongs to the plan itself: kind, acts, policy, published figures."""
    await repository.update_head(session, head.plan_id, values)


async def change_standing(session: WriteSession, head: PlanHead, standing: Standing) -> None:
    """Writes down where the plan is in its life. What follows from a move is ``versions``'."""
    values = {"state": standing.state.value, "version": standing.version}
    await repository.update_head(session, head.plan_id, values)


async def stored_rows(session: ReadSession, head: PlanHead) -> RowsBySection:
    """Every row of every section."""
    return {
        section.name: await repository.section_rows(session, section, head.plan_id)
        for section in SECTIONS
    }


async def write_section(
    session: WriteSession, head: PlanHead, section: Section, difference: Comparison
) -> None:
    """Brings a section to what was compared with it. Not for measurements: they have a history."""
    plan_id = head.plan_id
    if section is NARRATIVES:
        given = (*difference.created, *difference.changed)
        await _note_texts(session, head, given)
        await texts.write_all(session, plan_id, given)
    else:
        signed = _signed(session, section)
        created = [{**row, **signed, **_own_id(section)} for row in difference.created]
        await repository.insert_rows(session, section, plan_id, created)
        changed = [{**row, **signed} for row in difference.changed]
        await repository.update_rows(session, section, plan_id, changed)
        if section is EVALUATIONS:
            for row in (*difference.created, *difference.changed):
                await _note_neutralisation(session, head, row)
    await place(session, head, section, difference.moved)
    codes = [row["code"] for row in difference.removed]
    await repository.delete_rows(session, section, plan_id, codes)


async def place(
    session: WriteSession, head: PlanHead, section: Section, moved: Sequence[Row]
) -> None:
    """Puts rows where they stand in the file."""
    keys = (*section.keys, "position")
    rows = [{name: row[name] for name in keys} for row in moved]
    await repository.update_rows(session, section, head.plan_id, rows)


async def _note_texts(session: WriteSession, head: PlanHead, rows: Sequence[Row]) -> None:
    """The audit line of texts that a file is about to bring."""
    if not rows:
        return
    belonging = await sheets(session, head.plan_id)
    standing = await texts.standing(session, head.plan_id)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for row in rows:
        kind, code = row["subject_kind"], row["subject_code"]
        of = belonging.get((kind, code), frozenset())
        stood = standing.get(TextKey(kind, code))
        if stood is not None:
            before[f"{kind}:{code}"] = about({"text": stood.text}, of)
        after[f"{kind}:{code}"] = about({"text": row["text"]}, of)
    subject = f"plan/{head.year}"
    detail = {"texts": len(rows)}
    await audit(session, "narrative.written", subject, detail, before=before, after=after)


async def _note_neutralisation(session: WriteSession, head: PlanHead, row: Row) -> None:
    """The line of an evaluation that a file brought, in the history of what was said."""
    about = About(NEUTRALISATION, row["subject_kind"], row["subject_code"], row["scope"])
    body = {name: row[name] for name in ("effect", "cause", "reason") if row[name] is not None}
    await statements.add(session, (head.plan_id, head.year), about, body, None)


def _signed(session: WriteSession, section: Section) -> dict[str, Any]:
    return {"created_by": session.author.actor} if section is EVALUATIONS else {}


def _own_id(section: Section) -> dict[str, Any]:
    return {"evaluation_id": new_id()} if section is EVALUATIONS else {}
