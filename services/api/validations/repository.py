"""SQL of the history of one measurement."""

import sqlalchemy as sa

from services.api.db.session import ReadSession
from services.api.db.tables.evidence import measurement_evidence as files
from services.api.db.tables.measurements import measurement_versions as versions
from services.api.db.tables.validation import measurement_state_changes as changes
from services.api.paging import Order, Page, Rows, cut, sliced

_FILE = ("file_name", "file_sha256")
_SAID = ("value", "status", "result", "value_text", "note", "source")


async def history(session: ReadSession, plan_id: str, measurement_id: str, asked: Page) -> Rows:
    """Every version of a measurement, move it made and file it was given, in order of time."""
    said = sa.select(
        versions.c.recorded_at.label("at"),
        sa.cast(versions.c.version_id, sa.Text).label("entry_id"),
        sa.literal("value").label("event"),
        versions.c.recorded_by.label("by"),
        sa.cast(sa.null(), sa.Text).label("role"),
        sa.cast(sa.null(), sa.Text).label("reason"),
        versions.c.version,
        *(versions.c[name] for name in _SAID),
        *(sa.cast(sa.null(), sa.Text).label(name) for name in _FILE),
    ).where(
        versions.c.chamber_id == session.chamber,
        versions.c.plan_id == plan_id,
        versions.c.measurement_id == measurement_id,
    )
    moved = sa.select(
        changes.c.changed_at,
        # After every UUID, in the order of the moves.
        sa.literal("move-") + sa.func.lpad(sa.cast(changes.c.number, sa.Text), 10, "0"),
        changes.c.state,
        changes.c.changed_by,
        changes.c.role,
        changes.c.reason,
        changes.c.version,
        *(sa.cast(sa.null(), sa.Text) for _ in (*_SAID, *_FILE)),
    ).where(
        changes.c.chamber_id == session.chamber,
        changes.c.plan_id == plan_id,
        changes.c.measurement_id == measurement_id,
    )
    proved = sa.select(
        files.c.uploaded_at,
        sa.cast(files.c.evidence_id, sa.Text),
        sa.literal("evidence"),
        files.c.uploaded_by,
        *(sa.cast(sa.null(), sa.Text) for _ in ("role", "reason")),
        files.c.version,
        *(sa.cast(sa.null(), sa.Text) for _ in _SAID),
        files.c.name,
        files.c.sha256,
    ).where(
        files.c.chamber_id == session.chamber,
        files.c.plan_id == plan_id,
        files.c.measurement_id == measurement_id,
    )
    entries = sa.union_all(said, moved, proved).subquery("entries")
    order = Order({"at": entries.c.at}, entries.c.entry_id, "at")
    return cut(await session.all(sliced(sa.select(entries), order, asked)), order, asked)
