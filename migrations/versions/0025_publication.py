"""Publication of validated reports: one state and one move more."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def _check(table: str, column: str, values: str) -> None:
    name = f"ck_{table}_{column}"
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN ({values}))")


def upgrade() -> None:
    _check(
        "reports",
        "state",
        "'requested', 'rendered', 'approved', 'validated', 'published', 'refused', 'failed', "
        "'cancelled'",
    )
    _check("report_moves", "move", "'approve', 'validate', 'refuse', 'publish'")


def downgrade() -> None:
    # What was published stays validated; the owner is subject to the policies unless not forced.
    for table in ("reports", "report_moves"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE reports SET state = 'validated' WHERE state = 'published'")
    op.execute("DELETE FROM report_moves WHERE move = 'publish'")
    for table in ("reports", "report_moves"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    _check(
        "reports",
        "state",
        "'requested', 'rendered', 'approved', 'validated', 'refused', 'failed', 'cancelled'",
    )
    _check("report_moves", "move", "'approve', 'validate', 'refuse'")
