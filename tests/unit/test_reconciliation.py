"""Each way of arriving at a wrong printed figure is told from the others."""

from decimal import Decimal
from pathlib import Path

import pytest

from shared.contracts.case_reading import plan_from_case, read_case
from shared.domain.plan import Plan
from shared.domain.reconciliation import Published, Reason, reconcile
from shared.domain.results import Results
from shared.domain.scoring import score


@pytest.fixture(scope="module")
def pisa() -> tuple[Plan, Results]:
    raw = (Path(__file__).parent.parent / "cases" / "pisa-2020.json").read_bytes()
    plan = plan_from_case(read_case(raw).case)
    return plan, score(plan)


def reasons(pisa: tuple[Plan, Results], **printed: object) -> dict[str | None, Reason]:
    outcome = reconcile(*pisa, Published(**printed))  # type: ignore[arg-type]
    return {difference.code: difference.reason for difference in outcome.differences}


def test_a_quotient_rounded_before_it_was_compared(pisa: tuple[Plan, Results]) -> None:
    # 792 of 22 500 seats is 3.52%; the printed 4% against 20% would give 20.
    assert reasons(pisa, indicators={"D2.2": Decimal(20)}) == {"D2.2": Reason.ROUNDED_INPUT}


def test_a_difference_that_follows_from_one_below(pisa: tuple[Plan, Results]) -> None:
    found = reasons(pisa, indicators={"D2.2": Decimal(20)}, objectives={"D2": Decimal(60)})
    assert found["D2"] is Reason.PROPAGATED


def test_the_figure_of_another_scope(pisa: tuple[Plan, Results]) -> None:
    assert reasons(pisa, objectives={"A4": Decimal("90.1")}) == {"A4": Reason.NEUTRALISATION}


def test_decimals_cut_instead_of_rounded(pisa: tuple[Plan, Results]) -> None:
    assert reasons(pisa, objectives={"A": Decimal("91.8")}) == {"A": Reason.TRUNCATED}


def test_a_slip(pisa: tuple[Plan, Results]) -> None:
    assert reasons(pisa, indicators={"A1.1": Decimal(93)}) == {"A1.1": Reason.PUBLISHED_ERROR}


def test_a_figure_for_a_row_without_result(pisa: tuple[Plan, Results]) -> None:
    assert reasons(pisa, indicators={"A1.4": Decimal(87)}) == {"A1.4": Reason.NOT_COMPUTED}


def test_a_judgement_that_follows_from_the_printed_overall(pisa: tuple[Plan, Results]) -> None:
    outcome = reconcile(*pisa, Published(overall=Decimal(85), judgement="più che adeguato"))
    assert [d.reason for d in outcome.differences] == [Reason.PUBLISHED_ERROR, Reason.PROPAGATED]


def test_equal_figures_differ_in_nothing_whatever_their_decimals(
    pisa: tuple[Plan, Results],
) -> None:
    assert reasons(pisa, objectives={"B": Decimal("100.00"), "D2": Decimal("58.8")}) == {}
