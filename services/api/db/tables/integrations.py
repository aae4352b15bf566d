"""Systems that send measurements, their messages, and what could not be applied."""

import sqlalchemy as sa

from services.api.db.base import (
    APPEND_ONLY,
    LEFT_OUT,
    TO_SET_ANEW,
    Json,
    chamber_key,
    id_key,
    instant,
    metadata,
    to_chamber,
)


def _to_integration(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["chamber_id", "integration_id"],
        ["integrations.chamber_id", "integrations.integration_id"],
        name=name,
    )


def _integration_key() -> sa.Column[str]:
    return sa.Column("integration_id", sa.Text, primary_key=True)


integrations = sa.Table(
    "integrations",
    metadata,
    chamber_key(),
    _integration_key(),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("adapter", sa.Text, nullable=False, server_default="standard"),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("settings", Json, nullable=False, server_default="{}"),
    # The version of its mapping that holds; 0 while there is none.
    sa.Column("mapping_version", sa.Integer, nullable=False, server_default="0"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    instant("created_at", now=True),
    to_chamber(),
)

integration_secrets = sa.Table(
    "integration_secrets",
    metadata,
    chamber_key(),
    _integration_key(),
    id_key("secret_id"),
    # Sealed with the installation's key; never in clear. A public key needs no seal.
    sa.Column("sealed", sa.Text),
    sa.Column("public_key", sa.Text),
    instant("created_at", now=True),
    instant("expires_at", nullable=True),
    _to_integration("fk_integration_secrets_integration"),
    sa.CheckConstraint("(sealed IS NULL) <> (public_key IS NULL)", name="kind"),
    info={LEFT_OUT: TO_SET_ANEW},
)

webhook_messages = sa.Table(
    "webhook_messages",
    metadata,
    chamber_key(),
    _integration_key(),
    sa.Column("message_id", sa.Text, primary_key=True),
    instant("sent_at", nullable=True),
    instant("received_at", now=True),
    sa.Column("headers", Json, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("event_type", sa.Text),
    sa.Column("outcome", sa.Text, nullable=False, server_default="received"),
    sa.Column("detail", Json),
    instant("applied_at", nullable=True),
    _to_integration("fk_webhook_messages_integration"),
    sa.Index("ix_webhook_messages_received_at", "chamber_id", "integration_id", "received_at"),
    sa.Index(
        "ix_webhook_messages_waiting",
        "chamber_id",
        "received_at",
        postgresql_where=sa.text("outcome = 'received'"),
    ),
    # What arrived stays as it arrived: only the outcome may be written later.
    info={"updatable_columns": ("event_type", "outcome", "detail", "applied_at")},
)

integration_mappings = sa.Table(
    "integration_mappings",
    metadata,
    chamber_key(),
    _integration_key(),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("note", sa.Text),
    instant("changed_at", now=True),
    sa.Column("changed_by", sa.Text, nullable=False),
    _to_integration("fk_integration_mappings_integration"),
    info={APPEND_ONLY: True},
)

integration_mapping_entries = sa.Table(
    "integration_mapping_entries",
    metadata,
    chamber_key(),
    _integration_key(),
    sa.Column("version", sa.Integer, primary_key=True),
    # What the system calls it comes before the place: that is how rows are looked for.
    sa.Column("external", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("subject_kind", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    # In which the system counts; none for any.
    sa.Column("unit", sa.Text),
    sa.Column("conversion", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(
        ["chamber_id", "integration_id", "version"],
        [
            "integration_mappings.chamber_id",
            "integration_mappings.integration_id",
            "integration_mappings.version",
        ],
        name="fk_integration_mapping_entries_mapping",
    ),
    sa.CheckConstraint(
        "subject_kind IN ('measure', 'indicator', 'objective')", name="subject_kind"
    ),
    info={APPEND_ONLY: True},
)

period_completions = sa.Table(
    "period_completions",
    metadata,
    chamber_key(),
    _integration_key(),
    sa.Column("year", sa.SmallInteger, primary_key=True),
    # Q1, S2, T4, M12; Y for the year.
    sa.Column("period", sa.Text, primary_key=True),
    instant("completed_at"),
    sa.Column("message_id", sa.Text, nullable=False),
    # How many data of the period stand in the source, if it said so.
    sa.Column("announced", sa.Integer),
    _to_integration("fk_period_completions_integration"),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    chamber_key(),
    id_key("quarantine_id"),
    sa.Column("integration_id", sa.Text, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("item", Json, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="waiting"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    instant("created_at", now=True),
    instant("decided_at", nullable=True),
    sa.Column("decided_by", sa.Text),
    sa.Column("decision_reason", sa.Text),
    # Every fault of the item, each in Italian and in English.
    sa.Column("issues", Json, nullable=False, server_default="[]"),
    # Instant of its event: an item replayed later counts as said then.
    instant("said_at", now=True),
    sa.ForeignKeyConstraint(
        ["chamber_id", "integration_id", "message_id"],
        [
            "webhook_messages.chamber_id",
            "webhook_messages.integration_id",
            "webhook_messages.message_id",
        ],
        name="fk_quarantine_message",
    ),
    sa.UniqueConstraint(
        "chamber_id", "integration_id", "message_id", "position", name="uq_quarantine_item"
    ),
    sa.CheckConstraint("state IN ('waiting', 'replayed', 'discarded')", name="state"),
    sa.Index("ix_quarantine_state", "chamber_id", "state", "created_at"),
)
