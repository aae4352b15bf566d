"""The job: ask the source, compare, mend, compare again, write down what was found.

No transaction is open while the source is asked. What is mended arrives as messages of the
source's own, stored and applied by the same rules as those it sends.
"""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import httpx

from services.api import signals
from services.api.arrivals import service as arrivals
from services.api.arrivals.service import Sender
from services.api.background import Chore, repeating
from services.api.container import Container
from services.api.db.session import Author, DatabaseUnavailableError, WriteSession
from services.api.db.trail import audit
from services.api.everywhere import everywhere
from services.api.integrations import receiving
from services.api.integrations.credentials import opened_text
from services.api.integrations.receiving import Address
from services.api.reconciliations import repository
from services.api.reconciliations.comparing import Difference, Kind, compare
from services.api.reconciliations.source import (
    Acquaintance,
    PulledSource,
    Source,
    SourceUnavailableError,
)
from shared.contracts.pull import HeldMeasurement
from shared.runtime.outbound import GuardedTransport
from shared.runtime.secrets import SealError

_SILENCE_SECONDS = 600.0
_BATCH = 500
_MOST_STORED = 5000

_log = logging.getLogger("ciclo.reconciliations")


@dataclass(slots=True)
class Runner:
    """Runs jobs of one process, and remembers the sources it has met."""

    parts: Container
    transport: httpx.AsyncBaseTransport | None = None
    known: dict[tuple[str, str], Acquaintance] = field(default_factory=dict)

    async def run_all(self) -> int:
        """Runs every job that waits in any chamber; answers how many there were."""
        return await everywhere(self.parts, _log, self._run_those_of)

    async def _run_those_of(self, chamber: str) -> int:
        done = 0
        while await self.run_one(chamber):
            done += 1
        return done

    async def run_one(self, chamber: str) -> bool:
        """Runs the oldest waiting job of a chamber; false when there is none."""
        author = Author("reconciliation")
        async with self.parts.database.write([chamber], author) as session:
            row = await repository.claim(session, _SILENCE_SECONDS)
        if row is None:
            return False
        job = _Job(chamber, row.reconciliation_id, row.integration_id, row.year, row.period)
        try:
            await self._run(job, repair=row.repair)
        except SourceUnavailableError as error:
            _log.warning("source %s of %s: %s", job.integration, chamber, error)
            await self._fail(job, error.reason)
        except DatabaseUnavailableError:
            raise  # it is taken up again when the database is back
        except Exception:
            await self._fail(job, "internal_error")
            raise
        return True

    async def _run(self, job: "_Job", *, repair: bool) -> None:
        held = await self._ask(job)
        await self._tell(job, "comparing", 60)
        found = await self._compare(job, held)
        left: list[Difference] = []
        if repair and found:
            await self._tell(job, "repairing", 75)
            await self._repair(job, held, found)
            left = await self._compare(job, held)
        await self._finish(job, found, left, held=len(held), repair=repair)

    async def _ask(self, job: "_Job") -> list[HeldMeasurement]:
        source = await self._source(job)
        held: list[HeldMeasurement] = []
        async for page in source.pages(job.year, job.period):
            held += page.items
            await self._tell(job, "asking", min(50, 1 + len(held) // 500))
        return held

    async def _source(self, job: "_Job") -> Source:
        async with self.parts.database.read([job.chamber]) as session:
            settings = await repository.integration_settings(session, job.integration)
        url = (settings or {}).get("pull_url")
        if not url:
            raise SourceUnavailableError("no_address")
        sealed = (settings or {}).get("pull_token")
        token = self._token(job, sealed) if sealed else None
        transport = self.transport or GuardedTransport(self.parts.settings.outbound_networks)
        known = self.known.setdefault((job.chamber, job.integration), Acquaintance())
        return PulledSource(url, token, transport, known)

    def _token(self, job: "_Job", sealed: str) -> str:
        settings = self.parts.settings
        try:
            return opened_text(settings, job.chamber, job.integration, sealed)
        except SealError as error:  # brought here from another installation
            raise SourceUnavailableError("token_unreadable") from error

    async def _compare(self, job: "_Job", held: Sequence[HeldMeasurement]) -> list[Difference]:
        sender = Sender(job.integration, "", self.parts.clock.now())
        async with self.parts.database.read([job.chamber]) as session:
            rows = await repository.standing(session, job.year, job.period)
            considered = await arrivals.preview(
                session, dict(enumerate(held)), sender, pause=self.parts.traffic.give_way
            )
        # A year of a large chamber takes a second: not in the loop that serves others.
        return await asyncio.to_thread(compare, held, considered, rows, sender.source)

    async def _repair(
        self, job: "_Job", held: Sequence[HeldMeasurement], found: Sequence[Difference]
    ) -> None:
        """Lets what the source holds arrive, and what it no longer knows be withdrawn."""
        now = self.parts.clock.now()
        said = [
            (held[one.position].timestamp, _statement(held[one.position]))
            for one in found
            if one.position is not None
        ]
        said += [(now, _withdrawal(one)) for one in found if one.kind is Kind.UNKNOWN_THERE]
        said.sort(key=lambda pair: pair[0])
        number = done = 0
        for moment, group in groupby(said, key=lambda pair: pair[0]):
            items = [item for _, item in group]
            for begin in range(0, len(items), _BATCH):
                number += 1
                body = _event(moment, items[begin : begin + _BATCH])
                message = f"pull-{job.reconciliation_id}-{number}"
                address = Address(job.chamber, job.integration)
                await receiving.receive_pulled(self.parts, address, message, body)
                done += len(items[begin : begin + _BATCH])
                await self._tell(job, "repairing", 75 + 20 * done // len(said))

    async def _tell(self, job: "_Job", stage: str, progress: int) -> None:
        async with self._writing(job) as session:
            values = {"stage": stage, "progress": progress}
            await repository.update(session, job.reconciliation_id, values)

    @asynccontextmanager
    async def _writing(self, job: "_Job") -> AsyncIterator[WriteSession]:
        """A transaction on a job; who follows the job hears of it."""
        author = Author("reconciliation")
        async with self.parts.database.write([job.chamber], author) as session:
            yield session
        self.parts.signals.knock(signals.reconciliation(job.chamber, job.reconciliation_id))

    async def _finish(
        self,
        job: "_Job",
        found: Sequence[Difference],
        left: Sequence[Difference],
        *,
        held: int,
        repair: bool,
    ) -> None:
        open_still = {_name(one) for one in left}
        rows = [_row(one, repaired=repair and _name(one) not in open_still) for one in found]
        kinds = Counter(one.kind.value for one in found)
        counts = {kind.value: kinds[kind.value] for kind in Kind} | {
            "held": held,
            "repaired": sum(row["repaired"] for row in rows),
        }
        async with self._writing(job) as session:
            values = {"state": "done", "stage": "done", "progress": 100, "counts": counts}
            await repository.finish(session, job.reconciliation_id, values, rows[:_MOST_STORED])
            subject = f"integration/{job.integration}"
            await audit(session, "integration.reconciled", subject, counts)

    async def _fail(self, job: "_Job", reason: str) -> None:
        async with self._writing(job) as session:
            values = {"state": "failed", "stage": "failed", "failure": reason}
            await repository.finish(session, job.reconciliation_id, values)


@dataclass(frozen=True, slots=True)
class _Job:
    chamber: str
    reconciliation_id: str
    integration: str
    year: int
    period: str | None


def _name(one: Difference) -> tuple[str, str, int, str | None]:
    return (one.subject_kind, one.code, one.year, one.period)


def _row(one: Difference, *, repaired: bool) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "subject_kind": one.subject_kind,
        "code": one.code,
        "year": one.year,
        "period": one.period,
        "ours": one.ours,
        "theirs": one.theirs,
        "reason": one.reason,
        "repaired": repaired,
    }


def _statement(item: HeldMeasurement) -> dict[str, Any]:
    return item.model_dump(mode="json", exclude_none=True, exclude={"timestamp"})


def _withdrawal(one: Difference) -> dict[str, Any]:
    """What the source no longer knows, taken back in its name with the version that stands."""
    said = {one.subject_kind: one.code, "year": one.year, "event": "withdrawn"}
    if one.period is not None:
        said["period"] = one.period
    if one.version is not None:
        said["source_version"] = one.version
    return said


def _event(moment: datetime, items: Sequence[Mapping[str, Any]]) -> bytes:
    event = {
        "type": "measurements.batch",
        "timestamp": moment.isoformat(),
        "data": {"measurements": list(items)},
    }
    return json.dumps(event, ensure_ascii=False).encode()


def reconciling(parts: Container) -> AbstractAsyncContextManager[None]:
    """Runs jobs while the block lasts."""
    chore = Chore(
        name="reconciliations",
        work=Runner(parts).run_all,
        seconds=2.0,
        log=_log,
        waits="reconciliations wait: %s",
        fails="a reconciliation failed",
    )
    return repeating(parts.signals, chore)
