"""Who owes what, and how much."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.text_debts import (
    Assigned,
    Debt,
    DebtKind,
    OfficeDebts,
    by_office,
    owed_texts,
    waiting_comments,
)

TODAY = date(2021, 5, 3)
KEYS = ("section:1", "section:2", "objective:A1", "objective:A2")

OFFICES = st.lists(st.sampled_from(["Studi", "CED", "Personale"]), unique=True, max_size=3)
DEBTS = st.builds(
    Debt,
    kind=st.sampled_from(DebtKind),
    key=st.sampled_from(KEYS),
    offices=OFFICES.map(tuple),
    overdue=st.booleans(),
    count=st.integers(1, 5),
)


def test_a_text_is_owed_until_it_is_there_and_overdue_when_its_day_is_over() -> None:
    assigned = [
        Assigned("section:1", ("Studi",), TODAY),
        Assigned("section:2", ("Studi", "CED"), TODAY - timedelta(days=1)),
        Assigned("objective:A1", ("CED",)),
        Assigned("objective:A2", ("CED",), TODAY - timedelta(days=1)),
    ]
    owed = owed_texts(assigned, ["objective:A2"], TODAY)
    assert [(debt.key, debt.overdue) for debt in owed] == [
        ("section:1", False),
        ("section:2", True),
        ("objective:A1", False),
    ]
    assert [one.overdue(TODAY) for one in assigned] == [False, True, False, True]


def test_offices_are_counted_under_the_name_they_were_first_given() -> None:
    debts = [
        Debt(DebtKind.TEXT, "section:1", ("Ufficio Studi",), TODAY, overdue=True),
        Debt(DebtKind.EXPLANATION, "objective:A1", ("ufficio  studi", "CED")),
        *waiting_comments({"section:1": 3, "section:9": 1}, {"section:1": ("UFFICIO STUDI",)}),
    ]
    assert by_office(debts) == (
        OfficeDebts("Ufficio Studi", texts=1, explanations=1, comments=3, overdue=1),
        OfficeDebts("CED", explanations=1),
    )


@given(debts=st.lists(DEBTS, max_size=20))
def test_nothing_is_counted_twice_or_lost(debts: list[Debt]) -> None:
    rows = by_office(debts)
    shared = sum(debt.count * len(debt.offices) for debt in debts)
    assert sum(row.total for row in rows) == shared
    assert sum(row.overdue for row in rows) == sum(d.overdue * len(d.offices) for d in debts)
    totals = [row.total for row in rows]
    assert totals == sorted(totals, reverse=True)


@given(
    assigned=st.lists(
        st.builds(
            Assigned,
            key=st.sampled_from(KEYS),
            offices=OFFICES.map(tuple),
            due_on=st.none() | st.dates(date(2021, 4, 1), date(2021, 6, 1)),
        ),
        unique_by=lambda one: one.key,
    ),
    written=st.sets(st.sampled_from(KEYS)),
)
def test_a_text_is_owed_or_written(assigned: list[Assigned], written: set[str]) -> None:
    owed = {debt.key for debt in owed_texts(assigned, written, TODAY)}
    assert owed.isdisjoint(written)
    assert owed | written >= {one.key for one in assigned}
    assert owed <= {one.key for one in assigned}
