"""The real years: every published figure comes out, and files come back byte for byte."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from shared.contracts.case import write_case
from shared.contracts.case_reading import ReadCase, plan_from_case, read_case
from shared.contracts.results import results_document
from shared.domain.numbers import number_text
from shared.domain.reconciliation import Published, reconcile
from shared.domain.results import Results
from shared.domain.scoring import score

CASES = Path(__file__).parent.parent / "cases"


def read(name: str) -> ReadCase:
    return read_case((CASES / name).read_bytes())


@pytest.fixture(scope="module")
def pisa() -> Results:
    return score(plan_from_case(read("pisa-2020.json").case))


@pytest.mark.parametrize("name", ["pisa-2020.json", "massa-2021.json"])
def test_a_real_year_comes_back_byte_for_byte(name: str) -> None:
    assert write_case(read(name).case) == (CASES / name).read_bytes()


def test_every_percentage_published_by_pisa_is_reproduced() -> None:
    case = read("pisa-2020.json").case
    plan = plan_from_case(case)
    assert case.published is not None
    assert len(case.published.indicators) + len(case.published.objectives) == 128
    published = Published(
        {code: Decimal(text) for code, text in case.published.indicators.items()},
        {code: Decimal(text) for code, text in case.published.objectives.items()},
        Decimal(case.published.overall or ""),
        case.published.judgement,
    )
    outcome = reconcile(plan, score(plan), published)
    assert outcome.compared == 130
    assert outcome.differences == ()


def test_pisa_unrounded(pisa: Results) -> None:
    assert pisa.overall.measured is not None
    assert number_text(pisa.overall.measured) == "94.88326388888888888888888889"
    assert number_text(pisa.indicators["D2.2"].measured or 0).startswith("17.6")  # type: ignore[arg-type]
    sheet = pisa.objective("SG").measured
    assert sheet is not None
    assert number_text(sheet).startswith("99.638674")


def test_the_cancelled_festival_counts_for_the_chamber_and_not_for_the_secretary(
    pisa: Results,
) -> None:
    chamber, secretary = pisa.objective("A4").measured, pisa.objective("A4", "SG").measured
    assert chamber is not None
    assert secretary is not None
    assert (round(float(chamber), 1), round(float(secretary), 1)) == (67.6, 90.1)
    row = pisa.indicators["SG-A4"].measured
    assert row is not None
    assert round(float(row), 1) == 94.8


def test_the_results_document_carries_figures_as_text() -> None:
    plan = plan_from_case(read("pisa-2020.json").case)
    document = json.loads(results_document(plan, score(plan)).model_dump_json())
    assert document["overall"]["shown"] == "94.9"
    assert document["overall"]["judgement"] == "eccellente"
    by_code = {row["code"]: row for row in document["indicators"]}
    assert by_code["D2.2"]["figure"]["measured"] == "17.6"
    assert by_code["D2.2"]["value"] == "3.52"
    assert by_code["A1.4"]["figure"] == {
        "measured": None,
        "recognised": None,
        "shown": None,
        "light": None,
        "judgement": None,
        "assessed": False,
        "reason": "monitoring",
    }


def test_a_plan_without_measurements_has_no_result() -> None:
    results = score(plan_from_case(read("massa-2021.json").case))
    assert results.overall.measured is None
