"""Units are converted exactly."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.conversions import FACTORS, Conversion, converted, same_unit
from shared.domain.numbers import NUMBER_PATTERN, parse_number


@pytest.mark.parametrize(
    ("conversion", "text", "expected"),
    [
        ("none", "12.50", "12.50"),
        ("fraction_to_percent", "0.175", "17.5"),
        ("percent_to_fraction", "17.5", "0.175"),
        ("thousands_to_units", "1.234", "1234"),
        ("millions_to_units", "-0.5", "-500000"),
        ("units_to_thousands", "1", "0.001"),
    ],
)
def test_the_figures(conversion: str, text: str, expected: str) -> None:
    assert converted(Conversion(conversion), text) == expected


@given(text=st.from_regex(NUMBER_PATTERN, fullmatch=True), conversion=st.sampled_from(Conversion))
def test_nothing_is_lost(text: str, conversion: Conversion) -> None:
    result = Fraction(converted(conversion, text))
    assert result == parse_number(text) * FACTORS[conversion]


@pytest.mark.parametrize("text", ["", "x", "1e3", "1,5", "+1"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        converted(Conversion.NONE, text)


def test_units_are_spelt_in_several_ways() -> None:
    assert same_unit("migliaia di EUR", "Migliaia di  eur")
    assert not same_unit("%", "EUR")
