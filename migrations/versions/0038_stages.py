"""Stages of a document: what each was put on, and until when its time stamps speak for it."""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

UP = (
    # Of documents made before it is not known what their seal was put on.
    """
    ALTER TABLE report_signatures
        ADD COLUMN base_sha256 TEXT,
        ADD COLUMN stamp_ends_at TIMESTAMP WITH TIME ZONE,
        DROP CONSTRAINT uq_report_signatures_office,
        DROP CONSTRAINT ck_report_signatures_origin,
        ADD CONSTRAINT ck_report_signatures_origin CHECK (
            origin IN ('seal', 'service', 'upload', 'renewal'))
    """,
    "CREATE INDEX ix_report_signatures_base_sha256 ON report_signatures (chamber_id, base_sha256)",
    """
    CREATE UNIQUE INDEX uq_report_signatures_office
    ON report_signatures (chamber_id, report_id, office) WHERE origin <> 'renewal'
    """,
)

DOWN = (
    "DROP INDEX uq_report_signatures_office",
    "DROP INDEX ix_report_signatures_base_sha256",
    "ALTER TABLE report_signatures NO FORCE ROW LEVEL SECURITY",
    "DELETE FROM report_signatures WHERE origin = 'renewal'",
    "ALTER TABLE report_signatures FORCE ROW LEVEL SECURITY",
    """
    ALTER TABLE report_signatures
        DROP CONSTRAINT ck_report_signatures_origin,
        ADD CONSTRAINT ck_report_signatures_origin CHECK (
            origin IN ('seal', 'service', 'upload')),
        ADD CONSTRAINT uq_report_signatures_office UNIQUE (chamber_id, report_id, office),
        DROP COLUMN stamp_ends_at,
        DROP COLUMN base_sha256
    """,
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
