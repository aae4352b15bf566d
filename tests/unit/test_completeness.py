from dataclasses import replace
from datetime import date
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import Frequency, codes_with
from shared.domain.completeness import (
    Duty,
    Entry,
    Requirement,
    answerable,
    duties,
    lacks,
    owners_of,
    timeliness,
)
from shared.domain.measurement_states import State
from shared.domain.periods import Aggregation
from shared.domain.plan import (
    Derivation,
    Indicator,
    Kind,
    Measure,
    Measurement,
    Objective,
    Plan,
    Subject,
)
from shared.domain.policy import Policy
from shared.domain.values import Status, ValueType

NUMBER = ValueType.NUMBER


def indicator(code: str, formula: str | None = None, **more: object) -> Indicator:
    return Indicator(code, "A1", code, NUMBER, formula=formula, **more)  # type: ignore[arg-type]


PLAN = Plan(
    "PI",
    2020,
    Policy(),
    objectives=(
        Objective("A", Kind.PERSPECTIVE, None, "Imprese"),
        Objective("A1", Kind.STRATEGIC_OBJECTIVE, "A", "Uno"),
    ),
    measures=(
        Measure("visits", "Visite", aggregation=Aggregation.SUM),
        Measure("staff", "Personale"),
        Measure("old", "Solo anni prima", aggregation=Aggregation.SUM),
        Measure("unused", "Non letta", aggregation=Aggregation.SUM),
    ),
    indicators=(
        indicator("I1", "[visits] / [staff]"),
        indicator("I2", "[visits] / [old]@-1"),
        indicator("I3"),
        indicator("I4", derived_from=Derivation("A1")),
    ),
)
OWNERS = owners_of(PLAN, {"I1": "Registro imprese"}, {"A": ["Promozione", "Studi"]})


def entry(
    subject: Subject,
    code: str,
    period: str | None = None,
    state: State = State.RECORDED,
    on: date | None = None,
    year: int = 2020,
) -> Entry:
    return Entry(Measurement(subject, code, year, period, value="1"), state, on)


def names(found: tuple[Duty, ...]) -> list[tuple[str, str | None, str]]:
    return [(duty.code, duty.period, duty.due_with) for duty in found]


def test_what_is_due_before_anything_was_entered() -> None:
    found = duties(PLAN, (), Frequency.QUADRIMESTRE, OWNERS)
    assert names(found) == [
        ("visits", "Q1", "Q1"),
        ("visits", "Q2", "Q2"),
        ("visits", "Q3", "Q3"),
        ("staff", None, "Y"),
        ("I3", None, "Y"),
    ]


def test_who_owes_it() -> None:
    found = {duty.code: duty.owners for duty in duties(PLAN, (), Frequency.YEAR, OWNERS)}
    assert found["staff"] == ("Registro imprese",)  # the source office of I1
    assert found["I3"] == ("Promozione", "Studi")  # units of the perspective above A1
    assert found["visits"] == ("Registro imprese", "Promozione", "Studi")


def test_data_keep_the_periods_they_are_entered_in() -> None:
    months = [entry(Subject.MEASURE, "staff", "M01"), entry(Subject.MEASURE, "visits", None)]
    found = names(duties(PLAN, months, Frequency.QUADRIMESTRE, OWNERS))
    assert ("visits", None, "Y") in found
    assert ("staff", "M04", "Q1") in found
    assert ("staff", "M05", "Q2") in found
    assert len([name for name in found if name[0] == "staff"]) == 12


def test_measures_of_an_indicator_that_was_given_are_not_due() -> None:
    suspended = Entry(Measurement(Subject.INDICATOR, "I1", 2020, status=Status.SUSPENDED))
    found = names(duties(PLAN, [suspended], Frequency.QUADRIMESTRE, OWNERS))
    assert ("I1", None, "Y") in found
    assert not [name for name in found if name[0] == "staff"]
    assert [name for name in found if name[0] == "visits"]  # I2 reads it still
    due = duties(PLAN, [suspended], Frequency.QUADRIMESTRE, OWNERS)
    lacking = lacks(due, [suspended], 2020, Requirement.ENTERED)
    assert "I1" not in {lack.duty.code for lack in lacking}


