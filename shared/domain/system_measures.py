"""Measures that the system feeds: how punctual an office is, as data like any other.

A measure that says ``external_ids: {"ciclo": "timely_entries"}`` is fed by Ciclo. When a period
is closed, the counts of what was due with it are recorded as ordinary measurements of the
period, and at the closing of the year as those of the year. From then on they are what every
measurement is: in the history, in the export, in formulas. Scoring reads them and counts
nothing, so a plan gives the same results wherever it is read.

The counts are made of what cannot change: when a datum was entered first (the history only
grows) and the deadline of its period. Closing a period again gives the same counts again,
unless data were added or the chamber has moved its deadlines meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.calendar import YEAR
from shared.domain.completeness import Timeliness
from shared.domain.plan import SYSTEM, Plan


class SystemDatum(StrEnum):
    """What a measure fed by the system counts."""

    DUE_ENTRIES = "due_entries"
    """Data that were due with a period."""
    TIMELY_ENTRIES = "timely_entries"
    """Those of them that were entered first by the deadline of the period."""


@dataclass(frozen=True, slots=True)
class Fed:
    """A value for a measure: of a period, or of the year (``None``)."""

    code: str
    period: str | None
    value: int
    due: int
    in_time: int


def fed_values(plan: Plan, closing: str, figures: Mapping[str, Timeliness]) -> tuple[Fed, ...]:
    """What the measures of a plan that the system feeds get when a period is closed.

    The year has everything that was due with any of its periods: its value stands before
    those of the periods, which are sums of less.

    Args:
        plan: the plan with its measures.
        closing: the period being closed, ``Y`` for the year.
        figures: how much was due and in time, by the period that data are due with.
    """
    counted = list(figures.values()) if closing == YEAR else [figures[closing]]
    due, in_time = sum(f.due for f in counted), sum(f.in_time for f in counted)
    values = {SystemDatum.DUE_ENTRIES: due, SystemDatum.TIMELY_ENTRIES: in_time}
    period = None if closing == YEAR else closing
    return tuple(
        Fed(measure.code, period, values[SystemDatum(measure.external_ids[SYSTEM])], due, in_time)
        for measure in plan.measures
        if measure.fed_by_system
    )
