"""The life of a plan: its state, the versions that were approved, and every move it made.

What was approved is only ever added to. Stored results are made again: they now say which
version they are of.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE plan_versions (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        version INTEGER NOT NULL,
        content BYTEA NOT NULL,
        sha256 TEXT NOT NULL,
        act JSON NOT NULL,
        motivation TEXT,
        cause TEXT,
        oiv_opinion TEXT,
        approved_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        approved_by TEXT NOT NULL,
        CONSTRAINT pk_plan_versions PRIMARY KEY (chamber_id, plan_id, version),
        CONSTRAINT ck_plan_versions_cause CHECK (cause IN ('exogenous', 'endogenous', 'indicator_error')),
        CONSTRAINT fk_plan_versions_chamber_id_plans FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE plan_moves (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        move_id UUID NOT NULL,
        move TEXT NOT NULL,
        version INTEGER NOT NULL,
        act JSON,
        motivation TEXT,
        cause TEXT,
        oiv_opinion TEXT,
        moved_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        moved_by TEXT NOT NULL,
        CONSTRAINT pk_plan_moves PRIMARY KEY (chamber_id, plan_id, move_id),
        CONSTRAINT ck_plan_moves_move CHECK (move IN ('approve', 'amend', 'withdraw', 'close', 'reopen')),
        CONSTRAINT ck_plan_moves_cause CHECK (cause IN ('exogenous', 'endogenous', 'indicator_error')),
        CONSTRAINT fk_plan_moves_chamber_id_plans FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id) ON DELETE CASCADE
    )
    """,
)

POLICY = """
    CREATE POLICY chamber ON {table}
    USING (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    WITH CHECK (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
"""


def upgrade() -> None:
    op.execute("""
        ALTER TABLE plans
            ADD COLUMN state TEXT DEFAULT 'draft' NOT NULL,
            ADD COLUMN version INTEGER DEFAULT '1' NOT NULL,
            ADD CONSTRAINT ck_plans_state CHECK (state IN ('draft', 'approved', 'amending', 'closed'))
    """)
    for statement in TABLES:
        op.execute(statement)
    for table in ("plan_versions", "plan_moves"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(POLICY.format(table=table))
        op.execute(f"GRANT SELECT, INSERT ON {table} TO ciclo_runtime")
    op.execute("TRUNCATE results")


def downgrade() -> None:
    op.execute("DROP TABLE plan_moves")
    op.execute("DROP TABLE plan_versions")
    op.execute("ALTER TABLE plans DROP COLUMN state, DROP COLUMN version")
    op.execute("TRUNCATE results")
