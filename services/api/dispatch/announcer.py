"""The announcer: from the outbox to the subscribers' deliveries, in one transaction each."""

import logging

from services.api.container import Container
from services.api.db.session import Author
from services.api.dispatch import repository
from services.api.signals import DELIVERIES
from services.api.subscriptions import service as subscriptions
from shared.contracts.outgoing_events import EVENTS, Happening
from shared.runtime.logging import bind

ANNOUNCER = Author("announcer")

# A storm of webhooks makes an event a message: most are for nobody and cost an update only.
_BATCH = 500

# One that dies meanwhile keeps its events from the others this long.
_HOLD_SECONDS = 10

_log = logging.getLogger("ciclo.dispatch")


class Announcer:
    """Makes deliveries of what happened. What nobody subscribed to is done with as well."""

    def __init__(self, parts: Container) -> None:
        self._parts = parts

    async def run_once(self) -> bool:
        """Announces one batch; true when more may be waiting."""
        database = self._parts.database
        async with database.write((), ANNOUNCER) as session:
            claimed = await repository.claim_events(
                session, tuple(EVENTS), batch=_BATCH, hold_seconds=_HOLD_SECONDS
            )
        for chamber, event_ids in claimed.items():
            with bind(chamber=chamber):
                async with database.write([chamber], ANNOUNCER) as session:
                    rows = await repository.events(session, event_ids)
                    happenings = [
                        (
                            row.event_id,
                            Happening(row.topic, chamber, row.subject, row.created_at, row.payload),
                        )
                        for row in rows
                    ]
                    made = await subscriptions.fan_out(session, happenings, self._parts.clock.now())
                    await repository.mark_sent(session, event_ids, ())
                if made:
                    self._parts.signals.knock(DELIVERIES)
                    _log.debug("announced %d events", len(rows), extra={"chamber": chamber})
        return sum(map(len, claimed.values())) == _BATCH
