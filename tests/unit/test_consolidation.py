"""Consolidation: measures first, then the formula; each kind of measure as what it is."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.case import Case
from shared.contracts.case_reading import plan_from_case
from shared.domain.benchmark import benchmark
from shared.domain.catalogue import (
    Catalogue,
    CatalogueIndicator,
    CatalogueMeasure,
    Direction,
    Reference,
)
from shared.domain.consolidation import (
    ChamberFigure,
    ChamberReadings,
    Consolidated,
    Joining,
    Readings,
    SharedEntry,
    consolidate,
    shared_entry,
)
from shared.domain.formula import MeasureRef
from shared.domain.periods import Aggregation
from shared.domain.readings import absent, chamber_readings
from shared.domain.scoring import score
from shared.domain.values import NoValue, ValueType
from tests.unit.plans import case, indicator, objective

F = Fraction


def measure(code: str, **fields: object) -> CatalogueMeasure:
    return CatalogueMeasure(Reference("c", code), **fields)  # type: ignore[arg-type]


def entry(formula: str, *measures: CatalogueMeasure) -> SharedEntry:
    row = CatalogueIndicator(Reference("c", "I"), ValueType.NUMBER, formula)
    catalogue = Catalogue(measures, [row])
    assert catalogue.faults() == ()
    return shared_entry(catalogue, row)


def chamber(code: str, **values: Readings | NoValue | int) -> ChamberReadings:
    """``x=3`` is the year's value of this year, ``x_before`` that of the year before."""
    found: dict[MeasureRef, Readings | NoValue] = {}
    for name, value in values.items():
        ref = MeasureRef(f"c:{name.removesuffix('_before')}", -1 if "_before" in name else 0)
        found[ref] = {None: F(value)} if isinstance(value, int) else value
    return ChamberReadings(code, found)


RATIO = entry("[n] / [d] * 100", measure("n"), measure("d"))


def test_a_ratio_of_sums_never_a_mean_of_ratios() -> None:
    found = consolidate(RATIO, [chamber("LU", n=30, d=40), chamber("PI", n=5, d=60)])
    assert found.value == 35
    assert [(row.chamber, row.value) for row in found.chambers] == [
        ("LU", F(75)),
        ("PI", F(25, 3)),
    ]
    assert [m.rule.joining for m in found.measures] == [Joining.SUM, Joining.SUM]
    assert [(p.chamber, p.value) for p in found.measures[0].parts] == [("LU", 30), ("PI", 5)]


def test_chambers_without_a_value_are_left_out_of_both_sums_and_listed() -> None:
    found = consolidate(
        RATIO,
        [
            chamber("LU", n=30, d=40),
            chamber("MS", n=1000, d=NoValue("suspended", "c:d")),
            chamber("FI", n=1000),
            absent("AR"),
        ],
    )
    assert found.value == 75
    assert [(row.chamber, row.reason, row.subject) for row in found.left_out] == [
        ("MS", "suspended", "c:d"),
        ("FI", "missing", "c:d"),
        ("AR", "no_plan", None),
    ]
    assert consolidate(RATIO, [absent("AR")]).value == NoValue("no_chamber")


def test_a_chamber_that_divides_by_zero_still_counts_in_the_sums() -> None:
    found = consolidate(RATIO, [chamber("LU", n=0, d=0), chamber("PI", n=5, d=50)])
    assert found.value == 10
    assert found.chambers[0].value == NoValue("division_by_zero")


def test_stocks_are_added_at_the_latest_date_that_all_have() -> None:
    staff = entry("[s]", measure("s", aggregation=Aggregation.LAST))
    by_quadrimestre: Readings = {"Q1": F(40), "Q2": F(41), "Q3": F(42)}
    months: Readings = {"M04": F(10), "M08": F(11)}
    found = consolidate(staff, [chamber("LU", s=by_quadrimestre), chamber("PI", s=months)])
    (joined,) = found.measures
    assert (found.value, joined.month) == (52, 8)
    assert [row.value for row in found.chambers] == [42, 11]
    year = consolidate(staff, [chamber("LU", s=by_quadrimestre), chamber("PI", s=12)])
    assert (year.value, year.measures[0].month) == (54, 12)
    apart = consolidate(staff, [chamber("LU", s=by_quadrimestre), chamber("PI", s={"S1": F(9)})])
    assert apart.value == NoValue("different_dates", "c:s")


