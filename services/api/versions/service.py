"""Use cases of the life of a plan. States and moves: :mod:`shared.domain.workflow`.

While an amendment is open the plan's tables hold the content being written, and results are
computed on it; what is in force is the last version approved, which nothing changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import sqlalchemy as sa

from services.api.boundaries.cuts import content_without_sheets
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit, emit
from services.api.errors import Refusal
from services.api.paging import Page, Rows
from services.api.plans import service as plans
from services.api.plans import writing
from services.api.plans.rows import PlanHead
from services.api.plans.service import StoredPlan
from services.api.versions import repository, restoring
from shared.contracts.case import Act, Case
from shared.contracts.issues import Issue, pointing_into
from shared.contracts.plan_content import (
    PlanContent,
    approval_issues,
    change_issues,
    content_hash,
)
from shared.domain.confidentiality import FULL_SIGHT, Sight
from shared.domain.versions import RowChange, differences
from shared.domain.workflow import Cause, MoveRefusedError, PlanMove, PlanState, Standing


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why a plan moves, and by which act; what a move does not ask for is absent."""

    act: Act | None = None
    motivation: str | None = None
    cause: Cause | None = None
    oiv_opinion: str | None = None

    def columns(self) -> dict[str, Any]:
        """As the columns of a move or a version."""
        return {
            "act": None if self.act is None else self.act.model_dump(mode="json"),
            "motivation": self.motivation,
            "cause": None if self.cause is None else self.cause.value,
            "oiv_opinion": self.oiv_opinion,
        }


@dataclass(frozen=True, slots=True)
class Version:
    """A version and what is known about it; ``row`` is absent for the one being written."""

    number: int
    standing: Standing
    reasons: Reasons
    row: sa.Row[Any] | None

    @property
    def state(self) -> Literal["draft", "approved", "superseded"]:
        """Whether it is being written, in force, or has been replaced."""
        if self.number > self.standing.last_approved:
            return "draft"
        return "approved" if self.number == self.standing.last_approved else "superseded"


async def approve(
    session: WriteSession, stored: StoredPlan, act: Act, oiv_opinion: str | None, today: date
) -> Version:
    """Approves the draft, or the open amendment as the next version.

    Raises:
        Refusal: the state does not allow it, ``amendment_without_changes``, or
            ``approval_refused`` with every fault.
    """
    head = stored.head
    after = _after(head, PlanMove.APPROVE)
    reasons = Reasons(act=act, oiv_opinion=oiv_opinion)
    if head.standing.state is PlanState.AMENDING:
        reasons = await _amendment_reasons(session, head, reasons)
    before = await repository.version(session, head.plan_id, head.standing.last_approved)
    earlier = None if before is None else str(before.act["date"])
    issues = approval_issues(stored.case) + _act_issues(act, today, earlier)
    if issues:
        raise Refusal("approval_refused", issues=issues)
    if head.standing.state is PlanState.AMENDING and not await _amended(session, stored):
        raise Refusal("amendment_without_changes", version=head.standing.last_approved)
    raw = PlanContent.of(stored.case).to_bytes()
    digest = content_hash(raw)
    values = {"content": raw, "sha256": digest, **reasons.columns()}
    await repository.add_version(session, head.plan_id, after.version, values)
    acts = _with_acts(head.acts, [act.model_dump(mode="json")])
    await writing.change_head(session, head, {"acts": acts})
    event = "plan.approved" if after.version == 1 else "plan.amended"
    await _move(session, head, PlanMove.APPROVE, reasons, event, {"sha256": digest})
    return await version(session, await plans.head(session, head.year), after.version)


async def amend(session: WriteSession, head: PlanHead, reasons: Reasons) -> Version:
    """Opens an amendment: the content may change again, as the draft of the next version.

    Raises:
        Refusal: the state does not allow it.
    """
    after = _after(head, PlanMove.AMEND)
    await _move(session, head, PlanMove.AMEND, reasons, "plan.amendment_opened")
    return Version(after.version, after, reasons, None)


