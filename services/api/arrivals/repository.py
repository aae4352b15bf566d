"""SQL of sets of statements: read and written as arrays of columns, few round trips."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from services.api.db.arrays import array_text
from services.api.db.session import ReadSession, WriteSession
from services.api.traffic import Pause, no_pause
from shared.domain.arrivals import Content

PORTION = 500
"""Data of one statement: what they take to encode and to decode keeps others waiting."""

Key = tuple[str, str, str, int | None, str | None]
"""A datum: plan, kind, code, year (none: the plan's own), period."""

Row = TypeVar("Row")


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

    @property
    def content(self) -> Content:
        """What is said about the datum."""
        return Content(self.value, self.status, self.result, self.value_text, self.note)


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

    @property
    def content(self) -> Content:
        """What is said about the datum."""
        return Content(self.value, self.status, self.result, self.value_text, self.note)


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
_PLANS = """
    SELECT p.plan_id::text AS plan_id, p.year, p.structure_revision,
        COALESCE(i.mapping_version, 0) AS mapping_version,
        COALESCE((i.settings ->> 'trusted_to_validate')::boolean, false) AS trusted
    FROM plans AS p
    LEFT JOIN integrations AS i ON i.chamber_id = p.chamber_id AND i.integration_id = :integration
    WHERE p.chamber_id = :chamber AND p.year BETWEEN :first AND :last
    ORDER BY p.plan_id
"""
_READ_PLANS = sa.text(_PLANS)
_LOCK_PLANS = sa.text(f"{_PLANS} FOR NO KEY UPDATE OF p")

# Elements, and the formulas that say more than the codes they read: years before the plan's,
# kinds of value.
_SUBJECTS = sa.text("""
    SELECT 'measure' AS kind, plan_id::text AS plan_id, code, value_type,
        external_ids ->> :integration AS external_id, unit
    FROM measures
    WHERE chamber_id = :chamber AND plan_id = ANY (CAST(:plans AS uuid[]))
        AND external_ids ->> 'ciclo' IS NULL -- what the system feeds, nobody sends
    UNION ALL
    SELECT 'indicator', plan_id::text, code, value_type, NULL, unit FROM indicators
    WHERE chamber_id = :chamber AND plan_id = ANY (CAST(:plans AS uuid[]))
    UNION ALL
    SELECT 'formula', plan_id::text, formula, value_type, NULL, NULL FROM indicators
    WHERE chamber_id = :chamber AND plan_id = ANY (CAST(:plans AS uuid[]))
        AND formula IS NOT NULL
        AND (formula LIKE '%@%' OR value_type IN ('date', 'boolean', 'text'))
    UNION ALL
    SELECT 'objective', plan_id::text, code, NULL, NULL, NULL FROM objectives
    WHERE chamber_id = :chamber AND plan_id = ANY (CAST(:plans AS uuid[]))
""")

_MAPPING = sa.text("""
    SELECT external, subject_kind, code, unit, conversion FROM integration_mapping_entries
    WHERE chamber_id = :chamber AND integration_id = :integration AND version = :version
        AND external = ANY ((SELECT CAST(CAST(:names AS text) AS text[]))::text[])
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
        AND subject_code = ANY ((SELECT CAST(CAST(:codes AS text) AS text[]))::text[])
        AND COALESCE(year, 0) = ANY (CAST(:years AS integer[]))
        AND COALESCE(period, '') = ANY (CAST(:periods AS text[]))
""")

_LAST_POSITIONS = sa.text("""
    SELECT plan_id::text AS plan_id, max(position) AS position FROM measurements
    WHERE chamber_id = :chamber AND plan_id = ANY (CAST(:plans AS uuid[])) GROUP BY plan_id
""")

# In the order of `Entry`.
_ENTRY_TYPES = {
    "plan_id": "uuid",
    "measurement_id": "uuid",
    "version_id": "uuid",
    "position": "integer",
    "subject_kind": "text",
    "subject_code": "text",
    "year": "smallint",
    "period": "text",
    "value": "text",
    "status": "text",
    "result": "text",
    "value_text": "text",
    "note": "text",
    "version": "integer",
    "source_version": "bigint",
    "source_position": "integer",
    "stands": "boolean",
    "remembered": "boolean",
    "source_stage": "text",
    "versions_seen": "text",
}
_ENTRY_ARRAYS = ", ".join(
    f"CAST(CAST(:{name}s AS text) AS {kind}[])" for name, kind in _ENTRY_TYPES.items()
)
_ENTRY_COLUMNS = ", ".join(
    f"COALESCE(entry.{name}, CAST(:{name} AS {kind})) AS {name}"
    for name, kind in _ENTRY_TYPES.items()
)

# State and history in one statement: the contents travel once, and what is the same in all
# entries once for all of them.
_ENTER = sa.text(f"""
    WITH given AS MATERIALIZED (
        SELECT {_ENTRY_COLUMNS}
        FROM unnest({_ENTRY_ARRAYS}) AS entry ({", ".join(_ENTRY_TYPES)})
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
""")  # noqa: S608 - names of ours

_NOTE = sa.text("""
    UPDATE measurements AS m
    SET versions_seen = given.versions_seen, versions_by = :integration
    FROM unnest(CAST(CAST(:plans AS text) AS uuid[]), CAST(CAST(:measurements AS text) AS uuid[]),
            CAST(CAST(:versions AS text) AS text[]))
        AS given (plan_id, measurement_id, versions_seen)
    WHERE m.chamber_id = :chamber AND m.plan_id = given.plan_id
        AND m.measurement_id = given.measurement_id
""")

_REVISE = sa.text("""
    UPDATE plans SET revision = revision + 1, updated_at = now()
    WHERE chamber_id = :chamber AND plan_id = ANY (CAST(:plans AS uuid[]))
    RETURNING plan_id::text AS plan_id, year, revision
""")


async def plans_between(
    session: ReadSession, first: int, last: int, integration: str, *, lock: bool
) -> Sequence[sa.Row[Any]]:
    """Plans of these years, held until the end of the transaction when ``lock`` says so.

    Rows have ``plan_id``, ``year`` and ``structure_revision``, and what the chamber has agreed
    on with the integration: ``mapping_version`` (0: none) and ``trusted`` to validate.
    """
    span = {"chamber": session.chamber, "first": first, "last": last, "integration": integration}
    return await session.all(_LOCK_PLANS if lock else _READ_PLANS, span)


async def subjects(
    session: ReadSession, plans: Sequence[str], integration: str
) -> Sequence[sa.Row[Any]]:
    """Elements of the plans, and formulas that tell more about them.

    A formula stands in ``code``; ``external_id`` is what the integration calls a measure.
    """
    return await session.all(
        _SUBJECTS, {"chamber": session.chamber, "plans": list(plans), "integration": integration}
    )


async def mapping(
    session: ReadSession, integration: str, version: int, names: Sequence[str]
) -> Sequence[sa.Row[Any]]:
    """The rows of a version of the integration's mapping that are about these codes of its."""
    parameters = {"integration": integration, "version": version, "names": array_text(names)}
    return await session.all(_MAPPING, {"chamber": session.chamber, **parameters})


async def standing(
    session: ReadSession, data: Iterable[Key], pause: Pause = no_pause
) -> list[StateRow]:
    """What stands about data, asked for in portions with a pause after each.

    Rows about another of the plans, codes, years or periods may be among them.
    """
    found: list[StateRow] = []
    for portion in _portions(sorted(data, key=_place)):
        plans, kinds, codes, years, periods = (set(part) for part in zip(*portion, strict=True))
        parameters = {
            "chamber": session.chamber,
            "plans": sorted(plans),
            "kinds": sorted(kinds),
            "codes": array_text(sorted(codes)),
            "years": [year or 0 for year in years],
            "periods": [period or "" for period in periods],
        }
        found += [StateRow._make(row) for row in await session.all(_STANDING, parameters)]
        await pause()
    return found


def _place(key: Key) -> tuple[str, str, str, int, str]:
    """Sorts data so that what is asked for together lies together."""
    plan, kind, code, year, period = key
    return (plan, kind, code, year or 0, period or "")


def _portions(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for first in range(0, len(rows), PORTION):
        yield rows[first : first + PORTION]


async def last_positions(session: ReadSession, plans: Sequence[str]) -> dict[str, int]:
    """The last position taken in each plan that has measurements."""
    rows = await session.all(_LAST_POSITIONS, {"chamber": session.chamber, "plans": list(plans)})
    return {row.plan_id: row.position for row in rows}


async def enter(
    session: WriteSession, entries: Sequence[Entry], origin: Origin, pause: Pause = no_pause
) -> None:
    """Writes what stands from now on, and adds to the history; in portions with pauses."""
    given = {
        "chamber": session.chamber,
        "source": origin.source,
        "at": origin.at,
        "message": origin.message_id,
        "integration": origin.integration,
        "recorded_by": session.author.actor,
    }
    if len(entries) > PORTION:
        # History may be about a datum that another entry creates: that one goes first.
        entries = sorted(entries, key=lambda entry: not entry.stands)
    for portion in _portions(entries):
        await session.execute(_ENTER, given | _columns(portion))
        await pause()


def _columns(entries: Sequence[Entry]) -> dict[str, Any]:
    """Entries as the parameters of ``_ENTER``: each column as one value, or as an array.

    ``unnest`` fills up shorter arrays with NULL, which the one value takes the place of; the ids
    of the versions say how many there are.
    """
    parameters: dict[str, Any] = {}
    for name, column in zip(_ENTRY_TYPES, zip(*entries, strict=True), strict=True):
        same = name != "version_id" and column.count(column[0]) == len(column)
        parameters[name] = column[0] if same else None
        parameters[f"{name}s"] = array_text(() if same else column)
    return parameters


async def note_versions(session: WriteSession, seen: Sequence[Seen], integration: str) -> None:
    """Writes down which versions have come, where nothing else changes."""
    if not seen:
        return
    plans, measurements, versions = (array_text(column) for column in zip(*seen, strict=True))
    given = {"plans": plans, "measurements": measurements, "versions": versions}
    await session.execute(_NOTE, {"chamber": session.chamber, "integration": integration, **given})


async def revise(session: WriteSession, plans: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """Raises the revision of plans whose inputs have changed."""
    if not plans:
        return ()
    return await session.all(_REVISE, {"chamber": session.chamber, "plans": list(plans)})
