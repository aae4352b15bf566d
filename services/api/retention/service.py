"""Use cases of retention: applying a chamber's periods, and telling what was removed.

Blobs are taken away by sweeps, which find that no row speaks of them: those of removed evidence
by the one of :mod:`services.api.evidence`, those of documents by
:mod:`services.api.retention.leftovers`.
"""

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from services.api.container import Container
from services.api.db.session import Author, WriteSession
from services.api.db.trail import audit
from services.api.everywhere import everywhere
from services.api.ids import new_id
from services.api.plans import service as plans
from services.api.retention import repository
from services.api.tenants import configuration
from shared.domain.retention import Kind, Periods, cut_offs

_log = logging.getLogger("ciclo.retention")

KEEPER = Author("retention")

EVERY = timedelta(days=1)

APPLIED = "retention.applied"
"""Action of the audit line; its detail tells up to where audit lines were removed."""


async def apply(session: WriteSession, now: datetime) -> sa.Row[Any]:
    """Removes what the chamber has kept for long enough; answers the run.

    Raises:
        Refusal: ``chamber_not_found``.
    """
    kept = (await configuration.read(session)).retention
    limits = cut_offs(Periods(**kept.model_dump()), now)
    removed: dict[str, Any] = {}
    for kind, before in limits.items():
        rows = await repository.retire(session, kind, before)
        removed[kind.value] = {"rows": rows, "before": before.date().isoformat()}
    if removed[Kind.SHEETS]["rows"]:
        for year in await repository.years_until(session, limits[Kind.SHEETS].year - 1):
            await plans.touch(session, await plans.lock_plan(session, year), "retention")
    run = await repository.add_run(session, new_id(), removed)
    first = await repository.first_line_kept(session)
    counts = {kind: facts["rows"] for kind, facts in removed.items()}
    detail = {"removed": counts, "audit_through": first - 1}
    await audit(session, APPLIED, f"retention/{run.run_id}", detail)
    return run


async def apply_where_due(parts: Container, chamber: str) -> bool:
    """Applies a chamber's retention unless that was done within a day; whether it was.

    A suspended chamber is only read.
    """
    now = parts.clock.now()
    async with parts.database.write([chamber], KEEPER) as session:
        if not await repository.try_lock(session) or await repository.suspended(session):
            return False
        last = await repository.last_run(session)
        if last is not None and now - last < EVERY:
            return False
        await apply(session, now)
        return True


async def apply_everywhere(parts: Container) -> int:
    """Applies the retention of every chamber where it is due; answers of how many."""
    return await everywhere(parts, _log, partial(apply_where_due, parts))
