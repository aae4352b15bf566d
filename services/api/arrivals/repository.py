"""SQL of sets of statements: read and written as arrays of columns, few round trips."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession


class StateRow(NamedTuple):
    """What stands about a datum. Fields are in the order of ``_STANDING``."""

    plan_id: str
    measurement_id: str
    position: int
    subject_kind: str
    subject_code: str
    year: int | None
    period: str | None
    value: str | None
    status: str | None
    result: str | None
    value_text: str | None
    note: str | None
    version: int
    source: str
    source_version: int | None
    source_at: datetime | None
    source_message: str | None
    source_position: int | None
    source_stage: str | None
    versions_seen: str | None
    versions_by: str | None


class Entry(NamedTuple):
    """A statement to write down: what stands, what is remembered, or both.

    Fields are in the order of ``_ENTER``. ``version`` is ``None`` for one that does not stand;
    ``versions_seen`` is ``None`` where the source does not count its statements.
    """

    plan_id: str
    measurement_id: str
    version_id: str
    position: int
    subject_kind: str
    subject_code: str
    year: int | None
    period: str | None
    value: str | None
    status: str | None
    result: str | None
    value_text: str | None
    note: str | None
    version: int | None
    source_version: int | None
    source_position: int | None
    stands: bool
    remembered: bool
    source_stage: str | None = None
    versions_seen: str | None = None


class Seen(NamedTuple):
    """Versions that a source has sent about a datum on which another statement stands."""

    plan_id: str
    measurement_id: str
    versions_seen: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where all entries of a set come from; ``integration`` when a system sent them."""

    source: str
    at: datetime | None
    message_id: str | None
    integration: str | None = None


# Whoever changes inputs of a plan's results holds its row, so what is read afterwards stays.
# NO KEY: the foreign keys of elements written meanwhile do not wait.
_LOCK_PLANS = sa.text("""
    SELECT plan_id::text AS plan_id, year FROM plans
    WHERE chamber_id = :chamber AND year BETWEEN :first AND :last
    ORDER BY plan_id FOR NO KEY UPDATE
""")

_PLANS = sa.text("""
    SELECT plan_id::text AS plan_id, year FROM plans
    WHERE chamber_id = :chamber AND year BETWEEN :first AND :last ORDER BY plan_id
""")

# What the statements may mean, and the formulas that say more than the codes they read: years
# before the plan's, kinds of value.
_SUBJECTS = sa.text("""
    WITH mapped AS MATERIALIZED (
        SELECT e.external, e.subject_kind, e.code, e.unit, e.conversion
        FROM integrations AS i
        JOIN integration_mapping_entries AS e ON e.chamber_id = i.chamber_id
            AND e.integration_id = i.integration_id AND e.version = i.mapping_version
        WHERE i.chamber_id = :chamber AND i.integration_id = :integration
            AND e.external = ANY (CAST(:names AS text[]))
    )
    SELECT 'mapping' AS kind, subject_kind AS plan_id, code, conversion AS value_type,
        external AS external_id, unit
    FROM mapped
    UNION ALL
    SELECT 'measure', plan_id::text, code, value_type,
        external_ids ->> :integration AS external_id, unit
    FROM measures
    WHERE chamber_id = :chamber AND plan_id = ANY (CAST(:plans AS uuid[]))
        AND external_ids ->> 'ciclo' IS NULL -- what the system feeds, nobody sends
        AND (code = ANY (CAST(:measures AS text[]))
            OR external_ids ->> :integration = ANY (CAST(:measures AS text[]))
            OR code IN (SELECT code FROM mapped WHERE subject_kind = 'measure'))
    UNION ALL
    SELECT 'indicator', plan_id::text, code, value_type, NULL, unit FROM indicators
    WHERE chamber_id = :chamber AND plan_id = ANY (CAST(:plans AS uuid[]))
        AND (code = ANY (CAST(:indicators AS text[]))
            OR code IN (SELECT code FROM mapped WHERE subject_kind = 'indicator'))
    UNION ALL
    SELECT 'formula', plan_id::text, formula, value_type, NULL, NULL FROM indicators
    WHERE chamber_id = :chamber AND plan_id = ANY (CAST(:plans AS uuid[]))
        AND formula IS NOT NULL
        AND (formula LIKE '%@%' OR value_type IN ('date', 'boolean', 'text'))
    UNION ALL
    SELECT 'objective', plan_id::text, code, NULL, NULL, NULL FROM objectives
    WHERE chamber_id = :chamber AND plan_id = ANY (CAST(:plans AS uuid[]))
        AND (code = ANY (CAST(:objectives AS text[]))
            OR code IN (SELECT code FROM mapped WHERE subject_kind = 'objective'))
""")

