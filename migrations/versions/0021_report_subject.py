"""Reports about a part of a year: which one, and versions counted for each.

A monitoring report is about a period; a yearly report is about the whole, which is the empty
text.
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE reports ADD COLUMN subject TEXT DEFAULT '' NOT NULL")
    op.execute("ALTER TABLE reports DROP CONSTRAINT uq_reports_version")
    op.execute(
        "ALTER TABLE reports ADD CONSTRAINT uq_reports_version "
        "UNIQUE (chamber_id, year, kind, subject, version)"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE reports DROP CONSTRAINT uq_reports_version")
    op.execute("ALTER TABLE reports DROP COLUMN subject")
    op.execute(
        "ALTER TABLE reports ADD CONSTRAINT uq_reports_version "
        "UNIQUE (chamber_id, year, kind, version)"
    )
