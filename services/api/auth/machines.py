"""Whose key a machine bears: looked up by the key's id, before the chamber is known."""

import time
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from services.api.auth import repository
from services.api.auth.principal import Machine
from services.api.auth.refused import TokenRefusedError
from services.api.db.session import Author, Database
from shared.domain.permissions import MACHINE_ACTIONS, Action
from shared.runtime.clock import Clock
from shared.runtime.machine_keys import MachineKey, MachineKeyHasher, parse_machine_key

# A key revoked by another process is refused after this long at the latest.
REMEMBER_SECONDS = 5.0
_REMEMBER_MOST = 5_000

# The last use is told by the minute: not every request writes.
USE_NOTED_AFTER = timedelta(minutes=1)


class MachineDirectory:
    """Tells which machine bears a key."""

    def __init__(
        self,
        database: Database,
        hasher: MachineKeyHasher,
        clock: Clock,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._clock = clock
        self._now = now
        self._verified: dict[bytes, tuple[Machine, float]] = {}

    @property
    def hasher(self) -> MachineKeyHasher:
        """What new keys are hashed with."""
        return self._hasher

    async def verify(self, text: str) -> Machine:
        """The machine that bears this key.

        Raises:
            TokenRefusedError: no key, not this one, or not any more.
        """
        digest = sha256(text.encode()).digest()
        known = self._verified.get(digest)
        if known is not None and known[1] > self._now():
            return known[0]
        key = parse_machine_key(text)
        if key is None:
            raise TokenRefusedError("key_malformed")
        machine = await self._find(key)
        if len(self._verified) >= _REMEMBER_MOST:
            self._verified.pop(next(iter(self._verified)))
        self._verified[digest] = (machine, self._now() + REMEMBER_SECONDS)
        return machine

    def forget(self) -> None:
        """Looks every key up again; called when one was changed here."""
        self._verified.clear()

    async def _find(self, key: MachineKey) -> Machine:
        async with self._database.read() as session:
            chambers = await repository.key_chambers(session, key.key_id)
        for chamber in chambers:
            async with self._database.read([chamber]) as session:
                row = await repository.find_key(session, key.key_id)
            if row is not None and self._hasher.matches(chamber, key, row.digest):
                return await self._accepted(row, key)
        raise TokenRefusedError("key_unknown", key.key_id)

    async def _accepted(self, row: sa.Row[Any], key: MachineKey) -> Machine:
        now = self._clock.now()
        if row.revoked_at is not None:
            raise TokenRefusedError("client_revoked", row.client_id)
        if row.expires_at <= now:
            raise TokenRefusedError("key_expired", key.key_id)
        scopes = frozenset(Action(name) for name in row.scopes) & MACHINE_ACTIONS
        machine = Machine(row.chamber_id, row.client_id, scopes)
        if row.last_used_at is None or now - row.last_used_at >= USE_NOTED_AFTER:
            # Hashed anew on the way: a key in use follows the rotation of CICLO_SECRET_KEYS.
            digest = self._hasher.digest(row.chamber_id, key)
            author = Author(machine.subject)
            async with self._database.write([row.chamber_id], author) as session:
                await repository.note_use(session, key.key_id, digest, now)
        return machine
