"""Sets of statements that a system sends: each to the plans that read it, the best one stands.

Everything is decided here, in memory, on rows that the transaction holds; the rules are
:mod:`shared.domain.arrivals`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.api.arrivals import repository
from services.api.arrivals.knowledge import KnownPlans
from services.api.arrivals.ledger import Ledger, Sender, key_of
from services.api.arrivals.resolution import (
    FARTHEST_LOOK_BACK,
    PlanIndex,
    Target,
    names_of,
    resolve,
)
from services.api.arrivals.translation import MappingIndex, from_rows, translate
from services.api.boundaries import noted
from services.api.boundaries.noted import Sheets
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import Facts, audit, emit
from services.api.states import service as states
from services.api.states.service import Barriers
from services.api.traffic import Pause, in_slices, no_pause
from shared.contracts.issues import Issue
from shared.contracts.webhook_events import MeasurementItem
from shared.domain.arrivals import Verdict

__all__ = ["Considered", "Outcome", "Sender", "preview", "record"]

_known = KnownPlans()


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
    before: Facts
    after: Facts
    """What stood and stands, by plan, for the audit line of whoever records the message."""


async def record(
    session: WriteSession,
    items: Mapping[int, MeasurementItem],
    sender: Sender,
    pause: Pause = no_pause,
) -> Outcome:
    """Records statements, by their position in the message; what cannot be is answered.

    The plans concerned are held until the transaction ends. Their revision rises, and
    ``results.changed`` is emitted, when a figure has changed. ``pause`` lets others pass.
    """
    found = await _consider(session, items, sender, _Way(lock=True, pause=pause))
    writing = asyncio.create_task(_write(session, found.ledger, sender, pause))
    try:
        # While the database writes there is time to put together what the audit will say.
        await asyncio.sleep(0)
        change = await _noted(found, pause)
    finally:
        await writing
    revisions = await _revise(session, sorted(found.ledger.changed_plans))
    return _outcome(found, revisions, change)


@dataclass(frozen=True, slots=True)
class Considered:
    """What a set of statements would do, by position.

    ``items`` are the statements in the chamber's words, ``targets`` the elements they reach,
    each with the verdict in the same place. ``sheets`` are those of each plan.
    """

    ledger: Ledger
    items: Mapping[int, MeasurementItem]
    targets: Mapping[int, list[Target]]
    verdicts: Mapping[int, list[Verdict]]
    faults: Mapping[int, tuple[Issue, ...]]
    sheets: Mapping[str, Sheets]


async def preview(
    session: ReadSession,
    items: Mapping[int, MeasurementItem],
    sender: Sender,
    mapping: MappingIndex | None = None,
    pause: Pause = no_pause,
) -> Considered:
    """What statements would do now, storing nothing; by another mapping when one is given."""
    return await _consider(session, items, sender, _Way(pause=pause), mapping)


@dataclass(frozen=True, slots=True)
class _Way:
    """How statements are considered: with the plans held, and what is done between slices."""

    lock: bool = False
    pause: Pause = no_pause


async def _consider(
    session: ReadSession,
    items: Mapping[int, MeasurementItem],
    sender: Sender,
    way: _Way,
    mapping: MappingIndex | None = None,
) -> Considered:
    context = await _context(session, items, sender.integration, mapping, lock=way.lock)
    said: dict[int, MeasurementItem] = {}
    targets: dict[int, list[Target]] = {}
    faults: dict[int, tuple[Issue, ...]] = {}
    async for position, given in in_slices(items.items(), way.pause):
        item = translate(given, context.mapping) if context.mapping else given
        found = (item,) if isinstance(item, Issue) else resolve(item, context.plans)
        if isinstance(found, tuple):
            faults[position] = found
        elif not isinstance(item, Issue):
            said[position], targets[position] = item, found
    ledger = await _open_ledger(session, context, targets, said, sender, way.pause)
    verdicts: dict[int, list[Verdict]] = {}
    async for position, reached in in_slices(targets.items(), way.pause):
        item = said[position]
        barred = ledger.barred(item, position, reached)
        if barred is not None:
            faults[position] = (barred,)
            continue
        verdicts[position] = [ledger.enter(item, position, target) for target in reached]
    sheets = {plan.plan_id: plan.sheets for plan in context.plans}
    return Considered(ledger, said, targets, verdicts, faults, sheets)


@dataclass(frozen=True, slots=True)
class _Context:
    """What statements are understood by: the plans, the mapping of codes, the trust."""

    plans: Sequence[PlanIndex] = ()
    mapping: MappingIndex = field(default_factory=dict)
    trusted: bool = False


async def _context(
    session: ReadSession,
    items: Mapping[int, MeasurementItem],
    integration: str,
    mapping: MappingIndex | None,
    *,
    lock: bool,
) -> _Context:
    """Plans that can have a use for the statements, and what was agreed on with the sender."""
    if not items:
        return _Context()
    years = [item.year for item in items.values()]
    rows = await repository.plans_between(
        session, min(years), max(years) + FARTHEST_LOOK_BACK, integration, lock=lock
    )
    if not rows:
        return _Context()
    plans = await _known.of(session, rows, integration, held=lock)
    version = rows[0].mapping_version
    if mapping is None and version:
        names = names_of(items.values())
        mapping = from_rows(await repository.mapping(session, integration, version, names))
    return _Context(plans, mapping or {}, rows[0].trusted)


async def _open_ledger(
    session: ReadSession,
    context: _Context,
    targets: Mapping[int, list[Target]],
    items: Mapping[int, MeasurementItem],
    sender: Sender,
    pause: Pause,
) -> Ledger:
    years = {plan.plan_id: plan.year for plan in context.plans}
    wanted = {
        key_of(years, target, items[at].year, items[at].period)
        for at, reached in targets.items()
        for target in reached
    }
    if not wanted:
        return Ledger({}, [], Barriers({}, {}), sender)
    standing = await repository.standing(session, wanted, pause)
    concerned = sorted({plan for plan, *_ in wanted})
    held = await states.barriers(session, concerned, {row.measurement_id for row in standing})
    return Ledger(years, standing, held, sender, trusted=context.trusted)


async def _write(
    session: WriteSession, ledger: Ledger, sender: Sender, pause: Pause = no_pause
) -> None:
    """Writes what stands from now on, the history, and the steps of what the source validated."""
    if ledger.new:
        last = await repository.last_positions(session, sorted({plan for plan, _ in ledger.new}))
        ledger.place(last)
    others = ledger.settle_versions()
    origin = repository.Origin(sender.source, sender.at, sender.message_id, sender.integration)
    await repository.enter(session, ledger.entries, origin, pause)
    await repository.note_versions(session, others, sender.integration)
    for plan, rows in sorted(ledger.validated().items()):
        versions = {row.measurement_id: version for row, version in rows}
        moved = await states.validate_from_source(session, plan, versions)
        told = [pair for pair in rows if pair[0].measurement_id in moved]
        if told:
            year = ledger.year_of(plan)
            detail = {"measurements": len(told), "message_id": sender.message_id}
            await audit(session, "measurement.validated", f"plan/{year}", detail)
            await states.tell_validated(session, year, told)


async def _revise(session: WriteSession, plans: Sequence[str]) -> dict[int, int]:
    """Raises the revision of the plans that changed and says so."""
    revisions = {row.year: row.revision for row in await repository.revise(session, plans)}
    for year, revision in sorted(revisions.items()):
        payload = {"year": year, "revision": revision, "cause": "measurements"}
        await emit(session, "results.changed", f"plan/{year}", payload)
    return revisions


async def _noted(found: Considered, pause: Pause) -> tuple[Facts, Facts]:
    """Before and after of the data that changed, by plan."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for plan, changes in found.ledger.changes().items():
        year = found.ledger.year_of(plan)
        for line in noted.lines_of(found.sheets[plan], year, changes):
            before.setdefault(f"plan/{year}", {}).update(line.before)
            after.setdefault(f"plan/{year}", {}).update(line.after)
            await pause()
    return before, after


def _outcome(
    found: Considered, revisions: Mapping[int, int], change: tuple[Facts, Facts]
) -> Outcome:
    verdicts = found.verdicts
    applied = sum(Verdict.RECORDED in found for found in verdicts.values())
    superseded = sum(
        Verdict.SUPERSEDED in found and Verdict.RECORDED not in found for found in verdicts.values()
    )
    unchanged = len(verdicts) - applied
    return Outcome(applied, unchanged, superseded, found.faults, revisions, *change)
