"""What was approved of a plan, version by version, and every move of its life.

A version holds the content that the act approved, as the exact bytes its hash is of. Neither
versions nor moves ever change.
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
    to_plan,
)


def _reasons() -> list[sa.Column[Any]]:
    """Why a plan was changed, and what the OIV had to say; absent where nobody had to."""
    return [
        sa.Column("motivation", sa.Text),
        sa.Column("cause", sa.Text),
        sa.Column("oiv_opinion", sa.Text),
    ]


def _cause() -> sa.CheckConstraint:
    return sa.CheckConstraint("cause IN ('exogenous', 'endogenous', 'indicator_error')", "cause")


plan_versions = sa.Table(
    "plan_versions",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("act", Json, nullable=False),
    *_reasons(),
    instant("approved_at", now=True),
    sa.Column("approved_by", sa.Text, nullable=False),
    _cause(),
    to_plan(),
    info={APPEND_ONLY: True},
)

plan_moves = sa.Table(
    "plan_moves",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    id_key("move_id"),
    sa.Column("move", sa.Text, nullable=False),
    # The version after the move.
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("act", Json),
    *_reasons(),
    instant("moved_at", now=True),
    sa.Column("moved_by", sa.Text, nullable=False),
    sa.CheckConstraint("move IN ('approve', 'amend', 'withdraw', 'close', 'reopen')", name="move"),
    _cause(),
    to_plan(),
    info={APPEND_ONLY: True},
)
