"""What every write leaves behind: audit line, outbox event, answer to replay."""

from typing import Any

import sqlalchemy as sa

from services.api.db.base import (
    APPEND_ONLY,
    LEFT_OUT,
    Json,
    chamber_key,
    id_key,
    instant,
    metadata,
    to_chamber,
)


def _audit_content() -> list[sa.Column[Any]]:
    return [
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text),
        sa.Column("detail", Json),
        sa.Column("client", sa.Text),
        sa.Column("agent", sa.Text),
        sa.Column("before", Json),
        sa.Column("after", Json),
    ]


def _answer_content() -> list[sa.Column[Any]]:
    return [
        sa.Column("request_sha256", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    ]


audit_log = sa.Table(
    "audit_log",
    metadata,
    chamber_key(),
    id_key("audit_id"),
    instant("at", now=True),
    *_audit_content(),
    to_chamber(),
    info={APPEND_ONLY: True},
)

entity_audit_log = sa.Table(
    "entity_audit_log",
    metadata,
    sa.Column("entity_id", sa.Text, sa.ForeignKey("entities.entity_id"), primary_key=True),
    id_key("audit_id"),
    instant("at", now=True),
    *_audit_content(),
    info={APPEND_ONLY: True},
)

outbox = sa.Table(
    "outbox",
    metadata,
    chamber_key(),
    id_key("event_id"),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("payload", Json, nullable=False),
    instant("created_at", now=True),
    instant("available_at", now=True),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    instant("dispatched_at", nullable=True),
    to_chamber(),
    sa.Index(
        "ix_outbox_waiting",
        "topic",
        "available_at",
        postgresql_where=sa.text("dispatched_at IS NULL"),
    ),
    # Events of one subject are sent in the order in which they happened.
    sa.Index(
        "ix_outbox_subject",
        "chamber_id",
        "subject",
        "event_id",
        postgresql_where=sa.text("dispatched_at IS NULL"),
    ),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    chamber_key(),
    sa.Column("operation", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    *_answer_content(),
    instant("created_at", now=True),
    instant("expires_at"),
    to_chamber(),
    sa.Index("ix_idempotency_keys_expires_at", "chamber_id", "expires_at"),
    info={LEFT_OUT: "answers to repeat for some days, to callers of this installation"},
)

entity_idempotency_keys = sa.Table(
    "entity_idempotency_keys",
    metadata,
    sa.Column("entity_id", sa.Text, sa.ForeignKey("entities.entity_id"), primary_key=True),
    sa.Column("operation", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    *_answer_content(),
    instant("created_at", now=True),
    instant("expires_at"),
)
