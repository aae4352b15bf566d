"""Which files may prove a measurement."""

import pytest

from shared.domain.evidence import BEGINNINGS, content_problem


@pytest.mark.parametrize("media_type", BEGINNINGS)
def test_every_kind_begins_as_it_says(media_type: str) -> None:
    for beginning in BEGINNINGS[media_type] or (b"testo",):
        assert content_problem(media_type, beginning + b"...") is None
    assert content_problem(media_type, b"") == "empty_file"
    assert content_problem(media_type, b"\0\0") == "not_that_type"
