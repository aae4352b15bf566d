"""What stands about some data while a set of statements goes through, all in memory.

The rules are :mod:`shared.domain.arrivals` and :mod:`shared.domain.source_versions`; the rows
are held by the transaction, and what is to be written comes out as entries.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from services.api.arrivals.repository import Entry, Key, Seen, StateRow
from services.api.arrivals.resolution import Target
from services.api.boundaries.noted import Changed, Datum
from services.api.ids import new_id, new_ids
from services.api.states import service as states
from services.api.states.service import Barriers
from shared.contracts.issues import Issue
from shared.contracts.webhook_events import MeasurementItem
from shared.domain.arrivals import WITHDRAWN, Content, Origin, Stage, Statement, Verdict, decide
from shared.domain.source_versions import with_version

_STAGES: Mapping[str | None, Stage] = {
    "validated": Stage.VALIDATED,
    "withdrawn": Stage.WITHDRAWN,
}
"""Stage of a statement, by what it says; anything else is recorded."""

_STAGE_TEXTS = {Stage.VALIDATED: "validated", Stage.WITHDRAWN: "withdrawn"}


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


@dataclass(slots=True)
class _Held:
    """A datum: the row it has or will have, what stands about it, how often it has changed.

    ``seen`` has the versions that the sender has sent about it, as text; ``before`` is what
    stood when the statements came, if anything.
    """

    row: StateRow
    said: Statement | None
    version: int
    seen: str
    before: Content | None = None


def key_of(years: Mapping[str, int], target: Target, year: int | None, period: str | None) -> Key:
    """A datum of a plan; ``years`` has the years of plans.

    The year of the plan goes without saying, except for measures.
    """
    own_year = target.kind != "measure" and year == years.get(target.plan_id)
    return (target.plan_id, target.kind, target.code, None if own_year else year, period)


class Ledger:
    """What stands about the data concerned, while a set of statements goes through."""

    def __init__(
        self,
        years: Mapping[str, int],
        standing: Sequence[StateRow],
        barriers: Barriers,
        sender: Sender,
        *,
        trusted: bool = False,
    ) -> None:
        """Take what was read; ``trusted``: the sender's validations are the chamber's own."""
        self._years = years
        self._trusted = trusted
        self._barriers = barriers
        self._sender = sender
        self._held: dict[Key, _Held] = {}
        self._standing_entry: dict[Key, int] = {}
        self._ids = _batches_of_ids()
        self._noted: dict[Key, None] = {}
        self._validated: dict[Key, None] = {}
        self.entries: list[Entry] = []
        self.new: dict[tuple[str, str], None] = {}
        """Data of which nothing was known, in order: plan and measurement."""
        self.changed_plans: set[str] = set()
        for row in standing:
            target = Target(row.plan_id, row.subject_kind, row.subject_code)
            key = key_of(years, target, row.year, row.period)
            seen = row.versions_seen if row.versions_by == sender.integration else None
            said = _statement(row)
            before = said.content if row.version else None
            self._held[key] = _Held(row, said, row.version, seen or "", before)

    def barred(
        self, item: MeasurementItem, position: int, targets: Sequence[Target]
    ) -> Issue | None:
        """Why a statement may not change a datum of one of its plans, if it would change one.

        It is then recorded in none of them: it waits for a decision as a whole.
        """
        if self._barriers.none:
            return None
        arriving = self._arriving(item, position)
        for target in targets:
            key = key_of(self._years, target, item.year, item.period)
            held = self._held.get(key)
            verdict = decide(held.said if held else None, arriving)
            if verdict is not Verdict.RECORDED and not self._moves(held, arriving, verdict):
                continue
            datum = states.Datum(
                target.plan_id,
                self._years[target.plan_id],
                item.year,
                item.period,
                held.row.measurement_id if held else None,
                held.version if held else 0,
            )
            fault = self._barriers.fault(datum, "", own=self._own_validation(held))
            if fault is not None:
                return fault
        return None

    def _moves(self, held: _Held | None, arriving: Statement, verdict: Verdict) -> bool:
        """Whether a statement that brings no other figure is a step on the datum's way."""
        return (
            verdict is Verdict.CONFIRMED
            and arriving.origin.stage is Stage.VALIDATED
            and self._trusted
            and held is not None
            and not self._barriers.is_validated(held.row.measurement_id, held.version)
        )

    def _own_validation(self, held: _Held | None) -> bool:
        """Whether the sender itself has validated what stands: then it may also correct it."""
        return (
            held is not None
            and held.said is not None
            and held.said.origin.stage is Stage.VALIDATED
            and held.said.origin.source == self._sender.source
        )

    def enter(self, item: MeasurementItem, position: int, target: Target) -> Verdict:
        """Lets one statement arrive at one element of a plan."""
        key = key_of(self._years, target, item.year, item.period)
        arriving = self._arriving(item, position)
        held = self._held.get(key)
        verdict = decide(held.said if held else None, arriving)
        if held is None:
            held = self._held[key] = _Held(self._new_row(key), None, 0, "")
        late = self._note(key, held, arriving.origin.version)
        if verdict is Verdict.REPEATED and not late:
            return verdict
        # From here on: what stands, or an older version that belongs to the history.
        if verdict is Verdict.RECORDED:
            held.version += 1
            self.changed_plans.add(target.plan_id)
        if self._trusted and arriving.origin.stage is Stage.VALIDATED:
            self._validated[key] = None
        self._write(key, held, arriving, verdict)
        return Verdict.SUPERSEDED if verdict is Verdict.REPEATED else verdict

    def _note(self, key: Key, held: _Held, version: int | None) -> bool:
        """Remembers that a version has come; whether it is one that had not come before."""
        if version is None:
            return False
        seen = with_version(held.seen, version)
        if seen == held.seen:
            return False
        held.seen = seen
        self._noted[key] = None
        return True

    def _new_row(self, key: Key) -> StateRow:
        """A datum of which nothing was known; :meth:`place` tells where it goes."""
        plan, kind, code, year, period = key
        measurement_id = new_id()
        self.new[plan, measurement_id] = None
        return StateRow(
            plan, measurement_id, 0, kind, code, year, period,
            None, None, None, None, None, 0, "", None, None, None, None, None, None, None,
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

    def settle_versions(self) -> list[Seen]:
        """Puts the versions seen into the entries that stand; answers those of other data."""
        others: list[Seen] = []
        for key in self._noted:
            held, at = self._held[key], self._standing_entry.get(key)
            if at is None:
                others.append(Seen(held.row.plan_id, held.row.measurement_id, held.seen))
            else:
                self.entries[at] = self.entries[at]._replace(versions_seen=held.seen)
        return others

    def validated(self) -> dict[str, list[tuple[StateRow, int]]]:
        """Data whose standing value a trusted sender has validated, with its version, by plan."""
        found: dict[str, list[tuple[StateRow, int]]] = {}
        for key in self._validated:
            held = self._held[key]
            if self._own_validation(held):
                found.setdefault(held.row.plan_id, []).append((held.row, held.version))
        return found

    def changes(self) -> dict[str, list[Changed]]:
        """What stood before and stands now, of the data whose content has changed, by plan."""
        found: dict[str, list[Changed]] = {}
        for key in self._standing_entry:
            plan, kind, code, year, period = key
            held = self._held[key]
            if held.said is not None and held.before != held.said.content:
                changed = Changed(Datum(kind, code, year, period), held.before, held.said.content)
                found.setdefault(plan, []).append(changed)
        return found

    def year_of(self, plan: str) -> int:
        """The year of one of the plans."""
        return self._years[plan]

    def _write(self, key: Key, held: _Held, said: Statement, verdict: Verdict) -> None:
        stands = verdict is Verdict.RECORDED or verdict is Verdict.CONFIRMED
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
                verdict is not Verdict.CONFIRMED,
                _STAGE_TEXTS.get(origin.stage),
            )
        )

    def _arriving(self, item: MeasurementItem, position: int) -> Statement:
        sender = self._sender
        stage = Stage.RECORDED if item.event is None else _STAGES.get(item.event, Stage.RECORDED)
        status = WITHDRAWN if stage is Stage.WITHDRAWN else item.status or "measured"
        return Statement(
            Content(item.value, status, item.result, item.value_text, item.note),
            Origin(
                sender.source, sender.at, item.source_version, sender.message_id, position, stage
            ),
        )


def _batches_of_ids() -> Iterator[str]:
    """Ids in order, made by the hundred."""
    while True:
        yield from new_ids(100)


def _statement(row: StateRow) -> Statement:
    return Statement(
        row.content,
        Origin(
            row.source,
            row.source_at,
            row.source_version,
            row.source_message or "",
            row.source_position or 0,
            _STAGES.get(row.source_stage, Stage.RECORDED),
        ),
    )
