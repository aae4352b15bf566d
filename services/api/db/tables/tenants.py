"""Entities and their chambers."""

import sqlalchemy as sa

from services.api.db.base import Json, chamber_key, instant, metadata

entities = sa.Table(
    "entities",
    metadata,
    sa.Column("entity_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    instant("created_at", now=True),
    sa.CheckConstraint("entity_id ~ '^[A-Z][A-Z0-9]{1,7}$'", name="code"),
)

chambers = sa.Table(
    "chambers",
    metadata,
    chamber_key(),
    sa.Column("entity_id", sa.Text, sa.ForeignKey("entities.entity_id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False, server_default="active"),
    sa.Column("colour", sa.Text),
    sa.Column("logo_svg", sa.Text),
    sa.Column("short_name", sa.Text),
    # The code of the Indice dei domicili digitali della PA, and the body's codice fiscale.
    sa.Column("ipa_code", sa.Text),
    sa.Column("tax_code", sa.Text),
    sa.Column("region", sa.Text),
    # Its life: shared.domain.chambers. The successor is a chamber of the same entity.
    sa.Column("valid_from", sa.Date),
    sa.Column("valid_to", sa.Date),
    sa.Column("successor", sa.Text),
    # What shared.contracts.chamber calls calendar (as "measurements"), languages, policies,
    # retention and signing.
    sa.Column("settings", Json, nullable=False, server_default="{}"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    instant("created_at", now=True),
    instant("updated_at", now=True),
    sa.CheckConstraint("chamber_id ~ '^[A-Z][A-Z0-9]{1,7}$'", name="code"),
    sa.CheckConstraint("status IN ('active', 'suspended')", name="status"),
    sa.CheckConstraint("valid_to > valid_from", name="life"),
    sa.Index("ix_chambers_entity_id", "entity_id"),
)
