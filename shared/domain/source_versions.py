"""Which versions of a datum a source has sent, and which never came.

A source numbers its statements about a datum 1, 2, 3, ... What was seen is kept as ranges in
canonical text (``1-3,5``), so a full sequence of any length is short. Adding is a union: the
order in which versions come, and how often, makes no difference. Of a source that was connected
when it had long been counting, what came before the lowest version seen is not missed.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class Range(NamedTuple):
    """Versions from ``first`` to ``last``, both included."""

    first: int
    last: int


def parse_ranges(text: str) -> list[Range]:
    """Read what :func:`ranges_text` wrote.

    Raises:
        ValueError: it is no list of ranges.
    """
    ranges: list[Range] = []
    for part in text.split(",") if text else ():
        first, _, last = part.partition("-")
        ranges.append(Range(int(first), int(last or first)))
    return ranges


def ranges_text(ranges: Sequence[Range]) -> str:
    """Ranges as text; one number where a range holds no more."""
    return ",".join(f"{first}-{last}" if first != last else str(first) for first, last in ranges)


def with_version(seen: str, version: int) -> str:
    """What was seen, and this version too; the same text when it was seen before."""
    ranges = parse_ranges(seen)
    first = last = version
    kept: list[Range] = []
    for one in ranges:
        if one.last < version - 1 or one.first > version + 1:
            kept.append(one)
        elif one.first <= version <= one.last:
            return seen
        else:
            first, last = min(first, one.first), max(last, one.last)
    return ranges_text(sorted([*kept, Range(first, last)]))


FIRST = 1
"""What a source numbers first; one that begins with 0 has sent more than was asked for."""


def missing(seen: str, *, from_start: bool = True) -> tuple[Range, ...]:
    """The versions that never came although later ones did.

    With ``from_start`` the source has counted every datum from :data:`FIRST` on while it was
    connected: when its first version was lost, that is missed, too.
    """
    ranges = parse_ranges(seen)
    if from_start and ranges and ranges[0].first > FIRST:
        ranges.insert(0, Range(FIRST - 1, FIRST - 1))
    return tuple(Range(before.last + 1, after.first - 1) for before, after in pairwise(ranges))
