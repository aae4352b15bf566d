"""Catalogues of indicators, of an entity and of each chamber, and who may read across chambers.

A catalogue is only added to: every version of an entry stays, and what was taken away has a
last version that says so. Rows of an entity's catalogue are visible while a chamber of that
entity is in the context.
"""

from typing import Any

import sqlalchemy as sa

from services.api.db.base import (
    APPEND_ONLY,
    Json,
    chamber_key,
    id_key,
    instant,
    metadata,
    to_chamber,
)


def _entry() -> list[sa.Column[Any]]:
    return [
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False, server_default="false"),
        instant("recorded_at", now=True),
        sa.Column("recorded_by", sa.Text, nullable=False),
    ]


def _kind() -> sa.CheckConstraint:
    return sa.CheckConstraint("kind IN ('indicator', 'measure')", name="kind")


catalogue_entries = sa.Table(
    "catalogue_entries",
    metadata,
    chamber_key(),
    *_entry(),
    to_chamber(),
    _kind(),
    # A chamber's own entries can never be taken for those of the shared catalogue.
    sa.CheckConstraint("source = 'own'", name="source"),
    info={APPEND_ONLY: True},
)

entity_catalogue_entries = sa.Table(
    "entity_catalogue_entries",
    metadata,
    sa.Column("entity_id", sa.Text, sa.ForeignKey("entities.entity_id"), primary_key=True),
    *_entry(),
    _kind(),
    sa.CheckConstraint("source <> 'own'", name="source"),
    info={APPEND_ONLY: True},
)

chamber_readers = sa.Table(
    "chamber_readers",
    metadata,
    chamber_key(),
    id_key("grant_id"),
    sa.Column("reader", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("expires_on", sa.Date, nullable=False),
    instant("granted_at", now=True),
    sa.Column("granted_by", sa.Text, nullable=False),
    instant("revoked_at", nullable=True),
    sa.Column("revoked_by", sa.Text),
    to_chamber(),
    sa.Index("ix_chamber_readers_reader", "chamber_id", "reader"),
    info={"updatable_columns": ("revoked_at", "revoked_by")},
)
"""Grants to read a chamber from the views of its entity: one row for each chamber granted."""