# One table and no join: how it is scanned does not hang on statistics that a chamber's first
# import has outdated. It may answer a few rows more than asked for.
_STANDING = sa.text("""
    SELECT plan_id::text AS plan_id, measurement_id::text AS measurement_id, position,
        subject_kind, subject_code, year, period, value, status, result, value_text, note,
        version, source, source_version, source_at, source_message, source_position,
        source_stage, versions_seen, versions_by
    FROM measurements
    WHERE chamber_id = :chamber AND plan_id = ANY (CAST(:plans AS uuid[]))
        AND subject_kind = ANY (CAST(:kinds AS text[]))
        AND subject_code = ANY (CAST(:codes AS text[]))
""")

_LAST_POSITIONS = sa.text("""
    SELECT plan_id::text AS plan_id, max(position) AS position FROM measurements
    WHERE chamber_id = :chamber AND plan_id = ANY (CAST(:plans AS uuid[])) GROUP BY plan_id
""")

# State and history in one statement: the contents travel once.
_ENTER = sa.text("""
    WITH given AS MATERIALIZED (
        SELECT * FROM unnest(
            CAST(:c0 AS uuid[]), CAST(:c1 AS uuid[]), CAST(:c2 AS uuid[]),
            CAST(:c3 AS integer[]), CAST(:c4 AS text[]), CAST(:c5 AS text[]),
            CAST(:c6 AS smallint[]), CAST(:c7 AS text[]), CAST(:c8 AS text[]),
            CAST(:c9 AS text[]), CAST(:c10 AS text[]), CAST(:c11 AS text[]),
            CAST(:c12 AS text[]), CAST(:c13 AS integer[]), CAST(:c14 AS bigint[]),
            CAST(:c15 AS integer[]), CAST(:c16 AS boolean[]), CAST(:c17 AS boolean[]),
            CAST(:c18 AS text[]), CAST(:c19 AS text[]))
            AS entry (plan_id, measurement_id, version_id, position, subject_kind, subject_code,
                year, period, value, status, result, value_text, note, version, source_version,
                source_position, stands, remembered, source_stage, versions_seen)
    ), state AS (
        INSERT INTO measurements (chamber_id, plan_id, measurement_id, position, subject_kind,
            subject_code, year, period, value, status, result, value_text, note, version,
            source, source_version, source_at, source_message, source_position, source_stage,
            versions_seen, versions_by)
        SELECT :chamber, plan_id, measurement_id, position, subject_kind, subject_code, year,
            period, value, status, result, value_text, note, version, :source, source_version,
            CAST(:at AS timestamptz), :message, source_position, source_stage,
            versions_seen, CASE WHEN versions_seen IS NOT NULL THEN CAST(:integration AS text) END
        FROM given WHERE stands
        ON CONFLICT (chamber_id, plan_id, measurement_id) DO UPDATE SET
            position = EXCLUDED.position,
            value = EXCLUDED.value, status = EXCLUDED.status, result = EXCLUDED.result,
            value_text = EXCLUDED.value_text, note = EXCLUDED.note, version = EXCLUDED.version,
            source = EXCLUDED.source, source_version = EXCLUDED.source_version,
            source_at = EXCLUDED.source_at, source_message = EXCLUDED.source_message,
            source_position = EXCLUDED.source_position, source_stage = EXCLUDED.source_stage,
            versions_seen = COALESCE(EXCLUDED.versions_seen, measurements.versions_seen),
            versions_by = COALESCE(EXCLUDED.versions_by, measurements.versions_by),
            updated_at = now()
    )
    INSERT INTO measurement_versions (chamber_id, plan_id, measurement_id, version_id, version,
        value, status, result, value_text, note, source, source_version, message_id, recorded_by)
    SELECT :chamber, plan_id, measurement_id, version_id, version, value, status, result,
        value_text, note, :source, source_version, :message, :recorded_by
    FROM given WHERE remembered
""")

