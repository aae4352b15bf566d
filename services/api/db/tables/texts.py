"""How the texts of a plan come about: their history, drafts, comments, and who owes them.

What stands is in ``narratives``. A text is known everywhere by its subject: an objective by
its code, a section or paragraph of the report by its number.
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


def _subject(*, key: bool) -> tuple[sa.Column[str], sa.Column[str]]:
    """The subject of a text, as part of the primary key or beside it."""
    return (
        sa.Column("subject_kind", sa.Text, primary_key=key, nullable=False),
        sa.Column("subject_code", sa.Text, primary_key=key, nullable=False),
    )


def _subject_kinds() -> sa.CheckConstraint:
    return sa.CheckConstraint("subject_kind IN ('objective', 'section')", name="subject_kind")


narrative_versions = sa.Table(
    "narrative_versions",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    *_subject(key=True),
    # Counts the versions of one text, from 1, through removals too.
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    # Absent where the text was removed.
    sa.Column("text", sa.Text),
    instant("written_at", now=True),
    sa.Column("written_by", sa.Text, nullable=False),
    to_plan(),
    _subject_kinds(),
    info={APPEND_ONLY: True},
)

narrative_drafts = sa.Table(
    "narrative_drafts",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    *_subject(key=True),
    # Whose it is: nobody else reads it.
    sa.Column("written_by", sa.Text, primary_key=True),
    # Another one each time a draft is begun, so that an ETag of one never fits the next.
    sa.Column("draft_id", sa.Uuid(as_uuid=False), nullable=False),
    # Counts how often it was saved: a save says on which one it was made.
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    sa.Column("text", sa.Text, nullable=False),
    # The version of the published text that the author has taken in; 0 for none.
    sa.Column("base_version", sa.Integer, nullable=False),
    instant("begun_at", now=True),
    instant("saved_at", now=True),
    to_plan(),
    _subject_kinds(),
)

comment_threads = sa.Table(
    "comment_threads",
    metadata,
    chamber_key(),
    id_key("thread_id"),
    sa.Column("plan_id", sa.Uuid(as_uuid=False), nullable=False),
    *_subject(key=False),
    # The version of the text that is commented on; 0 while there was none.
    sa.Column("text_version", sa.Integer, nullable=False),
    sa.Column("quote", sa.Text),
    sa.Column("state", sa.Text, nullable=False, server_default="open"),
    # As what the one who opened it spoke: shared.domain.comments.
    sa.Column("capacity", sa.Text, nullable=False),
    # How many lines it has: whoever settles it says how many they have read.
    sa.Column("lines", sa.Integer, nullable=False, server_default="1"),
    instant("opened_at", now=True),
    sa.Column("opened_by", sa.Text, nullable=False),
    instant("changed_at", now=True),
    to_plan(),
    _subject_kinds(),
    sa.CheckConstraint("state IN ('open', 'resolved')", name="state"),
    sa.CheckConstraint("capacity IN ('oiv', 'controller', 'office')", name="capacity"),
    sa.Index("ix_comment_threads_subject", "chamber_id", "plan_id", "subject_kind", "subject_code"),
)

comments = sa.Table(
    "comments",
    metadata,
    chamber_key(),
    id_key("thread_id"),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("move", sa.Text, nullable=False),
    sa.Column("text", sa.Text),
    sa.Column("capacity", sa.Text, nullable=False),
    instant("written_at", now=True),
    sa.Column("written_by", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(
        ["chamber_id", "thread_id"],
        ["comment_threads.chamber_id", "comment_threads.thread_id"],
        name="fk_comments_thread",
        ondelete="CASCADE",
    ),
    sa.CheckConstraint("move IN ('open', 'answer', 'resolve', 'reopen')", name="move"),
    sa.CheckConstraint("capacity IN ('oiv', 'controller', 'office')", name="capacity"),
    info={APPEND_ONLY: True},
)

text_assignments = sa.Table(
    "text_assignments",
    metadata,
    chamber_key(),
    id_key("plan_id"),
    *_subject(key=True),
    # Names of the units that owe the text, and may write it.
    sa.Column("offices", Json, nullable=False),
    sa.Column("due_on", sa.Date),
    sa.Column("note", sa.Text),
    instant("assigned_at", now=True),
    sa.Column("assigned_by", sa.Text, nullable=False),
    to_plan(),
    _subject_kinds(),
)
