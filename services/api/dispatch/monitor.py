"""The monitor: when the last datum of a period is validated, its report is made by itself."""

import logging

from services.api.container import Container
from services.api.db.session import Author, WriteSession
from services.api.dispatch import repository
from services.api.errors import Refusal
from services.api.periods import service as periods
from services.api.plans import service as plans
from services.api.reports import service as reports
from services.api.reports.repository import Series, latest_revision
from services.api.reports.schemas import NewReport
from services.api.states.service import MONITORING_DUE
from shared.runtime.logging import bind

MONITOR = Author("monitor")

_BATCH = 50

# Freezing a report takes a moment; one that dies meanwhile leaves its events to the others.
_HOLD_SECONDS = 60

_log = logging.getLogger("ciclo.dispatch")


class Monitor:
    """Looks at the periods of a year after validations."""

    def __init__(self, parts: Container) -> None:
        self._parts = parts

    async def run_once(self) -> bool:
        """Looks after one batch of validations; true when more may be waiting."""
        database = self._parts.database
        async with database.write((), MONITOR) as session:
            claimed = await repository.claim_events(
                session, (MONITORING_DUE,), batch=_BATCH, hold_seconds=_HOLD_SECONDS
            )
        for chamber, event_ids in claimed.items():
            with bind(chamber=chamber):
                async with database.write([chamber], MONITOR) as session:
                    rows = await repository.events(session, event_ids)
                    for year in sorted({int(row.payload["year"]) for row in rows}):
                        await self._look(session, year)
                    await repository.mark_sent(session, event_ids, ())
        return sum(map(len, claimed.values())) == _BATCH

    async def _look(self, session: WriteSession, year: int) -> None:
        """Asks for the report of every complete period that has none of the plan as it is."""
        try:
            head = await plans.lock_plan(session, year)
        except Refusal:
            return  # the plan is gone, and so is the question
        for code in await periods.fully_validated(session, head):
            made = await latest_revision(session, Series(year, "monitoraggio", code))
            if made is not None and made >= head.revision:
                continue
            wanted = NewReport(year=year, kind="monitoraggio", period=code)
            await reports.request_report(self._parts, session, wanted)
            facts = {"chamber": session.chamber, "year": year, "period": code}
            _log.info("monitoring report requested", extra=facts)
