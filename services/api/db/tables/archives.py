"""What was taken out of the installation and what was removed, kept after the chamber is gone."""

import sqlalchemy as sa

from services.api.db.base import (
    APPEND_ONLY,
    LEFT_OUT,
    WRITTEN_BY_OWNER,
    Json,
    chamber_key,
    id_key,
    instant,
    metadata,
    to_chamber,
)


def _entity_key() -> sa.Column[str]:
    return sa.Column("entity_id", sa.Text, sa.ForeignKey("entities.entity_id"), primary_key=True)


chamber_archives = sa.Table(
    "chamber_archives",
    metadata,
    _entity_key(),
    id_key("archive_id"),
    sa.Column("chamber_code", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    # Of the rows alone: what erasing compares with the rows that are there.
    sa.Column("rows_sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    # The instant of the state that was written, or read.
    instant("at"),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.CheckConstraint("kind IN ('export', 'import')", name="kind"),
    info={APPEND_ONLY: True},
)

chamber_erasures = sa.Table(
    "chamber_erasures",
    metadata,
    _entity_key(),
    id_key("erasure_id"),
    sa.Column("chamber_code", sa.Text, nullable=False),
    sa.Column("archive_sha256", sa.Text, nullable=False),
    # Rows removed, by table.
    sa.Column("removed", Json, nullable=False),
    instant("at", now=True),
    sa.Column("erased_by", sa.Text, nullable=False),
    sa.Column("certificate", sa.Text),
    # When the blobs were gone too.
    instant("completed_at", nullable=True),
    info={WRITTEN_BY_OWNER: True},
)

erasure_requests = sa.Table(
    "erasure_requests",
    metadata,
    _entity_key(),
    # The same as that of the erasure, once somebody has carried it out.
    id_key("erasure_id"),
    sa.Column("chamber_code", sa.Text, nullable=False),
    sa.Column("archive_sha256", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    instant("requested_at", now=True),
    sa.Column("requested_by", sa.Text, nullable=False),
    instant("withdrawn_at", nullable=True),
    sa.Column("withdrawn_by", sa.Text),
)


def _job() -> list[sa.Column[object]]:
    """How far a job is, and that the process which does it lives."""
    return [
        sa.Column("state", sa.Text, nullable=False, server_default="queued"),
        sa.Column("stage", sa.Text, nullable=False, server_default="queued"),
        sa.Column("progress", sa.SmallInteger, nullable=False, server_default="0"),
        # Code of a problem, and the parts and faults that go with it.
        sa.Column("failure", Json),
        instant("requested_at", now=True),
        sa.Column("requested_by", sa.Text, nullable=False),
        instant("heartbeat_at", nullable=True),
        instant("finished_at", nullable=True),
        sa.Column("sha256", sa.Text),
        sa.Column("size", sa.BigInteger),
    ]


chamber_exports = sa.Table(
    "chamber_exports",
    metadata,
    chamber_key(),
    id_key("export_id"),
    *_job(),
    # Whether individual sheets are in it.
    sa.Column("with_sheets", sa.Boolean),
    # Until when the file waits to be fetched.
    instant("expires_at", nullable=True),
    to_chamber(),
    sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'expired')", name="state"),
    info={LEFT_OUT: "files that wait to be fetched from this installation"},
)

chamber_imports = sa.Table(
    "chamber_imports",
    metadata,
    # No foreign key: an import may bring the entity along.
    sa.Column("entity_id", sa.Text, primary_key=True),
    id_key("import_id"),
    sa.Column("chamber_code", sa.Text, nullable=False),
    *_job(),
    sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
)
