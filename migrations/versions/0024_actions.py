"""Who answers for an objective or an action, and its first and last day."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE objectives
            ADD COLUMN responsible TEXT,
            ADD COLUMN starts TEXT,
            ADD COLUMN ends TEXT
    """)


def downgrade() -> None:
    op.execute(
        "ALTER TABLE objectives DROP COLUMN responsible, DROP COLUMN starts, DROP COLUMN ends"
    )