async def withdraw(session: WriteSession, stored: StoredPlan, reasons: Reasons) -> None:
    """Gives the open amendment up; the content becomes again what was approved.

    Raises:
        Refusal: the state does not allow it, or ``measured_element_removed`` when something
            that only the amendment has was measured meanwhile.
    """
    after = _after(stored.head, PlanMove.WITHDRAW)
    approved = await content(session, stored.head, after.version)
    await restoring.restore(session, stored, approved)
    await _move(session, stored.head, PlanMove.WITHDRAW, reasons, "plan.amendment_withdrawn")


async def close(session: WriteSession, head: PlanHead, reasons: Reasons) -> None:
    """Closes the plan: no content, no measurement changes any more; evaluation goes on.

    Raises:
        Refusal: the state does not allow it.
    """
    await _move(session, head, PlanMove.CLOSE, reasons, "plan.closed")


async def reopen(session: WriteSession, head: PlanHead, reasons: Reasons) -> None:
    """Takes a closure back.

    Raises:
        Refusal: the state does not allow it.
    """
    await _move(session, head, PlanMove.REOPEN, reasons, "plan.reopened")


async def version(session: ReadSession, head: PlanHead, number: int) -> Version:
    """What is known about a version, the one being written included.

    Raises:
        Refusal: ``version_not_found``.
    """
    standing = head.standing
    if number == standing.version and standing.open_to_content:
        reasons = await _amendment_reasons(session, head, Reasons())
        return Version(number, standing, reasons, None)
    row = await repository.version(session, head.plan_id, number)
    if row is None:
        raise Refusal("version_not_found", version=number)
    return approved_version(head, row)


def approved_version(head: PlanHead, row: sa.Row[Any]) -> Version:
    """A version from its row."""
    reasons = Reasons(
        act=Act.model_validate(row.act),
        motivation=row.motivation,
        cause=None if row.cause is None else Cause(row.cause),
        oiv_opinion=row.oiv_opinion,
    )
    return Version(row.version, head.standing, reasons, row)


async def content(session: ReadSession, head: PlanHead, number: int) -> PlanContent:
    """The content of a version, the one being written included.

    Raises:
        Refusal: ``version_not_found``.
    """
    if number == head.standing.version and head.standing.open_to_content:
        return PlanContent.of((await plans.read_parts(session, head)).case)
    row = await repository.version(session, head.plan_id, number)
    if row is None:
        raise Refusal("version_not_found", version=number)
    return PlanContent.from_bytes(row.content)


async def approved_versions(session: ReadSession, head: PlanHead, asked: Page) -> Rows:
    """Rows of the versions that were approved, as part of a list."""
    return await repository.list_versions(session, head.plan_id, asked)


async def differences_between(
    session: ReadSession, head: PlanHead, old: int, new: int, sight: Sight = FULL_SIGHT
) -> tuple[RowChange, ...]:
    """What changes from one version to another, as far as somebody sees it.

    Raises:
        Refusal: ``version_not_found``.
    """
    before = content_without_sheets(await content(session, head, old), sight)
    after = content_without_sheets(await content(session, head, new), sight)
    return _differences(before, after)


async def reasons_between(session: ReadSession, head: PlanHead, a: int, b: int) -> list[Version]:
    """Versions after the older of two, up to the newer: why one became the other."""
    first, last = sorted((a, b))
    rows = await repository.versions_between(session, head.plan_id, first + 1, last)
    found = [approved_version(head, row) for row in rows]
    if last > head.standing.last_approved and first != last:
        found.append(await version(session, head, last))
    return found


async def check_import(
    session: ReadSession,
    head: PlanHead,
    stored: plans.RowsBySection,
    case: Case,
    values: Mapping[str, Any],
) -> dict[str, Any]:
    """Keeps an approved plan from changing in place: ``values`` with the acts that stay.

    Raises:
        Refusal: ``plan_content_fixed`` or ``plan_closed``, with every place that would change.
    """
    if head.standing == Standing():
        return dict(values)
    check_content(head, plans.case_of(session.chamber, head, stored), case)
    return {**values, "acts": await acts_that_stay(session, head, values["acts"])}


