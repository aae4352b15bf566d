"""SQL of retention. What is removed is removed by a function of the database, and nothing else."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.audit import audit_chain
from services.api.db.tables.plans import plans
from services.api.db.tables.reports import report_signatures, reports
from services.api.db.tables.requests import audit_log
from services.api.db.tables.retention import retention_runs
from services.api.db.tables.tenants import chambers
from services.api.paging import Order, Page, Rows, cut, sliced
from shared.domain.retention import Kind

_r = retention_runs.c

ORDER = Order({"ran_at": _r.ran_at}, _r.run_id, "-ran_at")

_RETIRE = sa.text("SELECT ciclo_retire(:chamber, :kind, :before)").bindparams(
    sa.bindparam("before", type_=sa.DateTime(timezone=True))
)
_RETIRE_SHEET_DOCUMENTS = sa.text(
    "SELECT ciclo_retire_sheet_documents(:chamber, :before)"
).bindparams(sa.bindparam("before", type_=sa.DateTime(timezone=True)))
_TRY_LOCK = sa.text("SELECT pg_try_advisory_xact_lock(hashtext('retention'), hashtext(:chamber))")


async def try_lock(session: WriteSession) -> bool:
    """Whether nobody else applies the chamber's retention right now."""
    return bool(await session.scalar(_TRY_LOCK, {"chamber": session.chamber}))


async def suspended(session: ReadSession) -> bool:
    """Whether the chamber may only be read."""
    status = await session.scalar(
        sa.select(chambers.c.status).where(chambers.c.chamber_id == session.chamber)
    )
    return bool(status == "suspended")


async def retire(session: WriteSession, kind: Kind, before: datetime) -> int:
    """Removes what is older; answers how many rows."""
    parameters = {"chamber": session.chamber, "before": before}
    if kind is Kind.SHEET_DOCUMENTS:
        return int(await session.scalar(_RETIRE_SHEET_DOCUMENTS, parameters))
    return int(await session.scalar(_RETIRE, {**parameters, "kind": kind.value}))


async def first_line_kept(session: ReadSession) -> int:
    """Number in the chain of the first audit line that is still there; 1 when none is gone."""
    first = await session.scalar(
        sa.select(sa.func.min(audit_chain.c.sequence))
        .join(
            audit_log,
            sa.and_(
                audit_log.c.chamber_id == audit_chain.c.chamber_id,
                audit_log.c.audit_id == audit_chain.c.audit_id,
            ),
        )
        .where(audit_chain.c.chamber_id == session.chamber)
    )
    return int(first or 1)


async def years_until(session: ReadSession, year: int) -> Sequence[int]:
    """Years of the plans up to ``year``."""
    rows = await session.all(
        sa.select(plans.c.year).where(plans.c.chamber_id == session.chamber, plans.c.year <= year)
    )
    return [row.year for row in rows]


async def documents_at(session: ReadSession, keys: Collection[str]) -> frozenset[str]:
    """Of these keys of blobs the ones that a document, a stage or a web page of one lies at."""
    wanted = list(keys)
    places = (reports.c.blob_key, reports.c.web_blob_key, report_signatures.c.blob_key)
    rows = await session.all(
        sa.union(
            *(
                sa.select(place.label("key")).where(
                    place.table.c.chamber_id == session.chamber, place.in_(wanted)
                )
                for place in places
            )
        )
    )
    return frozenset(row.key for row in rows)


async def add_run(session: WriteSession, run_id: str, removed: Mapping[str, Any]) -> sa.Row[Any]:
    """Writes down what a run removed."""
    await session.execute(
        sa.insert(retention_runs),
        {
            "chamber_id": session.chamber,
            "run_id": run_id,
            "removed": dict(removed),
            "ran_by": session.author.actor,
        },
    )
    found = await session.first(
        sa.select(retention_runs).where(_r.chamber_id == session.chamber, _r.run_id == run_id)
    )
    if found is None:
        raise LookupError(run_id)
    return found


async def runs(session: ReadSession, asked: Page) -> Rows:
    """What was removed, the latest run first."""
    statement = sa.select(retention_runs).where(_r.chamber_id == session.chamber)
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


async def last_run(session: ReadSession) -> datetime | None:
    """When the chamber's retention was applied last."""
    found: datetime | None = await session.scalar(
        sa.select(sa.func.max(_r.ran_at)).where(_r.chamber_id == session.chamber)
    )
    return found
