"""The web page of a document, kept beside its PDF."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_COLUMNS = {"web_sha256": "TEXT", "web_size": "BIGINT", "web_blob_key": "TEXT"}


def upgrade() -> None:
    for name, kind in _COLUMNS.items():
        op.execute(f"ALTER TABLE reports ADD COLUMN {name} {kind}")


def downgrade() -> None:
    for name in _COLUMNS:
        op.execute(f"ALTER TABLE reports DROP COLUMN {name}")
