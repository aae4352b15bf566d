"""Catalogues: names, formulas over measures computed from others, and what is wrong with them."""

import pytest

from shared.domain.catalogue import (
    Catalogue,
    CatalogueIndicator,
    CatalogueMeasure,
    Reference,
    SourceClass,
)
from shared.domain.periods import Aggregation
from shared.domain.values import ValueType


def measure(ref: str, **fields: object) -> CatalogueMeasure:
    return CatalogueMeasure(Reference.parse(ref), **fields)  # type: ignore[arg-type]


def indicator(
    ref: str, formula: str, value_type: ValueType = ValueType.NUMBER
) -> CatalogueIndicator:
    return CatalogueIndicator(Reference.parse(ref), value_type, formula)


def reasons(catalogue: Catalogue) -> list[tuple[str, str, str]]:
    return [(str(f.ref), f.field, f.reason) for f in catalogue.faults()]


@pytest.mark.parametrize("text", ["pareto:C1.1_07", "dfp:DFP 1.3", "own:a", "kronos-2:T_medi"])
def test_references_come_back(text: str) -> None:
    assert str(Reference.parse(text)) == text


@pytest.mark.parametrize("text", ["694", "Pareto:1", "dfp: 1", "dfp:1 ", "dfp:a/b", "dfp:", ":1"])
def test_other_texts_are_no_references(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Reference.parse(text)


def test_a_formula_reads_its_own_catalogue_and_others_by_name() -> None:
    catalogue = Catalogue(
        [
            measure("dfp:formed"),
            measure("dfp:staff", formula="[fixed] + [hr:managers]"),
            measure("dfp:fixed"),
            measure("hr:managers"),
        ],
        [indicator("dfp:DFP 1.3", "[formed] / [staff] * 100", ValueType.PERCENT)],
    )
    assert catalogue.faults() == ()
    (entry,) = catalogue.indicators.values()
    expanded = str(catalogue.expanded(entry))
    assert expanded == "[dfp:formed] / ([dfp:fixed] + [hr:managers]) * 100"


def test_an_earlier_year_of_a_computed_measure_is_that_of_all_its_parts() -> None:
    catalogue = Catalogue(
        [measure("a:x", formula="[y] - [z]@-1"), measure("a:y"), measure("a:z")],
        [indicator("a:growth", "[x] / [x]@-1")],
    )
    (entry,) = catalogue.indicators.values()
    assert str(catalogue.expanded(entry)) == "([a:y] - [a:z]@-1) / ([a:y]@-1 - [a:z]@-2)"


def test_every_fault_is_found_at_once() -> None:
    catalogue = Catalogue(
        [
            measure("a:loop", formula="[back] + 1"),
            measure("a:back", formula="[loop] * 2"),
            measure("a:self", formula="[self]"),
            measure("a:day", value_type=ValueType.DATE),
            measure("a:rate", value_type=ValueType.DAYS, weight="day"),
            measure("a:lost", value_type=ValueType.DAYS, weight="nowhere"),
        ],
        [
            indicator("a:1", "[nothing] / 2"),
            indicator("a:2", "[rate] + [day]"),
            indicator("a:3", "([rate]"),
            indicator("a:4", "[day]"),
            indicator("b:5", "[rate]"),
        ],
    )
    assert reasons(catalogue) == [
        ("a:loop", "formula", "circular"),
        ("a:back", "formula", "circular"),
        ("a:self", "formula", "circular"),
        ("a:rate", "weight", "weight_not_additive"),
        ("a:lost", "weight", "unknown_measure"),
        ("a:1", "formula", "unknown_measure"),
        ("a:2", "formula", "not_a_number"),
        ("a:3", "formula", "formula_syntax"),
        ("a:4", "value_type", "other_value_type"),
        ("b:5", "formula", "unknown_measure"),
    ]


def test_a_formula_cannot_grow_without_end() -> None:
    doubling = [measure("a:m0")]
    doubling += [measure(f"a:m{n}", formula=f"[m{n - 1}] + [m{n - 1}]") for n in range(1, 15)]
    found = reasons(Catalogue(doubling, [indicator("a:i", "[m14]")]))
    assert ("a:m7", "formula", "formula_too_long") not in found
    assert ("a:m8", "formula", "formula_too_long") in found
    assert ("a:i", "formula", "formula_too_long") in found
    chain = [measure("a:m0")]
    chain += [measure(f"a:m{n}", formula=f"[m{n - 1}]") for n in range(1, 5000)]
    faults = reasons(Catalogue(chain))
    assert len(faults) == 5000 - 20
    assert {reason for _, _, reason in faults} == {"circular"}


def test_units_that_do_not_fit() -> None:
    rows = [
        measure("a:days", unit="gg"),
        measure("a:cost", value_type=ValueType.CURRENCY),
        measure("a:people", unit="n."),
        measure("a:whatever"),
    ]
    wrong = [
        indicator("a:1", "[days] + [cost]"),
        indicator("a:2", "[cost] / [people]", ValueType.DAYS),
        indicator("a:3", "[cost] / [cost] * 100", ValueType.PERCENT),
        indicator("a:4", "[cost] / [whatever]", ValueType.DAYS),
    ]
    assert reasons(Catalogue(rows, wrong)) == [
        ("a:1", "formula", "units_clash"),
        ("a:2", "unit", "other_unit"),
    ]


def test_what_reads_something_broken_is_broken() -> None:
    catalogue = Catalogue(
        [
            measure("a:gone", formula="[nowhere]"),
            measure("a:through", formula="[gone] + [well]"),
            measure("a:well"),
        ],
        [indicator("a:1", "[through]"), indicator("a:2", "[well]"), indicator("a:3", "[x]")],
    )
    assert {str(ref) for ref in catalogue.broken()} == {"a:1", "a:3"}


def test_what_adds_up() -> None:
    def adds(value_type: ValueType, aggregation: Aggregation | None = None) -> bool:
        return measure("a:m", value_type=value_type, aggregation=aggregation).additive

    assert adds(ValueType.NUMBER)
    assert adds(ValueType.CURRENCY, Aggregation.LAST)
    assert not adds(ValueType.NUMBER, Aggregation.MEAN)
    assert not adds(ValueType.DAYS, Aggregation.SUM)
    assert not adds(ValueType.PERCENT)


def test_only_self_declared_data_are_advised_against() -> None:
    assert [c for c in SourceClass if c.discouraged] == [SourceClass.SELF_DECLARED]
