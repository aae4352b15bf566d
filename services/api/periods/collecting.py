"""How far the collection of a plan's data is, period by period. Pure: stored rows in."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from services.api.measurements.service import offices
from services.api.periods.working_days import holidays_of, italian_day
from services.api.plans.rows import MEASUREMENTS, MEASURES
from services.api.plans.service import StoredPlan
from shared.domain.calendar import YEAR, Span, collected, deadline, span
from shared.domain.collection import CollectionRules
from shared.domain.completeness import (
    MISSING,
    Entry,
    Lack,
    Timeliness,
    answerable,
    duties,
    lacks,
    owners_of,
    timeliness,
)
from shared.domain.measurement_states import State
from shared.domain.plan import Subject


@dataclass(frozen=True, slots=True)
class PeriodStanding:
    """A period: its days, what became of it, what is due with it and what is lacking."""

    span: Span
    deadline: date
    history: tuple[sa.Row[Any], ...]
    figures: Timeliness
    lacking: tuple[Lack, ...]
    completions: tuple[sa.Row[Any], ...]
    """What sources say of the whole period: that they have sent all of it."""
    not_sent: Mapping[Lack, tuple[str, ...]]
    """Missing data of a source that says it has sent everything: they will not come by
    themselves. Names of those sources."""

    @property
    def closed(self) -> bool:
        """Whether the last thing that happened to it was a closing."""
        return bool(self.history) and self.history[-1].state == "closed"

    def owed(self) -> dict[str, int]:
        """How much each office owes, the most first."""
        counts = Counter(name for lack in self.lacking for name in lack.duty.owners)
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database holds about the collection of a plan's data."""

    plan: StoredPlan
    states: Mapping[str, str]
    entered: Mapping[str, datetime]
    closures: Sequence[sa.Row[Any]]
    rules: CollectionRules
    completions: Sequence[sa.Row[Any]] = ()


def periods(stored: Stored) -> tuple[PeriodStanding, ...]:
    """Every period of the chamber's frequency, the year, and others closed in the past."""
    plan = stored.plan.to_domain()
    entries = tuple(_entries(stored))
    rules = stored.rules
    named = offices(stored.plan)
    assessors = {
        code: units
        for (subject, code), units in answerable(plan, *named).items()
        if subject is Subject.OBJECTIVE
    }
    due = duties(plan, entries, rules.frequency, owners_of(plan, *named), assessors)
    lacking = lacks(due, entries, plan.year, rules.requirement)
    spans = _spans(plan.year, stored)
    free = holidays_of(range(plan.year, plan.year + 3), rules.local_holidays)
    feeding = _feeding(stored)
    deadlines = {s.code: deadline(s.last, rules.deadline_days, free) for s in spans}
    return tuple(
        PeriodStanding(
            span=s,
            deadline=deadlines[s.code],
            history=tuple(row for row in stored.closures if row.period == s.code),
            figures=timeliness(
                [d for d in due if d.due_with == s.code], entries, plan.year, deadlines
            ),
            lacking=(own := tuple(lack for lack in lacking if lack.duty.due_with == s.code)),
            completions=tuple(row for row in stored.completions if row.period == s.code),
            not_sent=_not_sent(own, stored.completions, feeding),
        )
        for s in spans
    )


def closing_lacks(found: Sequence[PeriodStanding], period: PeriodStanding) -> tuple[Lack, ...]:
    """What keeps a period from being closed; for the year, what every open period lacks."""
    if period.span.code != YEAR:
        return period.lacking
    return tuple(lack for one in found if not one.closed for lack in one.lacking)


def _spans(year: int, stored: Stored) -> tuple[Span, ...]:
    usual = collected(year, stored.rules.frequency)
    codes = {s.code for s in usual}
    former = {row.period for row in stored.closures} - codes
    return (*(span(year, code) for code in sorted(former)), *usual)


def _feeding(stored: Stored) -> dict[str, frozenset[str]]:
    """The integrations that know a measure by a name of their own, by its code."""
    return {
        row["code"]: frozenset(row["external_ids"] or ()) for row in stored.plan.rows[MEASURES.name]
    }


def _not_sent(
    lacking: Sequence[Lack],
    completions: Sequence[sa.Row[Any]],
    feeding: Mapping[str, frozenset[str]],
) -> dict[Lack, tuple[str, ...]]:
    found: dict[Lack, tuple[str, ...]] = {}
    for lack in lacking:
        if lack.reason != MISSING or lack.duty.subject is not Subject.MEASURE:
            continue
        sources = feeding.get(lack.duty.code, frozenset())
        names = sorted(
            row.integration
            for row in completions
            if row.integration in sources and row.period in {lack.duty.period or YEAR, YEAR}
        )
        if names:
            found[lack] = tuple(dict.fromkeys(names))
    return found


def _entries(stored: Stored) -> list[Entry]:
    plan = stored.plan.to_domain()
    rows = stored.plan.rows[MEASUREMENTS.name]
    found: list[Entry] = []
    for measurement, row in zip(plan.measurements, rows, strict=True):
        name = row["measurement_id"]
        at = stored.entered.get(name)
        state = State(stored.states[name])
        found.append(Entry(measurement, state, None if at is None else italian_day(at)))
    return found