_NOTE = sa.text("""
    UPDATE measurements AS m
    SET versions_seen = given.versions_seen, versions_by = :integration
    FROM unnest(CAST(:c0 AS uuid[]), CAST(:c1 AS uuid[]), CAST(:c2 AS text[]))
        AS given (plan_id, measurement_id, versions_seen)
    WHERE m.chamber_id = :chamber AND m.plan_id = given.plan_id
        AND m.measurement_id = given.measurement_id
""")

_TRUSTED = sa.text("""
    SELECT (settings ->> 'trusted_to_validate')::boolean FROM integrations
    WHERE chamber_id = :chamber AND integration_id = :integration
""")

_REVISE = sa.text("""
    UPDATE plans SET revision = revision + 1, updated_at = now()
    WHERE chamber_id = :chamber AND plan_id = ANY (CAST(:plans AS uuid[]))
    RETURNING plan_id::text AS plan_id, year, revision
""")


async def plans_between(
    session: ReadSession, first: int, last: int, *, lock: bool
) -> Sequence[sa.Row[Any]]:
    """Plans of these years (``plan_id``, ``year``), held until the end of the transaction."""
    span = {"chamber": session.chamber, "first": first, "last": last}
    return await session.all(_LOCK_PLANS if lock else _PLANS, span)


async def subjects(
    session: ReadSession, plans: Sequence[str], wanted: dict[str, list[str]], integration: str
) -> Sequence[sa.Row[Any]]:
    """Elements of the plans that the statements may mean, and formulas that tell more.

    ``wanted`` holds codes by kind (``measures``, ...) and all of them (``names``). A formula
    stands in ``code``; a row of the integration's mapping has the kind of its element in
    ``plan_id``, its conversion in ``value_type`` and the system's code in ``external_id``.
    """
    parameters = {"chamber": session.chamber, "plans": list(plans), "integration": integration}
    return await session.all(_SUBJECTS, {**parameters, **wanted})


async def standing(session: ReadSession, keys: Iterable[tuple[str, str, str]]) -> list[StateRow]:
    """What stands about subjects (plan, kind, code), of every year and period.

    Rows of another of the plans about another of the codes may be among them.
    """
    parts = [sorted(set(part)) for part in _columns(keys, 3)]
    names = ("chamber", "plans", "kinds", "codes")
    parameters = dict(zip(names, (session.chamber, *parts), strict=True))
    rows = await session.all(_STANDING, parameters)
    return [StateRow._make(row) for row in rows]


async def last_positions(session: ReadSession, plans: Sequence[str]) -> dict[str, int]:
    """The last position taken in each plan that has measurements."""
    rows = await session.all(_LAST_POSITIONS, {"chamber": session.chamber, "plans": list(plans)})
    return {row.plan_id: row.position for row in rows}


async def enter(session: WriteSession, entries: Sequence[Entry], origin: Origin) -> None:
    """Writes what stands from now on, and adds to the history."""
    if not entries:
        return
    columns = {
        # `unnest` fills up shorter arrays with NULL: a column of nothing else is sent as none.
        f"c{at}": [] if column.count(None) == len(column) else column
        for at, column in enumerate(_columns(entries, len(Entry._fields)))
    }
    await session.execute(
        _ENTER,
        {
            "chamber": session.chamber,
            "source": origin.source,
            "at": origin.at,
            "message": origin.message_id,
            "integration": origin.integration,
            "recorded_by": session.author.actor,
            **columns,
        },
    )


async def note_versions(session: WriteSession, seen: Sequence[Seen], integration: str) -> None:
    """Writes down which versions have come, where nothing else changes."""
    if not seen:
        return
    columns = {f"c{at}": column for at, column in enumerate(_columns(seen, len(Seen._fields)))}
    await session.execute(
        _NOTE, {"chamber": session.chamber, "integration": integration, **columns}
    )


async def trusted_to_validate(session: ReadSession, integration: str) -> bool:
    """Whether the chamber takes this system's validations for its own."""
    parameters = {"chamber": session.chamber, "integration": integration}
    return bool(await session.scalar(_TRUSTED, parameters))


async def revise(session: WriteSession, plans: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """Raises the revision of plans whose inputs have changed."""
    if not plans:
        return ()
    return await session.all(_REVISE, {"chamber": session.chamber, "plans": list(plans)})


def _columns(rows: Iterable[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows turned into columns; as many empty ones when there is no row."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    return columns or [[] for _ in range(width)]
