"""Use cases of moves: one measurement at a time, or many that all move or all stay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.auth.access import Access
from services.api.auth.principal import MACHINE, Machine
from services.api.boundaries import service as boundaries
from services.api.db.session import WriteSession
from services.api.db.trail import audit
from services.api.errors import Refusal
from services.api.measurements import service as measuring
from services.api.plans import service as plans
from services.api.plans.rows import PlanHead
from services.api.states import service as states
from services.api.states.repository import Change, append_changes
from shared.contracts.issues import Issue
from shared.domain.audit_facts import Facts, about
from shared.domain.measurement_states import MOVES, Move, State, obstacle, role_for


@dataclass(frozen=True, slots=True)
class Step:
    """A move that somebody asks for. ``reason`` is there where the move needs one."""

    access: Access
    move: Move
    reason: str | None = None


async def move_one(
    session: WriteSession, year: int, measurement_id: str, step: Step
) -> sa.Row[Any]:
    """Moves one measurement.

    Raises:
        Refusal: ``plan_not_found``, ``plan_closed``, ``not_found``, ``move_not_allowed``,
            ``own_entry``, ``period_closed`` or ``outside_units``.
    """
    head = await plans.lock_plan(session, year)
    plans.refuse_measuring_when_closed(head)
    row = await measuring.found(session, head, step.access, measurement_id)
    faults = await _faults(session, head, {0: row}, step)
    if faults:
        raise Refusal(faults[0].code, issues=faults)
    await _move(session, head, [row], step)
    detail = await _facts(session, head, [row], {"version": row.version, "reason": step.reason})
    subject = f"plan/{year}/{row.subject_kind}/{row.subject_code}/{row.period or 'Y'}"
    await audit(session, f"measurement.{MOVES[step.move].result}", subject, detail)
    return await measuring.found(session, head, step.access, measurement_id)


async def move_many(
    session: WriteSession, year: int, ids: Sequence[str], step: Step, revision: int | None
) -> int:
    """Moves measurements, all of them or none.

    Returns:
        How many moved.

    Raises:
        Refusal: ``forbidden``, ``plan_closed``, ``stale_version``, ``validation_failed``
            without the reason that the move needs, or ``transitions_refused`` with every
            fault.
    """
    if not step.access.allows(MOVES[step.move].action):
        raise Refusal("forbidden")
    if MOVES[step.move].needs_reason and step.reason is None:
        raise Refusal("validation_failed", issues=[_reason_missing()])
    head = await plans.lock_plan(session, year)
    plans.refuse_measuring_when_closed(head)
    if revision is not None and revision != head.revision:
        raise Refusal("stale_version")
    found = await measuring.find_visible(session, head, step.access, ids)
    rows = {place: found[name] for place, name in enumerate(ids) if name in found}
    unknown = [_unknown(place) for place, name in enumerate(ids) if name not in found]
    twice = [_twice(place) for place, name in enumerate(ids) if name in ids[:place]]
    faults = [*unknown, *twice, *await _faults(session, head, rows, step, "/ids/")]
    if faults:
        faults.sort(key=lambda issue: int(issue.pointer.rpartition("/")[2]))
        raise Refusal("transitions_refused", issues=faults)
    await _move(session, head, list(rows.values()), step)
    facts = {"measurements": len(rows), "reason": step.reason}
    detail = await _facts(session, head, list(rows.values()), facts)
    await audit(session, f"measurement.{MOVES[step.move].result}", f"plan/{year}", detail)
    return len(rows)


async def _facts(
    session: WriteSession, head: PlanHead, rows: Sequence[sa.Row[Any]], facts: Facts
) -> Facts:
    """What the audit line says, with the sheets that it is about."""
    belonging = await boundaries.sheets(session, head.plan_id)
    of = (belonging.get((row.subject_kind, row.subject_code), frozenset()) for row in rows)
    return about(facts, frozenset().union(*of))


async def _move(
    session: WriteSession, head: PlanHead, rows: Sequence[sa.Row[Any]], step: Step
) -> None:
    rule = MOVES[step.move]
    made = [
        Change(row.measurement_id, row.state_number + 1, rule.result, row.version) for row in rows
    ]
    caller = step.access.principal
    role = MACHINE if isinstance(caller, Machine) else role_for(step.move, step.access.roles)
    await append_changes(session, head.plan_id, made, role=role, reason=step.reason)
    if rule.result is State.VALIDATED:
        await states.tell_validated(session, head.year, [(row, row.version) for row in rows])


async def _faults(
    session: WriteSession,
    head: PlanHead,
    rows: Mapping[int, sa.Row[Any]],
    step: Step,
    prefix: str = "",
) -> list[Issue]:
    """Why measurements cannot move, each at its place."""
    viewer = await measuring.viewer(session, head, step.access)
    viewer.reach.require(
        MOVES[step.move].action,
        (
            (row.subject_kind, row.subject_code, f"{prefix}{place}" if prefix else "")
            for place, row in rows.items()
        ),
    )
    found: list[Issue] = []
    for place, row in rows.items():
        standing = viewer.standing(dict(row._mapping))  # noqa: SLF001 - SQLAlchemy's public name
        why = obstacle(step.move, standing, own_validation=viewer.rules.own_validation)
        if why is not None:
            italian, english = _OBSTACLES[why]
            name = f"{row.subject_code} ({row.period or head.year})"
            parts = {"name": name, "state": standing.state}
            found.append(
                Issue(
                    pointer=f"{prefix}{place}" if prefix else "",
                    code=why,
                    it=italian.format(**{**parts, "state": _STATES[standing.state]}),
                    en=english.format(**parts),
                )
            )
    return found


_STATES = {
    "recorded": "registrata",
    "submitted": "trasmessa",
    "validated": "validata",
    "rejected": "respinta",
    "reopened": "riaperta",
}

_OBSTACLES = {
    "move_not_allowed": (
        "{name}: la rilevazione è {state}, e da lì questo passo non si può fare",
        "{name}: the measurement is {state}, and this move does not start there",
    ),
    "value_withdrawn": (
        "{name}: il sistema che ha inviato il valore lo ha ritirato: non ce n'è uno da spostare",
        "{name}: the system that sent the value has withdrawn it: nothing is there to move",
    ),
    "own_entry": (
        "{name}: il valore è stato immesso da chi lo vuole validare; lo validi un altro",
        "{name}: the value was entered by who wants to validate it; somebody else has to",
    ),
    "period_closed": (
        "{name}: il periodo è chiuso; riaprirlo, con il motivo, prima di proseguire",
        "{name}: the period is closed; reopen it, with a reason, before going on",
    ),
}


def _unknown(place: int) -> Issue:
    return Issue(
        pointer=f"/ids/{place}",
        code="not_found",
        it="il piano non ha una rilevazione con questo identificativo",
        en="the plan has no measurement with this id",
    )


def _twice(place: int) -> Issue:
    return Issue(
        pointer=f"/ids/{place}",
        code="repeated",
        it="la rilevazione è già nell'elenco",
        en="the measurement is in the list already",
    )


def _reason_missing() -> Issue:
    return Issue(
        pointer="/reason",
        code="missing",
        it="per questo passo serve il motivo",
        en="this move needs a reason",
    )
