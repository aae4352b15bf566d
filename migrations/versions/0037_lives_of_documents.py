"""The steps of each kind of document: what nobody signs is never signed, a Piano is adopted.

A Relazione that no person signs stays validated until it is published; it was called signed. A
Piano that was rendered of an approved version of the plan is adopted by the act of that version.
"""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

# The owner is subject to the policies like everyone, unless they are not forced.
_TABLES = ("reports", "report_moves", "plan_versions")

# A move goes by the id of its report, which comes before those of later moves.
UP = (
    """
    UPDATE reports SET state = 'validated'
    WHERE state = 'signed' AND (signatories IS NULL OR signatories::text IN ('[]', 'null'))
    """,
    """
    INSERT INTO report_moves (chamber_id, report_id, move_id, move, act, moved_by)
    SELECT r.chamber_id, r.report_id, r.report_id, 'approve', v.act, r.created_by
    FROM reports AS r
    JOIN plan_versions AS v ON v.chamber_id = r.chamber_id AND v.plan_id = r.plan_id
        AND v.version = (convert_from(r.snapshot, 'UTF8')::json ->> 'plan_version')::integer
    WHERE r.kind = 'piano' AND r.state IN ('rendered', 'published')
        AND convert_from(r.snapshot, 'UTF8')::json ->> 'plan_state' NOT IN ('draft', 'amending')
    """,
    """
    UPDATE reports AS r SET state = 'approved'
    FROM report_moves AS m
    WHERE r.kind = 'piano' AND r.state = 'rendered' AND m.chamber_id = r.chamber_id
        AND m.report_id = r.report_id AND m.move = 'approve'
    """,
)

DOWN = (
    "UPDATE reports SET state = 'rendered' WHERE kind = 'piano' AND state IN ('approved', 'signed')",
    """
    DELETE FROM report_moves AS m USING reports AS r
    WHERE r.kind = 'piano' AND m.move IN ('approve', 'sign') AND m.chamber_id = r.chamber_id
        AND m.report_id = r.report_id
    """,
    """
    UPDATE reports SET state = 'signed'
    WHERE state = 'validated' AND (signatories IS NULL OR signatories::text IN ('[]', 'null'))
    """,
)


def upgrade() -> None:
    _unforced(UP)


def downgrade() -> None:
    _unforced(DOWN)


def _unforced(statements: tuple[str, ...]) -> None:
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in statements:
        op.execute(statement)
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
