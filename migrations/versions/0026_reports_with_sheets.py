"""Whether a frozen document holds individual sheets; of earlier ones it is taken to."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE reports ADD COLUMN with_sheets BOOLEAN DEFAULT 'true' NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE reports DROP COLUMN with_sheets")
