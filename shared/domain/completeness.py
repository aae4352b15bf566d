"""What is due of a plan's data in each period, what is lacking, and who owes it.

What is due:

- an indicator without a formula: its value, once for the year;
- a measure that a formula reads for the plan's own year. Where the year's value was given,
  that one; where values of periods were given, every period of that length; where nothing
  was given yet, every period of the chamber's frequency if the measure says how periods make
  its year (``aggregation``), else the year's value;
- an objective with nothing below it to compute a result from, headings aside: the result
  that somebody assesses, once for the year;
- nothing for derived rows, for values of earlier years, nor for measures read only by
  indicators to which a value or a status (suspended, struck, ND) was given directly.

A datum is due with the period in which its own ends (:func:`shared.domain.calendar.due_with`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

from shared.domain.calendar import Frequency, codes_with, due_with, period_length
from shared.domain.measurement_states import State
from shared.domain.plan import HEADINGS, Indicator, Measure, Measurement, Objective, Plan, Subject
from shared.domain.values import Status

MISSING = "missing"
"""Reason of a lack: nothing was entered. Any other reason is the state of what was."""


class Requirement(StrEnum):
    """What a chamber asks of a datum before its period may be closed."""

    ENTERED = "entered"
    VALIDATED = "validated"


_ENOUGH = {
    Requirement.ENTERED: frozenset({State.RECORDED, State.SUBMITTED, State.VALIDATED}),
    Requirement.VALIDATED: frozenset({State.VALIDATED}),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A measurement that stands, where it is on its way, and the day it was first entered."""

    measurement: Measurement
    state: State = State.RECORDED
    entered_on: date | None = None

    @property
    def settles(self) -> bool:
        """Whether it says something about its subject: a value, a result or a status."""
        given = self.measurement
        return (
            given.value is not None
            or given.result is not None
            or given.status is not Status.MEASURED
        )


@dataclass(frozen=True, slots=True)
class Duty:
    """A datum that is due: ``period`` is its own, ``due_with`` the one it is collected in."""

    subject: Subject
    code: str
    title: str
    period: str | None
    due_with: str
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lack:
    """A duty not fulfilled, and why: ``missing``, or the state of what was entered."""

    duty: Duty
    reason: str


@dataclass(frozen=True, slots=True)
class Timeliness:
    """How many data were due, entered at all, and entered by their deadline."""

    due: int
    entered: int
    in_time: int

    @property
    def share(self) -> Fraction | None:
        """Entered in time over due, in points; none when nothing was due."""
        return Fraction(100 * self.in_time, self.due) if self.due else None


