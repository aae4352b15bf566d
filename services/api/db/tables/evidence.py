"""Files that prove measurements. The bytes lie in the blob store; a row is what says so."""

import sqlalchemy as sa

from services.api.db.base import APPEND_ONLY, chamber_key, id_key, instant, metadata

measurement_evidence = sa.Table(
    "measurement_evidence",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    id_key("measurement_id"),
    id_key("evidence_id"),
    # The version of the value that stood when the file came.
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("blob_key", sa.Text, nullable=False),
    instant("uploaded_at", now=True),
    sa.Column("uploaded_by", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(
        ["chamber_id", "plan_id", "measurement_id"],
        ["measurements.chamber_id", "measurements.plan_id", "measurements.measurement_id"],
        name="fk_measurement_evidence_measurement",
    ),
    sa.Index("ix_measurement_evidence_evidence_id", "chamber_id", "evidence_id"),
    info={APPEND_ONLY: True},
)
