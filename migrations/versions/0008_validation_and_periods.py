"""Who answered for which measurement, and which periods are closed: two histories."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE measurement_state_changes (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        measurement_id UUID NOT NULL,
        number INTEGER NOT NULL,
        state TEXT NOT NULL,
        version INTEGER NOT NULL,
        reason TEXT,
        role TEXT NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        changed_by TEXT NOT NULL,
        CONSTRAINT pk_measurement_state_changes PRIMARY KEY (chamber_id, plan_id, measurement_id, number),
        CONSTRAINT fk_measurement_state_changes_measurement FOREIGN KEY(chamber_id, plan_id, measurement_id) REFERENCES measurements (chamber_id, plan_id, measurement_id),
        CONSTRAINT ck_measurement_state_changes_state CHECK (state IN ('submitted', 'validated', 'rejected', 'reopened'))
    )
    """,
    """
    CREATE TABLE period_closures (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        period TEXT NOT NULL,
        number INTEGER NOT NULL,
        state TEXT NOT NULL,
        exceptions JSON NOT NULL,
        reason TEXT,
        changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        changed_by TEXT NOT NULL,
        CONSTRAINT pk_period_closures PRIMARY KEY (chamber_id, plan_id, period, number),
        CONSTRAINT fk_period_closures_chamber_id_plans FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id) ON DELETE CASCADE,
        CONSTRAINT ck_period_closures_state CHECK (state IN ('closed', 'reopened'))
    )
    """,
)

TABLES = ("measurement_state_changes", "period_closures")

POLICY = """
    CREATE POLICY chamber ON {table}
    USING (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    WITH CHECK (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
"""


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(POLICY.format(table=table))
        op.execute(f"GRANT SELECT, INSERT ON {table} TO ciclo_runtime")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