def owners_of(
    plan: Plan, offices: Mapping[str, str], units: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """Who owes the data of each indicator.

    Its source office; without one the units of its objective, or of the nearest objective
    above that names some.

    Args:
        plan: the tree.
        offices: source office by code of indicator, where there is one.
        units: units by code of objective, where there are some.
    """
    above = _Climber(plan, units)
    return {
        row.code: (offices[row.code],) if offices.get(row.code) else above.nearest(row.objective)
        for row in plan.indicators
    }


class _Climber:
    """Finds the units that answer for an objective: its own, else those above it."""

    def __init__(self, plan: Plan, units: Mapping[str, Sequence[str]]) -> None:
        self._parents = {objective.code: objective.parent for objective in plan.objectives}
        self._units = units

    def nearest(self, code: str | None) -> tuple[str, ...]:
        while code is not None:
            if self._units.get(code):
                return tuple(self._units[code])
            code = self._parents.get(code)
        return ()


def answerable(
    plan: Plan, offices: Mapping[str, str], units: Mapping[str, Sequence[str]]
) -> dict[tuple[Subject, str], tuple[str, ...]]:
    """Who answers for each objective and indicator. Arguments as of :func:`owners_of`.

    An objective's units, or those of the nearest objective above that names some; where
    nobody above does, whoever owes the data of its own indicators.
    """
    owners = owners_of(plan, offices, units)
    own: dict[str, dict[str, None]] = defaultdict(dict)
    for row in plan.indicators:
        own[row.objective] |= dict.fromkeys(owners[row.code])
    above = _Climber(plan, units)
    return {(Subject.INDICATOR, code): names for code, names in owners.items()} | {
        (Subject.OBJECTIVE, o.code): above.nearest(o.code) or tuple(own[o.code])
        for o in plan.objectives
    }


def duties(
    plan: Plan,
    entries: Iterable[Entry],
    frequency: Frequency,
    owners: Mapping[str, tuple[str, ...]],
    assessors: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> tuple[Duty, ...]:
    """Everything that is due in the plan's year: measures, indicators, assessed objectives.

    Args:
        plan: the tree.
        entries: what stands.
        frequency: how often the chamber collects.
        owners: who owes the data of each indicator.
        assessors: who owes the result of each objective that is assessed.
    """
    own = [entry for entry in entries if entry.measurement.year == plan.year and entry.settles]
    given = {e.measurement.code for e in own if e.measurement.subject is Subject.INDICATOR}
    periods: dict[str, set[str | None]] = defaultdict(set)
    for entry in own:
        if entry.measurement.subject is Subject.MEASURE:
            periods[entry.measurement.code].add(entry.measurement.period)
    direct: list[Indicator] = []
    readers: dict[str, list[Indicator]] = defaultdict(list)
    for row in plan.indicators:
        formula = row.parsed_formula
        if row.derived_from is not None:
            continue
        if formula is None or row.code in given:
            direct.append(row)
            continue
        for ref in formula.measures:
            if ref.offset == 0:
                readers[ref.code].append(row)
    found = [
        _duty(Subject.MEASURE, measure, period, frequency, _joined(readers[measure.code], owners))
        for measure in plan.measures
        if measure.code in readers and not measure.fed_by_system
        for period in _periods_due(measure, periods[measure.code], frequency)
    ]
    found += [
        _duty(Subject.INDICATOR, row, None, frequency, owners.get(row.code, ())) for row in direct
    ]
    found += [
        _duty(Subject.OBJECTIVE, node, None, frequency, assessors.get(node.code, ()))
        for node in _assessed(plan)
    ]
    return tuple(found)


def _assessed(plan: Plan) -> list[Objective]:
    """Objectives whose result nothing below them gives: it has to be assessed."""
    supported = {row.objective for row in plan.indicators}
    supported |= {node.parent for node in plan.objectives if node.parent is not None}
    return [
        node
        for node in plan.objectives
        if node.code not in supported and not node.members and node.kind not in HEADINGS
    ]


def lacks(
    due: Iterable[Duty], entries: Iterable[Entry], year: int, requirement: Requirement
) -> tuple[Lack, ...]:
    """Which duties are not fulfilled as the chamber requires."""
    states = {key: entry.state for key, entry in _standing(entries, year).items()}
    found: list[Lack] = []
    for duty in due:
        state = states.get((duty.subject, duty.code, duty.period))
        if state is None:
            found.append(Lack(duty, MISSING))
        elif state not in _ENOUGH[requirement]:
            found.append(Lack(duty, state.value))
    return tuple(found)


def timeliness(
    due: Iterable[Duty], entries: Iterable[Entry], year: int, deadlines: Mapping[str, date]
) -> Timeliness:
    """Entered in time over due; ``deadlines`` by the period that data are due with."""
    standing = _standing(entries, year)
    total = entered = in_time = 0
    for duty in due:
        total += 1
        entry = standing.get((duty.subject, duty.code, duty.period))
        if entry is None:
            continue
        entered += 1
        on = entry.entered_on
        in_time += on is not None and on <= deadlines[duty.due_with]
    return Timeliness(total, entered, in_time)


def _standing(entries: Iterable[Entry], year: int) -> dict[tuple[Subject, str, str | None], Entry]:
    return {
        (e.measurement.subject, e.measurement.code, e.measurement.period): e
        for e in entries
        if e.measurement.year == year and e.settles
    }


def _duty(
    subject: Subject,
    row: Measure | Indicator | Objective,
    period: str | None,
    frequency: Frequency,
    owners: tuple[str, ...],
) -> Duty:
    return Duty(subject, row.code, row.title, period, due_with(period, frequency), owners)


def _joined(rows: Iterable[Indicator], owners: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Everybody who owes one of these indicators, each once, in order."""
    return tuple(dict.fromkeys(name for row in rows for name in owners.get(row.code, ())))


def _periods_due(
    measure: Measure, given: set[str | None], frequency: Frequency
) -> Sequence[str | None]:
    if None in given:
        return (None,)
    letters = {period[0] for period in given if period is not None}
    if letters:
        finest = min(letters, key=period_length)
        return codes_with(frequency.letter if frequency.letter in letters else finest)
    if measure.aggregation is None or frequency is Frequency.YEAR:
        return (None,)
    return frequency.codes
