"""Everything that was said in the evaluation of a plan, line by line.

What stands about a subject is the line with the highest number, unless that one takes it
back. Nothing is ever overwritten.
"""

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

evaluation_statements = sa.Table(
    "evaluation_statements",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    id_key("statement_id"),
    # What kind of thing is said: shared.contracts.statements.
    sa.Column("topic", sa.Text, nullable=False),
    # "chamber" or the code of a sheet; only a neutralisation has another than "chamber".
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("subject_kind", sa.Text, nullable=False),
    sa.Column("subject_code", sa.Text, nullable=False),
    # Counts the lines about one subject, from 1.
    sa.Column("number", sa.Integer, nullable=False),
    # What was said; absent where the line takes back what was.
    sa.Column("body", Json),
    # Why it was changed or taken back.
    sa.Column("reason", sa.Text),
    instant("written_at", now=True),
    sa.Column("written_by", sa.Text, nullable=False),
    to_plan(),
    sa.UniqueConstraint(
        "chamber_id",
        "plan_id",
        "topic",
        "scope",
        "subject_kind",
        "subject_code",
        "number",
        name="uq_evaluation_statements_number",
    ),
    sa.CheckConstraint(
        "topic IN ('neutralisation', 'deviation', 'analysis', 'judgement', 'overall')",
        name="topic",
    ),
    sa.CheckConstraint(
        "subject_kind IN ('indicator', 'objective', 'overall')", name="subject_kind"
    ),
    info={APPEND_ONLY: True},
)
