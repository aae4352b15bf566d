"""A first version that never came is a gap, too: the index of data with a gap has these."""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP INDEX ix_measurements_gaps")
    op.execute("""
        CREATE INDEX ix_measurements_gaps ON measurements (versions_by, measurement_id)
        WHERE versions_seen LIKE '%,%' OR versions_seen !~ '^[01](,|-|$)'
    """)


def downgrade() -> None:
    op.execute("DROP INDEX ix_measurements_gaps")
    op.execute("""
        CREATE INDEX ix_measurements_gaps ON measurements (versions_by, measurement_id)
        WHERE versions_seen LIKE '%,%'
    """)
