"""Who answered for which measurement, and which periods of a plan are closed.

Both are histories: what stands is the line with the highest number.
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


def _number() -> sa.Column[int]:
    """Counts the lines about one thing, from 1."""
    return sa.Column("number", sa.Integer, primary_key=True)


measurement_state_changes = sa.Table(
    "measurement_state_changes",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    id_key("measurement_id"),
    _number(),
    sa.Column("state", sa.Text, nullable=False),
    # The version of the value it is about: a later one starts again as recorded.
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("role", sa.Text, nullable=False),
    instant("changed_at", now=True),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(
        ["chamber_id", "plan_id", "measurement_id"],
        ["measurements.chamber_id", "measurements.plan_id", "measurements.measurement_id"],
        name="fk_measurement_state_changes_measurement",
    ),
    sa.CheckConstraint("state IN ('submitted', 'validated', 'rejected', 'reopened')", name="state"),
    info={APPEND_ONLY: True},
)

period_closures = sa.Table(
    "period_closures",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    # Q1, S2, T4, M12; Y for the year.
    sa.Column("period", sa.Text, primary_key=True),
    _number(),
    sa.Column("state", sa.Text, nullable=False),
    # What was lacking, and why it was closed all the same.
    sa.Column("exceptions", Json, nullable=False),
    sa.Column("reason", sa.Text),
    instant("changed_at", now=True),
    sa.Column("changed_by", sa.Text, nullable=False),
    to_plan(),
    sa.CheckConstraint("state IN ('closed', 'reopened')", name="state"),
    info={APPEND_ONLY: True},
)
