"""Reports, each with its frozen snapshot, and the jobs that render them.

The row of a job is the truth about it; what is queued in Redis is only a hint.
"""

import sqlalchemy as sa

from services.api.db.base import (
    APPEND_ONLY,
    LEFT_OUT,
    Json,
    chamber_key,
    id_key,
    instant,
    metadata,
    to_chamber,
    to_plan,
)

reports = sa.Table(
    "reports",
    metadata,
    chamber_key(),
    id_key("report_id"),
    # Absent where an entity without a plan of its own reports of its chambers.
    sa.Column("plan_id", sa.Uuid(as_uuid=False)),
    sa.Column("year", sa.SmallInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    # What within the year: the period of a monitoring report, the chambers of an entity's.
    sa.Column("subject", sa.Text, nullable=False, server_default=""),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="requested"),
    sa.Column("plan_revision", sa.BigInteger, nullable=False),
    sa.Column("snapshot", sa.LargeBinary, nullable=False),
    sa.Column("snapshot_sha256", sa.Text, nullable=False),
    sa.Column("pdf_sha256", sa.Text),
    sa.Column("pdf_size", sa.BigInteger),
    sa.Column("pdf_pages", sa.Integer),
    sa.Column("blob_key", sa.Text),
    sa.Column("signature", Json),
    # The same content as a page of the web; absent of documents made before there were any.
    sa.Column("web_sha256", sa.Text),
    sa.Column("web_size", sa.BigInteger),
    sa.Column("web_blob_key", sa.Text),
    # Why this version was made although an earlier one had been approved.
    sa.Column("reason", sa.Text),
    # Whether the frozen content holds figures of individual sheets.
    sa.Column("with_sheets", sa.Boolean, nullable=False, server_default="true"),
    # Who signs after the seal, in order, as the frozen content says it.
    sa.Column("signatories", Json),
    instant("created_at", now=True),
    sa.Column("created_by", sa.Text, nullable=False),
    instant("rendered_at", nullable=True),
    to_chamber(),
    sa.ForeignKeyConstraint(
        ["chamber_id", "plan_id"],
        ["plans.chamber_id", "plans.plan_id"],
        name="fk_reports_plan",
    ),
    sa.UniqueConstraint(
        "chamber_id", "year", "kind", "subject", "version", name="uq_reports_version"
    ),
    sa.Index("ix_reports_pdf_sha256", "chamber_id", "pdf_sha256"),
    sa.CheckConstraint(
        "state IN ('requested', 'rendered', 'approved', 'validated', 'published', 'refused', "
        "'failed', 'cancelled', 'signed')",
        name="state",
    ),
)

