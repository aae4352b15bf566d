"""Identifiers go by the order in which they were made."""

import uuid

from services.api.ids import new_id, new_ids


def test_each_is_after_the_one_before() -> None:
    made = [new_id() for _ in range(2_000)]
    assert made == sorted(made)
    assert {uuid.UUID(one).version for one in made} == {7}


def test_many_at_once_are_in_order_too() -> None:
    made = new_ids(500)
    assert made == sorted(made)
    assert len(set(made)) == 500
