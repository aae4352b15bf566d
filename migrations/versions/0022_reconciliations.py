"""Asking a source what it holds: each time as a job, with every difference that was found."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE reconciliations (
        chamber_id TEXT NOT NULL,
        reconciliation_id UUID NOT NULL,
        integration_id TEXT NOT NULL,
        year SMALLINT NOT NULL,
        period TEXT,
        repair BOOLEAN NOT NULL,
        state TEXT DEFAULT 'queued' NOT NULL,
        stage TEXT DEFAULT 'queued' NOT NULL,
        progress SMALLINT DEFAULT '0' NOT NULL,
        failure TEXT,
        counts JSON DEFAULT '{}' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        created_by TEXT NOT NULL,
        heartbeat_at TIMESTAMP WITH TIME ZONE,
        finished_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_reconciliations PRIMARY KEY (chamber_id, reconciliation_id),
        CONSTRAINT fk_reconciliations_integration FOREIGN KEY(chamber_id, integration_id) REFERENCES integrations (chamber_id, integration_id),
        CONSTRAINT ck_reconciliations_state CHECK (state IN ('queued', 'running', 'done', 'failed'))
    )
    """,
    """
    CREATE INDEX ix_reconciliations_open ON reconciliations (chamber_id, created_at)
    WHERE state IN ('queued', 'running')
    """,
    """
    CREATE TABLE reconciliation_differences (
        chamber_id TEXT NOT NULL,
        reconciliation_id UUID NOT NULL,
        number INTEGER NOT NULL,
        kind TEXT NOT NULL,
        subject_kind TEXT NOT NULL,
        code TEXT NOT NULL,
        year SMALLINT NOT NULL,
        period TEXT,
        ours JSON,
        theirs JSON,
        reason TEXT,
        repaired BOOLEAN NOT NULL,
        CONSTRAINT pk_reconciliation_differences PRIMARY KEY (chamber_id, reconciliation_id, number),
        CONSTRAINT fk_reconciliation_differences_reconciliation FOREIGN KEY(chamber_id, reconciliation_id) REFERENCES reconciliations (chamber_id, reconciliation_id)
    )
    """,
)

GRANTS = {
    "reconciliations": "SELECT, INSERT, UPDATE",
    "reconciliation_differences": "SELECT, INSERT",
}

POLICY = """
    CREATE POLICY chamber ON {table}
    USING (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    WITH CHECK (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
"""


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for table, granted in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(POLICY.format(table=table))
        op.execute(f"GRANT {granted} ON {table} TO ciclo_runtime")


def downgrade() -> None:
    for table in reversed(GRANTS):
        op.execute(f"DROP TABLE {table}")
