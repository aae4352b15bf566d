"""Sets of statements that a system sends: each to the plans that read it, the best one stands.

Everything is decided here, in memory, on rows that the transaction holds; the rules are
:mod:`shared.domain.arrivals`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from services.api.arrivals import repository
from services.api.arrivals.repository import Entry, StateRow
from services.api.arrivals.resolution import (
    FARTHEST_LOOK_BACK,
    PlanIndex,
    Target,
    codes_of,
    index_plans,
    resolve,
)
from services.api.db.session import WriteSession
from services.api.db.trail import emit
from services.api.ids import new_id, new_ids
from services.api.states import service as states
from services.api.states.service import Barriers, Datum
from shared.contracts.issues import Issue
from shared.contracts.webhook_events import MeasurementItem
from shared.domain.arrivals import Content, Origin, Statement, Verdict, decide

Key = tuple[str, str, str, int | None, str | None]
"""A datum: plan, kind, code, year (none: the plan's own), period."""


@dataclass(frozen=True)
class Sender:
    """Where a set of statements comes from. ``at`` is the instant of the event."""

    integration: str
    message_id: str
    at: datetime

    @cached_property
    def source(self) -> str:
        """As ``measurements.source`` names it."""
        return f"webhook:{self.integration}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a set of statements.

    ``unchanged`` counts all that changed no figure; ``superseded`` says how many of them
    were older than what is held, and went into the history. ``faults`` is by position.
    """

    applied: int
    unchanged: int
    superseded: int
    faults: Mapping[int, Issue]
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
    faults: dict[int, Issue] = {}
    for position, item in items.items():
        found = resolve(item, plans)
        if isinstance(found, Issue):
            faults[position] = found
        else:
            targets[position] = found
    ledger = await _open_ledger(session, plans, targets)
    verdicts: dict[int, list[Verdict]] = {}
    for position, found in targets.items():
        item = items[position]
        barred = ledger.barred(item, position, found, sender)
        if barred is not None:
            faults[position] = barred
            continue
        verdicts[position] = [ledger.enter(item, position, target, sender) for target in found]
    if ledger.new:
        last = await repository.last_positions(session, sorted({plan for plan, _ in ledger.new}))
        ledger.place(last)
    origin = repository.Origin(sender.source, sender.at, sender.message_id)
    await repository.enter(session, ledger.entries, origin)
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
    session: WriteSession, plans: Sequence[PlanIndex], targets: Mapping[int, list[Target]]
) -> "_Ledger":
    wanted = {
        (target.plan_id, target.kind, target.code) for found in targets.values() for target in found
    }
    if not wanted:
        return _Ledger({}, [], Barriers({}, {}))
    standing = await repository.standing(session, sorted(wanted))
    concerned = sorted({plan for plan, _, _ in wanted})
    held = await states.barriers(session, concerned, {row.measurement_id for row in standing})
    return _Ledger({plan.plan_id: plan.year for plan in plans}, standing, held)


@dataclass(slots=True)
class _Held:
    """A datum: the row it has or will have, what stands about it, how often it has changed."""

    row: StateRow
    said: Statement | None
    version: int


class _Ledger:
    """What stands about the data concerned, while a set of statements goes through."""

    def __init__(
        self,
        years: Mapping[str, int],
        standing: Sequence[StateRow],
        barriers: Barriers,
    ) -> None:
        self._years = years
        self._barriers = barriers
        self._held: dict[Key, _Held] = {}
        self._standing_entry: dict[Key, int] = {}
        self._ids = _batches_of_ids()
        self.entries: list[Entry] = []
        self.new: dict[tuple[str, str], None] = {}
        """Data of which nothing was known, in order: plan and measurement."""
        self.changed_plans: set[str] = set()
        for row in standing:
            key = self._key(row.plan_id, row.subject_kind, row.subject_code, row.year, row.period)
            self._held[key] = _Held(row, _statement(row), row.version)

    def _key(self, plan: str, kind: str, code: str, year: int | None, period: str | None) -> Key:
        """The year of the plan goes without saying, except for measures."""
        own_year = kind != "measure" and year == self._years.get(plan)
        return (plan, kind, code, None if own_year else year, period)

    def barred(
        self, item: MeasurementItem, position: int, targets: Sequence[Target], sender: Sender
    ) -> Issue | None:
        """Why a statement may not change a figure of one of its plans, if it would change one.

        It is then recorded in none of them: it waits for a decision as a whole.
        """
        if self._barriers.none:
            return None
        arriving = _arriving(item, position, sender)
        for target in targets:
            key = self._key(target.plan_id, target.kind, target.code, item.year, item.period)
            held = self._held.get(key)
            if decide(held.said if held else None, arriving) is not Verdict.RECORDED:
                continue
            datum = Datum(
                target.plan_id,
                self._years[target.plan_id],
                item.year,
                item.period,
                held.row.measurement_id if held else None,
                held.version if held else 0,
            )
            fault = self._barriers.fault(datum, "")
            if fault is not None:
                return fault
        return None

    def enter(
        self, item: MeasurementItem, position: int, target: Target, sender: Sender
    ) -> Verdict:
        """Lets one statement arrive at one element of a plan."""
        key = self._key(target.plan_id, target.kind, target.code, item.year, item.period)
        arriving = _arriving(item, position, sender)
        held = self._held.get(key)
        verdict = decide(held.said if held else None, arriving)
        if verdict is Verdict.REPEATED:
            return verdict
        if held is None:
            held = self._held[key] = _Held(self._new_row(key), None, 0)
        if verdict is Verdict.RECORDED:
            held.version += 1
            self.changed_plans.add(target.plan_id)
        self._write(key, held, arriving, verdict)
        return verdict

    def _new_row(self, key: Key) -> StateRow:
        """A datum of which nothing was known; :meth:`place` tells where it goes."""
        plan, kind, code, year, period = key
        measurement_id = new_id()
        self.new[plan, measurement_id] = None
        return StateRow(
            plan, measurement_id, 0, kind, code, year, period,
            None, None, None, None, None, 0, "", None, None, None, None,
        )  # fmt: skip

    def place(self, last: Mapping[str, int]) -> None:
        """Puts new data at the end of their plans, of which ``last`` tells the last place."""
        following = dict(last)
        places: dict[str, int] = {}
        for plan, measurement_id in self.new:
            following[plan] = places[measurement_id] = following.get(plan, -1) + 1
        self.entries = [
            entry._replace(position=places.get(entry.measurement_id, entry.position))
            for entry in self.entries
        ]

    def _write(self, key: Key, held: _Held, said: Statement, verdict: Verdict) -> None:
        stands = verdict is not Verdict.SUPERSEDED
        if stands:
            before = self._standing_entry.get(key)
            if before is not None:
                # Said earlier in the same message: of two states only the last is written.
                self.entries[before] = self.entries[before]._replace(stands=False)
            self._standing_entry[key] = len(self.entries)
            held.said = said
        row, content, origin = held.row, said.content, said.origin
        self.entries.append(
            Entry(
                row.plan_id,
                row.measurement_id,
                next(self._ids),
                row.position,
                row.subject_kind,
                row.subject_code,
                row.year,
                row.period,
                content.value,
                content.status,
                content.result,
                content.value_text,
                content.note,
                held.version if stands else None,
                origin.version,
                origin.position,
                stands,
                remembered=verdict is not Verdict.CONFIRMED,
            )
        )


def _batches_of_ids() -> Iterator[str]:
    """Ids in order, made by the hundred."""
    while True:
        yield from new_ids(100)


def _arriving(item: MeasurementItem, position: int, sender: Sender) -> Statement:
    content = Content(
        item.value, item.status or "measured", item.result, item.value_text, item.note
    )
    origin = Origin(sender.source, sender.at, item.source_version, sender.message_id, position)
    return Statement(content, origin)


def _statement(row: StateRow) -> Statement:
    return Statement(
        Content(row.value, row.status, row.result, row.value_text, row.note),
        Origin(
            row.source,
            row.source_at,
            row.source_version,
            row.source_message or "",
            row.source_position or 0,
        ),
    )


async def _revise(session: WriteSession, plans: Sequence[str]) -> dict[int, int]:
    """Raises the revision of the plans that changed and says so."""
    revisions = {row.year: row.revision for row in await repository.revise(session, plans)}
    for year, revision in sorted(revisions.items()):
        payload = {"year": year, "revision": revision, "cause": "measurements"}
        await emit(session, "results.changed", f"plan/{year}", payload)
    return revisions


def _outcome(
    verdicts: Mapping[int, Sequence[Verdict]],
    faults: Mapping[int, Issue],
    revisions: Mapping[int, int],
) -> Outcome:
    applied = sum(Verdict.RECORDED in found for found in verdicts.values())
    superseded = sum(
        Verdict.SUPERSEDED in found and Verdict.RECORDED not in found for found in verdicts.values()
    )
    return Outcome(applied, len(verdicts) - applied, superseded, faults, revisions)
