import pytest

from services.renderer.document import formats
from shared.contracts.snapshot import TargetView
from tests.renderer import snapshots


@pytest.mark.parametrize(
    ("text", "decimals", "shown"),
    [
        ("1234567.89", None, "1.234.567,89"),
        ("1234567", None, "1.234.567"),
        ("94.9", 1, "94,9"),
        ("0.335", 2, "0,34"),
        ("0.125", 2, "0,13"),
        ("2.00", None, "2,00"),
        ("3.52000001", None, "3,52"),
        ("-0.001", 2, "0,00"),
        ("-7.01", None, "-7,01"),
        ("n.d.", None, "n.d."),
        ("NaN", None, "NaN"),
    ],
)
def test_numbers_take_their_italian_form(text: str, decimals: int | None, shown: str) -> None:
    assert formats.number(text, decimals) == shown


@pytest.mark.parametrize(
    ("text", "value_type", "unit", "shown"),
    [
        ("true", "boolean", None, "SI"),
        ("false", "boolean", None, "NO"),
        ("2021-06-16", "date", None, "16/06/2021"),
        ("94.9", "percent", None, "94,9%"),
        ("94.9", "percent", "%", "94,9%"),
        ("2", "days", None, "2\u00a0gg"),
        ("12.5", "currency", "EUR", "12,50\u00a0€"),
        ("8", "number", "N.", "8"),
        ("4.2", "score", "1-5", "4,2\u00a0(1-5)"),
        ("n. 13 corsi svolti", "text", None, "n. 13 corsi svolti"),
    ],
)
def test_values_are_shown_by_their_type(
    text: str, value_type: str, unit: str | None, shown: str
) -> None:
    assert formats.value(text, value_type, unit) == shown


@pytest.mark.parametrize(
    ("target", "value_type", "shown"),
    [
        (TargetView(op=">=", value="80.00"), "percent", "≥\u00a080,00%"),
        (TargetView(op="<=", value="2"), "days", "≤\u00a02\u00a0gg"),
        (TargetView(op="<=", value="2021-12-10"), "date", "entro il 10/12/2021"),
        (TargetView(op="=", value="true"), "boolean", "SI"),
        (TargetView(op="between", value="2", value2="5"), "number", "tra 2 e 5"),
    ],
)
def test_targets_read_like_a_plan(target: TargetView, value_type: str, shown: str) -> None:
    changes = {"value_type": value_type, "unit": None}
    indicator = snapshots.small().indicators[0].model_copy(update=changes)
    assert formats.target(target, indicator) == shown


def test_a_table_cell_never_groups_a_year_and_is_never_blank() -> None:
    given = ("2020", "8305", "-1402290", "66", "", None, "60 e oltre")
    assert [formats.cell(text) for text in given] == [
        "2020",
        "8.305",
        "-1.402.290",
        "66",
        formats.DASH,
        formats.DASH,
        "60 e oltre",
    ]


def test_bands_of_a_scale_say_where_they_begin_and_end() -> None:
    lights = (("above", "90", "green"), ("from", "70", "yellow"), ("from", "0", "red"))
    assert [formats.band(lights, place) for place in range(3)] == [
        "oltre 90",
        "da 70 a 90",
        "sotto 70",
    ]
