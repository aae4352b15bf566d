"""Circles in a plan: an objective that would need its own result to have one.

Scoring follows parents to children, headings to their members and derived rows to the
objective they repeat. All three together must lead down only, and not without end.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from shared.contracts.issues import Issue, pointer

MAX_DEPTH = 40
"""Deepest tree accepted; published plans have at most six levels."""

Edges = dict[str, list[tuple[str, str]]]
"""From an objective to those whose result it needs, each with the pointer that says so."""


def dependency_faults(document: Mapping[str, Any]) -> list[Issue]:
    """One fault per dependency that closes a circle or goes deeper than :data:`MAX_DEPTH`."""
    edges = _edges(document)
    faults: list[Issue] = []
    state: dict[str, int] = {}
    for start in edges:
        faults.extend(_walk(start, edges, state))
    return faults


def _edges(document: Mapping[str, Any]) -> Edges:
    edges: Edges = defaultdict(list)
    for index, row in _rows(document, "objectives"):
        code, parent, members = row.get("code"), row.get("parent"), row.get("members")
        if isinstance(code, str) and isinstance(parent, str):
            edges[parent].append((code, pointer(("objectives", index, "parent"))))
        for at, member in enumerate(members if isinstance(members, list) else ()):
            if isinstance(code, str) and isinstance(member, str):
                edges[code].append((member, pointer(("objectives", index, "members", at))))
    for index, row in _rows(document, "indicators"):
        owner, derived = row.get("objective"), row.get("derived_from")
        needed = derived.get("objective") if isinstance(derived, dict) else None
        if isinstance(owner, str) and isinstance(needed, str):
            place = pointer(("indicators", index, "derived_from"))
            edges[owner].append((needed, place))
    return edges


def _rows(document: Mapping[str, Any], section: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    rows = document.get(section)
    if isinstance(rows, list):
        yield from ((i, row) for i, row in enumerate(rows) if isinstance(row, dict))


_OPEN, _DONE = 1, 2


def _walk(start: str, edges: Edges, state: dict[str, int]) -> Iterator[Issue]:
    """Depth-first search with a stack of its own: a long chain must not exhaust Python's."""
    if start in state:
        return
    state[start] = _OPEN
    stack = [(start, iter(edges.get(start, ())))]
    while stack:
        code, remaining = stack[-1]
        step = next(remaining, None)
        if step is None:
            state[code] = _DONE
            stack.pop()
            continue
        needed, place = step
        if state.get(needed) == _OPEN:
            yield Issue(
                pointer=place,
                code="circular",
                it=f"riferimento circolare: {needed} dipenderebbe da sé stesso",
                en=f"circular reference: {needed} would depend on itself",
            )
        elif needed not in state:
            if len(stack) >= MAX_DEPTH:
                yield Issue(
                    pointer=place,
                    code="too_deep",
                    it=f"albero più profondo di {MAX_DEPTH} livelli",
                    en=f"tree deeper than {MAX_DEPTH} levels",
                )
                continue
            state[needed] = _OPEN
            stack.append((needed, iter(edges.get(needed, ()))))
