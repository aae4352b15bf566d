"""A plan and what it consists of.

Everything is keyed ``(chamber_id, plan_id, code)`` and keeps its ``position`` in the file.
Figures are ``text``: ``8.00`` was written with two decimals and comes back with two.
"""

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
    to_plan,
)

plans = sa.Table(
    "plans",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    sa.Column("year", sa.SmallInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("acts", Json, nullable=False),
    sa.Column("policy", Json, nullable=False),
    sa.Column("published", Json),
    # Raised by every change of an input of the results; stored results carry it.
    sa.Column("revision", sa.BigInteger, nullable=False, server_default="1"),
    # The revision that last changed more than measurements.
    sa.Column("structure_revision", sa.BigInteger, nullable=False, server_default="1"),
    # Its life: shared.domain.workflow. The version is that of the content in the tables below.
    sa.Column("state", sa.Text, nullable=False, server_default="draft"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    instant("created_at", now=True),
    instant("updated_at", now=True),
    to_chamber(),
    sa.UniqueConstraint("chamber_id", "year"),
    sa.CheckConstraint("kind IN ('piano', 'relazione')", name="kind"),
    sa.CheckConstraint("state IN ('draft', 'approved', 'amending', 'closed')", name="state"),
    sa.CheckConstraint("year BETWEEN 1990 AND 2200", name="year"),
)


def _code() -> sa.Column[str]:
    return sa.Column("code", sa.Text, primary_key=True)


def _position() -> sa.Column[int]:
    return sa.Column("position", sa.Integer, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text)


objectives = sa.Table(
    "objectives",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    _code(),
    _position(),
    sa.Column("kind", sa.Text, nullable=False),
    _text("parent"),
    sa.Column("title", sa.Text, nullable=False),
    _text("description"),
    _text("weight"),
    _text("aggregate"),
    _text("programme"),
    sa.Column("units", Json),
    _text("responsible"),
    _text("starts"),
    _text("ends"),
    sa.Column("resources", Json),
    sa.Column("tags", Json),
    sa.Column("members", Json),
    _text("note"),
    to_plan(),
    # A file may name a child before its parent.
    sa.ForeignKeyConstraint(
        ["chamber_id", "plan_id", "parent"],
        ["objectives.chamber_id", "objectives.plan_id", "objectives.code"],
        name="fk_objectives_parent",
        deferrable=True,
        initially="DEFERRED",
    ),
)

measures = sa.Table(
    "measures",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    _code(),
    _position(),
    sa.Column("title", sa.Text, nullable=False),
    _text("unit"),
    _text("value_type"),
    _text("aggregation"),
    sa.Column("external_ids", Json),
    to_plan(),
)

indicators = sa.Table(
    "indicators",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    _code(),
    _position(),
    sa.Column("objective", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    _text("typology"),
    _text("formula"),
    _text("formula_text"),
    _text("unit"),
    sa.Column("decimals", sa.SmallInteger),
    _text("value_type"),
    _text("direction"),
    _text("weight"),
    sa.Column("baseline", Json),
    sa.Column("targets", Json),
    sa.Column("monitoring_only", sa.Boolean),
    sa.Column("derived_from", Json),
    sa.Column("tags", Json),
    _text("source_office"),
    _text("source_class"),
    _text("note"),
    _text("catalogue"),
    to_plan(),
    sa.ForeignKeyConstraint(
        ["chamber_id", "plan_id", "objective"],
        ["objectives.chamber_id", "objectives.plan_id", "objectives.code"],
        name="fk_indicators_objective",
        deferrable=True,
        initially="DEFERRED",
    ),
    sa.Index("ix_indicators_objective", "chamber_id", "plan_id", "objective"),
)

evaluations = sa.Table(
    "evaluations",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    id_key("evaluation_id"),
    _position(),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("subject_kind", sa.Text, nullable=False),
    sa.Column("subject_code", sa.Text, nullable=False),
    sa.Column("effect", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    _text("cause"),
    instant("created_at", now=True),
    sa.Column("created_by", sa.Text, nullable=False),
    to_plan(),
    sa.CheckConstraint("subject_kind IN ('indicator', 'objective')", name="subject_kind"),
    sa.UniqueConstraint(
        "chamber_id",
        "plan_id",
        "scope",
        "subject_kind",
        "subject_code",
        name="uq_evaluations_subject",
    ),
)

narratives = sa.Table(
    "narratives",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    sa.Column("subject_kind", sa.Text, primary_key=True),
    sa.Column("subject_code", sa.Text, primary_key=True),
    _position(),
    sa.Column("text", sa.Text, nullable=False),
    # Two offices write here: the version is what If-Match compares.
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    instant("updated_at", now=True),
    sa.Column("updated_by", sa.Text, nullable=False),
    to_plan(),
    sa.CheckConstraint("subject_kind IN ('objective', 'section')", name="subject_kind"),
)

context_tables = sa.Table(
    "context_tables",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    _code(),
    _position(),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("section", sa.Text),
    sa.Column("columns", Json, nullable=False),
    sa.Column("rows", Json, nullable=False),
    to_plan(),
)

imports = sa.Table(
    "imports",
    metadata,
    chamber_key(),
    id_key("import_id"),
    sa.Column("plan_id", sa.Uuid(as_uuid=False), nullable=False),
    sa.Column("year", sa.SmallInteger, nullable=False),
    sa.Column("sha256", sa.LargeBinary, nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("report", Json, nullable=False),
    instant("created_at", now=True),
    sa.Column("created_by", sa.Text, nullable=False),
    to_plan(),
    info={APPEND_ONLY: True},
)

results = sa.Table(
    "results",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("etag", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    instant("computed_at", now=True),
    to_plan(),
    info={LEFT_OUT: "computed again from what is there"},
)
