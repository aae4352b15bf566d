"""Ten thousand random plans: what goes out and comes in again is the same, to the byte."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, note, settings

from shared.contracts.case import write_case
from shared.contracts.case_reading import CaseRefusedError, ReadCase, plan_from_case, read_case
from shared.contracts.results import results_document
from shared.domain.explanation import Explainer
from shared.domain.scoring import score
from tests.unit.any_plans import Choices, choices, document

PLANS = 10_000

# So many examples take a minute, and several where other tests run beside them.
pytestmark = pytest.mark.timeout(900)


@settings(max_examples=PLANS)
@given(choices())
def test_import_export_import_is_the_identity(draw: Choices) -> None:
    given_file = document(draw)
    note(given_file)
    read = read_case(json.dumps(given_file).encode())
    exported = write_case(read.case)
    again = read_case(exported)
    assert again.case == read.case
    assert again.warnings == read.warnings
    assert write_case(again.case) == exported


@settings(max_examples=PLANS // 5)
@given(choices())
def test_the_same_file_gives_the_same_explained_figures(draw: Choices) -> None:
    given_file = document(draw)
    note(given_file)
    read = read_case(json.dumps(given_file).encode())
    first = plan_from_case(read.case)
    second = plan_from_case(read_case(write_case(read.case)).case)
    one, other = score(first), score(second)
    assert results_document(first, one) == results_document(second, other)
    explained = list(Explainer(first, one).everything())
    assert explained == list(Explainer(second, other).everything())
    for explanation in explained:
        figure = explanation.measured
        assert explanation.text
        assert figure is None or 0 <= figure <= first.policy.cap


_JUNK: tuple[Any, ...] = (None, "", "x", -1, 10**40, 1.5, True, [], {}, ["x"], {"x": 1}, "[m 0]")


@settings(max_examples=PLANS // 5)
@given(choices())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(draw: Choices) -> None:
    given_file = deepcopy(document(draw))  # parts of it are those of every other test
    for _ in range(1 + draw.below(3)):
        _damage(given_file, draw)
    note(given_file)
    read = _read_or_refused(json.dumps(given_file).encode())
    if isinstance(read, CaseRefusedError):
        assert read.issues
    else:
        results_document(plan := plan_from_case(read.case), score(plan))


def _read_or_refused(raw: bytes) -> ReadCase | CaseRefusedError:
    try:
        return read_case(raw)
    except CaseRefusedError as refused:
        return refused


def _damage(node: Any, draw: Choices) -> None:  # noqa: ANN401 - JSON
    """Takes something out of a document, or puts something else in its place."""
    while True:
        places = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not places:
            return
        place = draw.of(places)
        below = node[place]
        if isinstance(below, dict | list) and below and not draw.happens(8):
            node = below
            continue
        if draw.happens():
            del node[place]
        else:
            node[place] = draw.of(_JUNK)
        return