report_moves = sa.Table(
    "report_moves",
    metadata,
    chamber_key(),
    id_key("report_id"),
    id_key("move_id"),
    sa.Column("move", sa.Text, nullable=False),
    # Organ, number and date of whoever made the move.
    sa.Column("act", Json),
    sa.Column("remarks", sa.Text),
    sa.Column("conditions", sa.Text),
    sa.Column("reason", sa.Text),
    instant("moved_at", now=True),
    sa.Column("moved_by", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(
        ["chamber_id", "report_id"],
        ["reports.chamber_id", "reports.report_id"],
        name="fk_report_moves_report",
    ),
    sa.CheckConstraint("move IN ('approve', 'validate', 'refuse', 'sign', 'publish')", name="move"),
    info={APPEND_ONLY: True},
)

render_jobs = sa.Table(
    "render_jobs",
    metadata,
    chamber_key(),
    id_key("job_id"),
    sa.Column("report_id", sa.Uuid(as_uuid=False), nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="queued"),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    sa.Column("lease_token_hash", sa.LargeBinary),
    instant("lease_expires_at", nullable=True),
    instant("heartbeat_at", nullable=True),
    sa.Column("stage", sa.Text, nullable=False, server_default="queued"),
    sa.Column("progress", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("failure", Json),
    instant("created_at", now=True),
    instant("available_at", now=True),
    instant("dispatched_at", nullable=True),
    instant("finished_at", nullable=True),
    sa.Column("kind", sa.Text, nullable=False, server_default="render"),
    # Of a job that signs: for which office, who asked, and what they gave for it, sealed.
    sa.Column("office", sa.Text),
    sa.Column("secret", sa.LargeBinary, info={LEFT_OUT: "opened by this installation alone"}),
    sa.Column("requested_by", sa.Text),
    sa.ForeignKeyConstraint(
        ["chamber_id", "report_id"],
        ["reports.chamber_id", "reports.report_id"],
        name="fk_render_jobs_report",
    ),
    sa.CheckConstraint(
        "kind = 'render' AND office IS NULL AND secret IS NULL "
        "OR kind = 'sign' AND office IS NOT NULL AND requested_by IS NOT NULL",
        name="kind",
    ),
    # What a person gave is not kept longer than it is needed.
    sa.CheckConstraint("secret IS NULL OR state IN ('queued', 'leased')", name="secret"),
    # One signature at a time: the next is put on what the one before has made.
    sa.Index(
        "uq_render_jobs_signing",
        "chamber_id",
        "report_id",
        unique=True,
        postgresql_where=sa.text("kind = 'sign' AND state IN ('queued', 'leased')"),
    ),
    sa.CheckConstraint(
        "state IN ('queued', 'leased', 'done', 'failed', 'cancelled')", name="state"
    ),
    sa.CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
    # The sweeper looks only at jobs that are not over.
    sa.Index(
        "ix_render_jobs_open",
        "dispatched_at",
        postgresql_where=sa.text("state IN ('queued', 'leased')"),
    ),
    sa.Index("ix_render_jobs_report_id", "chamber_id", "report_id"),
)

previews = sa.Table(
    "previews",
    metadata,
    chamber_key(),
    id_key("preview_id"),
    sa.Column("plan_id", sa.Uuid(as_uuid=False), nullable=False),
    # What was asked for (``section:2``), and the place of the document where it stands.
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("anchor", sa.Text, nullable=False),
    # Keys of the texts that are the caller's own drafts.
    sa.Column("drafts", Json, nullable=False),
    # Whoever asked reads it, and nobody else.
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="queued"),
    sa.Column("lease_token_hash", sa.LargeBinary),
    # Emptied as soon as it was rendered.
    sa.Column("snapshot", sa.LargeBinary, nullable=False),
    sa.Column("html", sa.Text),
    sa.Column("pdf", sa.LargeBinary),
    sa.Column("pages", sa.Integer),
    sa.Column("warnings", Json),
    sa.Column("failure", Json),
    instant("created_at", now=True),
    instant("expires_at"),
    to_plan(),
    sa.CheckConstraint("state IN ('queued', 'leased', 'done', 'failed')", name="state"),
    sa.Index("ix_previews_expires_at", "chamber_id", "expires_at"),
    info={LEFT_OUT: "kept for minutes, and made again in a moment"},
)

report_signatures = sa.Table(
    "report_signatures",
    metadata,
    chamber_key(),
    id_key("report_id"),
    id_key("signature_id"),
    sa.Column("position", sa.SmallInteger, nullable=False),
    sa.Column("office", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("signer", sa.Text, nullable=False),
    sa.Column("certificate_sha256", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    instant("claimed_at", nullable=True),
    instant("stamped_at", nullable=True),
    sa.Column("development", sa.Boolean, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    # The document as this signature made it: a stage, which is kept.
    sa.Column("pdf_sha256", sa.Text, nullable=False),
    sa.Column("pdf_size", sa.BigInteger, nullable=False),
    sa.Column("blob_key", sa.Text, nullable=False),
    # The file that it was put on: for the seal, the document before anybody signed it.
    sa.Column("base_sha256", sa.Text),
    # When the certificate of the last time stamp ends: another has to cover it before.
    instant("stamp_ends_at", nullable=True),
    instant("made_at", now=True),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(
        ["chamber_id", "report_id"],
        ["reports.chamber_id", "reports.report_id"],
        name="fk_report_signatures_report",
    ),
    # Time stamps are renewed again and again; whoever signs, signs once.
    sa.Index(
        "uq_report_signatures_office",
        "chamber_id",
        "report_id",
        "office",
        unique=True,
        postgresql_where=sa.text("origin <> 'renewal'"),
    ),
    sa.UniqueConstraint(
        "chamber_id", "report_id", "position", name="uq_report_signatures_position"
    ),
    sa.CheckConstraint("origin IN ('seal', 'service', 'upload', 'renewal')", name="origin"),
    sa.Index("ix_report_signatures_pdf_sha256", "chamber_id", "pdf_sha256"),
    sa.Index("ix_report_signatures_base_sha256", "chamber_id", "base_sha256"),
    info={APPEND_ONLY: True},
)
