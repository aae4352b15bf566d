"""What was taken out of the installation and what was removed, kept after the chamber is gone."""

import sqlalchemy as sa

from services.api.db.base import APPEND_ONLY, WRITTEN_BY_OWNER, Json, id_key, instant, metadata


def _entity_key() -> sa.Column[str]:
    return sa.Column("entity_id", sa.Text, sa.ForeignKey("entities.entity_id"), primary_key=True)


chamber_archives = sa.Table(
    "chamber_archives",
    metadata,
    _entity_key(),
    id_key("archive_id"),
    sa.Column("chamber_code", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    # Of the rows alone: what erasing compares with the rows that are there.
    sa.Column("rows_sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    # The instant of the state that was written, or read.
    instant("at"),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.CheckConstraint("kind IN ('export', 'import')", name="kind"),
    info={APPEND_ONLY: True},
)

chamber_erasures = sa.Table(
    "chamber_erasures",
    metadata,
    _entity_key(),
    id_key("erasure_id"),
    sa.Column("chamber_code", sa.Text, nullable=False),
    sa.Column("archive_sha256", sa.Text, nullable=False),
    # Rows removed, by table.
    sa.Column("removed", Json, nullable=False),
    instant("at", now=True),
    sa.Column("erased_by", sa.Text, nullable=False),
    sa.Column("certificate", sa.Text),
    # When the blobs were gone too.
    instant("completed_at", nullable=True),
    info={WRITTEN_BY_OWNER: True},
)
