"""Which revision of a plan last changed more than measurements.

A reader who holds the results of an earlier revision then knows whether reading the changed
measurements is enough. Plans that exist begin with 1: nobody holds anything of them yet.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE plans ADD COLUMN structure_revision BIGINT DEFAULT '1' NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE plans DROP COLUMN structure_revision")
