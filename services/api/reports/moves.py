"""Use cases of those who decide on a report: approval, validation, refusal."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from services.api.assignments import service as assignments
from services.api.auth.access import Access
from services.api.container import Container
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit, emit
from services.api.errors import Refusal
from services.api.plans import service as plans
from services.api.plans import writing
from services.api.reports import repository
from services.api.reports.life import after, life
from services.api.reports.repository import Series
from services.api.reports.requesting import request_again
from services.api.reports.service import job, report, source
from services.api.reports.sheets import veiled
from services.api.reports.snapshot import Freeze, freeze
from services.api.reports.validation_document import request_decision
from services.api.texts.keys import TextKey
from services.api.versions import service as versions
from shared.contracts.case import Act
from shared.contracts.entity_checks import entity_issues
from shared.contracts.issues import Issue
from shared.contracts.report_checks import report_issues
from shared.contracts.snapshot import ReportSnapshot
from shared.contracts.text_checks import text_issues, text_warnings
from shared.domain.confidentiality import FULL_SIGHT
from shared.domain.report_states import LIVES, ReportMove, ReportState
from shared.domain.workflow import PlanState

_UNAPPROVED = frozenset({PlanState.DRAFT, PlanState.AMENDING})
"""States of a plan whose content is still being written."""

_ACTS = frozenset({ReportMove.APPROVE, ReportMove.VALIDATE})
"""Moves whose acts stand among the plan's."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What would keep a report from being approved, and what else one should know."""

    snapshot: ReportSnapshot
    obstacles: list[Issue]
    warnings: list[Issue]


async def check(parts: Container, session: ReadSession, access: Access, year: int) -> Checked:
    """What would keep the report of a year from being approved if it were frozen now.

    Of sheets that the caller does not see it says only that something is missing.

    Raises:
        Refusal: ``plan_not_found``.
    """
    head = await plans.head(session, year)
    content = await source(session, head, FULL_SIGHT)
    facts = Freeze(
        report_id=head.plan_id,
        version=1,
        kind="relazione",
        created_at=parts.clock.now(),
        development=not parts.settings.production,
        verification_url=parts.settings.public_url,
    )
    snapshot = await asyncio.to_thread(freeze, content, facts)
    owed = await assignments.duties(session, head.plan_id)
    obstacles = [*report_issues(snapshot), *text_issues(snapshot, owed)]
    found = await assignments.progress(session, head, access)
    warnings = text_warnings(snapshot, owed, named(found.threads), named(found.drafts))
    return Checked(snapshot, veiled(snapshot, obstacles, access.sight), warnings)


def named(counts: Mapping[TextKey, int]) -> dict[str, int]:
    """Counts by the key of a text as it is written."""
    return {str(key): count for key, count in counts.items()}


async def held(session: WriteSession, report_id: str) -> sa.Row[Any]:
    """A report that nobody else moves, and whose plan nobody changes, until the end.

    Raises:
        Refusal: ``report_not_found``.
    """
    found = await report(session, report_id)
    # Always the plan first: whoever asks for another version holds it, too.
    if found.plan_id is not None:
        await plans.lock_plan(session, found.year)
    await repository.lock_report(session, report_id)
    return await report(session, report_id)


async def render(parts: Container, session: WriteSession, row: sa.Row[Any]) -> sa.Row[Any]:
    """Has a held report made that could not be, or was cancelled; answers the new job.

    Raises:
        Refusal: ``report_not_ready`` or ``report_already_rendered``.
    """
    return await job(session, await request_again(parts, session, row))


async def approve(
    session: WriteSession,
    access: Access,
    row: sa.Row[Any],
    act: Act,
    remarks: str | None,
    today: date,
) -> sa.Row[Any]:
    """Writes down the act by which the body approved a held report.

    Raises:
        Refusal: the kind or the state does not allow it; ``report_superseded`` when a later
            version was approved; ``report_approval_refused`` with everything that stands in
            the way.
    """
    state = after(session, row, ReportMove.APPROVE)
    if life(row).adopted:
        # Its act is the plan's, and was written down when it was rendered, or there was none.
        raise Refusal("report_plan_not_approved")
    later = await repository.decided_version(session, Series.of(row))
    if later > row.version:
        raise Refusal("report_superseded", version=later)
    missing = await _missing(session, access, row)
    issues = [*_date_issues("/act/date", act, today), *missing]
    if issues:
        raise Refusal("report_approval_refused", issues=issues)
    return await _move(session, row, ReportMove.APPROVE, state, act, {"remarks": remarks})


async def _missing(session: ReadSession, access: Access, row: sa.Row[Any]) -> list[Issue]:
    """What stands in the way of an approval, of a document as it is frozen."""
    snapshot = await _frozen(session, row)
    if snapshot.entity is not None:
        return entity_issues(snapshot)
    owed = await assignments.duties(session, row.plan_id)
    obstacles = [*report_issues(snapshot), *text_issues(snapshot, owed)]
    return veiled(snapshot, obstacles, access.sight)


async def _frozen(session: ReadSession, row: sa.Row[Any]) -> ReportSnapshot:
    found = await repository.snapshot(session, row.report_id)
    return ReportSnapshot.model_validate_json(found.snapshot)


