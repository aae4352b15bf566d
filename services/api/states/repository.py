"""SQL of the states of measurements, of closed periods, and of a chamber's rules."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.api.db.arrays import array_text
from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.measurements import measurement_versions as versions
from services.api.db.tables.measurements import measurements
from services.api.db.tables.tenants import chambers
from services.api.db.tables.validation import measurement_state_changes as changes
from services.api.db.tables.validation import period_closures as closures
from shared.domain.measurement_states import State

_BARRIERS = sa.text("""
    SELECT 'period' AS kind, plan_id::text AS owner, period AS name, 0 AS version, NULL AS role
    FROM (
        SELECT DISTINCT ON (plan_id, period) plan_id, period, state FROM period_closures
        WHERE chamber_id = :chamber AND plan_id = ANY (CAST(:plans AS uuid[]))
        ORDER BY plan_id, period, number DESC
    ) AS last WHERE state = 'closed'
    UNION ALL
    SELECT 'measurement', plan_id::text, measurement_id::text, version, role FROM (
        SELECT DISTINCT ON (plan_id, measurement_id) plan_id, measurement_id, state, version, role
        FROM measurement_state_changes
        WHERE chamber_id = :chamber AND plan_id = ANY (CAST(:plans AS uuid[]))
            AND measurement_id = ANY ((SELECT CAST(CAST(:measurements AS text) AS uuid[]))::uuid[])
        ORDER BY plan_id, measurement_id, number DESC
    ) AS last WHERE state = 'validated'
    UNION ALL
    SELECT 'plan', plan_id::text, '', 0, NULL FROM plans
    WHERE chamber_id = :chamber AND plan_id = ANY (CAST(:plans AS uuid[])) AND state = 'closed'
""")

_VALIDATED = sa.text("""
    SELECT last.measurement_id::text AS measurement_id, last.role FROM (
        SELECT DISTINCT ON (measurement_id) measurement_id, state, version, role
        FROM measurement_state_changes
        WHERE chamber_id = :chamber AND plan_id = :plan
        ORDER BY measurement_id, number DESC
    ) AS last
    JOIN measurements AS m ON m.chamber_id = :chamber AND m.plan_id = :plan
        AND m.measurement_id = last.measurement_id AND m.version = last.version
    WHERE last.state = 'validated'