def test_rates_need_a_weight() -> None:
    days = measure("t", value_type=ValueType.DAYS, weight="cases")
    weighted = entry("[t]", days, measure("cases"))
    parts = [chamber("LU", t=10, cases=1), chamber("PI", t=2, cases=3)]
    found = consolidate(weighted, parts)
    assert found.value == 4
    assert [(p.value, p.weight) for p in found.measures[0].parts] == [(F(10), F(1)), (F(2), F(3))]
    without = consolidate(weighted, [*parts, chamber("MS", t=7)])
    assert without.value == 4
    assert without.left_out[0].subject == "c:cases"
    nobody = consolidate(weighted, [chamber("LU", t=10, cases=0)])
    assert nobody.value == NoValue("zero_weight", "c:cases")
    odd = consolidate(weighted, [chamber("LU", t=10, cases=-1)])
    assert odd.value == NoValue("negative_weight", "c:cases")


def test_what_cannot_be_consolidated_says_why_and_shows_the_chambers() -> None:
    rate = entry("[t]", measure("t", aggregation=Aggregation.MEAN))
    found = consolidate(rate, [chamber("LU", t=10), chamber("PI", t=2)])
    assert found.value == NoValue("rate_without_weight", "c:t")
    assert [row.value for row in found.chambers] == [10, 2]
    row = CatalogueIndicator(Reference("c", "I"), ValueType.BOOLEAN, "[b]")
    yes_no = shared_entry(Catalogue([measure("b", value_type=ValueType.BOOLEAN)], [row]), row)
    said = ChamberReadings("LU", {MeasureRef("c:b"): {None: True}})
    assert consolidate(yes_no, [said]).value == NoValue("not_additive", "c:b")


def test_earlier_years_are_consolidated_on_their_own() -> None:
    growth = entry("[x] / [x]@-1", measure("x"))
    found = consolidate(
        growth, [chamber("LU", x=30, x_before=10), chamber("PI", x=10, x_before=10)]
    )
    assert found.value == 2


# --- properties ------------------------------------------------------------------------------

counts = st.integers(min_value=-1000, max_value=1000)
pairs = st.lists(st.tuples(counts, counts), min_size=1, max_size=12)


def _chambers(rows: list[tuple[int, int]]) -> list[ChamberReadings]:
    return [chamber(f"C{at}", n=n, d=d) for at, (n, d) in enumerate(rows)]


def _sum_ratio(rows: list[tuple[int, int]]) -> Fraction | NoValue:
    below = sum(d for _, d in rows)
    return F(100 * sum(n for n, _ in rows), below) if below else NoValue("division_by_zero")


@given(pairs)
def test_the_figure_is_the_formula_on_the_sums(rows: list[tuple[int, int]]) -> None:
    assert consolidate(RATIO, _chambers(rows)).value == _sum_ratio(rows)


