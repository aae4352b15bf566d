"""What retention has removed from a chamber, run by run."""

import sqlalchemy as sa

from services.api.db.base import (
    APPEND_ONLY,
    Json,
    chamber_key,
    id_key,
    instant,
    metadata,
    to_chamber,
)

retention_runs = sa.Table(
    "retention_runs",
    metadata,
    chamber_key(),
    id_key("run_id"),
    # By kind: how many rows, and the day before which they were.
    sa.Column("removed", Json, nullable=False),
    instant("ran_at", now=True),
    sa.Column("ran_by", sa.Text, nullable=False),
    to_chamber(),
    info={APPEND_ONLY: True},
)
