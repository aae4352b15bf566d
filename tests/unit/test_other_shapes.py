"""Years of the two kinds whose real documents are not here, with figures worked out by hand.

``synthetic-lucca-2015`` scores entity objectives and units together, with tolerance;
``synthetic-lucca-2014`` has the same chamber a year before, by other rules: a cap above 100, ND
that counts zero, tolerance on indicators, a second grouping, and a sheet with a row of its own
scope. ``synthetic-massa-2012`` has strategic objectives and the dashboard of an area.
"""

from fractions import Fraction
from pathlib import Path

import pytest

from shared.contracts.case import write_case
from shared.contracts.case_reading import plan_from_case, read_case
from shared.contracts.results import results_document
from shared.domain.results import Results
from shared.domain.scoring import score

CASES = Path(__file__).parent.parent / "cases"
YEARS = ("synthetic-lucca-2014.json", "synthetic-lucca-2015.json", "synthetic-massa-2012.json")


def scored(name: str) -> Results:
    return score(plan_from_case(read_case((CASES / name).read_bytes()).case))


@pytest.mark.parametrize("name", YEARS)
def test_they_come_back_byte_for_byte(name: str) -> None:
    raw = (CASES / name).read_bytes()
    assert write_case(read_case(raw).case) == raw


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("I1", "100"),  # SÌ
        ("I2", "95"),  # 38 of 40: 1 - 2/40
        ("I3", "98"),  # one day late of 50
        ("I4", "80"),  # assessed; the text stands beside it
        ("I6", "50"),
        ("I7", "100"),  # > 10 with 10: not met, shortfall nothing
        ("I8", "75"),  # one day over 4: 1 - 1/4
        ("E1.1", "90"),  # (243 + 270 + 297) / 1000 = 81% of 90%
        ("U1.1", "100"),  # target 0, met
        ("U1.2", "50"),  # -1 against -2: 1 - 1/2
    ],
)
def test_indicators_of_the_lucca_kind(code: str, result: str) -> None:
    assert scored("synthetic-lucca-2015.json").indicators[code].measured == Fraction(result)


@pytest.mark.parametrize(
    ("code", "measured", "recognised"),
    [
        ("PO1.1", "97.5", "100"),  # (100 + 95) / 2, tolerance from 90
        ("PO1.2", "89", "89"),  # (98 + 80) / 2
        ("OS1", "94.5", "100"),  # (100 + 89) / 2
        ("AREA 1", "100", "100"),  # OS2 is all suspended and leaves the mean
        ("PO3.1", "75", "75"),  # 33.33 x (50 + 100 + 75) / 99.99
        ("AREA 2", "75", "75"),
        ("E1", "90", "100"),
        ("E2", "60", "60"),  # assessed, without indicators
        ("U1", "75", "75"),
    ],
)
def test_objectives_of_the_lucca_kind(code: str, measured: str, recognised: str) -> None:
    result = scored("synthetic-lucca-2015.json").objective(code)
    assert (result.measured, result.recognised) == (Fraction(measured), Fraction(recognised))


def test_the_chamber_of_the_lucca_kind_is_the_mean_of_entity_objectives_and_units() -> None:
    results = scored("synthetic-lucca-2015.json")
    assert results.overall.measured == Fraction(100 + 60 + 75, 3)
    assert results.objective("OS2").measured is None
    assert results.objective("U2").measured is None
    assert results.indicators["I7"].met is False


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("OS1", "37.5"),  # 153 days late is 0; (50 x 0 + 30 x 100) / 80, ND left out
        ("OS2", "100"),  # the struck row left out
        ("P1", "68.75"),
        ("AREA-I", "62.5"),  # twelve rows of 8.33: (6 x 100 + 3 x 50 + 3 x 0) / 12
        ("AREA-I.2", "62.5"),  # its own rows only: 100 and three of 50; its action has no weight
    ],
)
def test_objectives_of_the_older_massa_kind(code: str, result: str) -> None:
    assert scored("synthetic-massa-2012.json").objective(code).measured == Fraction(result)


def test_the_chamber_of_the_older_massa_kind() -> None:
    case = read_case((CASES / "synthetic-massa-2012.json").read_bytes())
    plan = plan_from_case(case.case)
    document = results_document(plan, score(plan))
    assert document.overall.shown == "68.75"
    assert document.overall.judgement == "sufficiente"
    assert score(plan).objective("P2").measured is None
    # 99.96 stands within the tolerance of weights; the staff table does not add up.
    assert [w.pointer for w in case.warnings if w.code == "weights_off_100"] == []
    assert [w.pointer for w in case.warnings if w.code == "total_off"] == ["/tables/0/rows/3/3"]


@pytest.mark.parametrize(
    ("code", "measured", "recognised"),
    [
        ("N1", "0", "0"),  # NO
        ("N2", "100", "100"),  # < 5 with 5: not met, shortfall nothing
        ("N3", "0", "0"),  # target 0, not met: no proportion
        ("N4", "120", "120"),  # -7.01 against -2: 1 + 5.01/2, capped
        ("N5", "50", "50"),  # one under 2: 1 - 1/2
        ("N6", "0", "0"),  # ND counts zero here
        ("N7", "75", "75"),  # = 20 with 25: 1 - 5/20
        ("N8", "91", "100"),  # tolerance from 90
        ("SG1.1", "93.75", "100"),  # 86.25 of 92, then tolerance
    ],
)
def test_indicators_by_the_rules_of_2014(code: str, measured: str, recognised: str) -> None:
    result = scored("synthetic-lucca-2014.json").indicators[code]
    assert (result.measured, result.recognised) == (Fraction(measured), Fraction(recognised))


@pytest.mark.parametrize(
    ("code", "scope", "result"),
    [
        ("OS1", None, Fraction(100, 3)),  # 33 x 3: (0 + 100 + 0) / 3
        ("OS2", None, Fraction(69)),  # (120 + 50 + 0 + 75 + 100) / 5
        ("OS2", "SG", Fraction("86.25")),  # without N6: 345 / 4
        ("P1", None, Fraction("47.6")),  # 60% of 33.33 and 40% of 69
        ("AREA S", None, Fraction(307, 6)),  # plain mean of its two members
        ("SG", None, Fraction(100)),
        ("E9", None, None),  # struck as a whole
    ],
)
def test_objectives_by_the_rules_of_2014(
    code: str, scope: str | None, result: Fraction | None
) -> None:
    assert scored("synthetic-lucca-2014.json").objective(code, scope).measured == result


def test_the_chamber_by_the_rules_of_2014() -> None:
    case = read_case((CASES / "synthetic-lucca-2014.json").read_bytes())
    plan = plan_from_case(case.case)
    results = score(plan)
    # Its one kind declares weights that differ: they are used.
    assert results.overall.measured == Fraction("47.6")
    assert results_document(plan, results).overall.judgement == "insufficiente"
    assert results.indicators["N2"].met is False
    assert results.indicators["SG1.2"].exclusion == "monitoring"
    assert [(w.code, w.pointer) for w in case.warnings] == [
        ("repeated_title", "/indicators/2/title"),
        ("weights_off_100", "/objectives/1"),
    ]
