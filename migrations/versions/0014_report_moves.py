"""Approval and validation of reports: further states, why a version was made, and each move."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE reports ADD COLUMN reason TEXT",
    "ALTER TABLE reports DROP CONSTRAINT ck_reports_state",
    """
    ALTER TABLE reports ADD CONSTRAINT ck_reports_state CHECK (state IN (
        'requested', 'rendered', 'approved', 'validated', 'refused', 'failed', 'cancelled'))
    """,
    """
    CREATE TABLE report_moves (
        chamber_id TEXT NOT NULL,
        report_id UUID NOT NULL,
        move_id UUID NOT NULL,
        move TEXT NOT NULL,
        act JSON,
        remarks TEXT,
        conditions TEXT,
        reason TEXT,
        moved_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        moved_by TEXT NOT NULL,
        CONSTRAINT pk_report_moves PRIMARY KEY (chamber_id, report_id, move_id),
        CONSTRAINT fk_report_moves_report FOREIGN KEY(chamber_id, report_id) REFERENCES reports (chamber_id, report_id),
        CONSTRAINT ck_report_moves_move CHECK (move IN ('approve', 'validate', 'refuse'))
    )
    """,
    "ALTER TABLE report_moves ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE report_moves FORCE ROW LEVEL SECURITY",
    """
    CREATE POLICY chamber ON report_moves
    USING (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    WITH CHECK (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    """,
    "GRANT SELECT, INSERT ON report_moves TO ciclo_runtime",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE report_moves")
    # The owner is subject to the policies like everyone, unless they are not forced.
    op.execute("ALTER TABLE reports NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE reports SET state = 'rendered' WHERE state IN ('approved', 'validated', 'refused')"
    )
    op.execute("ALTER TABLE reports FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE reports DROP CONSTRAINT ck_reports_state, DROP COLUMN reason")
    op.execute(
        "ALTER TABLE reports ADD CONSTRAINT ck_reports_state CHECK (state IN ('requested', 'rendered', 'failed', 'cancelled'))"
    )
