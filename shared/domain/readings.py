"""What a chamber's plan says of the entries of a catalogue.

An indicator of a plan names its entry (``catalogue``). A measure of the plan stands for one
of the catalogue when it bears its code as external id of that catalogue
(``external_ids: {"pareto": "694"}``), or else is called by that very code.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from shared.domain.catalogue import Reference
from shared.domain.consolidation import ChamberReadings, Readings, SharedEntry
from shared.domain.formula import MeasureRef
from shared.domain.plan import (
    Indicator,
    Measure,
    Measurement,
    Plan,
    Subject,
    default_aggregation,
    measure_value_types,
)
from shared.domain.values import NoValue, Status, Value, parse_value

NO_PLAN = "no_plan"
NOT_ADOPTED = "not_adopted"


def absent(chamber: str) -> ChamberReadings:
    """A chamber without a plan of the year."""
    return ChamberReadings(chamber, absence=NO_PLAN)


def chamber_readings(
    plan: Plan, entries: Iterable[SharedEntry]
) -> dict[Reference, ChamberReadings]:
    """What the plan's chamber recorded of each entry, for :func:`consolidate`.

    Of the plan only measures, indicators and measurements are looked at.
    """
    reader = _Reader(plan)
    return {entry.ref: reader.readings(entry) for entry in entries}


class _Reader:
    """Indexes of one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.adopted: dict[str, Indicator] = {}
        for indicator in plan.indicators:
            if indicator.catalogue is not None:
                self.adopted.setdefault(indicator.catalogue, indicator)
        self.named: dict[Reference, list[Measure]] = defaultdict(list)
        self.by_code = {measure.code: measure for measure in plan.measures}
        for measure in plan.measures:
            for source, code in measure.external_ids.items():
                self.named[Reference(source, code)].append(measure)
        self.types = measure_value_types(plan)
        self.recorded: Mapping[tuple[Subject, str, int], list[Measurement]] = _by_subject(plan)

    def readings(self, entry: SharedEntry) -> ChamberReadings:
        """The values of one entry, or why there are none."""
        chamber = self.plan.chamber
        indicator = self.adopted.get(str(entry.ref))
        if indicator is None:
            return ChamberReadings(chamber, absence=NOT_ADOPTED)
        declared = self._declared(indicator)
        if declared in {Status.SUSPENDED, Status.STRUCK, Status.MISSING}:
            return ChamberReadings(chamber, absence=declared)
        values = {ref: self._measure(entry, ref) for ref in entry.reads}
        lacking = any(isinstance(value, NoValue) for value in values.values())
        if declared is Status.MEASURED and lacking:
            return ChamberReadings(chamber, absence="value_without_measures")
        return ChamberReadings(chamber, values)

    def _declared(self, indicator: Indicator) -> Status | None:
        """What was recorded of the indicator itself, instead of its measures."""
        given = self.recorded.get((Subject.INDICATOR, indicator.code, self.plan.year))
        return given[-1].status if given else None

    def _measure(self, entry: SharedEntry, ref: MeasureRef) -> Readings | NoValue:
        wanted = Reference.parse(ref.code)
        named = self.named.get(wanted, [])
        if len(named) > 1:
            return NoValue("ambiguous_measure", ref.code)
        measure = named[0] if named else self.by_code.get(wanted.code)
        if measure is None:
            return NoValue("unknown_measure", ref.code)
        values = self._values(measure, ref)
        own = measure.aggregation or default_aggregation(self.types[measure.code])
        if isinstance(values, NoValue) or None in values:
            return values
        if own is not entry.rules[ref.code].aggregation:
            # Its year is made otherwise than the catalogue's: two different figures.
            return NoValue("other_aggregation", ref.code)
        return values

    def _values(self, measure: Measure, ref: MeasureRef) -> Readings | NoValue:
        """Values by period; a period without one leaves the year without, as in scoring."""
        year = self.plan.year + ref.offset
        values: dict[str | None, Value] = {}
        for recording in self.recorded.get((Subject.MEASURE, measure.code, year), ()):
            if recording.status is not Status.MEASURED or recording.value is None:
                if None in values:
                    continue
                status = recording.status
                return NoValue(Status.MISSING if status is Status.MEASURED else status, ref.code)
            try:
                value = parse_value(self.types[measure.code], recording.value)
            except ValueError:
                # A date or SI/NO, told by an indicator that was not read: never a number.
                return NoValue("not_a_number", ref.code)
            values[recording.period] = value
        return values or NoValue(Status.MISSING, ref.code)


def _by_subject(plan: Plan) -> dict[tuple[Subject, str, int], list[Measurement]]:
    """Recordings of each datum, the one of the year first, then period by period."""
    found: dict[tuple[Subject, str, int], list[Measurement]] = defaultdict(list)
    for recording in plan.measurements:
        found[recording.subject, recording.code, recording.year].append(recording)
    for given in found.values():
        given.sort(key=lambda recording: recording.period or "")
    return found
