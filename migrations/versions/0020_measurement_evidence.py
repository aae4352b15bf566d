"""Files that prove measurements: names, hashes and where the bytes lie."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE measurement_evidence (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        measurement_id UUID NOT NULL,
        evidence_id UUID NOT NULL,
        version INTEGER NOT NULL,
        name TEXT NOT NULL,
        media_type TEXT NOT NULL,
        size BIGINT NOT NULL,
        sha256 TEXT NOT NULL,
        blob_key TEXT NOT NULL,
        uploaded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        uploaded_by TEXT NOT NULL,
        CONSTRAINT pk_measurement_evidence PRIMARY KEY (chamber_id, plan_id, measurement_id, evidence_id),
        CONSTRAINT fk_measurement_evidence_measurement FOREIGN KEY(chamber_id, plan_id, measurement_id) REFERENCES measurements (chamber_id, plan_id, measurement_id)
    )
    """,
    "CREATE INDEX ix_measurement_evidence_evidence_id ON measurement_evidence (chamber_id, evidence_id)",
    "ALTER TABLE measurement_evidence ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE measurement_evidence FORCE ROW LEVEL SECURITY",
    """
    CREATE POLICY chamber ON measurement_evidence
    USING (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    WITH CHECK (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    """,
    "GRANT SELECT, INSERT ON measurement_evidence TO ciclo_runtime",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE measurement_evidence")
