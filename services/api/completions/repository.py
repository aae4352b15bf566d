"""SQL of what sources say about whole periods."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession

# Said last stands, as for data: any order of messages ends in the same state.
_ENTER = sa.text("""
    INSERT INTO period_completions
        (chamber_id, integration_id, year, period, completed_at, message_id, announced)
    VALUES (:chamber, :integration, :year, :period, :at, :message, :announced)
    ON CONFLICT (chamber_id, integration_id, year, period) DO UPDATE SET
        completed_at = EXCLUDED.completed_at, message_id = EXCLUDED.message_id,
        announced = EXCLUDED.announced
    WHERE (period_completions.completed_at, period_completions.message_id COLLATE "C")
        < (EXCLUDED.completed_at, EXCLUDED.message_id COLLATE "C")
""")

_OF_PLAN = sa.text("""
    SELECT c.integration_id AS integration, c.period, c.completed_at, c.announced, (
        SELECT count(*) FROM measurements AS m
        WHERE m.chamber_id = :chamber AND m.plan_id = CAST(:plan AS uuid)
            AND m.source = 'webhook:' || c.integration_id
            AND m.status IS DISTINCT FROM 'withdrawn'
            AND (m.year = :year OR m.year IS NULL)
            AND m.period IS NOT DISTINCT FROM nullif(c.period, 'Y')
    ) AS held
    FROM period_completions AS c
    WHERE c.chamber_id = :chamber AND c.year = :year
    ORDER BY c.period, c.integration_id
""")


async def enter(session: WriteSession, integration: str, values: Mapping[str, Any]) -> bool:
    """Writes down that a period is complete; false when something later was said about it."""
    shared = {"chamber": session.chamber, "integration": integration}
    return bool(await session.execute(_ENTER, {**shared, **values}))


async def of_plan(session: ReadSession, plan_id: str, year: int) -> Sequence[sa.Row[Any]]:
    """What sources have said about the periods of a plan's year.

    Rows have ``integration``, ``period``, ``completed_at``, ``announced`` (how many data stand
    there, if it was said) and ``held`` (how many of theirs stand in the plan).
    """
    return await session.all(_OF_PLAN, {"chamber": session.chamber, "plan": plan_id, "year": year})
