"""Keys of machines: their form, and what is kept of them."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.logging import strike_out_secrets
from shared.runtime.machine_keys import MachineKeyHasher, new_machine_key, parse_machine_key
from shared.runtime.secrets import new_key

KEY_ID = "019aa3c2-6f1e-7c3b-9b1a-0c5e8d2f4a61"
OLD, NEW = new_key(), new_key()


def test_a_key_is_read_as_it_was_written() -> None:
    key = new_machine_key(KEY_ID)
    assert parse_machine_key(key.text) == key
    assert key.secret not in repr(MachineKeyHasher([OLD]).digest("PI", key))
    assert strike_out_secrets(f"sent {key.text} twice") == "sent [***] twice"


@given(st.text())
def test_nothing_else_is_a_key(text: str) -> None:
    assert parse_machine_key(text) is None
    assert parse_machine_key(f"ciclo_{text}") is None


def test_a_hash_opens_for_its_key_in_its_chamber_only() -> None:
    hasher = MachineKeyHasher([OLD])
    key = new_machine_key(KEY_ID)
    stored = hasher.digest("PI", key)
    assert hasher.matches("PI", key, stored)
    assert not hasher.matches("LU", key, stored)
    assert not hasher.matches("PI", new_machine_key(KEY_ID), stored)
    other = dataclasses.replace(key, key_id="019aa3c2-6f1e-7c3b-9b1a-0c5e8d2f4a62")
    assert not hasher.matches("PI", other, stored)


def test_hashes_outlive_the_rotation_of_the_installations_key() -> None:
    key = new_machine_key(KEY_ID)
    stored = MachineKeyHasher([OLD]).digest("PI", key)
    assert MachineKeyHasher([NEW, OLD]).matches("PI", key, stored)
    assert not MachineKeyHasher([NEW]).matches("PI", key, stored)
    assert not MachineKeyHasher([]).matches("PI", key, stored)
    with pytest.raises(LookupError):
        MachineKeyHasher([]).digest("PI", key)