def test_what_is_lacking() -> None:
    given_entries = [
        entry(Subject.MEASURE, "visits", "Q1", State.VALIDATED),
        entry(Subject.MEASURE, "visits", "Q2", State.SUBMITTED),
        entry(Subject.MEASURE, "staff", None, State.REJECTED),
        entry(Subject.MEASURE, "staff", None, State.VALIDATED, year=2019),
    ]
    due = duties(PLAN, given_entries, Frequency.QUADRIMESTRE, OWNERS)
    strict = lacks(due, given_entries, 2020, Requirement.VALIDATED)
    assert [(lack.duty.code, lack.duty.period, lack.reason) for lack in strict] == [
        ("visits", "Q2", "submitted"),
        ("visits", "Q3", "missing"),
        ("staff", None, "rejected"),
        ("I3", None, "missing"),
    ]
    lenient = lacks(due, given_entries, 2020, Requirement.ENTERED)
    assert ("visits", "Q2") not in {(lack.duty.code, lack.duty.period) for lack in lenient}
    assert len(lenient) == 3


def test_timeliness() -> None:
    given_entries = [
        entry(Subject.MEASURE, "visits", "Q1", on=date(2020, 5, 15)),  # on the last day
        entry(Subject.MEASURE, "visits", "Q2", on=date(2020, 9, 16)),  # a day late
        entry(Subject.MEASURE, "staff", None, on=date(2021, 1, 4)),
    ]
    deadlines = {
        "Q1": date(2020, 5, 15),
        "Q2": date(2020, 9, 15),
        "Q3": date(2021, 1, 15),
        "Y": date(2021, 1, 15),
    }
    due = duties(PLAN, given_entries, Frequency.QUADRIMESTRE, OWNERS)
    found = timeliness(due, given_entries, 2020, deadlines)
    assert (found.due, found.entered, found.in_time) == (5, 3, 2)
    assert found.share == 40
    assert timeliness((), (), 2020, deadlines).share is None


PERIODS = [None, *(code for letter in "QSTM" for code in codes_with(letter))]
ENTRIES = st.lists(
    st.builds(
        entry,
        st.just(Subject.MEASURE),
        st.sampled_from(["visits", "staff", "old", "unused"]),
        st.sampled_from(PERIODS),
        st.sampled_from(State),
    ),
    max_size=20,
)


@given(ENTRIES, st.sampled_from(Frequency))
def test_nothing_is_due_twice_and_lacks_are_duties(
    entries: list[Entry], frequency: Frequency
) -> None:
    due = duties(PLAN, entries, frequency, OWNERS)
    keys = [(duty.subject, duty.code, duty.period) for duty in due]
    assert len(set(keys)) == len(keys)
    assert {"I3", "visits", "staff"} == {duty.code for duty in due}
    entered = lacks(due, entries, 2020, Requirement.ENTERED)
    validated = lacks(due, entries, 2020, Requirement.VALIDATED)
    assert {lack.duty for lack in entered} <= {lack.duty for lack in validated} <= set(due)


@given(ENTRIES, st.sampled_from(Frequency))
def test_what_fulfils_everything_leaves_nothing_lacking(
    entries: list[Entry], frequency: Frequency
) -> None:
    due = duties(PLAN, entries, frequency, OWNERS)
    done = [
        Entry(Measurement(d.subject, d.code, 2020, d.period, value="1"), State.VALIDATED)
        for d in due
    ]
    again = duties(PLAN, done, frequency, OWNERS)
    assert lacks(again, done, 2020, Requirement.VALIDATED) == ()
    deadlines = dict.fromkeys({d.due_with for d in due}, date(2021, 1, 15))
    assert timeliness(due, done, 2020, deadlines).share == Fraction(0)


def test_an_objective_without_anything_below_owes_its_assessment() -> None:
    plan = replace(
        PLAN,
        objectives=(
            *PLAN.objectives,
            Objective("A2", Kind.STRATEGIC_OBJECTIVE, "A", "Solo valutato"),
            Objective("MAP", Kind.STRATEGIC_AREA, None, "Area", members=("A1",)),
            Objective("U", Kind.UNIT, None, "Ufficio senza nulla"),
        ),
    )
    assessors = {
        code: units
        for (subject, code), units in answerable(plan, {}, {"A": ["Promozione"]}).items()
        if subject is Subject.OBJECTIVE
    }
    (due,) = [
        duty
        for duty in duties(plan, (), Frequency.QUADRIMESTRE, OWNERS, assessors)
        if duty.subject is Subject.OBJECTIVE
    ]
    assert (due.code, due.period, due.due_with, due.owners) == ("A2", None, "Y", ("Promozione",))
    given = Entry(Measurement(Subject.OBJECTIVE, "A2", 2020, result=Fraction(100)))
    assert lacks([due], [given], 2020, Requirement.ENTERED) == ()
    (lack,) = lacks([due], [], 2020, Requirement.ENTERED)
    assert lack.reason == "missing"
