"""Who belongs to a chamber, and the machines that hold a key to it."""

import sqlalchemy as sa

from services.api.db.base import (
    LEFT_OUT,
    TO_SET_ANEW,
    Json,
    chamber_key,
    id_key,
    instant,
    metadata,
    to_chamber,
)

members = sa.Table(
    "members",
    metadata,
    chamber_key(),
    id_key("member_id"),
    # Subject of the identity provider, as audit lines name it; never a person's name.
    sa.Column("person", sa.Text, nullable=False),
    # Lists of texts, in the order they were given.
    sa.Column("roles", Json, nullable=False),
    sa.Column("units", Json, nullable=False),
    sa.Column("sheets", Json, nullable=False),
    sa.Column("evaluates", Json, nullable=False),
    # First and last day; open where absent.
    sa.Column("valid_from", sa.Date),
    sa.Column("valid_until", sa.Date),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    instant("created_at", now=True),
    instant("updated_at", now=True),
    to_chamber(),
    sa.UniqueConstraint("chamber_id", "person"),
    sa.Index("ix_members_person", "person"),
)

machine_clients = sa.Table(
    "machine_clients",
    metadata,
    chamber_key(),
    id_key("client_id"),
    sa.Column("title", sa.Text, nullable=False),
    # Actions of the permission table, a list of texts.
    sa.Column("scopes", Json, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    instant("created_at", now=True),
    sa.Column("created_by", sa.Text, nullable=False),
    instant("revoked_at", nullable=True),
    to_chamber(),
)

machine_keys = sa.Table(
    "machine_keys",
    metadata,
    chamber_key(),
    id_key("client_id"),
    id_key("key_id"),
    # HMAC of the secret; the secret itself is nowhere.
    sa.Column("digest", sa.LargeBinary, nullable=False),
    instant("created_at", now=True),
    instant("expires_at"),
    instant("last_used_at", nullable=True),
    sa.ForeignKeyConstraint(
        ["chamber_id", "client_id"],
        ["machine_clients.chamber_id", "machine_clients.client_id"],
    ),
    sa.Index("ix_machine_keys_key_id", "key_id"),
    info={LEFT_OUT: TO_SET_ANEW},
)
