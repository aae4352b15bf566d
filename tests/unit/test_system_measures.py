"""Measures that the system feeds: counted once, read by scoring like any other."""

import json
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from shared.contracts.case import write_case
from shared.contracts.case_reading import CaseRefusedError, plan_from_case, read_case
from shared.domain.calendar import YEAR, Frequency
from shared.domain.completeness import Entry, Timeliness, duties, timeliness
from shared.domain.plan import Measurement, Plan, Subject
from shared.domain.scoring import score
from shared.domain.system_measures import fed_values
from tests.unit.plans import case, indicator, objective

COUNTS = [
    {"code": "attesi", "title": "Dati attesi", "external_ids": {"ciclo": "due_entries"}},
    {"code": "entro", "title": "Dati nei termini", "external_ids": {"ciclo": "timely_entries"}},
]


def document(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return case(
        objectives=[objective("P", "perspective")],
        measures=[*COUNTS, {"code": "corsi", "title": "Corsi", "aggregation": "sum"}],
        indicators=[
            {
                **indicator("T", "P", value="90", formula="[entro] / [attesi] * 100"),
                "value_type": "percent",
            },
            indicator("I", "P", formula="[corsi]"),
        ],
        **more,
    )


def plan(**more: Any) -> Plan:  # noqa: ANN401 - JSON
    return plan_from_case(read_case(json.dumps(document(**more)).encode()).case)


def test_nobody_owes_what_the_system_counts() -> None:
    due = duties(plan(), [], Frequency.QUADRIMESTRE, {})
    assert [(duty.code, duty.period) for duty in due] == [
        ("corsi", "Q1"),
        ("corsi", "Q2"),
        ("corsi", "Q3"),
    ]


def test_first_entries_by_the_deadline_are_counted() -> None:
    entries = [
        Entry(Measurement(Subject.MEASURE, "corsi", 2020, "Q1", "3"), entered_on=date(2020, 5, 15)),
        Entry(Measurement(Subject.MEASURE, "corsi", 2020, "Q2", "3"), entered_on=date(2020, 9, 16)),
    ]
    deadlines = {"Q1": date(2020, 5, 15), "Q2": date(2020, 9, 15), "Q3": date(2021, 1, 15)}
    due = duties(plan(), entries, Frequency.QUADRIMESTRE, {})
    figures = {
        code: timeliness([d for d in due if d.due_with == code], entries, 2020, deadlines)
        for code in deadlines
    }
    counted = {code: fed_values(plan(), code, figures) for code in (*deadlines, YEAR)}
    values = {code: [(f.code, f.period, f.value) for f in fed] for code, fed in counted.items()}
    assert values["Q1"] == [("attesi", "Q1", 1), ("entro", "Q1", 1)]
    assert values["Q2"] == [("attesi", "Q2", 1), ("entro", "Q2", 0)]
    assert values[YEAR] == [("attesi", None, 3), ("entro", None, 1)]


def test_the_indicator_is_ordinary_and_exact() -> None:
    figures = {"Q1": Timeliness(14, 13, 12), "Q2": Timeliness(10, 10, 10)}
    measurements = [
        {"measure": fed.code, "year": 2020, "period": fed.period, "value": str(fed.value)}
        for code in figures
        for fed in fed_values(plan(), code, figures)
    ]
    file = json.dumps(document(measurements=measurements)).encode()
    read = read_case(file)
    result = score(plan_from_case(read.case)).indicators["T"]
    # 22 of 24
    assert result.value == Fraction(2200, 24)
    assert result.met is True
    # The file carries the counts: wherever it is read it gives the same.
    again = plan_from_case(read_case(write_case(read.case)).case)
    assert score(again).indicators["T"] == result


@pytest.mark.parametrize(
    ("measure", "fault"),
    [
        ({"external_ids": {"ciclo": "lateness"}}, "/measures/0/external_ids/ciclo"),
        (
            {"external_ids": {"ciclo": "due_entries"}, "value_type": "date"},
            "/measures/0/value_type",
        ),
        (
            {"external_ids": {"ciclo": "due_entries"}, "aggregation": "last"},
            "/measures/0/aggregation",
        ),
    ],
)
def test_what_the_system_cannot_count_is_refused(measure: dict[str, Any], fault: str) -> None:
    given = case(measures=[{"code": "m", "title": "m", **measure}])
    with pytest.raises(CaseRefusedError) as refused:
        read_case(json.dumps(given).encode())
    assert [issue.pointer for issue in refused.value.issues] == [fault]
