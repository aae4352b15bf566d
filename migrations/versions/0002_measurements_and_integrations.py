"""Measurements with their history, integrations, messages, quarantine."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE measurements (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        measurement_id UUID NOT NULL,
        position INTEGER NOT NULL,
        subject_kind TEXT NOT NULL,
        subject_code TEXT NOT NULL,
        year SMALLINT,
        period TEXT,
        value TEXT,
        status TEXT,
        result TEXT,
        value_text TEXT,
        note TEXT,
        version INTEGER DEFAULT '1' NOT NULL,
        source TEXT NOT NULL,
        source_version BIGINT,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_measurements PRIMARY KEY (chamber_id, plan_id, measurement_id),
        CONSTRAINT fk_measurements_chamber_id_plans FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id) ON DELETE CASCADE,
        CONSTRAINT uq_measurements_subject UNIQUE NULLS NOT DISTINCT (chamber_id, plan_id, subject_kind, subject_code, year, period),
        CONSTRAINT ck_measurements_subject_kind CHECK (subject_kind IN ('measure', 'indicator', 'objective'))
    )
    """,
    """
    CREATE TABLE measurement_versions (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        measurement_id UUID NOT NULL,
        version_id UUID NOT NULL,
        version INTEGER,
        value TEXT,
        status TEXT,
        result TEXT,
        value_text TEXT,
        note TEXT,
        source TEXT NOT NULL,
        source_version BIGINT,
        message_id TEXT,
        recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        recorded_by TEXT NOT NULL,
        evidence JSON,
        CONSTRAINT pk_measurement_versions PRIMARY KEY (chamber_id, plan_id, measurement_id, version_id),
        CONSTRAINT fk_measurement_versions_measurement FOREIGN KEY(chamber_id, plan_id, measurement_id) REFERENCES measurements (chamber_id, plan_id, measurement_id),
        CONSTRAINT uq_measurement_versions_version UNIQUE (chamber_id, plan_id, measurement_id, version)
    )
    """,
    """
    CREATE TABLE integrations (
        chamber_id TEXT NOT NULL,
        integration_id TEXT NOT NULL,
        title TEXT NOT NULL,
        adapter TEXT DEFAULT 'standard' NOT NULL,
        active BOOLEAN DEFAULT true NOT NULL,
        settings JSON DEFAULT '{}' NOT NULL,
        version INTEGER DEFAULT '1' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_integrations PRIMARY KEY (chamber_id, integration_id),
        CONSTRAINT fk_integrations_chamber_id_chambers FOREIGN KEY(chamber_id) REFERENCES chambers (chamber_id)
    )
    """,
    """
    CREATE TABLE integration_secrets (
        chamber_id TEXT NOT NULL,
        integration_id TEXT NOT NULL,
        secret_id UUID NOT NULL,
        sealed TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_integration_secrets PRIMARY KEY (chamber_id, integration_id, secret_id),
        CONSTRAINT fk_integration_secrets_integration FOREIGN KEY(chamber_id, integration_id) REFERENCES integrations (chamber_id, integration_id)
    )
    """,
    """
    CREATE TABLE webhook_messages (
        chamber_id TEXT NOT NULL,
        integration_id TEXT NOT NULL,
        message_id TEXT NOT NULL,
        sent_at TIMESTAMP WITH TIME ZONE,
        received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        headers JSON NOT NULL,
        body BYTEA NOT NULL,
        event_type TEXT,
        outcome TEXT DEFAULT 'received' NOT NULL,
        detail JSON,
        applied_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_webhook_messages PRIMARY KEY (chamber_id, integration_id, message_id),
        CONSTRAINT fk_webhook_messages_integration FOREIGN KEY(chamber_id, integration_id) REFERENCES integrations (chamber_id, integration_id)
    )
    """,
    """
    CREATE INDEX ix_webhook_messages_received_at ON webhook_messages (chamber_id, integration_id, received_at)
    """,
    """
    CREATE TABLE quarantine (
        chamber_id TEXT NOT NULL,
        quarantine_id UUID NOT NULL,
        integration_id TEXT NOT NULL,
        message_id TEXT NOT NULL,
        position INTEGER NOT NULL,
        item JSON NOT NULL,
        code TEXT NOT NULL,
        detail TEXT NOT NULL,
        state TEXT DEFAULT 'waiting' NOT NULL,
        version INTEGER DEFAULT '1' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        decided_at TIMESTAMP WITH TIME ZONE,
        decided_by TEXT,
        decision_reason TEXT,
        CONSTRAINT pk_quarantine PRIMARY KEY (chamber_id, quarantine_id),
        CONSTRAINT fk_quarantine_message FOREIGN KEY(chamber_id, integration_id, message_id) REFERENCES webhook_messages (chamber_id, integration_id, message_id),
        CONSTRAINT uq_quarantine_item UNIQUE (chamber_id, integration_id, message_id, position),
        CONSTRAINT ck_quarantine_state CHECK (state IN ('waiting', 'replayed', 'discarded'))
    )
    """,
)

TABLES = (
    "measurements",
    "measurement_versions",
    "integrations",
    "integration_secrets",
    "webhook_messages",
    "quarantine",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