""")

_SETTINGS = "measurements"


@dataclass(frozen=True, slots=True)
class Change:
    """A line to be written about a measurement."""

    measurement_id: str
    number: int
    state: str
    version: int


async def barriers(
    session: ReadSession, plans: Collection[str], measurement_ids: Collection[str]
) -> Sequence[sa.Row[Any]]:
    """Closed periods of these plans, and which of these measurements were validated last.

    Rows have ``kind`` (``period``, ``measurement``), ``owner`` (plan), ``name``, ``version``
    (the one that was validated) and ``role`` (of who did).
    """
    return await session.all(
        _BARRIERS,
        {
            "chamber": session.chamber,
            "plans": sorted(plans),
            "measurements": array_text(measurement_ids),
        },
    )


async def validators(session: ReadSession, plan_id: str) -> dict[str, str]:
    """The role that validated the value that stands, by id of the measurement."""
    rows = await session.all(_VALIDATED, {"chamber": session.chamber, "plan": plan_id})
    return {row.measurement_id: row.role for row in rows}


def standing(session: ReadSession, plan_id: str) -> sa.Select[Any]:
    """Measurements of a plan with where they are on their way.

    Beside the columns of the measurement: ``state``, ``state_role``, ``state_reason``,
    ``state_number`` (how many moves there were) and ``recorded_by`` (who entered the value).
    """
    last = (
        sa.select(changes)
        .where(changes.c.chamber_id == session.chamber, changes.c.plan_id == plan_id)
        .ext(postgresql.distinct_on(changes.c.measurement_id))
        .order_by(changes.c.measurement_id, changes.c.number.desc())
        .subquery("last")
    )
    current = last.c.version == measurements.c.version
    recorded_by = (
        sa.select(versions.c.recorded_by)
        .where(
            versions.c.chamber_id == measurements.c.chamber_id,
            versions.c.plan_id == measurements.c.plan_id,
            versions.c.measurement_id == measurements.c.measurement_id,
            versions.c.version == measurements.c.version,
        )
        .scalar_subquery()
    )
    return (
        sa.select(
            measurements,
            sa.case((current, last.c.state), else_="recorded").label("state"),
            sa.case((current, last.c.role)).label("state_role"),
            sa.case((current, last.c.reason)).label("state_reason"),
            sa.func.coalesce(last.c.number, 0).label("state_number"),
            recorded_by.label("recorded_by"),
        )
        .outerjoin(last, last.c.measurement_id == measurements.c.measurement_id)
        .where(measurements.c.chamber_id == session.chamber, measurements.c.plan_id == plan_id)
    )


async def find_standing(
    session: ReadSession, plan_id: str, ids: Collection[str]
) -> dict[str, sa.Row[Any]]:
    """Some measurements of a plan with their states, by id."""
    rows = await session.all(
        standing(session, plan_id).where(measurements.c.measurement_id.in_(sorted(ids)))
    )
    return {row.measurement_id: row for row in rows}


async def states(session: ReadSession, plan_id: str) -> dict[str, str]:
    """The state of every measurement of a plan, by id."""
    found = standing(session, plan_id).subquery()
    rows = await session.all(sa.select(found.c.measurement_id, found.c.state))
    return {row.measurement_id: row.state for row in rows}


async def first_entered(session: ReadSession, plan_id: str) -> dict[str, datetime]:
    """When each measurement of a plan was entered first, by id."""
    rows = await session.all(
        sa.select(versions.c.measurement_id, sa.func.min(versions.c.recorded_at).label("at"))
        .where(versions.c.chamber_id == session.chamber, versions.c.plan_id == plan_id)
        .group_by(versions.c.measurement_id)
    )
    return {row.measurement_id: row.at for row in rows}


async def last_changes(
    session: ReadSession, plan_id: str, ids: Collection[str]
) -> dict[str, tuple[int, State, int]]:
    """Number, state and version of the last move of some measurements, by id."""
    rows = await session.all(
        sa.select(changes.c.measurement_id, changes.c.number, changes.c.state, changes.c.version)
        .where(
            changes.c.chamber_id == session.chamber,
            changes.c.plan_id == plan_id,
            changes.c.measurement_id.in_(sorted(ids)),
        )
        .ext(postgresql.distinct_on(changes.c.measurement_id))
        .order_by(changes.c.measurement_id, changes.c.number.desc())
    )
    return {row.measurement_id: (row.number, State(row.state), row.version) for row in rows}


async def append_changes(
    session: WriteSession, plan_id: str, made: Sequence[Change], *, role: str, reason: str | None
) -> None:
    """Adds moves to the history of measurements."""
    if not made:
        return
    shared = {
        "chamber_id": session.chamber,
        "plan_id": plan_id,
        "role": role,
        "reason": reason,
        "changed_by": session.author.actor,
    }
    await session.execute(
        sa.insert(changes),
        [
            {
                **shared,
                "measurement_id": change.measurement_id,
                "number": change.number,
                "state": change.state,
                "version": change.version,
            }
            for change in made
        ],
    )


async def closure_history(session: ReadSession, plan_id: str) -> Sequence[sa.Row[Any]]:
    """Every closing and reopening of a plan's periods, the oldest first."""
    return await session.all(
        sa.select(closures)
        .where(closures.c.chamber_id == session.chamber, closures.c.plan_id == plan_id)
        .order_by(closures.c.period, closures.c.number)
    )


async def append_closure(session: WriteSession, plan_id: str, values: Mapping[str, Any]) -> None:
    """Adds a closing or reopening to the history of a period."""
    identity = {
        "chamber_id": session.chamber,
        "plan_id": plan_id,
        "changed_by": session.author.actor,
    }
    await session.execute(sa.insert(closures), {**identity, **values})


async def settings(session: ReadSession, *, lock: bool = False) -> tuple[dict[str, Any], int]:
    """What a chamber has set about collecting data, and the version of the chamber."""
    statement = sa.select(chambers.c.settings, chambers.c.version).where(
        chambers.c.chamber_id == session.chamber
    )
    row = await session.first(statement.with_for_update(key_share=True) if lock else statement)
    if row is None:
        raise LookupError(session.chamber)
    return dict(row.settings.get(_SETTINGS, {})), row.version


async def write_settings(session: WriteSession, given: Mapping[str, Any]) -> None:
    """Replaces what a chamber has set about collecting data; its other settings stay."""
    stored = await session.scalar(
        sa.select(chambers.c.settings).where(chambers.c.chamber_id == session.chamber)
    )
    await session.execute(
        sa.update(chambers)
        .where(chambers.c.chamber_id == session.chamber)
        .values(
            settings={**stored, _SETTINGS: dict(given)},
            version=chambers.c.version + 1,
            updated_at=sa.func.now(),
        )
    )
