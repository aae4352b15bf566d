"""Moves of documents from before their kinds had steps: only those that somebody made, when made.

What nobody signs was called signed, and a move said so; a Piano that was adopted afterwards was
adopted when it was rendered, not when that was written down.
"""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

# The owner is subject to the policies like everyone, unless they are not forced.
_TABLES = ("reports", "report_moves")

UP = (
    """
    DELETE FROM report_moves AS m USING reports AS r
    WHERE m.move = 'sign' AND m.chamber_id = r.chamber_id AND m.report_id = r.report_id
        AND (r.signatories IS NULL OR r.signatories::text IN ('[]', 'null'))
    """,
    # Such a move has the id of its report.
    """
    UPDATE report_moves AS m SET moved_at = r.rendered_at FROM reports AS r
    WHERE m.move = 'approve' AND m.move_id = m.report_id AND r.rendered_at IS NOT NULL
        AND m.chamber_id = r.chamber_id AND m.report_id = r.report_id
    """,
)


def upgrade() -> None:
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in UP:
        op.execute(statement)
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Nothing was made that the revision before does not know."""
