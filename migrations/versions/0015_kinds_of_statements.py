"""Statements of every kind: validated, withdrawn, numbered without gaps; public keys; periods.

A system may validate or withdraw what it sent, may be trusted by a public key instead of a
shared secret, and says when a period is complete. Which of its numbered statements have come
is kept beside the value, so that one that never came is noticed.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

POLICY = """
    CREATE POLICY chamber ON {table}
    USING (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    WITH CHECK (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
"""


def upgrade() -> None:
    op.execute("""
        ALTER TABLE measurements
            ADD COLUMN source_stage TEXT,
            ADD COLUMN versions_seen TEXT,
            ADD COLUMN versions_by TEXT
    """)
    # Full sequences are one range: only data with a gap are in this index.
    op.execute("""
        CREATE INDEX ix_measurements_gaps ON measurements (versions_by, measurement_id)
        WHERE versions_seen LIKE '%,%'
    """)
    op.execute("""
        ALTER TABLE integration_secrets
            ALTER COLUMN sealed DROP NOT NULL,
            ADD COLUMN public_key TEXT,
            ADD CONSTRAINT ck_integration_secrets_kind
                CHECK ((sealed IS NULL) <> (public_key IS NULL))
    """)
    op.execute("""
        CREATE TABLE period_completions (
            chamber_id TEXT NOT NULL,
            integration_id TEXT NOT NULL,
            year SMALLINT NOT NULL,
            period TEXT NOT NULL,
            completed_at TIMESTAMP WITH TIME ZONE NOT NULL,
            message_id TEXT NOT NULL,
            announced INTEGER,
            CONSTRAINT pk_period_completions PRIMARY KEY (chamber_id, integration_id, year, period),
            CONSTRAINT fk_period_completions_integration FOREIGN KEY(chamber_id, integration_id) REFERENCES integrations (chamber_id, integration_id)
        )
    """)
    op.execute("ALTER TABLE period_completions ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE period_completions FORCE ROW LEVEL SECURITY")
    op.execute(POLICY.format(table="period_completions"))
    op.execute("GRANT SELECT, INSERT, UPDATE ON period_completions TO ciclo_runtime")


def downgrade() -> None:
    op.execute("DROP TABLE period_completions")
    op.execute("DELETE FROM integration_secrets WHERE sealed IS NULL")
    op.execute("""
        ALTER TABLE integration_secrets
            DROP CONSTRAINT ck_integration_secrets_kind,
            DROP COLUMN public_key,
            ALTER COLUMN sealed SET NOT NULL
    """)
    op.execute("DROP INDEX ix_measurements_gaps")
    op.execute("""
        ALTER TABLE measurements
            DROP COLUMN source_stage, DROP COLUMN versions_seen, DROP COLUMN versions_by
    """)
