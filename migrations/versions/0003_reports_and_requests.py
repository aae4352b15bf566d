"""Reports, render jobs, audit, outbox and answers to replay."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE reports (
        chamber_id TEXT NOT NULL,
        report_id UUID NOT NULL,
        plan_id UUID NOT NULL,
        year SMALLINT NOT NULL,
        kind TEXT NOT NULL,
        version INTEGER NOT NULL,
        state TEXT DEFAULT 'requested' NOT NULL,
        plan_revision BIGINT NOT NULL,
        snapshot BYTEA NOT NULL,
        snapshot_sha256 TEXT NOT NULL,
        pdf_sha256 TEXT,
        pdf_size BIGINT,
        pdf_pages INTEGER,
        blob_key TEXT,
        signature JSON,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        created_by TEXT NOT NULL,
        rendered_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_reports PRIMARY KEY (chamber_id, report_id),
        CONSTRAINT fk_reports_chamber_id_chambers FOREIGN KEY(chamber_id) REFERENCES chambers (chamber_id),
        CONSTRAINT fk_reports_plan FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id),
        CONSTRAINT uq_reports_version UNIQUE (chamber_id, year, kind, version),
        CONSTRAINT ck_reports_state CHECK (state IN ('requested', 'rendered', 'failed', 'cancelled'))
    )
    """,
    """
    CREATE INDEX ix_reports_pdf_sha256 ON reports (chamber_id, pdf_sha256)
    """,
    """
    CREATE TABLE render_jobs (
        chamber_id TEXT NOT NULL,
        job_id UUID NOT NULL,
        report_id UUID NOT NULL,
        state TEXT DEFAULT 'queued' NOT NULL,
        attempt INTEGER DEFAULT '0' NOT NULL,
        lease_token_hash BYTEA,
        lease_expires_at TIMESTAMP WITH TIME ZONE,
        heartbeat_at TIMESTAMP WITH TIME ZONE,
        stage TEXT DEFAULT 'queued' NOT NULL,
        progress SMALLINT DEFAULT '0' NOT NULL,
        failure JSON,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        available_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        dispatched_at TIMESTAMP WITH TIME ZONE,
        finished_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_render_jobs PRIMARY KEY (chamber_id, job_id),
        CONSTRAINT fk_render_jobs_report FOREIGN KEY(chamber_id, report_id) REFERENCES reports (chamber_id, report_id),
        CONSTRAINT ck_render_jobs_state CHECK (state IN ('queued', 'leased', 'done', 'failed', 'cancelled')),
        CONSTRAINT ck_render_jobs_progress CHECK (progress BETWEEN 0 AND 100)
    )
    """,
    """
    CREATE INDEX ix_render_jobs_open ON render_jobs (dispatched_at) WHERE state IN ('queued', 'leased')
    """,
    """
    CREATE INDEX ix_render_jobs_report_id ON render_jobs (chamber_id, report_id)
    """,
    """
    CREATE TABLE audit_log (
        chamber_id TEXT NOT NULL,
        audit_id UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        request_id TEXT,
        detail JSON,
        CONSTRAINT pk_audit_log PRIMARY KEY (chamber_id, audit_id),
        CONSTRAINT fk_audit_log_chamber_id_chambers FOREIGN KEY(chamber_id) REFERENCES chambers (chamber_id)
    )
    """,
    """
    CREATE TABLE entity_audit_log (
        entity_id TEXT NOT NULL,
        audit_id UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        request_id TEXT,
        detail JSON,
        CONSTRAINT pk_entity_audit_log PRIMARY KEY (entity_id, audit_id),
        CONSTRAINT fk_entity_audit_log_entity_id_entities FOREIGN KEY(entity_id) REFERENCES entities (entity_id)
    )
    """,
    """
    CREATE TABLE outbox (
        chamber_id TEXT NOT NULL,
        event_id UUID NOT NULL,
        topic TEXT NOT NULL,
        subject TEXT NOT NULL,
        payload JSON NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        available_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        attempts INTEGER DEFAULT '0' NOT NULL,
        dispatched_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_outbox PRIMARY KEY (chamber_id, event_id),
        CONSTRAINT fk_outbox_chamber_id_chambers FOREIGN KEY(chamber_id) REFERENCES chambers (chamber_id)
    )
    """,
    """
    CREATE INDEX ix_outbox_waiting ON outbox (topic, available_at) WHERE dispatched_at IS NULL
    """,
    """
    CREATE TABLE idempotency_keys (
        chamber_id TEXT NOT NULL,
        operation TEXT NOT NULL,
        key TEXT NOT NULL,
        request_sha256 BYTEA NOT NULL,
        status SMALLINT NOT NULL,
        headers JSON NOT NULL,
        body BYTEA NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_idempotency_keys PRIMARY KEY (chamber_id, operation, key),
        CONSTRAINT fk_idempotency_keys_chamber_id_chambers FOREIGN KEY(chamber_id) REFERENCES chambers (chamber_id)
    )
    """,
    """
    CREATE INDEX ix_idempotency_keys_expires_at ON idempotency_keys (chamber_id, expires_at)
    """,
    """
    CREATE TABLE entity_idempotency_keys (
        entity_id TEXT NOT NULL,
        operation TEXT NOT NULL,
        key TEXT NOT NULL,
        request_sha256 BYTEA NOT NULL,
        status SMALLINT NOT NULL,
        headers JSON NOT NULL,
        body BYTEA NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_entity_idempotency_keys PRIMARY KEY (entity_id, operation, key),
        CONSTRAINT fk_entity_idempotency_keys_entity_id_entities FOREIGN KEY(entity_id) REFERENCES entities (entity_id)
    )
    """,
)

TABLES = (
    "reports",
    "render_jobs",
    "audit_log",
    "entity_audit_log",
    "outbox",
    "idempotency_keys",
    "entity_idempotency_keys",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
