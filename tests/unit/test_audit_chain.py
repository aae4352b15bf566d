"""The chain of audit lines as pure arithmetic."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.audit_chain import (
    EMPTY,
    GENESIS,
    FaultKind,
    Head,
    Link,
    Verifier,
    hash_of,
    line_hash,
)

Parts = list[str | None]

part = st.none() | st.text(max_size=8)
lines = st.lists(st.lists(part, min_size=2, max_size=4), min_size=1, max_size=8)


def chained(contents: list[Parts]) -> list[Link]:
    """A chain of lines with these contents, as the database makes it."""
    links: list[Link] = []
    previous = GENESIS
    for sequence, content in enumerate(contents, start=1):
        link = Link(sequence, f"line-{sequence}", previous, b"", ["PI", *content])
        digest = hash_of(link)
        assert digest is not None
        links.append(replace(link, hash=digest))
        previous = digest
    return links


def faults(links: list[Link], recorded: Head, anchor: Head | None = None) -> list[FaultKind]:
    verifier = Verifier(anchor)
    for link in links:
        verifier.take(link)
    verifier.end(recorded, [])
    return [fault.kind for fault in verifier.faults]


def end(links: list[Link]) -> Head:
    return Head(links[-1].sequence, links[-1].hash) if links else EMPTY


@given(lines)
def test_an_untouched_chain_has_no_fault(contents: list[Parts]) -> None:
    links = chained(contents)
    assert faults(links, end(links), end(links)) == []


@given(lines, st.data())
def test_any_other_content_is_told(contents: list[Parts], data: st.DataObject) -> None:
    links = chained(contents)
    at = data.draw(st.integers(0, len(links) - 1))
    other = data.draw(
        st.lists(part, min_size=2, max_size=4).filter(lambda new: new != contents[at])
    )
    altered = replace(links[at], parts=["PI", *other])
    assert faults([*links[:at], altered, *links[at + 1 :]], end(links)) == [FaultKind.ALTERED]


@given(lines, st.data())
def test_a_line_that_is_gone_is_told(contents: list[Parts], data: st.DataObject) -> None:
    links = chained(contents)
    at = data.draw(st.integers(0, len(links) - 1))
    gone = replace(links[at], parts=None)
    assert faults([*links[:at], gone, *links[at + 1 :]], end(links)) == [FaultKind.REMOVED]
    without = links[:at] + links[at + 1 :]
    expected = FaultKind.GAP if at < len(links) - 1 else FaultKind.TRUNCATED
    assert faults(without, end(links)) == [expected]


@given(lines)
def test_what_was_rewritten_whole_is_told_by_an_earlier_note(contents: list[Parts]) -> None:
    links = chained(contents)
    noted = end(links)
    rewritten = chained([["other", None], *contents[1:]])
    if rewritten[-1].hash != noted.hash:
        assert faults(rewritten, end(rewritten)) == []
        assert faults(rewritten, end(rewritten), noted) == [FaultKind.ANCHOR]
    shortened = links[:-1]
    assert faults(shortened, end(shortened), noted) == [FaultKind.ANCHOR]


@given(lines.filter(lambda found: len(found) > 1), st.data())
def test_another_order_is_told(contents: list[Parts], data: st.DataObject) -> None:
    links = chained(contents)
    at = data.draw(st.integers(0, len(links) - 2))
    first, second = links[at], links[at + 1]
    swapped = [
        *links[:at],
        replace(second, sequence=first.sequence),
        replace(first, sequence=second.sequence),
        *links[at + 2 :],
    ]
    assert FaultKind.BROKEN in faults(swapped, end(links))


@given(st.lists(part, max_size=5), st.lists(part, max_size=5))
def test_different_parts_have_different_hashes(some: Parts, others: Parts) -> None:
    assert (line_hash(GENESIS, some) == line_hash(GENESIS, others)) == (some == others)