async def adopt(session: WriteSession, report_id: str) -> None:
    """Writes down, of a document that was just rendered, the act by which its plan was approved.

    Of a plan whose content is still being written there is none, and the document stays a draft.
    """
    row = await report(session, report_id)
    if not life(row).adopted:
        return
    snapshot = await _frozen(session, row)
    if snapshot.plan_state in _UNAPPROVED:
        return
    state = after(session, row, ReportMove.APPROVE)
    head = await plans.head(session, row.year)
    approved = await versions.version(session, head, snapshot.plan_version)
    act = approved.reasons.act or Act(document="piano")
    await _move(session, row, ReportMove.APPROVE, state, act, {})


async def validate(
    parts: Container,
    session: WriteSession,
    row: sa.Row[Any],
    act: Act,
    said: Mapping[str, str | None],
    today: date,
) -> sa.Row[Any]:
    """Writes down that the OIV validated a held report, on which conditions, and documents it.

    Raises:
        Refusal: the state does not allow it, or ``report_decision_refused``.
    """
    state = after(session, row, ReportMove.VALIDATE)
    await _refuse_wrong_date(session, row, act, today)
    moved = await _move(session, row, ReportMove.VALIDATE, state, act, said)
    await request_decision(parts, session, moved, act, said)
    return moved


async def signed(session: WriteSession, row: sa.Row[Any]) -> None:
    """Writes down that a held report has every signature that it waits for.

    Raises:
        Refusal: its state does not allow it.
    """
    state = after(session, row, ReportMove.SIGN)
    await repository.move_report(session, row.report_id, ReportMove.SIGN, state, {})


async def refuse(
    parts: Container,
    session: WriteSession,
    row: sa.Row[Any],
    act: Act,
    reason: str,
    today: date,
) -> sa.Row[Any]:
    """Writes down that the OIV does not validate a held report, and why, and documents it.

    Raises:
        Refusal: the state does not allow it, or ``report_decision_refused``.
    """
    state = after(session, row, ReportMove.REFUSE)
    await _refuse_wrong_date(session, row, act, today)
    moved = await _move(session, row, ReportMove.REFUSE, state, act, {"reason": reason})
    await request_decision(parts, session, moved, act, {"reason": reason})
    return moved


async def publish(session: WriteSession, row: sa.Row[Any], today: date) -> sa.Row[Any]:
    """Makes a held report readable by anyone; what it says stays as it is.

    Raises:
        Refusal: the state does not allow it, or the kind is not for the public.
    """
    state = after(session, row, ReportMove.PUBLISH)
    act = Act(document="pubblicazione", date=today.isoformat())
    return await _move(session, row, ReportMove.PUBLISH, state, act, {})


async def acts(session: ReadSession, plan_id: str) -> list[dict[str, Any]]:
    """Acts that approved and validated reports of a plan; an import does not take them away."""
    kinds = [kind for kind, steps in LIVES.items() if steps.act_of_year]
    return await repository.acts(session, plan_id, kinds, _ACTS)


async def _refuse_wrong_date(session: ReadSession, row: sa.Row[Any], act: Act, today: date) -> None:
    approvals = [
        move.act["date"]
        for move in await repository.moves(session, row.report_id)
        if move.move == ReportMove.APPROVE
    ]
    issues = _date_issues("/date", act, today, approvals[-1] if approvals else None)
    if issues:
        raise Refusal("report_decision_refused", issues=issues)


def _date_issues(pointer: str, act: Act, today: date, earliest: str | None = None) -> list[Issue]:
    """What is wrong with the date of an act; ``earliest`` is that of the one before it."""
    given = act.date or ""
    if given > today.isoformat():
        return [_date_issue(pointer, "date_in_future", "è nel futuro", "is in the future")]
    if earliest is not None and given < earliest:
        return [
            _date_issue(
                pointer,
                "date_before_approval",
                f"precede l'approvazione ({earliest})",
                f"is before the approval ({earliest})",
            )
        ]
    return []


def _date_issue(pointer: str, code: str, italian: str, english: str) -> Issue:
    return Issue(
        pointer=pointer,
        code=code,
        it=f"la data dell'atto {italian}",
        en=f"the date of the act {english}",
    )


async def _move(
    session: WriteSession,
    row: sa.Row[Any],
    move: ReportMove,
    state: ReportState,
    act: Act,
    said: Mapping[str, str | None],
) -> sa.Row[Any]:
    """Moves a held report: its state, the line of its life, the plan's acts, audit, event."""
    given = act.model_dump(mode="json")
    await repository.move_report(session, row.report_id, move, state, {"act": given, **said})
    if move in _ACTS and life(row).act_of_year:
        await _among_the_year_s(session, row.year, given)
    facts = {"year": row.year, "version": row.version, "state": state.value}
    await audit(session, f"report.{state.value}", row.report_id, {**facts, "act": given})
    await emit(
        session, f"report.{state.value}", row.report_id, {"report_id": row.report_id, **facts}
    )
    return await report(session, row.report_id)


async def _among_the_year_s(session: WriteSession, year: int, act: dict[str, Any]) -> None:
    head = await plans.head(session, year)
    if act not in head.acts:
        await writing.change_head(session, head, {"acts": [*head.acts, act]})
