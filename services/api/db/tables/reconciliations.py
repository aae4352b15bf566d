"""Asking a source what it holds: each time as a job, with every difference that was found."""

import sqlalchemy as sa

from services.api.db.base import APPEND_ONLY, Json, chamber_key, id_key, instant, metadata

reconciliations = sa.Table(
    "reconciliations",
    metadata,
    chamber_key(),
    id_key("reconciliation_id"),
    sa.Column("integration_id", sa.Text, nullable=False),
    sa.Column("year", sa.SmallInteger, nullable=False),
    # Q1, S2, T4, M12; Y for data of the whole year; none for all of them.
    sa.Column("period", sa.Text),
    sa.Column("repair", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="queued"),
    sa.Column("stage", sa.Text, nullable=False, server_default="queued"),
    sa.Column("progress", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("failure", sa.Text),
    sa.Column("counts", Json, nullable=False, server_default="{}"),
    instant("created_at", now=True),
    sa.Column("created_by", sa.Text, nullable=False),
    # A job whose process is silent for long is taken by another.
    instant("heartbeat_at", nullable=True),
    instant("finished_at", nullable=True),
    sa.ForeignKeyConstraint(
        ["chamber_id", "integration_id"],
        ["integrations.chamber_id", "integrations.integration_id"],
        name="fk_reconciliations_integration",
    ),
    sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
    sa.Index(
        "ix_reconciliations_open",
        "chamber_id",
        "created_at",
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    ),
)

reconciliation_differences = sa.Table(
    "reconciliation_differences",
    metadata,
    chamber_key(),
    id_key("reconciliation_id"),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject_kind", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("year", sa.SmallInteger, nullable=False),
    sa.Column("period", sa.Text),
    sa.Column("ours", Json),
    sa.Column("theirs", Json),
    sa.Column("reason", sa.Text),
    sa.Column("repaired", sa.Boolean, nullable=False),
    sa.ForeignKeyConstraint(
        ["chamber_id", "reconciliation_id"],
        ["reconciliations.chamber_id", "reconciliations.reconciliation_id"],
        name="fk_reconciliation_differences_reconciliation",
    ),
    info={APPEND_ONLY: True},
)
