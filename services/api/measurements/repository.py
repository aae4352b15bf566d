"""SQL of the measurements of one plan, as a form or a file brings them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.arrivals import repository as sets
from services.api.arrivals.repository import Entry, StateRow
from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.measurements import measurements
from services.api.ids import new_id
from services.api.paging import Order, Page, Rows, cut, sliced
from shared.domain.arrivals import FILE

ORDER = Order(
    {"position": measurements.c.position, "updated_at": measurements.c.updated_at},
    measurements.c.measurement_id,
    "position",
)

_CONTENT = ("value", "status", "result", "value_text", "note")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where rows come from: ``form`` or ``file``, and the message that brought them."""

    source: str
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """How many data were created, changed and left as they were."""

    created: int
    changed: int
    unchanged: int


async def list_measurements(
    session: ReadSession, plan_id: str, asked: Page, filters: Mapping[str, str | None]
) -> Rows:
    """What stands in a plan, narrowed by columns that ``filters`` gives a value for."""
    statement = sa.select(measurements).where(
        measurements.c.chamber_id == session.chamber,
        measurements.c.plan_id == plan_id,
        *(measurements.c[name] == value for name, value in filters.items() if value is not None),
    )
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


async def record(
    session: WriteSession,
    plan_id: str,
    rows: Sequence[Mapping[str, Any]],
    origin: Origin,
) -> Written:
    """Writes rows of a locked plan, each change with its line in the history.

    Rows are columns; one without ``position`` keeps its place, or goes to the end.
    """
    if not rows:
        return Written(0, 0, 0)
    subjects = {(plan_id, row["subject_kind"], row["subject_code"]) for row in rows}
    held = {
        (row.subject_kind, row.subject_code, row.year, row.period): row
        for row in await sets.standing(session, sorted(subjects))
    }
    last = (await sets.last_positions(session, [plan_id])).get(plan_id, -1)
    # A file has no instant: any statement made afterwards stands before it.
    at = None if origin.source == FILE else await session.scalar(sa.select(sa.func.now()))
    entries: list[Entry] = []
    created = 0
    for row in rows:
        key = (row["subject_kind"], row["subject_code"], row["year"], row["period"])
        before = held.get(key)
        if before is not None and all(getattr(before, name) == row[name] for name in _CONTENT):
            continue
        if before is None:
            created += 1
            last += 1
        place = last if before is None else before.position
        entries.append(_entry(plan_id, {"position": place, **row}, before))
    await sets.enter(session, entries, sets.Origin(origin.source, at, origin.message_id))
    return Written(created, len(entries) - created, len(rows) - len(entries))


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
