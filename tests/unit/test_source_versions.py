"""Which versions a source has sent: a set, whatever the order, and the holes in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.source_versions import (
    Range,
    missing,
    parse_ranges,
    ranges_text,
    with_version,
)


def seen(*versions: int) -> str:
    text = ""
    for version in versions:
        text = with_version(text, version)
    return text


@pytest.mark.parametrize(
    ("versions", "text", "holes"),
    [
        ((1,), "1", ()),
        ((1, 2, 3), "1-3", ()),
        ((3, 1, 2), "1-3", ()),
        ((1, 3), "1,3", ((2, 2),)),
        ((7,), "7", ((1, 6),)),
        ((2, 4), "2,4", ((1, 1), (3, 3))),
        ((0,), "0", ()),
        ((0, 9, 4), "0,4,9", ((1, 3), (5, 8))),
        ((2**53 - 1, 0), f"0,{2**53 - 1}", ((1, 2**53 - 2),)),
    ],
)
def test_what_is_seen_and_what_is_missing(
    versions: tuple[int, ...], text: str, holes: tuple[tuple[int, int], ...]
) -> None:
    assert seen(*versions) == text
    assert missing(text) == tuple(Range(*hole) for hole in holes)


def test_a_gap_is_there_until_it_is_filled() -> None:
    text = seen(1, 3)
    assert missing(text) == (Range(2, 2),)
    assert missing(with_version(text, 2)) == ()


@given(versions=st.lists(st.integers(0, 30), min_size=1))
def test_it_is_a_set(versions: list[int]) -> None:
    text = seen(*versions)
    assert text == seen(*sorted(set(versions)))
    assert ranges_text(parse_ranges(text)) == text
    held = {n for first, last in parse_ranges(text) for n in range(first, last + 1)}
    assert held == set(versions)
    holes = {n for first, last in missing(text, from_start=False) for n in range(first, last + 1)}
    assert holes == set(range(min(versions), max(versions) + 1)) - held
    all_holes = {n for first, last in missing(text) for n in range(first, last + 1)}
    assert all_holes == set(range(1, max(versions) + 1)) - held
    assert all(with_version(text, version) == text for version in versions)


@pytest.mark.parametrize("text", ["a", "1-b", "-"])
def test_what_is_no_list_of_ranges(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        parse_ranges(text)
