"""Sets of statements that a system sends: each to the plans that read it, the best one stands.

Everything is decided here, in memory, on rows that the transaction holds; the rules are
:mod:`shared.domain.arrivals`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.api.arrivals import repository
from services.api.arrivals.ledger import Ledger, Sender
from services.api.arrivals.resolution import (
    FARTHEST_LOOK_BACK,
    PlanIndex,
    Target,
    codes_of,
    index_plans,
    resolve,
)
from services.api.db.session import WriteSession
from services.api.db.trail import audit, emit
from services.api.states import service as states
from services.api.states.service import Barriers
from shared.contracts.issues import Issue
from shared.contracts.webhook_events import MeasurementItem
from shared.domain.arrivals import Verdict
from shared.domain.calendar import YEAR

__all__ = ["Outcome", "Sender", "record"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a set of statements.

    ``unchanged`` counts all that changed no figure; ``superseded`` says how many of them
    were older than what is held, and went into the history. ``faults`` is by position.
    """

    applied: int
    unchanged: int
    superseded: int
    faults: Mapping[int, tuple[Issue, ...]]
    plans: Mapping[int, int]
    """New revision of each plan that changed, by year."""


async def record(
    session: WriteSession, items: Mapping[int, MeasurementItem], sender: Sender
) -> Outcome:
    """Records statements, by their position in the message; what cannot be is answered.

    The plans concerned are held until the transaction ends. Their revision rises, and
    ``results.changed`` is emitted, when a figure has changed.
    """
    plans = await _plans_for(session, items, sender.integration)
    targets: dict[int, list[Target]] = {}
    faults: dict[int, tuple[Issue, ...]] = {}
    for position, item in items.items():
        found = resolve(item, plans)
        if isinstance(found, tuple):
            faults[position] = found
        else:
            targets[position] = found
    ledger = await _open_ledger(session, plans, targets, items, sender)
    verdicts: dict[int, list[Verdict]] = {}
    for position, found in targets.items():
        item = items[position]
        barred = ledger.barred(item, position, found)
        if barred is not None:
            faults[position] = (barred,)
            continue
        verdicts[position] = [ledger.enter(item, position, target) for target in found]
    await _write(session, ledger, sender)
    revisions = await _revise(session, sorted(ledger.changed_plans))
    return _outcome(verdicts, faults, revisions)


async def _plans_for(
    session: WriteSession, items: Mapping[int, MeasurementItem], integration: str
) -> list[PlanIndex]:
    """Plans that can have a use for the statements, held from now on, and what they contain."""
    if not items:
        return []
    years = [item.year for item in items.values()]
    plans = await repository.plans_between(
        session, min(years), max(years) + FARTHEST_LOOK_BACK, lock=True
    )
    ids = [plan.plan_id for plan in plans]
    if not ids:
        return []
    subjects = await repository.subjects(session, ids, codes_of(items.values()), integration)
    return index_plans(plans, subjects)


async def _open_ledger(
    session: WriteSession,
    plans: Sequence[PlanIndex],
    targets: Mapping[int, list[Target]],
    items: Mapping[int, MeasurementItem],
    sender: Sender,
) -> Ledger:
    wanted = {
        (target.plan_id, target.kind, target.code) for found in targets.values() for target in found
    }
    if not wanted:
        return Ledger({}, [], Barriers({}, {}), sender)
    standing = await repository.standing(session, sorted(wanted))
    concerned = sorted({plan for plan, _, _ in wanted})
    held = await states.barriers(session, concerned, {row.measurement_id for row in standing})
    trusted = any(item.event == "validated" for item in items.values()) and (
        await repository.trusted_to_validate(session, sender.integration)
    )
    years = {plan.plan_id: plan.year for plan in plans}
    return Ledger(years, standing, held, sender, trusted=trusted)


async def _write(session: WriteSession, ledger: Ledger, sender: Sender) -> None:
    """Writes what stands from now on, the history, and the steps of what the source validated."""
    if ledger.new:
        last = await repository.last_positions(session, sorted({plan for plan, _ in ledger.new}))
        ledger.place(last)
    others = ledger.settle_versions()
    origin = repository.Origin(sender.source, sender.at, sender.message_id, sender.integration)
    await repository.enter(session, ledger.entries, origin)
    await repository.note_versions(session, others, sender.integration)
    for plan, rows in sorted(ledger.validated().items()):
        versions = {row.measurement_id: version for row, version in rows}
        moved = await states.validate_from_source(session, plan, versions)
        told = [
            {
                "subject": row.subject_kind,
                "code": row.subject_code,
                "year": row.year,
                "period": row.period or YEAR,
                "version": version,
            }
            for row, version in rows
            if row.measurement_id in moved
        ]
        if told:
            await _tell_validated(session, ledger.year_of(plan), told, sender)


async def _tell_validated(
    session: WriteSession, year: int, told: Sequence[Mapping[str, Any]], sender: Sender
) -> None:
    detail = {"measurements": len(told), "message_id": sender.message_id}
    await audit(session, "measurement.validated", f"plan/{year}", detail)
    payload = {"year": year, "measurements": list(told)}
    await emit(session, "measurement.validated", f"plan/{year}", payload)


async def _revise(session: WriteSession, plans: Sequence[str]) -> dict[int, int]:
    """Raises the revision of the plans that changed and says so."""
    revisions = {row.year: row.revision for row in await repository.revise(session, plans)}
    for year, revision in sorted(revisions.items()):
        payload = {"year": year, "revision": revision, "cause": "measurements"}
        await emit(session, "results.changed", f"plan/{year}", payload)
    return revisions


def _outcome(
    verdicts: Mapping[int, Sequence[Verdict]],
    faults: Mapping[int, tuple[Issue, ...]],
    revisions: Mapping[int, int],
) -> Outcome:
    applied = sum(Verdict.RECORDED in found for found in verdicts.values())
    superseded = sum(
        Verdict.SUPERSEDED in found and Verdict.RECORDED not in found for found in verdicts.values()
    )
    return Outcome(applied, len(verdicts) - applied, superseded, faults, revisions)
