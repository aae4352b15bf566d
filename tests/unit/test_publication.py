"""What is published at all is decided for every kind of document."""

from typing import get_args

import pytest

from shared.contracts.snapshot import ReportKind
from shared.domain.publication import decided_kinds, public_kind


def test_of_every_kind_of_document_it_is_decided_whether_it_is_public() -> None:
    assert set(get_args(ReportKind)) <= decided_kinds()


@pytest.mark.parametrize("kind", ["monitoraggio", "scheda", "unheard-of"])
def test_what_is_internal_or_unknown_stays_so(kind: str) -> None:
    assert public_kind(kind) is None


def test_what_the_law_asks_for_comes_first() -> None:
    found = [kind for name in decided_kinds() if (kind := public_kind(name)) is not None]
    ordered = sorted(found, key=lambda kind: kind.place)
    assert len({kind.place for kind in found}) == len(found)
    assert [kind.obligation is None for kind in ordered] == [False, False, False, True]
