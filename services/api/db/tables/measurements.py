"""What was measured: the current state, and every version there ever was.

A measurement belongs to one plan and one subject: an elementary measure of a year and a
period, or the indicator or objective itself (then ``year`` and ``period`` may be absent).
"""

import sqlalchemy as sa

from services.api.db.base import (
    APPEND_ONLY,
    Json,
    chamber_key,
    id_key,
    instant,
    metadata,
    to_plan,
)


def _content() -> list[sa.Column[str]]:
    """What was said about the subject; the same in the state and in its history."""
    return [
        sa.Column("value", sa.Text),
        sa.Column("status", sa.Text),
        sa.Column("result", sa.Text),
        sa.Column("value_text", sa.Text),
        sa.Column("note", sa.Text),
    ]


measurements = sa.Table(
    "measurements",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    id_key("measurement_id"),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("subject_kind", sa.Text, nullable=False),
    sa.Column("subject_code", sa.Text, nullable=False),
    sa.Column("year", sa.SmallInteger),
    sa.Column("period", sa.Text),
    *_content(),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("source", sa.Text, nullable=False),
    # Order of the source's own corrections; absent where the source has none.
    sa.Column("source_version", sa.BigInteger),
    # Which statement stands: shared.domain.arrivals. Absent for what came with a file.
    instant("source_at", nullable=True),
    sa.Column("source_message", sa.Text),
    sa.Column("source_position", sa.Integer),
    # How far the source has gone with it: validated, withdrawn; absent for recorded.
    sa.Column("source_stage", sa.Text),
    # Versions that an integration has sent about the datum, as ranges: 1-3,5
    sa.Column("versions_seen", sa.Text),
    sa.Column("versions_by", sa.Text),
    instant("updated_at", now=True),
    to_plan(),
    # The plan comes late: two indexes that begin alike are one too many to choose from for
    # the planner, as long as it knows nothing about a young table.
    sa.UniqueConstraint(
        "chamber_id",
        "subject_kind",
        "subject_code",
        "plan_id",
        "year",
        "period",
        name="uq_measurements_subject",
        postgresql_nulls_not_distinct=True,
    ),
    sa.CheckConstraint(
        "subject_kind IN ('measure', 'indicator', 'objective')", name="subject_kind"
    ),
    # Full sequences are one range from 0 or 1: only data with a gap are in this index.
    sa.Index(
        "ix_measurements_gaps",
        "versions_by",
        "measurement_id",
        postgresql_where=sa.text("versions_seen LIKE '%,%' OR versions_seen !~ '^[01](,|-|$)'"),
    ),
)

measurement_versions = sa.Table(
    "measurement_versions",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    id_key("measurement_id"),
    id_key("version_id"),
    # None for one that arrived older than what was held: kept, did not win.
    sa.Column("version", sa.Integer),
    *_content(),
    # form, file, webhook:<integration>
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("source_version", sa.BigInteger),
    # Id of the signed message it came with.
    sa.Column("message_id", sa.Text),
    instant("recorded_at", now=True),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("evidence", Json),
    sa.ForeignKeyConstraint(
        ["chamber_id", "plan_id", "measurement_id"],
        ["measurements.chamber_id", "measurements.plan_id", "measurements.measurement_id"],
        name="fk_measurement_versions_measurement",
    ),
    sa.UniqueConstraint(
        "chamber_id",
        "plan_id",
        "measurement_id",
        "version",
        name="uq_measurement_versions_version",
    ),
    info={APPEND_ONLY: True},
)
