"""Which chambers an entity has: needed before the chamber of a request is known."""

import time
from collections.abc import Callable

import sqlalchemy as sa

from services.api.db.session import Database

# A chamber made by another process is seen after this long at the latest.
REMEMBER_SECONDS = 5.0

_CHAMBERS = sa.text("SELECT chamber_id FROM ciclo_entity_chambers(:entity)")


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
            rows = await session.all(_CHAMBERS, {"entity": entity})
        codes = frozenset(row.chamber_id for row in rows)
        self._known[entity] = (self._now() + REMEMBER_SECONDS, codes)
        return codes

    def forget(self, entity: str) -> None:
        """Asks again next time; called when a chamber was created here."""
        self._known.pop(entity, None)
