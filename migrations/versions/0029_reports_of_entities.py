"""The report of an entity stands on the plans of its chambers; it may have none of its own."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_TABLES = ("render_jobs", "report_moves", "reports")


def upgrade() -> None:
    op.execute("ALTER TABLE reports ALTER COLUMN plan_id DROP NOT NULL")


def downgrade() -> None:
    # Such reports had no place before; the owner is subject to the policies unless not forced.
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for table in ("render_jobs", "report_moves"):
        op.execute(
            f"DELETE FROM {table} t USING reports r WHERE r.plan_id IS NULL "
            "AND (t.chamber_id, t.report_id) = (r.chamber_id, r.report_id)"
        )
    op.execute("DELETE FROM reports WHERE plan_id IS NULL")
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE reports ALTER COLUMN plan_id SET NOT NULL")
