"""The chain of audit lines: what a trigger writes when a transaction commits, and nobody else.

They have no foreign key to the lines or to the chamber: a line that is gone must be missed,
not take its link along.
"""

from typing import Any

import sqlalchemy as sa

from services.api.db.base import WRITTEN_BY_TRIGGER, chamber_key, metadata


def _link_content() -> list[sa.Column[Any]]:
    return [
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("audit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("previous", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    ]


def _head_content() -> list[sa.Column[Any]]:
    return [
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    ]


audit_chain = sa.Table(
    "audit_chain",
    metadata,
    chamber_key(),
    *_link_content(),
    sa.UniqueConstraint("chamber_id", "audit_id", name="uq_audit_chain_line"),
    info={WRITTEN_BY_TRIGGER: True},
)

audit_heads = sa.Table(
    "audit_heads", metadata, chamber_key(), *_head_content(), info={WRITTEN_BY_TRIGGER: True}
)

entity_audit_chain = sa.Table(
    "entity_audit_chain",
    metadata,
    sa.Column("entity_id", sa.Text, primary_key=True),
    *_link_content(),
    sa.UniqueConstraint("entity_id", "audit_id", name="uq_entity_audit_chain_line"),
    info={WRITTEN_BY_TRIGGER: True},
)

entity_audit_heads = sa.Table(
    "entity_audit_heads",
    metadata,
    sa.Column("entity_id", sa.Text, primary_key=True),
    *_head_content(),
    info={WRITTEN_BY_TRIGGER: True},
)
