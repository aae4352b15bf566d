"""SQL of the measurements of one plan, as a form or a file brings them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.arrivals import repository as sets
from services.api.arrivals.repository import Entry, StateRow
from services.api.boundaries.noted import Changed, Datum
from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.measurements import measurements
from services.api.ids import new_id
from services.api.paging import Order, Page, Rows, cut, sliced
from services.api.states.repository import standing
from shared.domain.arrivals import FILE, Content
from shared.domain.calendar import YEAR

ORDER = Order(
    {"position": measurements.c.position, "updated_at": measurements.c.updated_at},
    measurements.c.measurement_id,
    "position",
)

# What measurements of these codes are checked against. Indicators whose values are no numbers
# come whatever their code: they tell the kind of a measure that is their whole formula.
_SUBJECTS = sa.text("""
    SELECT 'measures' AS section, position, code, value_type, NULL AS formula,
        external_ids ->> 'ciclo' AS fed_with
    FROM measures
    WHERE chamber_id = :chamber AND plan_id = CAST(:plan AS uuid)
        AND code = ANY (CAST(:measure AS text[]))
    UNION ALL
    SELECT 'indicators', position, code, value_type, formula, NULL FROM indicators
    WHERE chamber_id = :chamber AND plan_id = CAST(:plan AS uuid)
        AND (code = ANY (CAST(:indicator AS text[])) OR value_type IN ('date', 'boolean', 'text'))
    UNION ALL
    SELECT 'objectives', position, code, NULL, NULL, NULL FROM objectives
    WHERE chamber_id = :chamber AND plan_id = CAST(:plan AS uuid)
        AND code = ANY (CAST(:objective AS text[]))
    ORDER BY section, position
""")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where rows come from: ``form`` or ``file``, and the message that brought them."""

    source: str
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """How many data were created, changed and left as they were; what has changed into what."""

    created: int
    changed: int
    unchanged: int
    changes: tuple[Changed, ...] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed by: columns with a value, a state, a period, some subjects."""

    equal: Mapping[str, str | None]
    state: str | None = None
    period: str | None = None
    subjects: frozenset[tuple[str, str]] | None = None
    hidden: frozenset[tuple[str, str]] = frozenset()
    """Subjects that the caller does not see."""


async def list_measurements(
    session: ReadSession, plan_id: str, asked: Page, filters: Filters
) -> Rows:
    """What stands in a plan, with where it is on its way."""
    found = standing(session, plan_id)
    state = found.selected_columns["state"]
    statement = found.where(
        *(measurements.c[name] == value for name, value in filters.equal.items() if value),
    )
    if filters.state is not None:
        statement = statement.where(state == filters.state)
    if filters.period is not None:
        given = None if filters.period == YEAR else filters.period
        statement = statement.where(measurements.c.period.is_not_distinct_from(given))
    subject = sa.tuple_(measurements.c.subject_kind, measurements.c.subject_code)
    if filters.subjects is not None:
        statement = statement.where(subject.in_(sorted(filters.subjects)))
    if filters.hidden:
        statement = statement.where(subject.not_in(sorted(filters.hidden)))
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


async def subjects(
    session: ReadSession, plan_id: str, wanted: Mapping[str, Sequence[str]]
) -> Sequence[sa.Row[Any]]:
    """The measures, indicators and objectives of these codes, and what tells kinds of value.

    ``wanted`` holds codes by kind of subject. Rows have ``section``, ``code``, ``value_type``,
    ``formula`` and ``fed_with`` (what the system feeds a measure with), in the order of the
    plan.
    """
    return await session.all(
        _SUBJECTS, {"chamber": session.chamber, "plan": plan_id} | dict(wanted)
    )


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a set of rows would write: an entry for each that says something new.

    ``before`` has what stood in place of each entry, ``places`` the place of its row in what was
    sent; ``created`` counts the entries about which nothing was known.
    """

    entries: tuple[Entry, ...]
    before: tuple[StateRow | None, ...]
    places: tuple[int, ...]
    created: int
    unchanged: int

    def changes(self) -> tuple[Changed, ...]:
        """What stood and what would stand."""
        return tuple(
            Changed(
                Datum(new.subject_kind, new.subject_code, new.year, new.period),
                None if old is None else old.content,
                new.content,
            )
            for old, new in zip(self.before, self.entries, strict=True)
        )


async def prepare(
    session: ReadSession, plan_id: str, rows: Sequence[Mapping[str, Any]]
) -> Prepared:
    """Compares rows with what stands in a locked plan.

    Rows are columns; one without ``position`` keeps its place, or goes to the end.
    """
    if not rows:
        return Prepared((), (), (), 0, 0)
    keys = [(row["subject_kind"], row["subject_code"], row["year"], row["period"]) for row in rows]
    held = {
        (row.subject_kind, row.subject_code, row.year, row.period): row
        for row in await sets.standing(session, {(plan_id, *key) for key in keys})
    }
    last = -1
    if any(key not in held for key in keys):
        last = (await sets.last_positions(session, [plan_id])).get(plan_id, -1)
    entries: list[Entry] = []
    stood: list[StateRow | None] = []
    places: list[int] = []
    created = 0
    for index, (key, row) in enumerate(zip(keys, rows, strict=True)):
        before = held.get(key)
        if before is not None and all(
            getattr(before, name) == row[name] for name in Content._fields
        ):
            continue
        if before is None:
            created += 1
            last += 1
        place = last if before is None else before.position
        entries.append(_entry(plan_id, {"position": place, **row}, before))
        stood.append(before)
        places.append(row.get("position", index))
    unchanged = len(rows) - len(entries)
    return Prepared(tuple(entries), tuple(stood), tuple(places), created, unchanged)


async def write(session: WriteSession, prepared: Prepared, origin: Origin) -> Written:
    """Writes what was prepared, each change with its line in the history."""
    entries = prepared.entries
    if entries:
        # A file has no instant: any statement made afterwards stands before it.
        at = None if origin.source == FILE else await session.scalar(sa.select(sa.func.now()))
        await sets.enter(session, entries, sets.Origin(origin.source, at, origin.message_id))
    changed = len(entries) - prepared.created
    return Written(prepared.created, changed, prepared.unchanged, prepared.changes())


def _entry(plan_id: str, row: Mapping[str, Any], before: StateRow | None) -> Entry:
    """The row as it stands from now on, with the line it leaves in the history."""
    return Entry(
        plan_id=plan_id,
        measurement_id=new_id() if before is None else before.measurement_id,
        version_id=new_id(),
        position=row["position"],
        subject_kind=row["subject_kind"],
        subject_code=row["subject_code"],
        year=row["year"],
        period=row["period"],
        value=row["value"],
        status=row["status"],
        result=row["result"],
        value_text=row["value_text"],
        note=row["note"],
        version=1 if before is None else before.version + 1,
        source_version=None,
        source_position=None,
        stands=True,
        remembered=True,
    )
