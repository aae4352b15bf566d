"""Keys that machines authenticate with: ``ciclo_<id>_<secret>``.

The secret has 256 random bits, so there is nothing to guess and a slow password hash would
only slow down every request. What is stored is an HMAC-SHA256 under a key derived from
``CICLO_SECRET_KEYS``, which the database does not hold: who can read the database cannot use
what stands there, and who can write to it cannot add a key of their own. Chamber and id are
part of the hash: a row copied to another chamber opens nothing.
"""

import hmac
import re
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

PREFIX = "ciclo_"
_FORM = re.compile(r"ciclo_(?P<id>[0-9a-f]{32})_(?P<secret>[A-Za-z0-9_-]{43})")
_SECRET_BYTES = 32
_PURPOSE = b"ciclo/machine-keys@1"


@dataclass(frozen=True, slots=True)
class MachineKey:
    """A key in the clear."""

    key_id: str
    secret: str

    @property
    def text(self) -> str:
        """As its bearer sends it."""
        return f"{PREFIX}{uuid.UUID(self.key_id).hex}_{self.secret}"


def new_machine_key(key_id: str) -> MachineKey:
    """A fresh secret under an id."""
    return MachineKey(key_id, secrets.token_urlsafe(_SECRET_BYTES))


def parse_machine_key(text: str) -> MachineKey | None:
    """The key that a text is; ``None`` when it has not the form of one."""
    match = _FORM.fullmatch(text)
    return MachineKey(str(uuid.UUID(match["id"])), match["secret"]) if match else None


class MachineKeyHasher:
    """Hashes under the first of the keys given; recognises hashes under any of them."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take the keys of ``CICLO_SECRET_KEYS``."""
        self._peppers = [hmac.digest(key.encode(), _PURPOSE, sha256) for key in keys]

    def digest(self, chamber: str, key: MachineKey) -> bytes:
        """What is stored of a key.

        Raises:
            LookupError: there is no key to hash under.
        """
        if not self._peppers:
            raise LookupError("CICLO_SECRET_KEYS")
        return self._hash(self._peppers[0], chamber, key)

    def matches(self, chamber: str, key: MachineKey, stored: bytes) -> bool:
        """Whether ``stored`` is of this key; takes as long whatever it is."""
        found = [
            hmac.compare_digest(self._hash(pepper, chamber, key), stored)
            for pepper in self._peppers
        ]
        return any(found)

    @staticmethod
    def _hash(pepper: bytes, chamber: str, key: MachineKey) -> bytes:
        return hmac.digest(pepper, f"{chamber}\0{key.key_id}\0{key.secret}".encode(), sha256)