@given(pairs, st.randoms())
def test_the_order_of_chambers_changes_nothing(rows: list[tuple[int, int]], chance: object) -> None:
    parts = _chambers(rows)
    shuffled = list(parts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = consolidate(RATIO, parts), consolidate(RATIO, shuffled)
    assert one.value == other.value
    assert set(one.chambers) == set(other.chambers)


@given(pairs)
def test_one_chamber_alone_is_its_own_value(rows: list[tuple[int, int]]) -> None:
    for part in _chambers(rows):
        found = consolidate(RATIO, [part])
        assert [row.value for row in found.chambers] == [found.value]


@given(st.lists(st.tuples(counts, st.integers(1, 1000)), min_size=1, max_size=12))
def test_a_weighted_mean_lies_between_the_chambers(rows: list[tuple[int, int]]) -> None:
    days = measure("t", value_type=ValueType.DAYS, weight="w")
    found = consolidate(
        entry("[t]", days, measure("w")),
        [chamber(f"C{at}", t=t, w=w) for at, (t, w) in enumerate(rows)],
    )
    assert isinstance(found.value, Fraction)
    assert min(t for t, _ in rows) <= found.value <= max(t for t, _ in rows)


@given(st.lists(counts, min_size=1, max_size=12), st.sampled_from([Direction.UP, Direction.DOWN]))
def test_ranks_count_those_that_are_better(values: list[int], direction: Direction) -> None:
    figures = [ChamberFigure(f"C{at}", F(value)) for at, value in enumerate(values)]
    found = benchmark(figures, F(10), direction)
    for row, value in zip(found.standings, values, strict=True):
        better = [v for v in values if (v > value if direction is Direction.UP else v < value)]
        assert row.rank == len(better) + 1
        assert row.difference == value - 10
    assert found.median is not None
    below = sum(1 for v in values if v < found.median)
    above = sum(1 for v in values if v > found.median)
    assert below == above or max(below, above) <= len(values) // 2


def test_what_is_no_number_has_no_rank() -> None:
    figures = [ChamberFigure("LU", F(3)), ChamberFigure("PI", NoValue("division_by_zero"))]
    found = benchmark(figures, NoValue("different_dates"), Direction.UP)
    assert [(row.rank, row.difference) for row in found.standings] == [(1, None), (None, None)]
    assert benchmark(figures, F(3), None).standings[0].rank is None
    assert benchmark([], F(3), None).median is None


# --- from plans ------------------------------------------------------------------------------


def plan_of(code: str, measurements: list[dict[str, object]], **indicator_fields: object) -> Case:
    row = indicator("I", "A", formula="[n] / [dd] * 100", catalogue="c:I") | indicator_fields
    document = case(
        objectives=[objective("A", "perspective")],
        measures=[
            {"code": "n", "title": "n"},
            {"code": "dd", "title": "d", "external_ids": {"c": "d"}},
        ],
        indicators=[row],
        measurements=measurements,
    )
    return Case.model_validate(document | {"chamber": code})


def value(code: str, text: str, period: str | None = None) -> dict[str, object]:
    return {"measure": code, "year": 2020, "value": text, "period": period}


def read(*cases: Case) -> Consolidated:
    plans = [plan_from_case(one) for one in cases]
    return consolidate(RATIO, [chamber_readings(plan, [RATIO])[RATIO.ref] for plan in plans])


def test_plans_are_read_by_catalogue_code_and_a_chambers_value_is_that_of_its_plan() -> None:
    lucca = plan_of("LU", [value("n", "10", "Q1"), value("n", "20", "Q2"), value("dd", "40")])
    pisa = plan_of("PI", [value("n", "5"), value("dd", "60")])
    found = read(lucca, pisa)
    assert found.value == 35
    for row, document in zip(found.chambers, (lucca, pisa), strict=True):
        assert score(plan_from_case(document)).indicators["I"].value == row.value


def test_reasons_for_which_a_plan_takes_no_part() -> None:
    whole = [value("n", "5"), value("dd", "60")]
    declared: dict[str, object] = {"indicator": "I", "status": "suspended"}
    given_only: dict[str, object] = {"indicator": "I", "value": "12"}
    by_mean = Case.model_validate(
        plan_of("MS", [value("n", "5", "Q1"), value("dd", "60")]).model_dump(
            mode="json", by_alias=True
        )
        | {
            "measures": [
                {"code": "n", "title": "n", "aggregation": "mean"},
                {"code": "d", "title": "d"},
                {"code": "dd", "title": "d"},
            ]
        }
    )
    found = read(
        plan_of("A1", whole, catalogue=None),
        plan_of("A2", [*whole, declared]),
        plan_of("A3", [given_only]),
        plan_of("A4", [value("n", "5"), {"measure": "dd", "year": 2020, "status": "missing"}]),
        by_mean,
    )
    assert [(row.chamber, row.reason) for row in found.left_out] == [
        ("A1", "not_adopted"),
        ("A2", "suspended"),
        ("A3", "value_without_measures"),
        ("A4", "missing"),
        ("MS", "other_aggregation"),
    ]
