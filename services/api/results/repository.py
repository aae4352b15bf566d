"""SQL of stored results."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.plans import plans, results

_CURRENT = (
    sa.select(plans.c.revision, results.c.etag, results.c.body)
    .select_from(
        plans.join(
            results,
            sa.and_(
                results.c.chamber_id == plans.c.chamber_id,
                results.c.plan_id == plans.c.plan_id,
                results.c.revision == plans.c.revision,
            ),
        )
    )
    .where(plans.c.chamber_id == sa.bindparam("chamber"), plans.c.year == sa.bindparam("year"))
)


@dataclass(frozen=True, slots=True)
class StoredResults:
    """Serialised results and the revision of the plan they are of."""

    revision: int
    etag: str
    body: bytes


async def current(session: ReadSession, year: int) -> StoredResults | None:
    """The stored results of a year, if they are of the plan's present revision."""
    row = await session.first(_CURRENT, {"chamber": session.chamber, "year": year})
    if row is None:
        return None
    return StoredResults(row.revision, row.etag, row.body)


async def store(session: WriteSession, plan_id: str, made: StoredResults) -> None:
    """Keeps results unless newer ones are there already."""
    values = {"revision": made.revision, "etag": made.etag, "body": made.body}
    insert = postgresql.insert(results).values(
        chamber_id=session.chamber, plan_id=plan_id, **values
    )
    await session.execute(
        insert.on_conflict_do_update(
            index_elements=["chamber_id", "plan_id"],
            set_={**values, "computed_at": sa.func.now()},
            where=results.c.revision < insert.excluded.revision,
        )
    )
