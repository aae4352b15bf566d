"""Which chambers an entity has, and of which ones a person is a member.

Both are needed before the chamber of a request is known.
"""

import time
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from services.api.auth import repository
from services.api.db.session import Database
from shared.domain.membership import Membership
from shared.domain.permissions import Role
from shared.runtime.clock import Clock
from shared.runtime.identity_providers import RoleSource

ROME = ZoneInfo("Europe/Rome")
"""Where a membership's first and last day begin and end."""

# A chamber made by another process is seen after this long at the latest.
REMEMBER_SECONDS = 5.0


class ChamberDirectory:
    """Codes of the chambers of each entity, remembered briefly."""

    def __init__(self, database: Database, now: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._now = now
        self._known: dict[str, tuple[float, frozenset[str]]] = {}

    async def chambers(self, entity: str) -> frozenset[str]:
        """Codes of the entity's chambers."""
        known = self._known.get(entity)
        if known is not None and known[0] > self._now():
            return known[1]
        async with self._database.read() as session:
            codes = frozenset(await repository.entity_chambers(session, entity))
        if codes:  # whoever asks for entities that are not there fills no memory
            self._known[entity] = (self._now() + REMEMBER_SECONDS, codes)
        return codes

    async def all_chambers(self) -> list[str]:
        """Codes of the chambers of every entity, by entity and code."""
        async with self._database.read() as session:
            entities = await repository.entities(session)
        return [code for entity in entities for code in sorted(await self.chambers(entity))]

    def forget(self, entity: str) -> None:
        """Asks again next time; called when a chamber was created here."""
        self._known.pop(entity, None)


_REMEMBER_MOST = 20_000


class MemberDirectory:
    """What the chambers themselves say a person is in them, remembered briefly."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        source: RoleSource,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._source = source
        self._now = now
        self._known: dict[str, tuple[float, Mapping[str, Membership]]] = {}

    @property
    def claims_count(self) -> bool:
        """Whether roles that a token names for single chambers hold."""
        return self._source != "members"

    async def of(self, person: str) -> Mapping[str, Membership]:
        """By chamber, what holds today."""
        if self._source == "claims":
            return {}
        known = self._known.get(person)
        if known is not None and known[0] > self._now():
            return known[1]
        async with self._database.read() as session:
            chambers = await repository.member_chambers(session, person)
        found = await self._memberships(person, chambers) if chambers else {}
        if len(self._known) >= _REMEMBER_MOST:
            self._known.pop(next(iter(self._known)))
        self._known[person] = (self._now() + REMEMBER_SECONDS, found)
        return found

    def forget(self, person: str) -> None:
        """Asks again next time; called when a membership was changed here."""
        self._known.pop(person, None)

    async def _memberships(self, person: str, chambers: list[str]) -> Mapping[str, Membership]:
        today = self._clock.now().astimezone(ROME).date()
        async with self._database.read(chambers) as session:
            rows = await repository.memberships(session, person, today)
        return {
            row.chamber_id: Membership(
                frozenset(Role(name) for name in row.roles),
                frozenset(row.units),
                frozenset(row.sheets),
                frozenset(row.evaluates),
            )
            for row in rows
        }