def check_content(head: PlanHead, before: Case, after: Case, within: str = "") -> None:
    """Keeps what an act approved from changing without an amendment.

    Raises:
        Refusal: ``plan_content_fixed`` or ``plan_closed``, with every place that would
            change; pointers are into ``after``, or into its part at the pointer ``within``.
    """
    if head.standing.open_to_content:
        return
    changes = _differences(PlanContent.of(before), PlanContent.of(after))
    if changes:
        closed = head.standing.state is PlanState.CLOSED
        code = "plan_closed" if closed else "plan_content_fixed"
        raise Refusal(code, issues=pointing_into(within, change_issues(after, changes)))


async def acts_that_stay(
    session: ReadSession, head: PlanHead, acts: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """``acts`` with those that approved a version, which nobody takes away."""
    rows = await repository.versions_between(session, head.plan_id, 1, head.standing.version)
    return _with_acts(acts, [row.act for row in rows])


def _with_acts(acts: list[dict[str, Any]], added: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*acts, *(act for act in added if act not in acts)]


def _after(head: PlanHead, move: PlanMove) -> Standing:
    try:
        return head.standing.after(move)
    except MoveRefusedError as error:
        raise Refusal(error.code) from error


def _act_issues(act: Act, today: date, earlier: str | None) -> list[Issue]:
    """What is wrong with the date of an act; ``earlier`` is that of the version in force."""
    given = act.date or ""
    if given > today.isoformat():
        italian, english = "è nel futuro", "is in the future"
        return [_date_issue("date_in_future", italian, english)]
    if earlier is not None and given < earlier:
        italian = f"precede l'atto della versione in vigore ({earlier})"
        english = f"is before the act of the version in force ({earlier})"
        return [_date_issue("date_before_version", italian, english)]
    return []


def _date_issue(code: str, italian: str, english: str) -> Issue:
    return Issue(
        pointer="/act/date",
        code=code,
        it=f"la data dell'atto {italian}",
        en=f"the date of the act {english}",
    )


async def _amendment_reasons(session: ReadSession, head: PlanHead, given: Reasons) -> Reasons:
    """What was said when the amendment was opened, completed with what is said now."""
    opening = await repository.opening(session, head.plan_id, head.standing.version)
    if opening is None:
        return given
    return Reasons(
        act=given.act,
        motivation=opening.motivation,
        cause=None if opening.cause is None else Cause(opening.cause),
        oiv_opinion=given.oiv_opinion or opening.oiv_opinion,
    )


async def _amended(session: ReadSession, stored: StoredPlan) -> tuple[RowChange, ...]:
    approved = await content(session, stored.head, stored.head.standing.last_approved)
    return _differences(approved, PlanContent.of(stored.case))


def _differences(old: PlanContent, new: PlanContent) -> tuple[RowChange, ...]:
    return differences(old.plain(), new.plain())


async def _move(
    session: WriteSession,
    head: PlanHead,
    move: PlanMove,
    reasons: Reasons,
    event: str,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Moves a locked plan: its standing, the line of its life, audit line and event."""
    after = _after(head, move)
    await writing.change_standing(session, head, after)
    await repository.add_move(session, head.plan_id, move, after.version, reasons.columns())
    revision = await plans.touch(session, head, "plan")
    facts = {"version": after.version, "state": after.state.value, "revision": revision}
    facts |= dict(more or {})
    act = None if reasons.act is None else reasons.act.model_dump(mode="json")
    cause = None if reasons.cause is None else reasons.cause.value
    noted = {name: said for name, said in (("act", act), ("cause", cause)) if said is not None}
    await audit(session, event, f"plan/{head.year}", facts | noted)
    await emit(session, event, f"plan/{head.year}", {"year": head.year, **facts})
