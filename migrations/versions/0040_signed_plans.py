"""A Piano with every signature that it waits for is signed, also where that was once forgotten.

Going back below 0037 forgets the steps of a Piano, but keeps its signatures; coming up again, 0037
knows its approval only. It would then be approved for good: nobody signs twice, and without the
last signature nothing is published.
"""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

# The owner is subject to the policies like everyone, unless they are not forced.
_TABLES = ("reports", "report_moves", "report_signatures")

UP = (
    # The last signature made the move: its id is older than those of later moves.
    """
    INSERT INTO report_moves (chamber_id, report_id, move_id, move, moved_at, moved_by)
    SELECT r.chamber_id, r.report_id, last.signature_id, 'sign', last.made_at, last.made_by
    FROM reports AS r
    CROSS JOIN LATERAL (
        SELECT array_agg(awaited ->> 'office') AS offices
        FROM json_array_elements(
            CASE WHEN json_typeof(r.signatories) = 'array' THEN r.signatories END
        ) AS awaited
    ) AS expected
    CROSS JOIN LATERAL (
        SELECT s.signature_id, s.made_at, s.made_by, count(*) OVER () AS made
        FROM report_signatures AS s
        WHERE s.chamber_id = r.chamber_id AND s.report_id = r.report_id
            AND s.office = ANY (expected.offices)
        ORDER BY s.position DESC LIMIT 1
    ) AS last
    WHERE r.kind = 'piano' AND r.state IN ('approved', 'published')
        AND last.made = cardinality(expected.offices)
        AND NOT EXISTS (
            SELECT FROM report_moves AS m
            WHERE m.chamber_id = r.chamber_id AND m.report_id = r.report_id AND m.move = 'sign')
    """,
    """
    UPDATE reports AS r SET state = 'signed' FROM report_moves AS m
    WHERE r.kind = 'piano' AND r.state = 'approved' AND m.move = 'sign'
        AND m.chamber_id = r.chamber_id AND m.report_id = r.report_id
    """,
)


def upgrade() -> None:
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in UP:
        op.execute(statement)
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Nothing was made that the revision before does not know."""
