"""Who is told of events, and every message to them with its attempts."""

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


def _to_subscription(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["chamber_id", "subscription_id"],
        ["subscriptions.chamber_id", "subscriptions.subscription_id"],
        name=name,
        ondelete="CASCADE",
    )


subscriptions = sa.Table(
    "subscriptions",
    metadata,
    chamber_key(),
    id_key("subscription_id"),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    # Kinds of event, in the order given.
    sa.Column("events", Json, nullable=False),
    sa.Column("standing", sa.Text, nullable=False, server_default="active"),
    # Why the service stopped sending: `gone` or `failing`.
    sa.Column("disabled_reason", sa.Text),
    # The first failure after the last success.
    instant("failing_since", nullable=True),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    instant("created_at", now=True),
    sa.Column("created_by", sa.Text, nullable=False),
    to_chamber(),
    sa.CheckConstraint("standing IN ('active', 'paused', 'disabled')", name="standing"),
)

subscription_secrets = sa.Table(
    "subscription_secrets",
    metadata,
    chamber_key(),
    id_key("subscription_id"),
    id_key("secret_id"),
    # Sealed with the installation's key; never in clear.
    sa.Column("sealed", sa.Text, nullable=False),
    instant("created_at", now=True),
    instant("expires_at", nullable=True),
    _to_subscription("fk_subscription_secrets_subscription"),
    info={LEFT_OUT: TO_SET_ANEW},
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    chamber_key(),
    id_key("delivery_id"),
    sa.Column("subscription_id", sa.Uuid(as_uuid=False), nullable=False),
    sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="pending"),
    # Attempts ever made, and those of the schedule that runs now.
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    instant("created_at", now=True),
    instant("next_at"),
    instant("settled_at", nullable=True),
    _to_subscription("fk_deliveries_subscription"),
    sa.UniqueConstraint("chamber_id", "subscription_id", "event_id", name="uq_deliveries_event"),
    sa.CheckConstraint("state IN ('pending', 'delivered', 'failed')", name="state"),
    # Of what waits, the one that goes first for its subject.
    sa.Index(
        "ix_deliveries_waiting",
        "chamber_id",
        "subscription_id",
        "subject",
        "event_id",
        postgresql_where=sa.text("state = 'pending'"),
    ),
    sa.Index("ix_deliveries_due", "next_at", postgresql_where=sa.text("state = 'pending'")),
    sa.Index("ix_deliveries_list", "chamber_id", "subscription_id", "created_at"),
)

delivery_attempts = sa.Table(
    "delivery_attempts",
    metadata,
    chamber_key(),
    id_key("delivery_id"),
    sa.Column("attempt", sa.Integer, primary_key=True),
    instant("at"),
    # Status of the answer; without one, what went wrong.
    sa.Column("status", sa.SmallInteger),
    sa.Column("failure", sa.Text),
    sa.Column("milliseconds", sa.Integer, nullable=False),
    sa.ForeignKeyConstraint(
        ["chamber_id", "delivery_id"],
        ["deliveries.chamber_id", "deliveries.delivery_id"],
        name="fk_delivery_attempts_delivery",
        ondelete="CASCADE",
    ),
    info={APPEND_ONLY: True},
)
