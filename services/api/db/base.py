"""Metadata, naming convention and the columns that every table of a chamber begins with."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    },
)
"""Every table of the database. The test of tenancy and the drift check walk it."""

GLOBAL_TABLES: dict[str, str] = {
    "chamber_archives": "hashes of archives; an erased chamber's export must still be known",
    "chamber_erasures": "certificates of chambers that are gone; counts and hashes",
    "chamber_imports": "archives that were brought, of chambers that are not there yet; hashes",
    "erasure_requests": "who asked for the end of a chamber; it must still be known afterwards",
    "entities": "the entity is what chambers belong to; it holds a code and a name",
    "entity_audit_chain": "the hashes of those lines; readable, written by a trigger alone",
    "entity_audit_heads": "where that chain ends; readable, written by a trigger alone",
    "entity_audit_log": "audit lines of acts on the entity itself; append-only",
    "entity_catalogue_entries": "the catalogue that an entity's chambers share; isolated by entity",
    "entity_idempotency_keys": "keys of requests that create an entity, before any chamber",
}
"""Tables without ``chamber_id``, each with its reason. Anything else must be isolated."""

ENTITY_TABLES = frozenset({"entity_catalogue_entries"})
"""Of these, the tables whose rows are visible only while a chamber of their entity is."""

WRITTEN_BY_OWNER = "written_by_owner"
"""Key of ``Table.info``: only a command run as the owner writes it; the runtime role reads."""

LEFT_OUT = "left_out_of_archives"
"""Key of ``Table.info`` and ``Column.info``: why an archive of a chamber does not hold it."""

TO_SET_ANEW = "secrets are set anew where a chamber goes"
"""The reason :data:`LEFT_OUT` of every table that holds secrets."""

APPEND_ONLY = "append_only"
"""Key of ``Table.info``: the runtime role may insert and select, never update or delete."""

WRITTEN_BY_TRIGGER = "written_by_trigger"
"""Key of ``Table.info``: the runtime role may select only; a trigger of the owner writes."""

Json = postgresql.JSON(none_as_null=True)
"""``json``, not ``jsonb``: it keeps the order of keys, so an export gives the bytes back."""


def chamber_key() -> sa.Column[str]:
    """First column of the primary key of every table that belongs to a chamber."""
    return sa.Column("chamber_id", sa.Text, primary_key=True)


def id_key(name: str) -> sa.Column[str]:
    """A UUID (version 7, made by the application) as further part of a primary key."""
    return sa.Column(name, sa.Uuid(as_uuid=False), primary_key=True)


def to_chamber() -> sa.ForeignKeyConstraint:
    """Foreign key to the chamber itself."""
    return sa.ForeignKeyConstraint(["chamber_id"], ["chambers.chamber_id"])


def to_plan() -> sa.ForeignKeyConstraint:
    """Foreign key to the plan an element belongs to; elements go when their plan goes."""
    return sa.ForeignKeyConstraint(
        ["chamber_id", "plan_id"],
        ["plans.chamber_id", "plans.plan_id"],
        ondelete="CASCADE",
    )


def instant(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[Any]:
    """A UTC instant; ``now`` lets the database fill it in."""
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)
